//! Which users a page is of.

use super::{ProviderType, Timestamp, User, UserId};

/// A page of users.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The last user of the page before.
    pub after: Option<UserId>,
    /// What `order` goes by, of that user. Not looked at when it goes by id.
    pub after_value: i64,
    /// At most so many.
    pub limit: u32,
    /// In which order.
    pub order: Order,
    /// The other way round.
    pub descending: bool,
    /// Only guests, or only others.
    pub guest: Option<bool>,
    /// Only disabled users, or only enabled ones.
    pub disabled: Option<bool>,
    /// Only users with an identity of one of these providers; of any when empty.
    pub providers: Vec<ProviderType>,
    /// Only users of whom a provider told this address. The case of ASCII letters does not count.
    pub email: Option<String>,
    /// Only users whose id, address or name begins so. An id needs its first eight digits; the case of ASCII letters
    /// does not count.
    pub begins: Option<String>,
    /// Only users who were made within a span.
    pub created: Span,
    /// Only users who were last active within a span; somebody who never was, at second 0.
    pub seen: Span,
}

/// A span of time, in whole seconds; open at an end that is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl Span {
    /// Whether it is open at both ends.
    pub fn is_all_time(&self) -> bool {
        *self == Span::default()
    }

    /// Whether a time lies in it.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// In which order users are listed. Whoever is equal in it is ordered by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By id, which is by when they were made.
    #[default]
    Id,
    /// Enabled users, then disabled ones.
    Status,
    /// By when they were last active.
    Activity,
}

impl Order {
    /// What a user has its place by, before its id.
    pub fn value(self, user: &User) -> i64 {
        match self {
            Order::Id => 0,
            Order::Status => i64::from(user.disabled),
            Order::Activity => user.last_authentication().map_or(0, |at| at.0),
        }
    }
}
