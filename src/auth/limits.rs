//! How often one may try. Guest logins are not limited by default: a school has one address, and so has a benchmark.
//! Password logins, and whatever sends mail or tells of an address, are.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use super::{App, Error, Result};
use crate::model::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
/// Keys that are remembered at once; beyond them everybody starts anew, which errs on the people's side.
const MOST: usize = 100_000;

/// So many of something in a span, for each key.
struct Window {
    limit: u32,
    span: i64,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    number: i64,
    of: HashMap<u64, u32>,
}

impl Window {
    fn new(limit: u32, span: i64) -> Window {
        Window { limit, span, counts: Mutex::default() }
    }

    /// Counts one more; `false` when there were as many as may be.
    fn admit(&self, key: impl Hash, now: Timestamp) -> bool {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        // Counts are whole between any two statements, so a poisoned lock is as good as a clean one.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.0.div_euclid(self.span);
        if counts.number != number || counts.of.len() >= MOST {
            *counts = Counts { number, of: HashMap::new() };
        }
        let count = counts.of.entry(hasher.finish()).or_default();
        if *count >= self.limit {
            return false;
        }
        *count += 1;
        true
    }

    /// Takes back what was counted in this span.
    fn forgive(&self, key: impl Hash, now: Timestamp) {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.number == now.0.div_euclid(self.span)
            && let Some(count) = counts.of.get_mut(&hasher.finish())
        {
            *count = count.saturating_sub(1);
        }
    }
}

/// Whose tries count together.
#[derive(Hash)]
enum Counted<'a> {
    Person(crate::model::AppKey, &'a str),
    Admin(&'a str),
    KeyPair(&'a str, Option<IpAddr>),
}

/// As whom an administrator tries to sign in.
#[derive(Clone, Copy)]
pub(super) enum AdminName<'a> {
    /// With a password, which can be guessed from many places at once.
    Email(&'a str),
    /// With a private key, which nobody guesses: whoever tries elsewhere keeps nobody out.
    PublicKey(&'a str),
}

impl<'a> AdminName<'a> {
    fn counted(self, address: Option<IpAddr>) -> Counted<'a> {
        match self {
            AdminName::Email(email) => Counted::Admin(email),
            AdminName::PublicKey(key) => Counted::KeyPair(key, address.map(network)),
        }
    }
}

/// Guest logins per address and hour.
pub(super) struct GuestLimit(Option<Window>);

impl GuestLimit {
    /// `per_hour` logins for each address; 0 for no limit.
    pub(super) fn new(per_hour: u32) -> GuestLimit {
        GuestLimit((per_hour > 0).then(|| Window::new(per_hour, HOUR)))
    }

    /// Counts a login, or refuses it.
    pub(super) fn admit(&self, address: Option<IpAddr>, now: Timestamp) -> Result<()> {
        match (&self.0, address) {
            (Some(window), Some(address)) if !window.admit(network(address), now) => {
                Err(Error::TooManyGuests)
            }
            _ => Ok(()),
        }
    }
}

/// Tries of one kind, per e-mail address and per client's address.
pub(super) struct Tries {
    of_email: Window,
    of_address: Window,
}

impl Tries {
    /// Password logins: each costs a hash.
    pub(super) fn of_passwords(per_minute: u32) -> Tries {
        Tries {
            of_email: Window::new(per_minute, MINUTE),
            of_address: Window::new(per_minute.saturating_mul(10), MINUTE),
        }
    }

    /// Registrations, resends and resets: each may send a mail.
    pub(super) fn of_mails(per_hour: u32) -> Tries {
        Tries {
            of_email: Window::new(per_hour, HOUR),
            of_address: Window::new(per_hour.saturating_mul(10), HOUR),
        }
    }

    /// Counts a try, or refuses it. The network comes first: one that has had its tries uses up nobody else's, nor
    /// the memory in which they are counted.
    pub(super) fn admit(
        &self,
        app: &App,
        email: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<()> {
        let free = address.is_none_or(|address| self.of_address.admit(network(address), now))
            && self.of_email.admit(Counted::Person(app.key, email), now);
        if free { Ok(()) } else { Err(Error::TooManyTries) }
    }
}

impl Tries {
    /// Counts a try of an administrator, or refuses it.
    pub(super) fn admit_name(
        &self,
        name: Option<AdminName<'_>>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<()> {
        let free = address.is_none_or(|address| self.of_address.admit(network(address), now))
            && name.is_none_or(|name| self.of_email.admit(name.counted(address), now));
        if free { Ok(()) } else { Err(Error::TooManyTries) }
    }

    /// Takes a try back that succeeded: only failures are to be few.
    pub(super) fn forgive(&self, name: Option<AdminName<'_>>, address: Option<IpAddr>, now: Timestamp) {
        if let Some(name) = name {
            self.of_email.forgive(name.counted(address), now);
        }
        if let Some(address) = address {
            self.of_address.forgive(network(address), now);
        }
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
