//! The parameters of a list.

use std::fmt::Display;
use std::str::FromStr;

use crate::auth::Error;
use crate::model::{
    AnonymousUserExpiration, DAY, ExpiryClock, Order, Page, ProviderType, Span, Timestamp, UserId,
};

/// A page when nothing is said.
const PAGE: u32 = 50;
/// The largest page.
const LARGEST: u32 = 1000;
/// Days that are told of, when nothing is said, and at most.
const DAYS: u32 = 30;
const MOST_DAYS: u32 = 3_660;
/// Days after which a policy lets guests go, at most.
const MOST_EXPIRY_DAYS: u32 = 36_500;

/// A query string, taken apart.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(query: Option<String>) -> Query {
        let query = query.unwrap_or_default();
        Query(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The last value of a parameter. Unknown parameters are nobody's business.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Error> {
        let parsed = self.text(name).filter(|text| !text.is_empty()).map(str::parse);
        parsed.transpose().map_err(|error| Error::BadParameter(format!("`{name}`: {error}")))
    }

    /// The last id of the page before.
    pub(super) fn after(&self) -> Result<Option<UserId>, Error> {
        self.parsed("after")
    }

    pub(super) fn limit(&self) -> Result<u32, Error> {
        self.number("limit", PAGE, LARGEST)
    }

    /// How many days are told of.
    pub(super) fn days(&self) -> Result<u32, Error> {
        self.number("days", DAYS, MOST_DAYS)
    }

    /// A policy by which guests go, that differs from one in what is said.
    pub(super) fn policy(&self, from: AnonymousUserExpiration) -> Result<AnonymousUserExpiration, Error> {
        let clock = match self.text("clock") {
            None | Some("") => from.clock,
            Some("inactivity") => ExpiryClock::Inactivity,
            Some("age") => ExpiryClock::Age,
            Some("never") => ExpiryClock::Never,
            Some(other) => {
                let said = format!("`clock`: expected `inactivity`, `age` or `never`, found `{other}`");
                return Err(Error::BadParameter(said));
            }
        };
        Ok(AnonymousUserExpiration { clock, days: self.number("days", from.days, MOST_EXPIRY_DAYS)? })
    }

    /// A number of at least 1.
    fn number(&self, name: &str, default: u32, most: u32) -> Result<u32, Error> {
        match self.parsed(name)? {
            None => Ok(default),
            Some(number) if (1..=most).contains(&number) => Ok(number),
            Some(other) => Err(Error::BadParameter(format!("`{name}`: expected 1 to {most}, found {other}"))),
        }
    }

    /// Every value of a parameter, also those that commas part.
    fn list(&self, names: [&str; 2]) -> Vec<&str> {
        let values = self.0.iter().filter(|(name, _)| names.contains(&name.as_str()));
        values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
    }

    /// Whether a flag is set: it is there, and not `false`.
    fn flag(&self, names: [&str; 2]) -> bool {
        names.into_iter().filter_map(|name| self.text(name)).any(|value| value != "false" && value != "0")
    }

    /// What of an app's users is wanted, and whether what the last user had its place by is still to be looked up. The
    /// original's SDK wrote some names in its own way.
    pub(super) fn users(&self, now: Timestamp) -> Result<(Page, bool), Error> {
        let order = self.order()?;
        let (after, value) = self.after_pair(order)?;
        let page = Page {
            after,
            after_value: value.unwrap_or_default(),
            limit: self.limit()?,
            order,
            descending: self.flag(["desc", "descending"]),
            // Ours: a linked user has an anonymous identity too.
            guest: self.parsed("guest")?,
            disabled: self.disabled()?,
            providers: self.providers()?,
            email: self.text("email").filter(|text| !text.is_empty()).map(str::to_owned),
            begins: self.text("q").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned),
            created: self.span("created", now)?,
            seen: self.span("last_seen", now)?,
        };
        Ok((page, after.is_some() && value.is_none()))
    }

    fn order(&self) -> Result<Order, Error> {
        match self.text("sort") {
            None | Some("" | "_id" | "created_date" | "createdDate" | "creation_date") => Ok(Order::Id),
            Some("status") => Ok(Order::Status),
            Some("last_authentication_date" | "lastAuthenticationDate") => Ok(Order::Activity),
            Some(other) => Err(Error::BadParameter(format!(
                "`sort`: expected `_id`, `status`, `created_date` or `last_authentication_date`, found `{other}`"
            ))),
        }
    }

    /// The last id of the page before, and in a pair with it what that page was sorted by.
    fn after_pair(&self, order: Order) -> Result<(Option<UserId>, Option<i64>), Error> {
        let wrong = |what: String| Error::BadParameter(format!("`after`: {what}"));
        let given = self.list(["after", "after"]);
        let (value, id) = match given[..] {
            [] => return Ok((None, None)),
            [id] => (None, id),
            [value, id] => (Some(value), id),
            _ => return Err(wrong("expected an id, or a value and an id".to_owned())),
        };
        let id = id.parse().map_err(|error| wrong(format!("{error}")))?;
        let value = match (order, value) {
            (Order::Id, _) => Some(0),
            (_, None) => None,
            (Order::Status, Some("enabled" | "false" | "0")) => Some(0),
            (Order::Status, Some("disabled" | "true" | "1")) => Some(1),
            (Order::Status, Some(other)) => return Err(wrong(format!("`{other}` is no status"))),
            (Order::Activity, Some(text)) => {
                let seconds = text.parse().map_err(|_| wrong(format!("`{text}` is no time in seconds")))?;
                Some(seconds)
            }
        };
        Ok((Some(id), value))
    }

    fn disabled(&self) -> Result<Option<bool>, Error> {
        match self.text("status") {
            None | Some("") => Ok(None),
            Some("enabled") => Ok(Some(false)),
            Some("disabled") => Ok(Some(true)),
            Some(other) => {
                let said = format!("`status`: expected `enabled` or `disabled`, found `{other}`");
                Err(Error::BadParameter(said))
            }
        }
    }

    fn providers(&self) -> Result<Vec<ProviderType>, Error> {
        let unknown = |name| Error::BadParameter(format!("`provider_types`: unknown type `{name}`"));
        let names = self.list(["provider_types", "providerTypes"]);
        names.into_iter().map(|name| name.parse().map_err(|_| unknown(name))).collect()
    }

    /// `created_after` and `created_before`, for instance: seconds, or how long ago, as `90d`, `12h` or `30m`.
    fn span(&self, of: &str, now: Timestamp) -> Result<Span, Error> {
        let at = |end: &str| {
            let name = format!("{of}_{end}");
            let text = self.text(&name).filter(|text| !text.is_empty());
            let wrong = || {
                Error::BadParameter(format!("`{name}`: expected seconds, or an age such as 90d, 12h or 30m"))
            };
            text.map(|text| time(text, now).ok_or_else(wrong)).transpose()
        };
        Ok(Span { from: at("after")?, until: at("before")? })
    }
}

