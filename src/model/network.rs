//! Addresses and networks, as an app's access list names them.

use std::net::IpAddr;
use std::str::FromStr;

/// A text that is no address and no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an IP address, or a network such as 192.0.2.0/24 or 2001:db8::/32")]
pub struct BadNetwork;

/// One address, or all that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether everybody is in it: the original's `0.0.0.0/0` means that, and the original knew no other addresses.
    pub fn is_everywhere(&self) -> bool {
        self.bits == 0
    }

    /// Whether an address is in it. An IPv4 address that is written as an IPv6 one is itself.
    pub fn holds(&self, address: IpAddr) -> bool {
        if self.is_everywhere() {
            return true;
        }
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()) >> (32 - self.bits) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()) >> (128 - self.bits) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Network, BadNetwork> {
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base, Some(bits)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| BadNetwork)?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let digits = |bits: &str| bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = match bits {
            None => most,
            Some(bits) if digits(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or(BadNetwork)?,
            Some(_) => return Err(BadNetwork),
        };
        Ok(Network { base, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_its_networks() {
        for (network, address, expected) in [
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("192.0.2.7", "::ffff:192.0.2.7", true),
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.99/31", "192.0.2.98", true),
            ("192.0.2.7/1", "127.255.0.1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("2001:db8::/32", "32.1.13.184", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", true),
            ("::/0", "203.0.113.9", true),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert_eq!(parsed.holds(address.parse().unwrap()), expected, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for wrong in
            ["", "/", "1.2.3", "1.2.3.4/", "1.2.3.4/33", "::/129", "1.2.3.4/+8", "a.example", "1.2.3.4/8/8"]
        {
            assert_eq!(wrong.parse::<Network>(), Err(BadNetwork), "{wrong}");
        }
    }
}
