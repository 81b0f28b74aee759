//! The tables: what came of each fault, for guests' logins and for everything else.

use std::time::Duration;

use super::MARGIN;
use super::aftermath::Aftermath;
use super::faults::Fault;
use super::people::{Act, Person, Told, Try};

/// What came of a fault for guests who log in.
pub(super) struct Guests {
    pub(super) sent: usize,
    pub(super) answered: usize,
    /// Told to come again later.
    pub(super) later: usize,
    /// Told anything else.
    pub(super) odd: Vec<String>,
    /// Answered, and not there afterwards.
    pub(super) lost: Vec<String>,
    /// There twice.
    pub(super) doubled: usize,
    /// Answered while no commit could be on two nodes.
    pub(super) rash: usize,
    /// The longest time in which a program beside Passerby got nothing committed.
    pub(super) cluster: Duration,
    /// The longest time in which no login was answered.
    pub(super) service: Duration,
    /// The longest that anybody waited for an answer, of whatever kind.
    pub(super) wait: Duration,
}

impl Guests {
    pub(super) const HEAD: &str = "| fault | sent | answered | lost | doubled | 503 | other | cluster s | service s | longest wait s |\n\
                                   | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

    pub(super) fn text(&self, fault: Fault) -> String {
        let Guests { sent, answered, later, doubled, .. } = self;
        let (lost, other) = (self.lost.len(), self.odd.len());
        let [cluster, service, wait] = [self.cluster, self.service, self.wait].map(|span| span.as_secs_f32());
        let name = fault.name();
        format!(
            "| {name} | {sent} | {answered} | {lost} | {doubled} | {later} | {other} | {cluster:.1} | {service:.1} | {wait:.1} |"
        )
    }

    /// What was promised and did not come about.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut complaints =
            complaints_of([("answered and lost", &self.lost), ("neither 200 nor 503", &self.odd)]);
        if self.doubled > 0 {
            complaints.push(format!("{} there twice", self.doubled));
        }
        if self.rash > 0 {
            complaints.push(format!("{} answered before they were on two nodes", self.rash));
        }
        if self.service > self.cluster + MARGIN {
            complaints
                .push(format!("service was away for {:?}, the cluster for {:?}", self.service, self.cluster));
        }
        complaints
    }
}

/// What came of a fault for whatever else was asked.
pub(super) struct Others {
    /// How many of each act were asked for and how many answered, in the order of [`Others::ACTS`].
    counts: [(usize, usize); 5],
    later: usize,
    odd: Vec<String>,
    rash: Vec<String>,
    /// Told to come again later, and done all the same, as far as that could be seen.
    found: usize,
    after: Aftermath,
}

impl Others {
    const ACTS: [Act; 5] = [Act::Register, Act::LogIn, Act::Link, Act::LogOut, Act::Disable];

    pub(super) const HEAD: &str = "| fault | registered | logged in | linked | logged out | disabled | 503 | done all the same | lost | doubled | other |\n\
                                   | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

    /// Counts what people were told. `is_rash` says of which tries none can have been answered.
    pub(super) fn count(people: &[Person], is_rash: impl Fn(&Try) -> bool) -> Others {
        let acts = || people.iter().flat_map(|person| &person.acts);
        let tries = || acts().flat_map(|asked| &asked.tries);
        let counts = Others::ACTS.map(|act| {
            let of_kind = || acts().filter(|asked| asked.act == act);
            (of_kind().count(), of_kind().filter(|asked| asked.is_done()).count())
        });
        let rash = tries().filter(|one| matches!(one.told, Told::Done(_)) && is_rash(one));
        Others {
            counts,
            later: tries().filter(|one| matches!(one.told, Told::Later)).count(),
            odd: tries().filter_map(odd).collect(),
            rash: rash.map(|one| format!("{one:?}")).collect(),
            found: tries().filter(|one| matches!(one.told, Told::Found)).count(),
            after: Aftermath::default(),
        }
    }

    /// The same, with what is there afterwards.
    pub(super) fn with(self, after: Aftermath) -> Others {
        Others { found: self.found + after.found, after, ..self }
    }

    pub(super) fn text(&self, fault: Fault) -> String {
        let counts = self.counts.map(|(asked, done)| format!("{done} of {asked}")).join(" | ");
        let (later, found) = (self.later, self.found);
        let (lost, doubled) = (self.after.lost.len(), self.after.doubled.len());
        let other = self.odd.len() + self.after.wrong.len();
        format!("| {} | {counts} | {later} | {found} | {lost} | {doubled} | {other} |", fault.name())
    }

    /// What was promised and did not come about.
    pub(super) fn complaints(&self) -> Vec<String> {
        complaints_of([
            ("answered and lost", &self.after.lost),
            ("there twice", &self.after.doubled),
            ("answered wrongly when they were asked again", &self.after.wrong),
            ("neither done nor 503", &self.odd),
            ("answered before they were on two nodes", &self.rash),
        ])
    }
}

fn odd(one: &Try) -> Option<String> {
    let Told::Odd(what) = &one.told else { return None };
    Some(format!("{what} after {} ms", (one.answered - one.sent).as_millis()))
}

fn complaints_of<const N: usize>(lists: [(&str, &Vec<String>); N]) -> Vec<String> {
    let some = lists.into_iter().filter(|(_, list)| !list.is_empty());
    some.map(|(what, list)| format!("{} {what}, such as {}", list.len(), list[0])).collect()
}
