//! The client's address: the peer's, or what proxies say that we trust.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};

/// The older header, as most proxies send it.
pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address. A proxy writes one of the two headers and may pass the other on as it came from the client;
/// which is which nobody can tell, so when they disagree neither is believed.
pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.contains(&peer) {
        return peer;
    }
    let said = |name: &HeaderName, read: fn(&str) -> Option<IpAddr>| {
        let list: Vec<Option<IpAddr>> = list(headers, name).into_iter().map(read).collect();
        headers.contains_key(name).then(|| follow(peer, &list, trusted))
    };
    match (said(&FORWARDED, forwarded_for), said(&X_FORWARDED_FOR, address)) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(said), _) | (None, Some(said)) => said,
        (None, None) => peer,
    }
}

/// Each proxy appends the peer it saw, so the list is read from its end as long as the speaker is trusted: what stands
/// further left was written by somebody we do not know.
fn follow(peer: IpAddr, list: &[Option<IpAddr>], trusted: &[IpAddr]) -> IpAddr {
    let mut speaker = peer;
    for said in list.iter().rev() {
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
    fn a_header_that_the_proxy_passed_on_does_not_replace_the_one_it_wrote() {
        let both = |forwarded: &'static str, x_forwarded_for: &'static str| {
            let headers: HeaderMap = [(FORWARDED, forwarded), (X_FORWARDED_FOR, x_forwarded_for)]
                .map(|(name, value)| (name, HeaderValue::from_static(value)))
                .into_iter()
                .collect();
            let proxy: IpAddr = "10.0.0.1".parse().unwrap();
            of(proxy, &headers, &[proxy]).to_string()
        };
        assert_eq!(both("for=192.0.2.66", "203.0.113.7"), "10.0.0.1");
        assert_eq!(both("nonsense", "203.0.113.7"), "10.0.0.1");
        assert_eq!(both("for=192.0.2.66, for=203.0.113.7", "203.0.113.7"), "203.0.113.7");
    }

    #[test]
    fn both_headers_are_understood_and_nonsense_ends_the_chain() {
        let forwarded = ("forwarded", "for=\"[2001:db8::7]:4711\";proto=https;by=203.0.113.43");
        assert_eq!(found("10.0.0.1", forwarded, &["10.0.0.1"]), "2001:db8::7");
        assert_eq!(found("10.0.0.1", ("x-forwarded-for", "203.0.113.7:99"), &["10.0.0.1"]), "203.0.113.7");
        assert_eq!(found("10.0.0.1", ("x-forwarded-for", "unknown"), &["10.0.0.1"]), "10.0.0.1");
    }
}
