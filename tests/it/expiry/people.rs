//! A thousand guests of every habit, and a small model of who must be left: written from the words of the policy, not
//! from the code.

use passerby::model::{AnonymousUserExpiration, DAY, Day, ExpiryClock, Timestamp};

use crate::support::Guest;

/// What a guest does after the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Never comes back.
    Never,
    /// Comes back on the day of the login, and never again.
    SameDay,
    Daily,
    /// Comes back every so many days.
    Every(i64),
    /// Comes every tenth day and logs out after so many days.
    LogsOut(i64),
    /// Comes every tenth day until an administrator disables it after so many days.
    IsDisabled(i64),
    /// The same, and it is enabled again the day after; its session is over all the same.
    IsEnabledAgain(i64),
    /// Comes every tenth day and deletes itself after so many days.
    Deletes(i64),
}

pub(super) const HABITS: [Habit; 13] = [
    Habit::Never,
    Habit::SameDay,
    Habit::Daily,
    Habit::Every(30),
    Habit::Every(89),
    Habit::Every(90),
    Habit::Every(91),
    Habit::LogsOut(1),
    Habit::LogsOut(33),
    Habit::IsDisabled(25),
    Habit::IsEnabledAgain(25),
    Habit::Deletes(2),
    Habit::Deletes(45),
];

/// What happens on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Visit,
    LogOut,
    Disable,
    Enable,
    Delete,
}

impl Habit {
    /// What a guest does so many days after its login, if anything.
    pub(super) fn on(self, age: i64) -> Option<Act> {
        let every = |days: i64| (age > 0 && age % days == 0).then_some(Act::Visit);
        match self {
            Habit::Never => None,
            Habit::SameDay => (age == 0).then_some(Act::Visit),
            Habit::Daily => every(1),
            Habit::Every(days) => every(days),
            Habit::LogsOut(at) if age == at => Some(Act::LogOut),
            Habit::IsDisabled(at) | Habit::IsEnabledAgain(at) if age == at => Some(Act::Disable),
            Habit::IsEnabledAgain(at) if age == at + 1 => Some(Act::Enable),
            Habit::Deletes(at) if age == at => Some(Act::Delete),
            Habit::LogsOut(_) | Habit::IsDisabled(_) | Habit::IsEnabledAgain(_) | Habit::Deletes(_) => {
                every(10)
            }
        }
    }
}

/// A guest, as the model knows it.
pub(super) struct Person {
    pub(super) app: usize,
    pub(super) habit: Habit,
    pub(super) guest: Guest,
    pub(super) created: Timestamp,
    /// The second of the day at which it acts.
    pub(super) second: i64,
    pub(super) last_active: Day,
    pub(super) logged_in: bool,
    pub(super) disabled: bool,
    /// Deleted, or removed by the reaper.
    pub(super) gone: bool,
}

impl Person {
    /// The first second at which a policy lets the guest go.
    pub(super) fn due(&self, policy: AnonymousUserExpiration) -> Option<Timestamp> {
        let days = i64::from(policy.days);
        match policy.clock {
            ExpiryClock::Never => None,
            // So many whole days lie between the day of the last activity and today.
            ExpiryClock::Inactivity => Some(Timestamp((self.last_active.0 + 1 + days) * DAY)),
            ExpiryClock::Age => Some(Timestamp(self.created.0 + days * DAY)),
        }
    }
}

/// The second of the day at which the `n`th guest acts: the first and the last one are dangerous.
pub(super) fn second(n: usize) -> i64 {
    match n % 4 {
        0 => 0,
        1 => DAY - 1,
        2 => DAY / 2,
        _ => i64::try_from(n * 6_151 % 86_400).expect("small"),
    }
}
