//! Which users a command is about.

use clap::{Args, ValueEnum};

use crate::model::ProviderType;

/// Which users; without any of these, all of them.
#[derive(Args, Clone, Debug)]
pub(super) struct Filter {
    /// Only users with an identity of one of these providers, such as anon-user or local-userpass.
    #[arg(long, value_name = "TYPE", value_delimiter = ',', value_parser = provider)]
    provider: Vec<ProviderType>,
    /// Only enabled users, or only disabled ones.
    #[arg(long, value_enum, conflicts_with = "disabled")]
    state: Option<State>,
    /// Only disabled users.
    #[arg(long)]
    disabled: bool,
    /// Only guests: who linked something is none.
    #[arg(long)]
    guests: bool,
    /// Only users who were made longer ago than this, such as 90d, 12h or 30m.
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Option<String>,
    /// Only users who were made within this time.
    #[arg(long, value_name = "AGE", value_parser = age)]
    newer_than: Option<String>,
    /// Only users who were not active for this long.
    #[arg(long, value_name = "AGE", value_parser = age)]
    unseen_for: Option<String>,
    /// Only users who were active within this time.
    #[arg(long, value_name = "AGE", value_parser = age)]
    seen_within: Option<String>,
    /// Only the user with this e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// Only users whose id, e-mail address or name begins so.
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Enabled,
    Disabled,
}

fn provider(text: &str) -> Result<ProviderType, String> {
    text.parse().map_err(|_| "expected a provider's type, such as anon-user or local-userpass".to_owned())
}

fn age(text: &str) -> Result<String, String> {
    let number = text.strip_suffix(['d', 'h', 'm']);
    match number.map(str::parse::<u32>) {
        Some(Ok(_)) => Ok(text.to_owned()),
        _ => Err("expected an age such as 90d, 12h or 30m".to_owned()),
    }
}

impl Filter {
    /// Whether it lets everybody through.
    pub(super) fn is_empty(&self) -> bool {
        self.query().is_empty()
    }

    /// As parameters of the list of users, each with `&` behind it.
    pub(super) fn query(&self) -> String {
        let providers: Vec<&str> = self.provider.iter().map(|provider| provider.as_str()).collect();
        let providers = (!providers.is_empty()).then(|| providers.join(","));
        let state = match self.state {
            Some(State::Enabled) => Some("enabled"),
            Some(State::Disabled) => Some("disabled"),
            None => self.disabled.then_some("disabled"),
        };
        let pairs = [
            ("provider_types", providers.as_deref()),
            ("status", state),
            ("guest", self.guests.then_some("true")),
            ("created_before", self.older_than.as_deref()),
            ("created_after", self.newer_than.as_deref()),
            ("last_seen_before", self.unseen_for.as_deref()),
            ("last_seen_after", self.seen_within.as_deref()),
            ("email", self.email.as_deref()),
            ("q", self.find.as_deref()),
        ];
        let said = |(name, value): (&str, Option<&str>)| Some(format!("{name}={}&", encoded(value?)));
        pairs.into_iter().filter_map(said).collect()
    }
}

/// A value as a query holds it.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._,".contains(&byte);
    let each = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(each).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        filter: Filter,
    }

    fn query(arguments: &[&str]) -> Option<String> {
        let line = Line::try_parse_from([&["users"], arguments].concat()).ok()?;
        Some(line.filter.query())
    }

    #[test]
    fn a_filter_is_what_the_list_is_asked_for() {
        let line = [
            "--provider",
            "anon-user,api-key",
            "--state",
            "disabled",
            "--older-than",
            "90d",
            "--email",
            "a+b&c@x",
        ];
        let asked =
            "provider_types=anon-user,api-key&status=disabled&created_before=90d&email=a%2Bb%26c%40x&";
        assert_eq!(query(&line).as_deref(), Some(asked));
        let line = [
            "--guests",
            "--unseen-for",
            "12h",
            "--seen-within",
            "30d",
            "--newer-than",
            "1m",
            "--find",
            "\u{e4}",
        ];
        let asked = "guest=true&created_after=1m&last_seen_before=12h&last_seen_after=30d&q=%C3%A4&";
        assert_eq!(query(&line).as_deref(), Some(asked));
        assert_eq!(query(&[]).as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_age_and_no_provider_is_refused() {
        for wrong in
            [["--older-than", "90"], ["--older-than", "d"], ["--older-than", "-1d"], ["--provider", "anon"]]
        {
            assert_eq!(query(&wrong), None, "{wrong:?}");
        }
    }
}
