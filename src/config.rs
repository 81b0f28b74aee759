//! Settings: the embedded `default.toml`, then a file, then the environment, then flags; the last one wins.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use serde::{Deserialize, Deserializer};

/// The reference of every setting, with its default.
pub const DEFAULTS: &str = include_str!("default.toml");

/// What went wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("failed to read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no valid TOML, or holds an unknown key or a value of the wrong type.
    #[error("failed to understand {path}: {message}")]
    Invalid {
        /// The file.
        path: String,
        /// What and where, as the parser says it.
        message: String,
    },
    /// Two settings that do not go together, or a value out of range.
    #[error("{0}")]
    Contradiction(String),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How the way to the mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, without which nothing is sent.
    Starttls,
    /// None, for a mail server on this machine.
    Plain,
}

/// The mail server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its host.
    pub host: String,
    /// Its port, when not the usual one.
    pub port: Option<u16>,
    /// How the way to it is kept private.
    pub security: SmtpSecurity,
    /// The user there.
    pub user: Option<String>,
    /// The file with the user's password.
    pub password_file: Option<PathBuf>,
}

/// A database in PostgreSQL.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// Where it is, and who we are there.
    pub url: StoreUrl,
    /// The same without the pooler, for notifications.
    pub notify: Option<StoreUrl>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// Whether a pooler in transaction mode stands before it; `None` when nobody said.
    pub pooler: Option<bool>,
    /// How many connections acts have; by default the machine decides.
    pub connections: Option<usize>,
    /// Whether a server brings the schema up to date when it starts.
    pub migrate: bool,
}

/// A URL that may hold a password, which is why its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct StoreUrl(String);

