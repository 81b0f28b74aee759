//! Who is there, as numbers.

use crate::model::Day;

/// How many are there, by day, so that it can be told who would go when without looking at anybody. Days ascend, and
/// those with nobody are left out.
///
/// Guests count from when their logins were noted ([`CountGuestLogins`](super::CountGuestLogins)): one that was never
/// noted, since the server crashed within the second or the client hung up, is missing here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Guests made here, by the day on which they were made.
    pub made: Vec<(Day, u64)>,
    /// The same guests, by their last day of activity.
    pub active: Vec<(Day, u64)>,
    /// Guests brought from elsewhere, by their last day of activity here, which is at first that of their arrival.
    pub brought: Vec<(Day, u64)>,
    /// People who are no guests.
    pub people: u64,
    /// Users made with server API keys.
    pub servers: u64,
}
