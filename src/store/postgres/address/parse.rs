//! The URL itself: `postgres://user[:password]@host[:port][,…][/database][?parameter=value&…]`.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::parameters::Parameters;
use super::{AddressError, Host, Place};
use crate::model::Secret;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
const USUAL_PORT: u16 = 5432;

/// What a URL says.
pub(super) struct Parsed {
    pub(super) places: Vec<Place>,
    pub(super) user: String,
    pub(super) database: Option<String>,
    pub(super) password: Option<Secret<String>>,
    pub(super) parameters: Parameters,
}

/// What follows the scheme, which may be any of the two.
pub(super) fn after_scheme(url: &str) -> Option<&str> {
    SCHEMES.iter().find_map(|scheme| url.strip_prefix(scheme))
}

/// Whether there is a `:` in what stands before an `@`. Also when the password ends its part of the URL too early.
pub(super) fn holds_password(rest: &str) -> bool {
    rest.rsplit_once('@').is_some_and(|(before, _)| before.contains(':'))
}

pub(super) fn parse(url: &str) -> Result<Parsed, AddressError> {
    let rest = after_scheme(url).ok_or(AddressError::Scheme)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    // Whoever writes an `@` further on, or a second one here, has a password that was cut in two.
    if login.contains('@') || path.contains('@') || query.contains('@') || url.contains('#') {
        return Err(AddressError::Unescaped);
    }
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    let user = decoded(user)?;
    if user.is_empty() {
        return Err(AddressError::NoUser);
    }
    let password = password.map(decoded).transpose()?.filter(|password| !password.is_empty());
    let parameters = Parameters::read(query)?;
    let places = match (hosts, &parameters.host) {
        ("", None) => return Err(AddressError::NoHost),
        ("", Some(hosts)) => listed(hosts, parameters.port.as_deref())?,
        (_, Some(_)) => return Err(AddressError::Twice("host")),
        (hosts, None) => {
            hosts.split(',').map(|place| self::place(place, &parameters)).collect::<Result<_, _>>()?
        }
    };
    let database = Some(decoded(path)?).filter(|database| !database.is_empty());
    Ok(Parsed { places, user, database, password: password.map(Secret::new), parameters })
}

/// One of the hosts before the path.
fn place(text: &str, parameters: &Parameters) -> Result<Place, AddressError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(AddressError::Host)?;
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(AddressError::Host);
            }
            (Host::Network(address.to_owned()), port.strip_prefix(':').or((!port.is_empty()).then_some(port)))
        }
        None => {
            let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
            (self::host(decoded(host)?)?, port)
        }
    };
    let port = match (port, &parameters.port) {
        (Some(_), Some(_)) => return Err(AddressError::Twice("port")),
        (Some(port), None) => self::port(port)?,
        (None, Some(port)) => self::port(port)?,
        (None, None) => USUAL_PORT,
    };
    Ok(Place { host, port })
}

/// The hosts of the parameter `host`, with one port for all or one for each.
fn listed(hosts: &str, ports: Option<&str>) -> Result<Vec<Place>, AddressError> {
    let hosts: Vec<Host> = hosts.split(',').map(|text| host(text.to_owned())).collect::<Result<_, _>>()?;
    let ports: Vec<u16> = match ports {
        None => vec![USUAL_PORT],
        Some(ports) => ports.split(',').map(port).collect::<Result<_, _>>()?,
    };
    if ports.len() != 1 && ports.len() != hosts.len() {
        return Err(AddressError::Port);
    }
    let ports = ports.iter().copied().cycle();
    Ok(hosts.into_iter().zip(ports).map(|(host, port)| Place { host, port }).collect())
}

fn host(text: String) -> Result<Host, AddressError> {
    match text {
        text if text.starts_with('/') => Ok(Host::Socket(PathBuf::from(text))),
        text if text.is_empty() || text.contains(['/', ' ', '[', ']']) => Err(AddressError::Host),
        text => Ok(Host::Network(text)),
    }
}

fn port(text: &str) -> Result<u16, AddressError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0).ok_or(AddressError::Port)
}

/// A part of the URL as text.
pub(super) fn decoded(part: &str) -> Result<String, AddressError> {
    let escapes = part.split('%').skip(1);
    let whole = |escape: &str| escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !escapes.into_iter().all(whole) {
        return Err(AddressError::Escape);
    }
    let text = percent_decode_str(part).decode_utf8().map_err(|_| AddressError::Escape)?;
    if text.contains(char::is_control) { Err(AddressError::Escape) } else { Ok(text.into_owned()) }
}