impl StoreUrl {
    /// The URL, at the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whatever it is: an error here would repeat it.
impl From<String> for StoreUrl {
    fn from(url: String) -> StoreUrl {
        StoreUrl(url)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreUrl(…)")
    }
}

/// Every setting, each optional: as a file has them, and as flags or environment variables do.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the store and everything beside it lie.
    #[arg(long, value_name = "DIR", env = "PASSERBY_DATA")]
    pub data: Option<PathBuf>,
    /// A database in PostgreSQL that is the store, instead of a file in the data directory: postgres://USER@HOST/DATABASE.
    #[arg(long, value_name = "URL", env = "PASSERBY_STORE", hide_env_values = true)]
    pub store: Option<StoreUrl>,
    /// A file with the password for it, which nobody but its owner can read.
    #[arg(long, value_name = "FILE", env = "PASSERBY_STORE_PASSWORD_FILE")]
    pub store_password_file: Option<PathBuf>,
    /// A pooler in transaction mode, such as pgbouncer, stands before it.
    #[arg(long, value_name = "BOOL", env = "PASSERBY_STORE_POOLER", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub store_pooler: Option<bool>,
    /// The way to it without the pooler, for notifications.
    #[arg(long, value_name = "URL", env = "PASSERBY_STORE_NOTIFY", hide_env_values = true)]
    pub store_notify: Option<StoreUrl>,
    /// Connections to it that write; one and a half times as many read. The machine decides when nobody does.
    #[arg(long, value_name = "N", env = "PASSERBY_STORE_CONNECTIONS")]
    pub store_connections: Option<usize>,
    /// Brings its schema up to date at the start, as `passerby migrate-store` does.
    #[arg(long, value_name = "BOOL", env = "PASSERBY_STORE_MIGRATE", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub store_migrate: Option<bool>,
    /// Where clients connect, such as 127.0.0.1:8080 or 0.0.0.0:8080; port 0 picks a free one.
    #[arg(long, value_name = "ADDR:PORT", env = "PASSERBY_LISTEN", value_parser = address)]
    #[serde(deserialize_with = "address_in_file")]
    pub listen: Option<SocketAddr>,
    /// Moves what is for administrators to a listener of its own.
    #[arg(long, value_name = "ADDR:PORT", env = "PASSERBY_ADMIN_LISTEN", value_parser = address)]
    #[serde(deserialize_with = "address_in_file")]
    pub admin_listen: Option<SocketAddr>,
    /// Serves Prometheus metrics, on loopback only.
    #[arg(long, value_name = "ADDR:PORT", env = "PASSERBY_METRICS_LISTEN", value_parser = address)]
    #[serde(deserialize_with = "address_in_file")]
    pub metrics_listen: Option<SocketAddr>,
    /// Where example pages are shown, on loopback only.
    #[arg(long, value_name = "ADDR:PORT", env = "PASSERBY_TRY_LISTEN", value_parser = address)]
    #[serde(deserialize_with = "address_in_file")]
    pub try_listen: Option<SocketAddr>,
    /// The base URL at which clients reach the server.
    #[arg(long, value_name = "URL", env = "PASSERBY_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// For development on one machine: loopback only, foreign `Host` names and forwarded requests are refused.
    // With `=`, so that `--dev my-app` names a directory and no truth value; from the environment, `1` is enough.
    #[arg(long, value_name = "BOOL", env = "PASSERBY_DEV", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub dev: Option<bool>,
    /// How log lines look.
    #[arg(long, value_name = "FORMAT", env = "PASSERBY_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
    /// How much is logged: error, warn, info, debug, or a filter such as `passerby::http=debug`.
    #[arg(long, value_name = "LEVEL", env = "PASSERBY_LOG")]
    pub log: Option<String>,
    /// A file with 64 hex digits: the key that seals signing keys in the store.
    #[arg(long, value_name = "FILE", env = "PASSERBY_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
    /// A PEM file with the certificate chain; with `tls_key` it turns TLS on.
    #[arg(long, value_name = "FILE", env = "PASSERBY_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's private key.
    #[arg(long, value_name = "FILE", env = "PASSERBY_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Addresses of proxies whose `Forwarded` and `X-Forwarded-For` are believed.
    #[arg(long, value_name = "ADDR,…", env = "PASSERBY_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<IpAddr>>,
    /// Password logins that one e-mail address may try in a minute; ten times as many for one address of the network.
    #[arg(long, value_name = "N", env = "PASSERBY_PASSWORD_LOGINS_PER_MINUTE")]
    pub password_logins_per_minute: Option<u32>,
    /// Registrations, resends and resets of one e-mail address in an hour; ten times as many for one address of the network.
    #[arg(long, value_name = "N", env = "PASSERBY_MAILS_PER_HOUR")]
    pub mails_per_hour: Option<u32>,
    /// The sender of mails, such as `News <no-reply@news.example>`.
    #[arg(long, value_name = "ADDRESS", env = "PASSERBY_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// Where answers to mails go.
    #[arg(long, value_name = "ADDRESS", env = "PASSERBY_MAIL_REPLY_TO")]
    pub mail_reply_to: Option<String>,
    /// A directory with templates of mails that take the place of our own.
    #[arg(long, value_name = "DIR", env = "PASSERBY_MAIL_TEMPLATES")]
    pub mail_templates: Option<PathBuf>,
    /// The mail server; without one, mails are printed to the terminal.
    #[arg(long, value_name = "HOST", env = "PASSERBY_SMTP_HOST")]
    pub smtp_host: Option<String>,
    /// Its port; by default the usual one for `smtp_security`.
    #[arg(long, value_name = "PORT", env = "PASSERBY_SMTP_PORT")]
    pub smtp_port: Option<u16>,
    /// How the way to it is kept private.
    #[arg(long, value_name = "HOW", env = "PASSERBY_SMTP_SECURITY")]
    pub smtp_security: Option<SmtpSecurity>,
    /// The user at the mail server.
    #[arg(long, value_name = "USER", env = "PASSERBY_SMTP_USER")]
    pub smtp_user: Option<String>,
    /// A file with the user's password.
    #[arg(long, value_name = "FILE", env = "PASSERBY_SMTP_PASSWORD_FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// Hosts and networks that fetches may reach beyond public addresses over TLS.
    #[arg(long, value_name = "HOST|CIDR,…", env = "PASSERBY_OUTBOUND_ALLOW", value_delimiter = ',')]
    pub outbound_allow: Option<Vec<String>>,
    /// A TOML file with the addresses of issuers that are not at their real place, by the provider's name.
    #[arg(long, value_name = "FILE", env = "PASSERBY_ISSUERS_FILE")]
    pub issuers_file: Option<PathBuf>,
    /// A PEM file with authorities to believe beside the system's.
    #[arg(long, value_name = "FILE", env = "PASSERBY_OUTBOUND_CA_FILE")]
    pub outbound_ca_file: Option<PathBuf>,
    /// Entries of one app's log in a second, in the long run; more are left out, and the log says so.
    #[arg(long, value_name = "N", env = "PASSERBY_LOG_ENTRIES_PER_SECOND")]
    pub log_entries_per_second: Option<u32>,
    /// Days for which apps' logs are kept.
    #[arg(long, value_name = "DAYS", env = "PASSERBY_LOG_RETENTION_DAYS")]
    pub log_retention_days: Option<u32>,
    /// Guest logins that one address may make in an hour; 0 for no limit.
    #[arg(long, value_name = "N", env = "PASSERBY_GUEST_LOGINS_PER_HOUR")]
    pub guest_logins_per_hour: Option<u32>,
    /// Open connections at once, on the client listener.
    #[arg(long, value_name = "N", env = "PASSERBY_MAX_CONNECTIONS")]
    pub max_connections: Option<usize>,
    /// Requests at once; more are answered with 503.
    #[arg(long, value_name = "N", env = "PASSERBY_MAX_IN_FLIGHT")]
    pub max_in_flight: Option<usize>,
    /// The largest request body, in bytes.
    #[arg(long, value_name = "BYTES", env = "PASSERBY_MAX_BODY")]
    pub max_body: Option<usize>,
    /// Seconds in which a request's head must have arrived, and after it the body.
    #[arg(long, value_name = "SECS", env = "PASSERBY_HEADER_TIMEOUT_SECS")]
    pub header_timeout_secs: Option<u64>,
    /// Seconds that a request may take.
    #[arg(long, value_name = "SECS", env = "PASSERBY_REQUEST_TIMEOUT_SECS")]
    pub request_timeout_secs: Option<u64>,
    /// Seconds that a stop waits for requests that are under way.
    #[arg(long, value_name = "SECS", env = "PASSERBY_DRAIN_SECS")]
    pub drain_secs: Option<u64>,
    /// Writes that may wait in the store's queue; more are answered with 503.
    #[arg(long, value_name = "N", env = "PASSERBY_STORE_QUEUE")]
    pub store_queue: Option<usize>,
    /// The store's page caches together, in MiB.
    #[arg(long, value_name = "MIB", env = "PASSERBY_STORE_CACHE_MIB")]
    pub store_cache_mib: Option<u32>,
}

