//! `passerby logs`: what happened in an app.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use super::desk::{AppPath, Desk, Need, segment};
use super::failure::CliError;
use super::print::{self, Paint};
use super::{At, client_app_id};
use crate::model::{ClientAppId, Millis, UserId};

/// How often `--follow` asks.
const POLL: Duration = Duration::from_secs(1);
/// The largest page.
const PAGE: u64 = 100;

#[derive(Args)]
pub(super) struct LogsArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// Only entries of these types.
    #[arg(long = "type", value_name = "TYPE,…", value_delimiter = ',', value_enum)]
    kinds: Vec<Kind>,
    /// Only what was refused or failed.
    #[arg(long)]
    errors: bool,
    /// Only of this user.
    #[arg(long, value_name = "USER")]
    user: Option<UserId>,
    /// Only the entry that an error's link names, by the id at its end.
    #[arg(long, value_name = "CO_ID")]
    request: Option<String>,
    /// Only what began later: a day (2026-11-24) or a time (2026-11-24T06:24:03Z), in UTC.
    #[arg(long, value_name = "DATE")]
    since: Option<Millis>,
    /// Only what began then or earlier.
    #[arg(long, value_name = "DATE", conflicts_with = "follow")]
    until: Option<Millis>,
    /// At most so many, the newest.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Goes on with what happens from now on, until it is interrupted.
    #[arg(long, short)]
    follow: bool,
    /// Prints an entry a line as the Admin API shows it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

/// The types of entry.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// Logins, links, registrations, and what else concerns people, with their API keys.
    Auth,
    /// Functions that clients called.
    Function,
    /// Authentication triggers.
    Trigger,
}

impl Kind {
    fn names(self) -> &'static str {
        match self {
            Kind::Auth => "AUTH,API_KEY",
            Kind::Function => "FUNCTION",
            Kind::Trigger => "AUTH_TRIGGER",
        }
    }
}

#[derive(Deserialize)]
struct Page {
    logs: Vec<Value>,
    #[serde(rename = "nextEndDate")]
    next_end_date: Option<String>,
    #[serde(rename = "nextSkip")]
    next_skip: Option<u64>,
}

/// What is shown of an entry.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    started: Millis,
    completed: Millis,
    status: Option<u16>,
    request_url: String,
    error: String,
    user_id: Option<String>,
    remote_ip_address: Option<String>,
    auth_event: Option<AuthEvent>,
    function_name: Option<String>,
    event_subscription_name: Option<String>,
    messages: Vec<String>,
}

#[derive(Deserialize)]
struct AuthEvent {
    #[serde(rename = "type")]
    kind: String,
    provider: String,
}

pub(super) async fn logs(file: Option<&PathBuf>, args: LogsArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    let mut query = String::new();
    if !args.kinds.is_empty() {
        let names: Vec<&str> = args.kinds.iter().map(|kind| kind.names()).collect();
        query.push_str(&format!("&type={}", names.join(",")));
    }
    if args.errors {
        query.push_str("&errors_only=true");
    }
    if let Some(user) = args.user {
        query.push_str(&format!("&user_id={user}"));
    }
    if let Some(id) = &args.request {
        query.push_str(&format!("&co_id={}", segment(id)));
    }
    let log = Log { desk: &desk, app: &app, query };
    let entries = log.newest(args.since, args.until, args.limit).await?;
    print_all(&entries, args.json)?;
    if args.follow {
        return follow(&log, args.since, entries, args.json, POLL).await;
    }
    if entries.is_empty() && !args.json {
        print::note("No entries.");
    }
    Ok(())
}

/// An app's log, narrowed.
struct Log<'a> {
    desk: &'a Desk,
    app: &'a AppPath,
    /// What narrows it, each with `&` before it.
    query: String,
}

