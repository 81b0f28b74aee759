//! The app's log. Entries and counts wait in memory, so that no request waits for them, and are written about once a
//! second, when the server stops, and before somebody reads.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::journal::Journal;
use super::pace::{Minute, Pace};
use super::{App, Auth, Result};
use crate::model::{
    AppKey, AuthEvent, AuthEventType, DAY, Day, Dice, GuestLogins, LogDetails, LogEntry, LogQuery, LogType,
    Millis, ObjectId, Platform, ProviderType, RequestId, Timestamp, UserId,
};
use crate::store::{AppendLogs, CountGuestLogins, Logged, TrimLogs};

/// Characters of a path, of a reason, of a function's name, and of a line that are kept.
const PATH: usize = 256;
const REASON: usize = 1024;
const NAME: usize = 128;
const LINE: usize = 2048;
/// How many seconds' worth of entries may come at once.
const BURST: u32 = 5;
/// Entries that are removed in one act.
const TRIMMED: u32 = 500;
/// Parts of the count of guests, so that threads that count at once do not meet.
const SHARDS: usize = 16;

/// What a request was, as its address tells.
pub struct Asked<'a> {
    /// Its id.
    pub id: RequestId,
    /// When it came.
    pub started: Millis,
    /// Its method.
    pub method: &'a str,
    /// Its path.
    pub path: &'a str,
    /// The status of its answer.
    pub status: u16,
    /// What kind of entry it makes.
    pub kind: LogType,
    /// What is asked of a provider, if it is an authentication.
    pub event: AuthEventType,
    /// The provider that the path names.
    pub provider: Option<ProviderType>,
    /// Whether only its refusal makes an entry.
    pub only_refusals: bool,
}

/// A page of a log, the newest first.
#[derive(Debug)]
pub struct LogPage {
    /// The entries.
    pub entries: Vec<Logged>,
    /// Where the next page begins, when there is one: the latest beginning of its entries.
    pub next_until: Option<Millis>,
    /// How many of those are on this page already, when there are any.
    pub next_skip: Option<u32>,
}

type Counted = (AppKey, Day, Platform);

/// What waits to be written.
pub(super) struct Logs {
    /// Entries of one app in a second.
    rate: u32,
    waiting: Mutex<HashMap<AppKey, Waiting>>,
    guests: [Mutex<HashMap<Counted, u64>>; SHARDS],
    /// This run of the server.
    counter: ObjectId,
    writing: tokio::sync::Mutex<Writing>,
}

/// The entries of one app.
struct Waiting {
    entries: Vec<LogEntry>,
    dropped: u64,
    /// How many more may come, as of a second.
    budget: u32,
    at: Timestamp,
}

/// What whoever writes knows.
#[derive(Default)]
struct Writing {
    /// A batch of which nobody knows whether it was written: it goes again as it is.
    unwritten: Option<AppendLogs>,
    /// Where the counts of this run stand.
    totals: HashMap<Counted, u64>,
    /// Which of them the store does not know yet.
    grown: HashSet<Counted>,
}

impl Logs {
    pub(super) fn new(rate: u32, dice: &dyn Dice, now: Timestamp) -> Logs {
        Logs {
            rate,
            waiting: Mutex::default(),
            guests: Default::default(),
            counter: dice.object_id(now),
            writing: tokio::sync::Mutex::default(),
        }
    }

    /// Counts a guest's login.
    pub(super) fn count_guest(&self, app: AppKey, day: Day, platform: Platform, user: UserId) {
        let shard = usize::from(user.0.0[11]) % SHARDS;
        let mut counts = self.guests[shard].lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((app, day, platform)).or_default() += 1;
    }

    /// Keeps an entry until it is written; of a flood, what goes beyond the app's share is only counted.
    pub(super) fn push(&self, app: AppKey, entry: LogEntry) {
        let (now, burst) = (entry.completed.second(), self.rate.saturating_mul(BURST));
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiting.entry(app).or_insert_with(|| Waiting {
            entries: Vec::new(),
            dropped: 0,
            budget: burst,
            at: now,
        });
        let passed = u32::try_from((now.0 - waiting.at.0).max(0)).unwrap_or(u32::MAX);
        waiting.budget = waiting.budget.saturating_add(passed.saturating_mul(self.rate)).min(burst);
        waiting.at = waiting.at.max(now);
        // Longer than that the list gets only when it cannot be written.
        if waiting.budget == 0 || waiting.entries.len() >= burst as usize {
            waiting.dropped += 1;
            return;
        }
        waiting.budget -= 1;
        waiting.entries.push(entry);
    }

