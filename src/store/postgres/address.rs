//! Where the database is, who we are there, and how private the way to it is: a URL as libpq reads it. What we do not
//! know is refused rather than passed over, since it may have been meant to keep somebody out.
//!
//! No error and no `Debug` repeats a part of the URL that may be a password's, also when it was written wrongly.

mod parameters;
mod parse;
mod passwords;
#[cfg(test)]
mod tests;
mod tls;

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tokio::net::lookup_host;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Connection, Socket};

use crate::model::{Secret, with_causes};
pub use passwords::PasswordError;
use passwords::Passwords;
pub(super) use tls::TlsError;
use tls::{Authorities, Connector, Stream, Trust};

/// How long one server is asked before the next one is asked as well.
const HEAD_START: Duration = Duration::from_millis(500);

/// Addresses of one host's name that are tried, at most.
const MOST_ADDRESSES: usize = 4;

/// The half of a connection that reads and writes, and hears of notifications.
pub(super) type Line = Connection<Socket, Stream>;

/// Why a URL names no database. Never what stands in it where a password may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no such URL.
    #[error("expected a URL such as postgres://passerby@db.example.com:5432/passerby")]
    Scheme,
    /// A character of the user's name or of the password ends the part of the URL in which it stands.
    #[error(
        "`@`, `/`, `?`, `#` and `%` in a user's name or password are written as %40, %2F, %3F, %23 and %25"
    )]
    Unescaped,
    /// A `%` without two hex digits after it, or bytes that are no text.
    #[error("a `%` must be followed by two hex digits, and the whole be UTF-8 without control characters")]
    Escape,
    /// Nobody is named.
    #[error("the URL names no user: postgres://USER@…")]
    NoUser,
    /// No host is named.
    #[error("the URL names no host: for a socket, add ?host=/run/postgresql")]
    NoHost,
    /// A host is empty, or has brackets without an address in them.
    #[error("a host is a name, an address (of version 6 in brackets), or the directory of a socket")]
    Host,
    /// A port is none.
    #[error("a port is a number from 1 to 65535, one for all hosts or one for each")]
    Port,
    /// A parameter that we do not know.
    #[error("unknown parameter `{0}`; known are {known}", known = parameters::known())]
    Unknown(String),
    /// A parameter twice.
    #[error("the parameter `{0}` is given twice")]
    Twice(&'static str),
    /// A value that the parameter does not have.
    #[error("the parameter `{parameter}` is {expected}")]
    Value {
        /// The parameter.
        parameter: &'static str,
        /// What it may be.
        expected: &'static str,
    },
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// The only server did not let us in.
    #[error("failed to connect to {place}")]
    Refused {
        /// Host and port.
        place: String,
        /// Why.
        #[source]
        source: Refusal,
    },
    /// None of several servers did.
    #[error("failed to connect to any server: {0}")]
    Nowhere(String),
}

/// Why one server did not let us in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// There is no password to be had.
    #[error("failed to find the password")]
    Password(#[from] PasswordError),
    /// There is no TLS to be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The host's name has no address.
    #[error("failed to resolve the name")]
    Resolve(#[source] std::io::Error),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The server, or the system, said no.
    #[error(transparent)]
    Server(tokio_postgres::Error),
    /// The same, where it is known what to do.
    #[error("{said}; {advice}")]
    Advised {
        /// What it said.
        said: String,
        /// What to do.
        advice: &'static str,
    },
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Refusal {
        let said = with_causes(&error, ": ");
        let advice = match error.as_db_error() {
            // It lets some in with TLS only.
            Some(told) if *told.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                said.contains("no encryption").then_some(
                    "the URL may have to say ?sslmode=verify-full, which is not the default on this machine",
                )
            }
            Some(_) => None,
            None if said.ends_with("password missing") => {
                Some("say where it is with --store-password-file, PGPASSFILE or PGPASSWORD")
            }
            None if said.ends_with("UnknownIssuer") => {
                Some("?sslrootcert=FILE names the authority that signed the server's certificate")
            }
            None => None,
        };
        match advice {
            Some(advice) => Refusal::Advised { said, advice },
            None => Refusal::Server(error),
        }
    }
}