/// A time in seconds, or an age.
fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse() {
        return Some(Timestamp(seconds));
    }
    let unit = match text.chars().next_back()? {
        'd' => DAY,
        'h' => 3_600,
        'm' => 60,
        _ => return None,
    };
    let age: u32 = text[..text.len() - 1].parse().ok()?;
    Some(now.plus(-i64::from(age) * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::read(Some(text.to_owned()))
    }

    #[test]
    fn parameters_are_decoded_and_the_last_of_a_name_counts() {
        let query = query("a=1&a=%32%c3%A4+x&flag&&bad=%zz%&sign=%+f");
        assert_eq!(query.text("a"), Some("2ä x"));
        assert_eq!(query.text("flag"), Some(""));
        assert_eq!(query.text("bad"), Some("%zz%"));
        assert_eq!(query.text("sign"), Some("% f"));
        assert_eq!(query.text("other"), None);
    }

    #[test]
    fn a_page_has_fifty_users_and_at_most_a_thousand() {
        assert_eq!(query("").limit().unwrap(), 50);
        assert_eq!(query("limit=1000").limit().unwrap(), 1000);
        for wrong in ["limit=0", "limit=1001", "limit=x", "limit=-1"] {
            assert!(query(wrong).limit().is_err(), "{wrong}");
        }
    }

    #[test]
    fn filters_that_make_no_sense_are_refused() {
        let now = Timestamp(1_795_500_000);
        let id = "636a9db3bdeec4a0374030d4";
        for right in [
            "status=enabled&provider_types=anon-user%2Capi-key&after=&unknown=1".to_owned(),
            format!("sort=status&after=disabled&after={id}&descending=true"),
            format!("sort=last_authentication_date&after=1795500000,{id}&desc"),
            format!("sort=created_date&after=whatever&after={id}"),
            "created_after=90d&created_before=1&last_seen_after=2h&last_seen_before=30m".to_owned(),
        ] {
            assert!(query(&right).users(now).is_ok(), "{right}");
        }
        for wrong in [
            "status=gone".to_owned(),
            "provider_types=anon".to_owned(),
            "after=x".to_owned(),
            format!("after={id}&after={id}&after={id}"),
            format!("sort=status&after=x&after={id}"),
            format!("sort=last_authentication_date&after=x&after={id}"),
            "guest=1".to_owned(),
            "sort=email".to_owned(),
            "created_after=yesterday".to_owned(),
            "last_seen_before=-5d".to_owned(),
            "last_seen_before=5\u{e4}".to_owned(),
        ] {
            assert!(query(&wrong).users(now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_age_is_counted_back_from_now() {
        let (page, _) = query("created_before=2d&last_seen_after=90").users(Timestamp(1_000_000)).unwrap();
        assert_eq!(page.created, Span { from: None, until: Some(Timestamp(1_000_000 - 2 * DAY)) });
        assert_eq!(page.seen, Span { from: Some(Timestamp(90)), until: None });
    }
}