    /// Takes out what waits; says in the log itself what was left out of it.
    fn gathered(&self, dice: &dyn Dice, now: Millis) -> Option<AppendLogs> {
        let mut entries = Vec::new();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (app, waiting) in waiting.iter_mut() {
            entries.extend(std::mem::take(&mut waiting.entries).into_iter().map(|entry| (*app, entry)));
            match std::mem::take(&mut waiting.dropped) {
                0 => {}
                dropped => entries.push((*app, left_out(dropped, dice.object_id(now.second()), now))),
            }
        }
        (!entries.is_empty()).then_some(AppendLogs { entries })
    }

    /// Adds what was counted since the last time to the totals, and to the logins of this minute.
    fn sum(&self, writing: &mut Writing, pace: &Pace, now: Timestamp) {
        for shard in &self.guests {
            let counts = std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner));
            for (counted, logins) in counts {
                pace.count(counted.0, now, Minute { guests: logins, others: 0 });
                *writing.totals.entry(counted).or_default() += logins;
                writing.grown.insert(counted);
            }
        }
    }
}

fn left_out(dropped: u64, id: ObjectId, now: Millis) -> LogEntry {
    let details = LogDetails {
        error: format!("{dropped} entries were left out: more came than `log_entries_per_second` lets in"),
        auth_event: Some(AuthEvent { kind: AuthEventType::Other, provider: None }),
        ..LogDetails::default()
    };
    LogEntry {
        id,
        co_id: RequestId(id),
        kind: LogType::Auth,
        user: None,
        started: now,
        completed: now,
        is_error: true,
        device: None,
        details,
    }
}

impl Auth {
    /// Makes an entry of a request, if it is one that the log tells of.
    pub fn log_request(&self, asked: &Asked<'_>, journal: Journal) {
        let Some(app) = journal.app.clone() else { return };
        let failed = journal.refusal.is_some() || asked.status >= 400;
        let quiet = (asked.only_refusals || journal.counted) && journal.messages.is_empty();
        if failed || !quiet {
            self.logs.push(app.key, entry(asked, journal, self.clock().now_ms(), failed));
        }
    }

    /// Keeps an entry of something that no request did.
    pub(super) fn log_by_itself(&self, app: &App, entry: LogEntry) {
        self.logs.push(app.key, entry);
    }

    /// Writes what waits.
    pub async fn flush_logs(&self) -> Result<()> {
        let mut writing = self.logs.writing.lock().await;
        // Twice, so that what came behind a batch that failed before is written too.
        for _ in 0..2 {
            let gathered = || self.logs.gathered(self.dice(), self.clock().now_ms());
            let Some(batch) = writing.unwritten.take().or_else(gathered) else { break };
            writing.unwritten = Some(batch.clone());
            self.store().append_logs(batch).await?;
            writing.unwritten = None;
        }
        self.logs.sum(&mut writing, &self.pace, self.clock().now());
        if writing.grown.is_empty() {
            return Ok(());
        }
        let stands = |counted: &Counted| {
            let (app, day, platform) = *counted;
            let logins = writing.totals.get(counted).copied().unwrap_or_default();
            (app, GuestLogins { day, platform, logins })
        };
        let counts = writing.grown.iter().map(stands).collect();
        self.store().count_guest_logins(CountGuestLogins { counter: self.logs.counter, counts }).await?;
        writing.grown.clear();
        // Nobody is counted for a day that is long over.
        let yesterday = Day(self.clock().now().day().0 - 1);
        writing.totals.retain(|(_, day, _), _| *day >= yesterday);
        Ok(())
    }

    /// Removes entries that are older than the log is kept, in bites that leave room for other writes.
    pub async fn trim_logs(&self) -> Result<()> {
        let before = self.clock().now().plus(-i64::from(self.parts.log_retention_days) * DAY);
        for app in self.apps() {
            let bite = TrimLogs { app: app.key, before: Millis::of(before), limit: TRIMMED };
            while self.store().trim_logs(bite).await? == u64::from(TRIMMED) {}
        }
        Ok(())
    }

    /// A page of an app's log, with everything that happened until now.
    pub async fn logs(&self, app: &Arc<App>, query: LogQuery) -> Result<LogPage> {
        self.flush_logs().await?;
        let one_more = LogQuery { limit: query.limit.saturating_add(1), ..query.clone() };
        let mut entries = self.store().logs(app.key, one_more).await?;
        let next = (entries.len() > query.limit as usize).then(|| entries.pop()).flatten();
        let Some(next) = next.map(|logged| logged.entry.started) else {
            return Ok(LogPage { entries, next_until: None, next_skip: None });
        };
        let alike = entries.iter().filter(|logged| logged.entry.started == next).count();
        let mut skip = u32::try_from(alike).unwrap_or(u32::MAX);
        if alike == entries.len() && query.until == Some(next) {
            skip = skip.saturating_add(query.skip);
        }
        Ok(LogPage { entries, next_until: Some(next), next_skip: Some(skip).filter(|skip| *skip > 0) })
    }