/// Lays the settings of `over` on those of `under`.
macro_rules! overlay {
    ($under:expr, $over:expr, $($field:ident),* $(,)?) => {
        Settings { $($field: $over.$field.or($under.$field)),* }
    };
}

impl Settings {
    /// These settings, and where they say nothing those of `under`.
    #[must_use]
    pub fn over(self, under: Settings) -> Settings {
        overlay!(
            under,
            self,
            data,
            store,
            store_password_file,
            store_pooler,
            store_notify,
            store_connections,
            store_migrate,
            listen,
            admin_listen,
            metrics_listen,
            try_listen,
            public_url,
            dev,
            log_format,
            log,
            master_key_file,
            tls_cert,
            tls_key,
            trusted_proxies,
            password_logins_per_minute,
            mails_per_hour,
            mail_from,
            mail_reply_to,
            mail_templates,
            smtp_host,
            smtp_port,
            smtp_security,
            smtp_user,
            smtp_password_file,
            outbound_allow,
            outbound_ca_file,
            issuers_file,
            log_entries_per_second,
            log_retention_days,
            guest_logins_per_hour,
            max_connections,
            max_in_flight,
            max_body,
            header_timeout_secs,
            request_timeout_secs,
            drain_secs,
            store_queue,
            store_cache_mib,
        )
    }

