//! Addresses that nobody reaches through us unless the operator says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not for us; `None` when it is an ordinary public one.
///
/// Version 6 is closed but for the global unicast range, so what is assigned later stays closed until it is looked at.
/// Where a version 4 address is embedded, that one decides.
pub(super) fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => refusal_v4(v4),
        IpAddr::V6(v6) => refusal_v6(v6),
    }
}

/// Ranges of version 4: base, length of the prefix, name.
const CLOSED_V4: [([u8; 4], u32, &str); 15] = [
    ([0, 0, 0, 0], 8, "an address of this network"),
    ([10, 0, 0, 0], 8, "a private address"),
    ([100, 64, 0, 0], 10, "an address shared behind a carrier"),
    ([127, 0, 0, 0], 8, "a loopback address"),
    ([169, 254, 0, 0], 16, "a link-local address"),
    ([172, 16, 0, 0], 12, "a private address"),
    ([192, 0, 0, 0], 24, "a reserved address"),
    ([192, 0, 2, 0], 24, "an address for documentation"),
    ([192, 88, 99, 0], 24, "a relay's address"),
    ([192, 168, 0, 0], 16, "a private address"),
    ([198, 18, 0, 0], 15, "an address for benchmarks"),
    ([198, 51, 100, 0], 24, "an address for documentation"),
    ([203, 0, 113, 0], 24, "an address for documentation"),
    ([224, 0, 0, 0], 4, "a multicast address"),
    ([240, 0, 0, 0], 4, "a reserved address"),
];

fn refusal_v4(address: Ipv4Addr) -> Option<&'static str> {
    let found = CLOSED_V4.iter().find(|(base, bits, _)| {
        let apart = u32::from(address) ^ u32::from_be_bytes(*base);
        apart >> (32 - bits) == 0
    });
    found.map(|(_, _, name)| *name)
}

fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        refusal_v4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => embedded(g, h),
        [0x2002, ..] => embedded(b, c),
        [0, 0, 0, 0, 0, 0] if g == 0 && h == 1 => Some("a loopback address"),
        [0x2001, 0..0x200, ..] => Some("a reserved address"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..0x1000, ..] => Some("an address for documentation"),
        [0x2000..0x4000, ..] => None,
        [0xfc00..0xfe00, ..] => Some("a private address"),
        [0xfe80..0xfec0, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        _ => Some("a reserved address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_public_addresses_are_open() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2400::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ] {
            assert_eq!(refusal(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn all_other_addresses_are_closed() {
        for (name, texts) in [
            ("an address of this network", &["0.0.0.0", "0.1.2.3", "::ffff:0.0.0.0"][..]),
            (
                "a private address",
                &[
                    "10.0.0.0",
                    "10.255.255.255",
                    "172.16.0.0",
                    "172.31.255.255",
                    "192.168.0.1",
                    "::ffff:10.0.0.1",
                    "::ffff:a00:1",
                    "64:ff9b::10.0.0.1",
                    "2002:a00:1::",
                    "2002:c0a8:101::1",
                    "fc00::1",
                    "fd12:3456::1",
                ],
            ),
            ("an address shared behind a carrier", &["100.64.0.0", "100.127.255.255"]),
            (
                "a loopback address",
                &[
                    "127.0.0.1",
                    "127.255.255.254",
                    "::1",
                    "::ffff:127.0.0.1",
                    "64:ff9b::7f00:1",
                    "2002:7f00:1::",
                ],
            ),
            ("a link-local address", &["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "febf::1"]),
            (
                "an address for documentation",
                &["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
            ),
            ("an address for benchmarks", &["198.18.0.0", "198.19.255.255"]),
            ("a multicast address", &["224.0.0.1", "239.255.255.255", "ff02::1"]),
            ("a relay's address", &["192.88.99.1"]),
            (
                "a reserved address",
                &[
                    "192.0.0.1",
                    "240.0.0.1",
                    "255.255.255.255",
                    "::",
                    "::7f00:1",
                    "::2",
                    "100::1",
                    "64:ff9b:1::1",
                    "2001::1",
                    "2001:1ff::1",
                    "fec0::1",
                    "5f00::1",
                    "4000::1",
                    "::ffff:0:7f00:1",
                ],
            ),
        ] {
            for text in texts {
                assert_eq!(refusal(text.parse().unwrap()), Some(name), "{text}");
            }
        }
    }
}