impl ConnectError {
    fn of(mut refusals: Vec<(Place, Refusal)>) -> ConnectError {
        if refusals.len() == 1
            && let Some((place, source)) = refusals.pop()
        {
            return ConnectError::Refused { place: place.to_string(), source };
        }
        let texts = refusals.iter().map(|(place, error)| format!("{place}: {}", with_causes(error, ": ")));
        ConnectError::Nowhere(texts.collect::<Vec<_>>().join("; "))
    }
}

/// A database and who we are in it.
#[derive(Clone)]
pub struct Address {
    places: Vec<Place>,
    user: String,
    database: String,
    passwords: Passwords,
    /// Everything that is the same for all hosts.
    common: Config,
    /// What `sslmode` says; otherwise the host decides.
    tls: Option<Tls>,
    authorities: Authorities,
    /// For one server, until it has let us in.
    patience: Duration,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// A name or an address.
    Network(String),
    /// The directory of a socket.
    Socket(PathBuf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    Never,
    Always(Trust),
}

/// Who may read along on the way to the database, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// Whoever is on it.
    Open,
    /// Whoever stands in between.
    Encrypted,
    /// Another server of the authority's.
    AnyName,
    /// Nobody: it never leaves this machine.
    Here,
    /// Nobody.
    Verified,
}