    fn parse(path: &str, text: &str) -> Result<Settings, ConfigError> {
        toml::from_str(text).map_err(|e| ConfigError::Invalid {
            path: path.to_owned(),
            message: without_urls(e.to_string().trim_end()),
        })
    }
}

/// The settings of a server, whole and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the store and everything beside it lie.
    pub data: PathBuf,
    /// The database that is the store; a file in the data directory otherwise.
    pub store: Option<StoreSettings>,
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where administrators connect, when not at `listen`.
    pub admin_listen: Option<SocketAddr>,
    /// Where metrics are served.
    pub metrics_listen: Option<SocketAddr>,
    /// Where example pages are shown.
    pub try_listen: SocketAddr,
    /// The base URL for clients, without a trailing slash; the listener's own address when absent.
    pub public_url: Option<String>,
    /// For development on one machine.
    pub dev: bool,
    /// How log lines look.
    pub log_format: LogFormat,
    /// The log's filter.
    pub log: String,
    /// The file with the master key.
    pub master_key_file: Option<PathBuf>,
    /// Certificate chain and private key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Password logins of one e-mail address in a minute.
    pub password_logins_per_minute: u32,
    /// Registrations, resends and resets of one e-mail address in an hour.
    pub mails_per_hour: u32,
    /// The sender of mails.
    pub mail_from: String,
    /// Where answers go.
    pub mail_reply_to: Option<String>,
    /// Templates of mails.
    pub mail_templates: Option<PathBuf>,
    /// The mail server.
    pub smtp: Option<SmtpSettings>,
    /// What fetches may reach beyond public addresses.
    pub outbound_allow: Vec<String>,
    /// The addresses of issuers that are not at their real place.
    pub issuers_file: Option<PathBuf>,
    /// Authorities to believe beside the system's.
    pub outbound_ca_file: Option<PathBuf>,
    /// Entries of one app's log in a second.
    pub log_entries_per_second: u32,
    /// Days for which apps' logs are kept.
    pub log_retention_days: u32,
    /// Guest logins of one address in an hour; 0 for no limit.
    pub guest_logins_per_hour: u32,
    /// Open connections at once.
    pub max_connections: usize,
    /// Requests at once.
    pub max_in_flight: usize,
    /// The largest body in bytes.
    pub max_body: usize,
    /// Time for a request's head, and after it for its body.
    pub header_timeout: Duration,
    /// Time for a request.
    pub request_timeout: Duration,
    /// Time that a stop waits.
    pub drain: Duration,
    /// Writes that may wait.
    pub store_queue: usize,
    /// The store's page caches in MiB.
    pub store_cache_mib: u32,
}

