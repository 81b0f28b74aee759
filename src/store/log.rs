//! The acts that keep an app's log, and what is asked of it.

use crate::model::{AppKey, GuestLogins, LogEntry, Millis, ObjectId};

/// Keeps entries. Those that are there already stay as they are.
#[derive(Clone, Debug)]
pub struct AppendLogs {
    /// The entries, each with its app.
    pub entries: Vec<(AppKey, LogEntry)>,
}

/// Removes the oldest entries.
#[derive(Clone, Copy, Debug)]
pub struct TrimLogs {
    /// The app.
    pub app: AppKey,
    /// Entries that began before this go.
    pub before: Millis,
    /// At most so many.
    pub limit: u32,
}

/// Notes where a counter of guest logins stands. A counter only grows: what is behind what is known changes nothing.
#[derive(Clone, Debug)]
pub struct CountGuestLogins {
    /// The counter: one for each run of a server.
    pub counter: ObjectId,
    /// How many it counted so far, by app, day and platform.
    pub counts: Vec<(AppKey, GuestLogins)>,
}

/// An entry as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// The entry.
    pub entry: LogEntry,
    /// What its device said of itself: a JSON object.
    pub device: Option<String>,
}