impl Address {
    /// Reads a URL. Files are read when a connection is made, and anew for each, so that a password or an authority
    /// that was replaced counts from then on.
    ///
    /// The password is the URL's, else `password_file`'s, else `PGPASSWORD`, else that of `PGPASSFILE` or `~/.pgpass`;
    /// `variable` knows the environment.
    pub fn new(
        url: &str,
        password_file: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Address, AddressError> {
        let parsed = parse::parse(url)?;
        let passwords = Passwords::new(parsed.password, password_file, variable);
        Ok(Address {
            places: parsed.places,
            database: parsed.database.unwrap_or_else(|| parsed.user.clone()),
            user: parsed.user,
            passwords,
            common: parsed.parameters.config,
            tls: parsed.parameters.tls,
            authorities: parsed.parameters.authorities,
            patience: parsed.parameters.patience,
        })
    }

    /// Whether a URL holds a password, as far as it can be read.
    pub fn holds_password(url: &str) -> bool {
        parse::after_scheme(url).is_some_and(parse::holds_password)
    }

    /// A URL that says the same wherever it is read: the authorities' file by its absolute path.
    pub fn for_elsewhere(url: &str) -> std::io::Result<String> {
        let Some((place, query)) = url.split_once('?') else { return Ok(url.to_owned()) };
        let absolute = |pair: &str| match pair.strip_prefix("sslrootcert=") {
            None | Some("" | "system") => Ok(pair.to_owned()),
            Some(path) => {
                let path = percent_decode_str(path).decode_utf8_lossy();
                let path = std::path::absolute(&*path)?;
                let path = utf8_percent_encode(&path.to_string_lossy(), NON_ALPHANUMERIC).to_string();
                Ok(format!("sslrootcert={path}"))
            }
        };
        let pairs: std::io::Result<Vec<String>> = query.split('&').map(absolute).collect();
        Ok(format!("{place}?{}", pairs?.join("&")))
    }

    /// The password that is found here, for the first server that has one.
    pub fn password(&self) -> Result<Option<Secret<String>>, PasswordError> {
        for place in &self.places {
            if let Some(password) = self.passwords.find(place, &self.database, &self.user)? {
                return Ok(Some(password));
            }
        }
        Ok(None)
    }

    /// Who we are: a role of the database.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Which database, whoever we are in it: `HOST:PORT[,…]/DATABASE`.
    pub fn place(&self) -> String {
        let places: Vec<String> = self.places.iter().map(Place::to_string).collect();
        format!("{}/{}", places.join(","), self.database)
    }

    /// How private the way is: that of the least private of all servers.
    pub(super) fn way(&self) -> Way {
        let of = |place: &Place| match (self.tls_to(&place.host), &place.host) {
            (Tls::Never, Host::Network(name)) if !is_loopback(name) => Way::Open,
            (Tls::Never, _) => Way::Here,
            (Tls::Always(Trust::Anyone), _) => Way::Encrypted,
            (Tls::Always(Trust::Authority), _) => Way::AnyName,
            (Tls::Always(Trust::Name), _) => Way::Verified,
        };
        self.places.iter().map(of).min().unwrap_or(Way::Open)
    }

    /// Whether one of the servers is asked at a port.
    pub(super) fn has_port(&self, port: i64) -> bool {
        self.places.iter().any(|place| i64::from(place.port) == port)
    }

    /// Connects to the first server that lets us in and takes writes. One that says nothing holds up the next for a
    /// moment only; then both are asked.
    pub(super) async fn connect(&self) -> Result<(Client, Line), ConnectError> {
        let mut next = self.places.iter();
        let (mut asked, mut refusals) = (JoinSet::new(), Vec::new());
        loop {
            if let Some(place) = next.next() {
                let (this, place) = (self.clone(), place.clone());
                asked.spawn(async move { this.connect_to(&place).await.map_err(|refusal| (place, refusal)) });
            }
            let answered = match next.len() {
                0 => asked.join_next().await,
                _ => match timeout(HEAD_START, asked.join_next()).await {
                    Ok(answered) => answered,
                    Err(_) => continue,
                },
            };
            match answered {
                Some(Ok(Ok(connected))) => return Ok(connected),
                Some(Ok(Err(refused))) => refusals.push(refused),
                Some(Err(_)) => {}
                None => return Err(ConnectError::of(refusals)),
            }
        }
    }

    async fn connect_to(&self, place: &Place) -> Result<(Client, Line), Refusal> {
        let late = |_| Refusal::TimedOut(self.patience);
        let (config, connector) = self.prepare(place)?;
        let Host::Network(name) = &place.host else {
            return Ok(timeout(self.patience, config.connect(connector)).await.map_err(late)??);
        };
        let found = timeout(self.patience, lookup_host((name.as_str(), place.port))).await.map_err(late)?;
        let found = found.map_err(Refusal::Resolve)?;
        let mut refusal = Refusal::Resolve(std::io::ErrorKind::NotFound.into());
        for address in found.take(MOST_ADDRESSES) {
            // Each has its own time: one that swallows everything must not take the others'.
            let mut config = config.clone();
            config.hostaddr(address.ip());
            match timeout(self.patience, config.connect(connector.clone())).await.map_err(late) {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => refusal = error.into(),
                Err(late) => refusal = late,
            }
        }
        Err(refusal)
    }

    /// Everything that a connection to one server needs.
    fn prepare(&self, place: &Place) -> Result<(Config, Connector), Refusal> {
        let mut config = self.common.clone();
        config.user(&self.user).dbname(&self.database).port(place.port);
        match &place.host {
            Host::Network(name) => config.host(name),
            Host::Socket(directory) => config.host_path(directory),
        };
        if let Some(password) = self.passwords.find(place, &self.database, &self.user)? {
            config.password(password.expose());
        }
        match self.tls_to(&place.host) {
            Tls::Never => {
                config.ssl_mode(SslMode::Disable);
                Ok((config, Connector::plain()))
            }
            Tls::Always(trust) => {
                config.ssl_mode(SslMode::Require);
                Ok((config, Connector::new(trust, &self.authorities)?))
            }
        }
    }

    /// Over a socket there is no TLS, and on this machine nobody to keep out unless somebody says so.
    fn tls_to(&self, host: &Host) -> Tls {
        match (host, self.tls) {
            (Host::Socket(_), _) => Tls::Never,
            (_, Some(tls)) => tls,
            (Host::Network(name), None) if is_loopback(name) => Tls::Never,
            (Host::Network(_), None) => Tls::Always(Trust::Name),
        }
    }
}

fn is_loopback(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Who and where, as people say it. Never the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.place())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Network(name) if name.contains(':') => write!(f, "[{name}]:{}", self.port),
            Host::Network(name) => write!(f, "{name}:{}", self.port),
            Host::Socket(directory) => write!(f, "{}:{}", directory.display(), self.port),
        }
    }
}