impl Config {
    /// Puts the settings together: flags and environment over the file over the defaults.
    pub fn load(file: Option<&PathBuf>, flags: Settings) -> Result<Config, ConfigError> {
        let defaults = Settings::parse("default.toml", DEFAULTS)?;
        let from_file = match file {
            None => Settings::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
                Settings::parse(&path.display().to_string(), &text)?
            }
        };
        let settings = flags.over(from_file);
        if settings.dev == Some(true) {
            refuse_public_dev(&settings)?;
        }
        Config::whole(settings.over(defaults))
    }

    fn whole(settings: Settings) -> Result<Config, ConfigError> {
        let config = Config {
            store: store(&settings)?,
            data: due("data", settings.data)?,
            listen: due("listen", settings.listen)?,
            admin_listen: settings.admin_listen,
            metrics_listen: settings.metrics_listen,
            try_listen: due("try_listen", settings.try_listen)?,
            public_url: settings.public_url.as_deref().map(public_url).transpose()?,
            dev: due("dev", settings.dev)?,
            log_format: due("log_format", settings.log_format)?,
            log: due("log", settings.log)?,
            master_key_file: settings.master_key_file,
            tls: match (settings.tls_cert, settings.tls_key) {
                (Some(cert), Some(key)) => Some((cert, key)),
                (None, None) => None,
                _ => return Err(contradiction("`tls_cert` and `tls_key` go together: give both or neither")),
            },
            trusted_proxies: settings.trusted_proxies.unwrap_or_default(),
            password_logins_per_minute: due(
                "password_logins_per_minute",
                settings.password_logins_per_minute,
            )?,
            mails_per_hour: due("mails_per_hour", settings.mails_per_hour)?,
            mail_from: due("mail_from", settings.mail_from)?,
            mail_reply_to: settings.mail_reply_to,
            mail_templates: settings.mail_templates,
            smtp: match settings.smtp_host {
                None => None,
                Some(host) => Some(SmtpSettings {
                    host,
                    port: settings.smtp_port,
                    security: due("smtp_security", settings.smtp_security)?,
                    user: settings.smtp_user,
                    password_file: settings.smtp_password_file,
                }),
            },
            outbound_allow: settings.outbound_allow.unwrap_or_default(),
            issuers_file: settings.issuers_file,
            outbound_ca_file: settings.outbound_ca_file,
            log_entries_per_second: within(
                "log_entries_per_second",
                settings.log_entries_per_second,
                1..=100_000,
            )?,
            log_retention_days: within("log_retention_days", settings.log_retention_days, 1..=3_650)?,
            guest_logins_per_hour: due("guest_logins_per_hour", settings.guest_logins_per_hour)?,
            max_connections: at_least_one("max_connections", settings.max_connections)?,
            max_in_flight: at_least_one("max_in_flight", settings.max_in_flight)?,
            max_body: at_least_one("max_body", settings.max_body)?,
            header_timeout: seconds("header_timeout_secs", settings.header_timeout_secs)?,
            request_timeout: seconds("request_timeout_secs", settings.request_timeout_secs)?,
            drain: seconds("drain_secs", settings.drain_secs)?,
            store_queue: at_least_one("store_queue", settings.store_queue)?,
            store_cache_mib: due("store_cache_mib", settings.store_cache_mib)?,
        };
        for (name, address) in
            [("metrics_listen", config.metrics_listen), ("try_listen", Some(config.try_listen))]
        {
            if address.is_some_and(|a| !a.ip().is_loopback()) {
                return Err(contradiction(format!(
                    "`{name}` must be a loopback address, such as 127.0.0.1:9100"
                )));
            }
        }
        Ok(config)
    }
}

/// An address with its port; of all names only `localhost`, which needs nobody to look it up.
fn address(text: &str) -> Result<SocketAddr, String> {
    let of_localhost =
        || text.strip_prefix("localhost:")?.parse().ok().map(|port| (Ipv4Addr::LOCALHOST, port).into());
    text.parse().ok().or_else(of_localhost).ok_or_else(|| {
        let port: u16 = text.trim_start_matches(':').parse().unwrap_or(8080);
        format!("expected an address and a port, such as 127.0.0.1:{port}")
    })
}

fn address_in_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    address(&String::deserialize(deserializer)?).map(Some).map_err(serde::de::Error::custom)
}

/// The lines of a file that an error shows, without what follows a scheme: a URL may hold a password.
fn without_urls(message: &str) -> String {
    let shown = |line: &str| match line.split_once("://") {
        Some((before, _)) => format!("{before}://…"),
        None => line.to_owned(),
    };
    message.lines().map(shown).collect::<Vec<_>>().join("\n")
}

