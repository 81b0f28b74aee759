//! What the stories of a request tell of it, for the app's log: whose it was, why it was refused, what functions wrote.
//!
//! It lies beside the task that answers the request, as a span of `tracing` does, so that no story has to hand it on. It
//! is only written to: nothing is decided by it. Outside of [`Journal::kept`] there is none, and notes go nowhere.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

use super::{App, Caller};
use crate::functions::LogLine;
use crate::model::{AuthEventType, Device, DeviceHash, ProviderType, UserId};

/// Bytes of what functions write that are kept of one request.
const CONSOLE: usize = 8 * 1024;

tokio::task_local! {
    static JOURNAL: RefCell<Journal>;
}

/// The notes of one request.
#[derive(Default)]
pub struct Journal {
    pub(super) app: Option<Arc<App>>,
    pub(super) user: Option<UserId>,
    pub(super) provider: Option<ProviderType>,
    /// What it was, where the path says something else or nothing.
    pub(super) event: Option<AuthEventType>,
    /// The device of the user's session.
    pub(super) device: Option<DeviceHash>,
    /// What a device said of itself whose user may stay unknown.
    pub(super) told: Option<Device>,
    pub(super) address: Option<IpAddr>,
    pub(super) function: Option<String>,
    pub(super) refusal: Option<Refusal>,
    pub(super) messages: Vec<String>,
    /// Whether the success was counted, so that it needs no entry.
    pub(super) counted: bool,
    written: usize,
}

/// Why something was refused.
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) code: &'static str,
}

impl Journal {
    /// Does something and says what was noted meanwhile.
    pub async fn kept<F: Future>(work: F) -> (F::Output, Journal) {
        let noted = async {
            let output = work.await;
            (output, JOURNAL.with(RefCell::take))
        };
        JOURNAL.scope(RefCell::default(), noted).await
    }

    /// Notes the app that is asked.
    pub fn note_app(app: &Arc<App>) {
        note(|journal| journal.app = Some(Arc::clone(app)));
    }

    /// Notes the client's address.
    pub fn note_address(address: IpAddr) {
        note(|journal| journal.address = Some(address));
    }

    /// Notes why the request is refused, and with which code.
    pub fn note_refusal(reason: String, code: Option<&'static str>) {
        note(|journal| journal.refusal = Some(Refusal { reason, code: code.unwrap_or_default() }));
    }
}

/// Notes whose token it is.
pub(super) fn note_caller(caller: &Caller) {
    note(|journal| {
        journal.app = Some(Arc::clone(&caller.app));
        journal.user = Some(caller.user.id);
        journal.provider = Some(caller.session.provider);
        journal.device = caller.session.device_details;
    });
}

/// Notes what functions wrote to their console.
pub(super) fn note_console(lines: &[LogLine]) {
    lines.iter().for_each(|line| note_message(&line.text));
}

/// Notes a line, as long as there is room.
pub(super) fn note_message(text: &str) {
    note(|journal| {
        if journal.written > CONSOLE {
            return;
        }
        // A line costs something even when it is empty.
        journal.written += text.len() + 16;
        let line = if journal.written > CONSOLE { "the rest is left out" } else { text };
        journal.messages.push(line.to_owned());
    });
}

pub(super) fn note(write: impl FnOnce(&mut Journal)) {
    // Outside of a request there is no journal.
    let _ = JOURNAL.try_with(|journal| {
        if let Ok(mut journal) = journal.try_borrow_mut() {
            write(&mut journal);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn notes_are_of_the_request_that_made_them() {
        let noted = async |text: &str| {
            let work = async {
                tokio::task::yield_now().await;
                note_message(text);
            };
            Journal::kept(work).await.1.messages
        };
        note_message("nowhere");
        let (one, two) = tokio::join!(noted("one"), noted("two"));
        assert_eq!((one, two), (vec!["one".to_owned()], vec!["two".to_owned()]));
    }

    #[tokio::test]
    async fn the_console_of_one_request_is_bounded() {
        let flood = async {
            for _ in 0..100_000 {
                note_message("");
            }
        };
        let messages = Journal::kept(flood).await.1.messages;
        assert_eq!(messages.len(), CONSOLE / 16 + 1);
        assert_eq!(messages.last().map(String::as_str), Some("the rest is left out"));
    }
}
