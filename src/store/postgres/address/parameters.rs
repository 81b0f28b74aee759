//! The parameters of the URL, by libpq's names and in libpq's units.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};

use super::parse::decoded;
use super::tls::{Authorities, Trust};
use super::{AddressError, Tls};

/// What the parameters say, or the defaults.
pub(super) struct Parameters {
    pub(super) config: Config,
    pub(super) host: Option<String>,
    pub(super) port: Option<String>,
    pub(super) tls: Option<Tls>,
    pub(super) authorities: Authorities,
    pub(super) patience: Duration,
}

/// Sets a parameter, or says what it may be.
type Set = fn(&mut Parameters, &str) -> Result<(), &'static str>;

const KNOWN: [(&str, Set); 14] = [
    ("host", |all, value| {
        all.host = Some(value.to_owned());
        Ok(())
    }),
    ("port", |all, value| {
        all.port = Some(value.to_owned());
        Ok(())
    }),
    ("sslmode", |all, value| {
        all.tls = Some(match value {
            "disable" => Tls::Never,
            "require" => Tls::Always(Trust::Anyone),
            "verify-ca" => Tls::Always(Trust::Authority),
            "verify-full" => Tls::Always(Trust::Name),
            // `allow` and `prefer` go on in the clear whenever somebody in between says so.
            _ => return Err("disable, require, verify-ca or verify-full"),
        });
        Ok(())
    }),
    ("sslrootcert", |all, value| {
        all.authorities = match value {
            "" => return Err("the path of a PEM file, or `system`"),
            "system" => Authorities::System,
            path => Authorities::File(PathBuf::from(path)),
        };
        Ok(())
    }),
    ("channel_binding", |all, value| {
        all.config.channel_binding(match value {
            "disable" => ChannelBinding::Disable,
            "prefer" => ChannelBinding::Prefer,
            "require" => ChannelBinding::Require,
            _ => return Err("disable, prefer or require"),
        });
        Ok(())
    }),
    ("application_name", |all, value| {
        all.config.application_name(value);
        Ok(())
    }),
    ("options", |all, value| {
        all.config.options(value);
        Ok(())
    }),
    ("target_session_attrs", |all, value| {
        all.config.target_session_attrs(match value {
            "any" => TargetSessionAttrs::Any,
            "read-write" => TargetSessionAttrs::ReadWrite,
            _ => return Err("any or read-write"),
        });
        Ok(())
    }),
    ("connect_timeout", |all, value| {
        all.patience = Duration::from_secs(whole(value, 3_600).ok_or("1 to 3600 seconds")?);
        Ok(())
    }),
    ("tcp_user_timeout", |all, value| {
        let span = whole(value, 3_600_000).ok_or("1 to 3600000 milliseconds")?;
        all.config.tcp_user_timeout(Duration::from_millis(span));
        Ok(())
    }),
    ("keepalives", |all, value| {
        all.config.keepalives(match value {
            "0" => false,
            "1" => true,
            _ => return Err("0 or 1"),
        });
        Ok(())
    }),
    ("keepalives_idle", |all, value| {
        all.config.keepalives_idle(Duration::from_secs(whole(value, 86_400).ok_or("1 to 86400 seconds")?));
        Ok(())
    }),
    ("keepalives_interval", |all, value| {
        all.config
            .keepalives_interval(Duration::from_secs(whole(value, 86_400).ok_or("1 to 86400 seconds")?));
        Ok(())
    }),
    ("keepalives_count", |all, value| {
        let count = whole(value, 100).and_then(|count| u32::try_from(count).ok());
        all.config.keepalives_retries(count.ok_or("1 to 100")?);
        Ok(())
    }),
];

impl Parameters {
    pub(super) fn read(query: &str) -> Result<Parameters, AddressError> {
        let mut all = Parameters::usual();
        let mut seen = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            let Some((parameter, set)) = KNOWN.iter().find(|(known, _)| *known == name) else {
                return Err(AddressError::Unknown(name));
            };
            if seen.contains(parameter) {
                return Err(AddressError::Twice(parameter));
            }
            seen.push(parameter);
            set(&mut all, &value).map_err(|expected| AddressError::Value { parameter, expected })?;
        }
        Ok(all)
    }

    /// Without a word of the URL's: a server that went away without a word is noticed within half a minute, and one
    /// that takes no writes is passed over.
    fn usual() -> Parameters {
        let mut config = Config::new();
        config
            .application_name("passerby")
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .tcp_user_timeout(Duration::from_secs(10))
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3);
        Parameters {
            config,
            host: None,
            port: None,
            tls: None,
            authorities: Authorities::System,
            patience: Duration::from_secs(5),
        }
    }
}

/// The names, for people.
pub(super) fn known() -> String {
    KNOWN.map(|(name, _)| name).join(", ")
}

fn whole(text: &str, most: u64) -> Option<u64> {
    text.parse().ok().filter(|number| (1..=most).contains(number))
}
