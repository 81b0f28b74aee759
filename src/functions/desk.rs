//! The state of one call, as the host sees it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::call::{HttpRequest, LogLine, Scene};
use super::chance::Chance;
use super::engine::Limits;
use super::program::Program;
use super::ticks::Ticks;

/// How many timers a call may have set at once.
const MOST_TIMERS: usize = 1_000;

/// How many requests a call may have under way at once.
const MOST_REQUESTS: usize = 32;

/// How long the text of an error may be, in bytes.
const MOST_MESSAGE: usize = 16 * 1024;

/// What one call has and did.
pub(super) struct Desk {
    pub(super) program: Arc<Program>,
    pub(super) scene: Scene,
    pub(super) limits: Limits,
    /// Whether the called function runs as the system user.
    pub(super) is_system: bool,
    ticks: Ticks,
    /// When the call was made, in the engine's time.
    began: Duration,
    /// Whether more was logged than there was room for. Beside the papers, since the engine asks for it while it runs.
    is_log_full: AtomicBool,
    papers: Mutex<Papers>,
}

/// What changes while a call runs.
pub(super) struct Papers {
    chance: Chance,
    /// What was logged.
    pub(super) logs: Vec<LogLine>,
    log_room: usize,
    /// When timers are due, in the engine's time.
    pub(super) timers: HashMap<u32, Duration>,
    /// Requests not yet handed over.
    pub(super) requests: Vec<(u32, HttpRequest)>,
    /// Requests whose answer is not there yet, the above among them.
    pub(super) open_requests: usize,
    request_count: u32,
    /// How the function ended: the text of its result (`None`: nothing), or of its error.
    pub(super) end: Option<Result<Option<String>, String>>,
    /// Whether a value was too large to be written as EJSON.
    pub(super) is_output_full: bool,
    /// Whether a promise was lost for want of memory.
    pub(super) has_lost_jobs: bool,
}

impl Desk {
    pub(super) fn new(
        program: Arc<Program>,
        scene: Scene,
        is_system: bool,
        limits: Limits,
        ticks: Ticks,
    ) -> Desk {
        let papers = Papers {
            chance: Chance::new(&scene.seed),
            logs: Vec::new(),
            log_room: limits.logs,
            timers: HashMap::new(),
            requests: Vec::new(),
            open_requests: 0,
            request_count: 0,
            end: None,
            is_output_full: false,
            has_lost_jobs: false,
        };
        Desk {
            program,
            scene,
            limits,
            is_system,
            ticks,
            began: ticks.elapsed(),
            is_log_full: AtomicBool::new(false),
            papers: Mutex::new(papers),
        }
    }

    /// What changes. Never held while JavaScript runs.
    pub(super) fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The engine's time.
    pub(super) fn elapsed(&self) -> Duration {
        self.ticks.elapsed()
    }

    /// The present as the function sees it, in milliseconds since 1970.
    pub(super) fn now_ms(&self) -> i64 {
        let since = self.elapsed().saturating_sub(self.began).as_millis();
        self.scene.now_ms.saturating_add(i64::try_from(since).unwrap_or(i64::MAX))
    }

    /// Keeps a line of the log. Beyond the room for it the call is over.
    pub(super) fn log(&self, is_error: bool, text: String) {
        let mut papers = self.papers();
        // A line costs something even when it is empty.
        match papers.log_room.checked_sub(text.len() + 16) {
            Some(left) if !self.log_is_full() => {
                papers.log_room = left;
                papers.logs.push(LogLine { is_error, text });
            }
            _ => self.is_log_full.store(true, Ordering::Relaxed),
        }
    }

    /// Whether the function logged more than it may.
    pub(super) fn log_is_full(&self) -> bool {
        self.is_log_full.load(Ordering::Relaxed)
    }

    /// Sets a timer.
    pub(super) fn wake(&self, id: u32, milliseconds: f64) -> Result<(), String> {
        let mut papers = self.papers();
        if papers.timers.len() >= MOST_TIMERS {
            return Err(format!("more than {MOST_TIMERS} timers are set"));
        }
        // Longer than any call may take.
        let bounded = milliseconds.clamp(0.0, 86_400_000.0);
        papers.timers.insert(id, self.elapsed() + Duration::from_secs_f64(bounded / 1000.0));
        Ok(())
    }

    /// Takes a timer that is due, the earliest first.
    pub(super) fn due_timer(&self) -> Option<u32> {
        let now = self.elapsed();
        let mut papers = self.papers();
        let earliest = papers.timers.iter().map(|(id, due)| (*due, *id)).min();
        let (_, id) = earliest.filter(|(due, _)| *due <= now)?;
        papers.timers.remove(&id);
        Some(id)
    }

    /// Takes on a request.
    pub(super) fn fetch(&self, request: HttpRequest) -> Result<u32, String> {
        let mut papers = self.papers();
        if papers.open_requests >= MOST_REQUESTS {
            return Err(format!("more than {MOST_REQUESTS} requests are under way"));
        }
        papers.open_requests += 1;
        papers.request_count += 1;
        let id = papers.request_count;
        papers.requests.push((id, request));
        Ok(id)
    }
}

impl Papers {
    /// Notes how the function ended. The first end counts.
    pub(super) fn finish(&mut self, end: Result<Option<String>, String>) {
        if self.end.is_none() {
            self.end = Some(end.map_err(|mut message| {
                if message.len() > MOST_MESSAGE {
                    message.truncate(message.floor_char_boundary(MOST_MESSAGE));
                }
                message
            }));
        }
    }

    pub(super) fn random_bytes(&mut self, count: usize) -> Vec<u8> {
        self.chance.bytes(count)
    }

    pub(super) fn random(&mut self) -> f64 {
        self.chance.number()
    }
}
