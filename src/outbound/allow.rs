//! What the operator opens: hosts and networks that would be refused.

use std::net::IpAddr;
use std::str::FromStr;

use url::Host;

/// A setting that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to understand `{0}`: expected a host (idp.internal, idp.internal:8443), a network (10.0.0.0/8), or http:// and a host"
)]
pub struct BadAllow(String);

/// One thing that is opened: `host[:port]`, whatever its address; `http://host[:port]`, which may also be asked
/// without TLS; or a network such as `10.0.0.0/8`, whoever is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow(Entry);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Host { host: String, port: Option<u16>, plain: bool },
    Network { base: IpAddr, bits: u32 },
}

/// What is allowed at a host and port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Allowed {
    /// Any address.
    pub(super) closed_addresses: bool,
    /// HTTP without TLS.
    pub(super) plain: bool,
}

/// What the entries together allow at a host, as URLs write it.
pub(super) fn at_host(entries: &[Allow], host: &str, port: u16) -> Allowed {
    let mut allowed = Allowed::default();
    for Allow(entry) in entries {
        if let Entry::Host { host: name, port: at, plain } = entry
            && name == host
            && at.is_none_or(|at| at == port)
        {
            allowed.closed_addresses = true;
            allowed.plain |= plain;
        }
    }
    allowed
}

/// Whether an entry opens the network of an address.
pub(super) fn in_network(entries: &[Allow], address: IpAddr) -> bool {
    let address = address.to_canonical();
    entries.iter().any(|Allow(entry)| match entry {
        Entry::Host { .. } => false,
        Entry::Network { base, bits } => match (base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (u32::from(*base) ^ u32::from(address)).leading_zeros() >= *bits
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (u128::from(*base) ^ u128::from(address)).leading_zeros() >= *bits
            }
            _ => false,
        },
    })
}

impl FromStr for Allow {
    type Err = BadAllow;

    fn from_str(text: &str) -> Result<Allow, BadAllow> {
        let network = || {
            let (base, bits) = text.split_once('/')?;
            let base: IpAddr = base.parse().ok()?;
            let most = if base.is_ipv4() { 32 } else { 128 };
            let bits = bits.parse().ok().filter(|bits| (1..=most).contains(bits))?;
            Some(Entry::Network { base, bits })
        };
        let host = || {
            let (plain, rest) = match text.strip_prefix("http://") {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            let (name, port) = match rest.rsplit_once(':') {
                Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, Some(port)),
                _ => (rest, None),
            };
            let port = port.map(str::parse).transpose().ok()?;
            // In the spelling of URLs, so that it is the same text when it is asked for.
            let host = Host::parse(name).ok()?.to_string();
            Some(Entry::Host { host, port, plain })
        };
        network().or_else(host).map(Allow).ok_or_else(|| BadAllow(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(texts: &[&str]) -> Vec<Allow> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_host_opens_itself_and_its_port_alone() {
        let entries =
            entries(&["IdP.internal", "other.internal:8443", "http://127.0.0.1:9000", "http://[::1]:80"]);
        let (open, plain) = (
            Allowed { closed_addresses: true, plain: false },
            Allowed { closed_addresses: true, plain: true },
        );
        for (host, port, expected) in [
            ("idp.internal", 443, open),
            ("idp.internal", 1, open),
            ("x.idp.internal", 443, Allowed::default()),
            ("other.internal", 8443, open),
            ("other.internal", 443, Allowed::default()),
            ("127.0.0.1", 9000, plain),
            ("127.0.0.1", 9001, Allowed::default()),
            ("[::1]", 80, plain),
            ("example.com", 443, Allowed::default()),
        ] {
            assert_eq!(at_host(&entries, host, port), expected, "{host}:{port}");
        }
    }

    #[test]
    fn a_network_opens_who_is_in_it() {
        let entries = entries(&["10.1.0.0/16", "fd00::/8", "192.168.1.7/32"]);
        for (address, expected) in [
            ("10.1.255.1", true),
            ("::ffff:10.1.0.1", true),
            ("10.2.0.1", false),
            ("192.168.1.7", true),
            ("192.168.1.8", false),
            ("fd00::1", true),
            ("fc00::1", false),
            ("64:ff9b::10.1.0.1", false),
        ] {
            assert_eq!(in_network(&entries, address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn a_setting_that_is_none_is_named() {
        for text in [
            "",
            "http://",
            "https://a.example",
            "a b",
            "a.example:x",
            "a.example/x",
            "10.0.0.0/0",
            "10.0.0.0/33",
            "10.0.0/8",
            "a.example:99999",
        ] {
            assert_eq!(text.parse::<Allow>(), Err(BadAllow(text.to_owned())), "{text}");
        }
    }
}