impl Log<'_> {
    /// The newest entries of a span, the oldest first.
    async fn newest(
        &self,
        since: Option<Millis>,
        until: Option<Millis>,
        most: u64,
    ) -> Result<Vec<Value>, CliError> {
        let mut entries = Vec::new();
        let (mut until, mut skip) = (until.map(|at| at.to_string()), 0);
        loop {
            let left = most - entries.len() as u64;
            let mut path = format!("/logs?limit={}&skip={skip}{}", left.min(PAGE), self.query);
            if let Some(since) = since {
                path.push_str(&format!("&start_date={since}"));
            }
            if let Some(until) = &until {
                path.push_str(&format!("&end_date={until}"));
            }
            let page: Page = self.desk.get(&self.app.admin(&path)).await?;
            entries.extend(page.logs);
            (until, skip) = (page.next_end_date, page.next_skip.unwrap_or_default());
            if until.is_none() || entries.len() as u64 >= most {
                entries.reverse();
                return Ok(entries);
            }
        }
    }
}

/// Prints what comes, for ever. An entry is written when it is done and sorted by when it began, so each look goes back
/// some way, and what was seen is known by its id.
async fn follow(
    log: &Log<'_>,
    since: Option<Millis>,
    printed: Vec<Value>,
    json: bool,
    poll: Duration,
) -> Result<(), CliError> {
    const BACK_MS: i64 = 60_000;
    let mut seen: HashSet<String> = printed.iter().filter_map(id).collect();
    let mut latest = printed.iter().filter_map(started).max().or(since);
    let mut every = tokio::time::interval(poll);
    loop {
        every.tick().await;
        let from = latest.map(|at| Millis(at.0 - BACK_MS)).max(since);
        let entries = log.newest(from, None, u64::MAX).await?;
        latest = entries.iter().filter_map(started).max().or(latest);
        let (known, new): (Vec<Value>, Vec<Value>) =
            entries.into_iter().partition(|entry| id(entry).is_some_and(|id| seen.contains(&id)));
        seen = known.iter().chain(&new).filter_map(id).collect();
        print_all(&new, json)?;
    }
}

fn id(entry: &Value) -> Option<String> {
    entry["_id"].as_str().map(str::to_owned)
}

fn started(entry: &Value) -> Option<Millis> {
    entry["started"].as_str()?.parse().ok()
}

fn print_all(entries: &[Value], json: bool) -> Result<(), CliError> {
    for value in entries {
        if json {
            print::json(value);
            continue;
        }
        let entry = Entry::deserialize(value).map_err(|error| CliError::Lost(error.into()))?;
        print::out(&shown(&entry));
    }
    Ok(())
}

/// An entry on a line, and what functions wrote below it.
fn shown(entry: &Entry) -> String {
    let what = match (&entry.auth_event, &entry.event_subscription_name, &entry.function_name) {
        (Some(event), ..) => format!("{} {}", event.kind, event.provider).trim_end().to_owned(),
        (None, Some(trigger), function) => format!("{trigger} {}", function.as_deref().unwrap_or_default()),
        (None, None, Some(function)) => function.clone(),
        (None, None, None) => entry.request_url.clone(),
    };
    let took = entry.completed.0 - entry.started.0;
    let status = entry.status.map(|status| format!(" {status}")).unwrap_or_default();
    let mut line = format!("{} {:<12} {}{status} {took}ms", entry.started, entry.kind, print::plain(&what));
    let user = entry.user_id.as_ref().map(|user| format!(" user {user}"));
    let from = entry.remote_ip_address.as_ref().map(|address| format!(" from {address}"));
    for part in [user, from].into_iter().flatten() {
        line.push_str(&print::plain(&part));
    }
    if !entry.error.is_empty() {
        line.push_str(&format!(" {}", print::paint_out(&print::plain(&entry.error), Paint::Red)));
    }
    line.push('\n');
    for text in entry.messages.iter().flat_map(|message| message.lines()) {
        line.push_str(&format!("    {}\n", print::plain(text)));
    }
    line
}