fn store(settings: &Settings) -> Result<Option<StoreSettings>, ConfigError> {
    let migrate = due("store_migrate", settings.store_migrate)?;
    if let Some(url) = &settings.store {
        if settings.store_connections.is_some_and(|number| !(1..=1_000).contains(&number)) {
            return Err(contradiction("`store_connections` must be 1 to 1000"));
        }
        return Ok(Some(StoreSettings {
            url: url.clone(),
            notify: settings.store_notify.clone(),
            password_file: settings.store_password_file.clone(),
            pooler: settings.store_pooler,
            connections: settings.store_connections,
            migrate,
        }));
    }
    let idle = [
        ("store_password_file", settings.store_password_file.is_some()),
        ("store_pooler", settings.store_pooler == Some(true)),
        ("store_notify", settings.store_notify.is_some()),
        ("store_connections", settings.store_connections.is_some()),
        ("store_migrate", migrate),
    ];
    match idle.into_iter().find(|(_, said)| *said) {
        Some((name, _)) => Err(contradiction(format!("`{name}` is about a database: name it with `store`"))),
        None => Ok(None),
    }
}

fn refuse_public_dev(settings: &Settings) -> Result<(), ConfigError> {
    let listeners = [("listen", settings.listen), ("admin_listen", settings.admin_listen)];
    match listeners.into_iter().find(|(_, a)| a.is_some_and(|a| !a.ip().is_loopback())) {
        Some((name, _)) => Err(contradiction(format!("`dev` is for loopback only: `{name}` is not"))),
        None => Ok(()),
    }
}

fn contradiction(message: impl fmt::Display) -> ConfigError {
    ConfigError::Contradiction(message.to_string())
}

fn due<T>(name: &str, value: Option<T>) -> Result<T, ConfigError> {
    value.ok_or_else(|| contradiction(format!("`{name}` has no value")))
}

fn at_least_one(name: &str, value: Option<usize>) -> Result<usize, ConfigError> {
    match due(name, value)? {
        0 => Err(contradiction(format!("`{name}` must be at least 1"))),
        value => Ok(value),
    }
}

fn within(name: &str, value: Option<u32>, range: RangeInclusive<u32>) -> Result<u32, ConfigError> {
    let value = due(name, value)?;
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(contradiction(format!("`{name}` must be {} to {}", range.start(), range.end())))
    }
}

fn seconds(name: &str, value: Option<u64>) -> Result<Duration, ConfigError> {
    match due(name, value)? {
        value @ 1..=86_400 => Ok(Duration::from_secs(value)),
        _ => Err(contradiction(format!("`{name}` must be 1 to 86400"))),
    }
}

