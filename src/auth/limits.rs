//! How many guests one address may make. Off by default: a school has one address, and so has a benchmark.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use super::{Error, Result};
use crate::model::Timestamp;

const HOUR: i64 = 3600;
/// Addresses that are remembered at once; beyond them everybody starts anew, which errs on the guests' side.
const MOST: usize = 100_000;

/// Guest logins per address and hour.
pub(super) struct GuestLimit {
    per_hour: u32,
    hour: Mutex<Hour>,
}

#[derive(Default)]
struct Hour {
    number: i64,
    logins: HashMap<IpAddr, u32>,
}

impl GuestLimit {
    /// `per_hour` logins for each address; 0 for no limit.
    pub(super) fn new(per_hour: u32) -> GuestLimit {
        GuestLimit { per_hour, hour: Mutex::default() }
    }

    /// Counts a login, or refuses it.
    pub(super) fn admit(&self, address: Option<IpAddr>, now: Timestamp) -> Result<()> {
        let (1.., Some(address)) = (self.per_hour, address) else { return Ok(()) };
        // Counts are whole between any two statements, so a poisoned lock is as good as a clean one.
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.0.div_euclid(HOUR);
        if hour.number != number || hour.logins.len() >= MOST {
            *hour = Hour { number, logins: HashMap::new() };
        }
        let logins = hour.logins.entry(network(address)).or_default();
        if *logins >= self.per_hour {
            return Err(Error::TooManyGuests);
        }
        *logins += 1;
        Ok(())
    }
}

/// Who counts as one: an IPv4 address, or the /64 that a provider gives one customer.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_beyond_its_hour_and_others_are_not() {
        let limit = GuestLimit::new(2);
        let at = |address: &str, now| limit.admit(Some(address.parse().unwrap()), Timestamp(now)).is_ok();
        assert!(at("203.0.113.7", 0) && at("203.0.113.7", 1));
        assert!(!at("203.0.113.7", 2));
        assert!(at("203.0.113.8", 2));
        assert!(at("203.0.113.7", HOUR));
        assert!(at("2001:db8::1", 0) && at("2001:db8::2", 0) && !at("2001:db8::3", 0));
        assert!(at("2001:db8:0:1::3", 0));
    }

    #[test]
    fn no_limit_counts_nobody() {
        let limit = GuestLimit::new(0);
        assert!((0..100).all(|_| limit.admit(Some(IpAddr::V6(Ipv6Addr::LOCALHOST)), Timestamp(0)).is_ok()));
    }
}
