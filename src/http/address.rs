//! The client's address: the peer's, or what proxies say that we trust.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};

/// The older header, as most proxies send it.
pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address. Each proxy appends the peer it saw, so the list is read from its end as long as the speaker
/// is trusted: what stands further left was written by somebody we do not know.
pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let mut speaker = peer.to_canonical();
    if !trusted.contains(&speaker) {
        return speaker;
    }
    let forwarded: Vec<Option<IpAddr>> = if headers.contains_key(FORWARDED) {
        list(headers, &FORWARDED).into_iter().map(forwarded_for).collect()
    } else {
        list(headers, &X_FORWARDED_FOR).into_iter().map(address).collect()
    };
    for said in forwarded.into_iter().rev() {
        let (true, Some(said)) = (trusted.contains(&speaker), said) else { break };
        speaker = said.to_canonical();
    }
    speaker
}

fn list<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Vec<&'h str> {
    headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect()
}

/// The `for=` of one element of a `Forwarded` header (RFC 7239).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs
        .into_iter()
        .find(|(key, _)| key.trim().eq_ignore_ascii_case("for"))
        .and_then(|(_, value)| address(value))
}

/// An address, perhaps quoted, in brackets, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(peer: &str, header: (&'static str, &'static str), trusted: &[&str]) -> String {
        let headers = [(HeaderName::from_static(header.0), HeaderValue::from_static(header.1))];
        let trusted: Vec<IpAddr> = trusted.iter().map(|t| t.parse().unwrap()).collect();
        of(peer.parse().unwrap(), &headers.into_iter().collect(), &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(found("198.51.100.1", ("x-forwarded-for", "203.0.113.7"), &["10.0.0.1"]), "198.51.100.1");
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_no_further() {
        let forged = ("x-forwarded-for", "192.0.2.66, 203.0.113.7");
        assert_eq!(found("10.0.0.1", forged, &["10.0.0.1"]), "203.0.113.7");
        let chain = ("x-forwarded-for", "203.0.113.7, 10.0.0.2");
        assert_eq!(found("10.0.0.1", chain, &["10.0.0.1", "10.0.0.2"]), "203.0.113.7");
        assert_eq!(found("::ffff:10.0.0.1", chain, &["10.0.0.1"]), "10.0.0.2");
    }

    #[test]
    fn both_headers_are_understood_and_nonsense_ends_the_chain() {
        let forwarded = ("forwarded", "for=\"[2001:db8::7]:4711\";proto=https;by=203.0.113.43");
        assert_eq!(found("10.0.0.1", forwarded, &["10.0.0.1"]), "2001:db8::7");
        assert_eq!(found("10.0.0.1", ("x-forwarded-for", "203.0.113.7:99"), &["10.0.0.1"]), "203.0.113.7");
        assert_eq!(found("10.0.0.1", ("x-forwarded-for", "unknown"), &["10.0.0.1"]), "10.0.0.1");
    }
}