    /// How many guests came in the last so many days, by day and platform, with today.
    pub async fn guest_logins(&self, app: &Arc<App>, days: u32) -> Result<Vec<GuestLogins>> {
        self.flush_logs().await?;
        let since = Day(self.clock().now().day().0 - i64::from(days) + 1);
        Ok(self.store().guest_logins(app.key, since).await?)
    }
}

fn entry(asked: &Asked<'_>, journal: Journal, now: Millis, failed: bool) -> LogEntry {
    let (reason, code) = match journal.refusal {
        Some(refusal) => (refusal.reason, refusal.code),
        None if failed => ("the request was given up".to_owned(), ""),
        None => (String::new(), ""),
    };
    let is_auth = asked.kind == LogType::Auth;
    let event = AuthEvent {
        kind: journal.event.unwrap_or(asked.event),
        provider: asked.provider.or(journal.provider),
    };
    let told = journal.told.filter(|_| journal.device.is_none());
    LogEntry {
        id: asked.id.0,
        co_id: asked.id,
        kind: asked.kind,
        user: journal.user,
        started: asked.started,
        completed: now.max(asked.started),
        is_error: failed,
        device: journal.device,
        details: LogDetails {
            request_url: line(asked.path, PATH),
            request_method: line(asked.method, NAME),
            remote_ip_address: journal.address.map(|address| address.to_string()),
            status: Some(asked.status),
            error: line(&reason, REASON),
            error_code: code.to_owned(),
            auth_event: is_auth.then_some(event),
            function_name: journal.function.map(|name| line(&name, NAME)),
            trigger_name: None,
            messages: journal.messages.iter().map(|text| lines(text, LINE)).collect(),
            device: told.map(|device| device.details),
        },
    }
}

/// An entry of a trigger's function.
pub(super) fn trigger_entry(
    id: ObjectId,
    co_id: RequestId,
    names: (&str, &str),
    (started, completed): (Millis, Millis),
    journal: &Journal,
    error: Option<&str>,
) -> LogEntry {
    let (trigger, function) = names;
    LogEntry {
        id,
        co_id,
        kind: LogType::AuthTrigger,
        user: journal.user,
        started,
        completed,
        is_error: error.is_some(),
        device: None,
        details: LogDetails {
            error: line(error.unwrap_or_default(), REASON),
            error_code: error.map(|_| "FunctionExecutionError".to_owned()).unwrap_or_default(),
            function_name: Some(line(function, NAME)),
            trigger_name: Some(line(trigger, NAME)),
            messages: journal.messages.iter().map(|text| lines(text, LINE)).collect(),
            ..LogDetails::default()
        },
    }
}

/// A text on one line, without what could steer a terminal, cut to size.
fn line(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The same for what may have several lines.
fn lines(text: &str, most: usize) -> String {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    text.chars().take(most).map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU32);

    impl Dice for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }

        fn object_id(&self, now: Timestamp) -> ObjectId {
            ObjectId::from_parts(now, [1; 5], self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        }
    }

    fn some(dice: &Counting, now: Millis) -> LogEntry {
        LogEntry { details: LogDetails::default(), ..left_out(0, dice.object_id(now.second()), now) }
    }

    #[test]
    fn a_flood_is_left_out_and_counted_and_the_other_app_keeps_its_share() {
        let dice = Counting(0.into());
        let now = Millis(1_795_501_443_000);
        let logs = Logs::new(2, &dice, now.second());
        let (flooded, quiet) = (AppKey(1), AppKey(2));
        for _ in 0..1_000_000 {
            logs.push(flooded, some(&dice, now));
        }
        logs.push(quiet, some(&dice, now));
        let kept = logs.gathered(&dice, now).unwrap().entries;
        let of = |app: AppKey| {
            kept.iter().filter(move |(of, _)| *of == app).map(|(_, entry)| &entry.details.error)
        };
        assert_eq!((of(flooded).count(), of(quiet).count()), (11, 1));
        let said = "999990 entries were left out: more came than `log_entries_per_second` lets in";
        assert_eq!(of(flooded).next_back().map(String::as_str), Some(said));
        // A second later there is room for two more.
        for _ in 0..5 {
            logs.push(flooded, some(&dice, Millis(now.0 + 1000)));
        }
        assert_eq!(logs.gathered(&dice, now).unwrap().entries.len(), 3);
        assert!(logs.gathered(&dice, now).is_none());
    }

    #[test]
    fn texts_are_cut_and_steer_nothing() {
        assert_eq!(line("a\n\u{1b}[2Jb\u{9b}", 4), "a\u{fffd}\u{fffd}[");
        assert_eq!(lines("a\n\tb\r\u{7}", 99), "a\n\tb\u{fffd}\u{fffd}");
    }
}