/// A base URL for clients: scheme, host, perhaps a port and a path; no trailing slash, query, or credentials.
fn public_url(text: &str) -> Result<String, ConfigError> {
    let url = text.trim_end_matches('/');
    let parsed: Option<http::Uri> = url.parse().ok();
    let fits = parsed.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|a| !a.as_str().contains('@'))
            && uri.query().is_none()
    });
    if fits && url.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\') {
        Ok(url.to_owned())
    } else {
        Err(contradiction(format!("`public_url` must look like https://auth.example.com, not `{text}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(flags: Settings) -> Result<Config, String> {
        Config::load(None, flags).map_err(|e| e.to_string())
    }

    #[test]
    fn the_default_file_is_whole() {
        let config = load(Settings::default()).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.data, PathBuf::from("passerby-data"));
    }

    #[test]
    fn every_setting_has_a_flag_a_variable_and_a_line_in_the_default_file() {
        let settings = Settings::augment_args(clap::Command::new("passerby"));
        for setting in settings.get_arguments() {
            let name = setting.get_id().as_str();
            let (flag, variable) = (name.replace('_', "-"), format!("PASSERBY_{}", name.to_uppercase()));
            assert_eq!(setting.get_long(), Some(flag.as_str()));
            assert_eq!(setting.get_env().and_then(std::ffi::OsStr::to_str), Some(variable.as_str()));
            let line = format!("{name} = ");
            assert!(
                DEFAULTS.lines().any(|l| l.strip_prefix("# ").unwrap_or(l).starts_with(&line)),
                "default.toml has no `{name}`"
            );
        }
    }

    #[test]
    fn a_file_is_read_over_the_defaults_and_under_the_flags() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passerby.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\nmax_body = 7\n").unwrap();
        let flags = Settings { listen: Some("127.0.0.1:2".parse().unwrap()), ..Settings::default() };
        let config = Config::load(Some(&path), flags).unwrap();
        assert_eq!((config.listen.port(), config.max_body), (2, 7));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passerby.toml");
        std::fs::write(&path, "# mine\nlisen = \"127.0.0.1:1\"\n").unwrap();
        let error = Config::load(Some(&path), Settings::default()).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("lisen"), "{error}");
    }

    #[test]
    fn an_address_has_a_port() {
        assert_eq!(address("0.0.0.0:1"), Ok(SocketAddr::from(([0, 0, 0, 0], 1))));
        assert_eq!(address("[::1]:0"), Ok(SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, 0))));
        assert_eq!(address("localhost:9180"), Ok(SocketAddr::from(([127, 0, 0, 1], 9180))));
        for (text, port) in [
            ("9180", 9180),
            (":9180", 9180),
            ("127.0.0.1", 8080),
            ("example.com:1", 8080),
            ("localhost", 8080),
            ("", 8080),
        ] {
            let expected = format!("expected an address and a port, such as 127.0.0.1:{port}");
            assert_eq!(address(text), Err(expected), "{text}");
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passerby.toml");
        std::fs::write(&path, "listen = \":9180\"\n").unwrap();
        let error = Config::load(Some(&path), Settings::default()).unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("such as 127.0.0.1:9180"), "{error}");
    }

    #[test]
    fn contradictions_are_refused() {
        let public =
            Settings { listen: Some("0.0.0.0:1".parse().unwrap()), dev: Some(true), ..Settings::default() };
        assert_eq!(load(public).unwrap_err(), "`dev` is for loopback only: `listen` is not");
        let half = Settings { tls_cert: Some("x".into()), ..Settings::default() };
        assert_eq!(load(half).unwrap_err(), "`tls_cert` and `tls_key` go together: give both or neither");
        let metrics = Settings { metrics_listen: Some("0.0.0.0:1".parse().unwrap()), ..Settings::default() };
        assert!(load(metrics).unwrap_err().contains("loopback"));
    }

    #[test]
    fn what_is_said_of_a_database_needs_one() {
        let store = || Some(StoreUrl::from("postgres://p@h/d".to_owned()));
        let said = Settings { store_pooler: Some(true), ..Settings::default() };
        assert_eq!(
            load(said.clone()).unwrap_err(),
            "`store_pooler` is about a database: name it with `store`"
        );
        let config = load(Settings { store: store(), ..said }).unwrap().store.unwrap();
        assert_eq!((config.pooler, config.migrate, config.connections), (Some(true), false, None));
        let none = Settings { store: store(), store_connections: Some(0), ..Settings::default() };
        assert_eq!(load(none).unwrap_err(), "`store_connections` must be 1 to 1000");
        assert!(load(Settings::default()).unwrap().store.is_none());
    }

    #[test]
    fn a_password_in_a_url_is_never_shown() {
        let settings =
            Settings { store: Some("postgres://p:sesame@h/d".to_owned().into()), ..Settings::default() };
        let config = Config::load(None, settings.clone()).unwrap();
        assert!(!format!("{settings:?} {config:?}").contains("sesame"));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passerby.toml");
        for text in [
            "store = \"postgres://p:sesame@h/d\n",
            "store = postgres://p:sesame@h/d\n",
            "store = [\"postgres://p:sesame@h/d\"]\n",
        ] {
            std::fs::write(&path, text).unwrap();
            let error = Config::load(Some(&path), Settings::default()).unwrap_err().to_string();
            assert!(error.contains("line 1") && !error.contains("sesame"), "{error}");
        }
    }

    #[test]
    fn a_public_url_is_a_base_url() {
        assert_eq!(public_url("https://a.example/").unwrap(), "https://a.example");
        assert_eq!(public_url("http://a.example:1/x").unwrap(), "http://a.example:1/x");
        for text in [
            "",
            "a.example",
            "ftp://a.example",
            "https://a.example/?x",
            "https://u@a.example",
            "https://a/\"",
        ] {
            assert!(public_url(text).is_err(), "{text}");
        }
    }
}
