//! The floor on which calls wait and run.
//!
//! A call that waits for an answer or a timer holds no thread. A call that computes holds one, and nothing but its own
//! end gives it back; so when all are taken and others wait, more threads come, up to a bound, and beyond that the call
//! that has held one longest must go. A watcher sees to it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::call::{FunctionError, HttpRequest, HttpResponse, Outcome};
use super::engine::Limits;
use super::task::{Step, Task};
use super::ticks::Ticks;

/// How often the watcher looks, while anything runs.
const LOOK: Duration = Duration::from_millis(20);

/// How long a call waits for a thread before another thread is started.
const SOON: Duration = Duration::from_millis(20);

/// How long a call waits for a thread before one that computes must go, if no more threads may be started.
const LATE: Duration = Duration::from_millis(250);

/// How long a call may compute at a stretch while others wait.
const STRETCH: Duration = Duration::from_secs(1);

/// How long after its deadline a call is given up, if it sits where the engine cannot interrupt it.
const GRACE: Duration = Duration::from_secs(1);

/// How long a thread beyond the usual ones stays without work.
const LINGER: Duration = Duration::from_secs(2);

/// How long a thread sleeps if nothing wakes it.
const FOREVER: Duration = Duration::from_secs(86_400);

/// How many threads are replaced that sit where the engine cannot interrupt them.
const MOST_LOST: usize = 8;

/// The stack of a thread beyond that of JavaScript: what the engine and the host need below and above it.
const MORE_STACK: usize = 2 << 20;

/// What a running call tells its caller.
pub(super) enum Effect {
    /// It wants a request sent.
    Fetch(u32, HttpRequest),
    /// It is over.
    Done(Result<Outcome, FunctionError>),
}

/// An answer to a request, under the request's number.
pub(super) type Answer = (u32, Result<HttpResponse, String>);

/// Where a call and its caller meet.
pub(super) struct Slot {
    /// When the call was made, in the engine's time.
    pub(super) began: Duration,
    /// When it must be over.
    pub(super) deadline: Duration,
    is_stopped: AtomicBool,
    answers: Mutex<Vec<Answer>>,
    effects: UnboundedSender<Effect>,
}

impl Slot {
    pub(super) fn new(began: Duration, wall: Duration, effects: UnboundedSender<Effect>) -> Slot {
        Slot {
            began,
            deadline: began.saturating_add(wall),
            is_stopped: AtomicBool::new(false),
            answers: Mutex::default(),
            effects,
        }
    }

    /// Whether the call must end now.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        now >= self.deadline || self.is_stopped.load(Ordering::Relaxed)
    }

    /// Tells the caller, if it still listens.
    pub(super) fn send(&self, effect: Effect) {
        let _ = self.effects.send(effect);
    }

    pub(super) fn take_answers(&self) -> Vec<Answer> {
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    fn has_answers(&self) -> bool {
        !self.answers.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// The identity of a slot while its task is on the floor.
type Key = usize;

fn key(slot: &Arc<Slot>) -> Key {
    Arc::as_ptr(slot).addr()
}

/// Where calls wait and run.
pub(super) struct Floor {
    pub(super) limits: Limits,
    pub(super) ticks: Ticks,
    room: Mutex<Room>,
    work: Condvar,
    watch: Condvar,
}

#[derive(Default)]
struct Room {
    /// Calls that have begun and can go on.
    ready: VecDeque<Task>,
    /// Calls that have not begun.
    fresh: VecDeque<Task>,
    parked: HashMap<Key, Parked>,
    /// When parked calls go on, if nothing comes before.
    alarms: BTreeSet<(Duration, Key)>,
    parked_memory: usize,
    running: HashMap<Key, Running>,
    /// Threads that run calls or wait for some; not those that are lost.
    workers: usize,
    idle: usize,
    lost: usize,
    is_watched: bool,
    is_closed: bool,
}

struct Parked {
    task: Task,
    until: Duration,
    memory: usize,
}

struct Running {
    since: Duration,
    slot: Arc<Slot>,
    is_given_up: bool,
    is_lost: bool,
}

impl Floor {
    /// Opens the floor and starts its threads.
    pub(super) fn open(limits: Limits) -> std::io::Result<Arc<Floor>> {
        let floor = Arc::new(Floor {
            limits,
            ticks: Ticks::start(),
            room: Mutex::default(),
            work: Condvar::new(),
            watch: Condvar::new(),
        });
        for _ in 0..limits.threads.max(1) {
            if let Err(error) = floor.hire(&mut floor.room()) {
                floor.close();
                return Err(error);
            }
        }
        let watched = floor.clone();
        std::thread::Builder::new().name("functions-watch".to_owned()).spawn(move || watched.watch())?;
        Ok(floor)
    }

    /// Ends all calls and lets the threads go.
    pub(super) fn close(&self) {
        let mut room = self.room();
        room.is_closed = true;
        room.running.values().for_each(|running| running.slot.stop());
        let left = (
            std::mem::take(&mut room.ready),
            std::mem::take(&mut room.fresh),
            std::mem::take(&mut room.parked),
        );
        drop(room);
        self.work.notify_all();
        self.watch.notify_all();
        drop(left);
    }

    /// Takes on a call.
    pub(super) fn submit(&self, task: Task) -> Result<(), FunctionError> {
        let mut room = self.room();
        if room.fresh.len() >= self.limits.queue {
            return Err(FunctionError::Busy);
        }
        room.fresh.push_back(task);
        self.call_for_help(room);
        Ok(())
    }

    /// Hands a call the answer to a request of it.
    pub(super) fn deliver(&self, slot: &Arc<Slot>, id: u32, answer: Result<HttpResponse, String>) {
        slot.answers.lock().unwrap_or_else(PoisonError::into_inner).push((id, answer));
        let mut room = self.room();
        if let Some(mut task) = room.unpark(key(slot)) {
            task.ready_since = self.ticks.elapsed();
            room.ready.push_back(task);
            self.call_for_help(room);
        }
    }

    /// The caller waits no longer: the call ends.
    pub(super) fn forget(&self, slot: &Arc<Slot>) {
        slot.stop();
        let parked = self.room().unpark(key(slot));
        drop(parked);
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call_for_help(&self, room: MutexGuard<'_, Room>) {
        let (has_idle, is_watched) = (room.idle > 0, room.is_watched);
        drop(room);
        if has_idle {
            self.work.notify_one();
        }
        if !is_watched {
            self.watch.notify_one();
        }
    }

    /// Starts a thread.
    fn hire(self: &Arc<Floor>, room: &mut Room) -> std::io::Result<()> {
        let floor = self.clone();
        std::thread::Builder::new()
            .name("functions".to_owned())
            .stack_size(self.limits.stack + MORE_STACK)
            .spawn(move || floor.work())?;
        room.workers += 1;
        Ok(())
    }

    /// What a thread does: runs one call after the other.
    fn work(&self) {
        step_back();
        while let Some(mut task) = self.next() {
            let step = catch_unwind(AssertUnwindSafe(|| task.run()));
            let is_lost = match step {
                Ok(Step::Done(ended)) => self.end(task, ended),
                Ok(Step::Park(until)) => self.park(task, until),
                Err(_) => self.end(task, Err(FunctionError::Broken)),
            };
            if is_lost {
                return;
            }
        }
    }

    /// Waits for a call that can run. `None`: the thread is not needed any more.
    fn next(&self) -> Option<Task> {
        let mut room = self.room();
        let mut waited = Duration::ZERO;
        loop {
            if room.is_closed {
                room.workers -= 1;
                return None;
            }
            let now = self.ticks.elapsed();
            room.ring(now);
            if let Some(task) = room.ready.pop_front().or_else(|| room.fresh.pop_front()) {
                let slot = task.slot.clone();
                room.running
                    .insert(key(&slot), Running { since: now, slot, is_given_up: false, is_lost: false });
                return Some(task);
            }
            let is_extra = room.workers > self.limits.threads.max(1);
            if is_extra && waited >= LINGER {
                room.workers -= 1;
                return None;
            }
            let alarm = room.alarms.first().map(|(due, _)| due.saturating_sub(now));
            let patience = if is_extra { LINGER } else { FOREVER };
            room.idle += 1;
            let (woken, _) = self
                .work
                .wait_timeout(room, alarm.map_or(patience, |alarm| alarm.min(patience)))
                .unwrap_or_else(PoisonError::into_inner);
            room = woken;
            room.idle -= 1;
            waited = waited.saturating_add(self.ticks.elapsed().saturating_sub(now));
        }
    }

    /// Answers the caller. The runtime goes after that. `true`: another thread has taken the place of this one.
    fn end(&self, task: Task, ended: Result<Outcome, FunctionError>) -> bool {
        task.slot.send(Effect::Done(ended));
        let is_lost = self.room().leave(&task.slot);
        drop(task);
        is_lost
    }

    fn park(&self, mut task: Task, until: Duration) -> bool {
        let memory = task.memory();
        let mut room = self.room();
        let is_lost = room.leave(&task.slot);
        if task.slot.has_answers() {
            task.ready_since = self.ticks.elapsed();
            room.ready.push_back(task);
            return is_lost;
        }
        let is_full = room.parked.len() >= self.limits.parked
            || room.parked_memory.saturating_add(memory) > self.limits.parked_memory;
        // Whoever closed the floor or stopped the call meanwhile did not find it parked.
        if is_full || room.is_closed || task.slot.is_over(self.ticks.elapsed()) {
            drop(room);
            let error = if is_full { FunctionError::Busy } else { FunctionError::TimeLimit };
            task.slot.send(Effect::Done(Err(error)));
            return is_lost;
        }
        let key = key(&task.slot);
        room.parked_memory += memory;
        room.alarms.insert((until, key));
        room.parked.insert(key, Parked { task, until, memory });
        // Whoever waits for work must wait no longer than this.
        let is_earliest = room.alarms.first() == Some(&(until, key));
        drop(room);
        if is_earliest {
            self.work.notify_one();
        }
        is_lost
    }

    /// What the watcher does.
    fn watch(self: &Arc<Floor>) {
        let mut room = self.room();
        while !room.is_closed {
            let is_quiet = room.running.is_empty() && room.fresh.is_empty() && room.ready.is_empty();
            room.is_watched = !is_quiet;
            if is_quiet {
                room = self.watch.wait(room).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            room = self.watch.wait_timeout(room, LOOK).unwrap_or_else(PoisonError::into_inner).0;
            let now = self.ticks.elapsed();
            room.give_up(now);
            let missing = self.limits.threads.max(1).saturating_sub(room.workers);
            let crowd = usize::from(room.is_crowded(now, SOON) && room.workers < self.limits.most_threads);
            for _ in 0..missing.max(crowd) {
                if let Err(error) = self.hire(&mut room) {
                    tracing::error!(%error, "failed to start a thread for functions");
                }
            }
            if crowd == 0 && room.is_crowded(now, LATE) {
                room.make_way(now);
            }
        }
    }
}

impl Room {
    /// Makes ready what was parked until now.
    fn ring(&mut self, now: Duration) {
        while let Some((due, key)) = self.alarms.first().copied() {
            if due > now {
                return;
            }
            if let Some(mut task) = self.unpark(key) {
                task.ready_since = now;
                self.ready.push_back(task);
            }
        }
    }

    fn unpark(&mut self, key: Key) -> Option<Task> {
        let Parked { task, until, memory } = self.parked.remove(&key)?;
        self.alarms.remove(&(until, key));
        self.parked_memory -= memory;
        Some(task)
    }

    /// A call gave its thread back. `true`: the thread had been replaced.
    fn leave(&mut self, slot: &Arc<Slot>) -> bool {
        let is_lost = self.running.remove(&key(slot)).is_some_and(|running| running.is_lost);
        self.lost -= usize::from(is_lost);
        is_lost
    }

    fn is_crowded(&self, now: Duration, patience: Duration) -> bool {
        let oldest =
            self.ready.front().into_iter().chain(self.fresh.front()).map(|task| task.ready_since).min();
        self.idle == 0 && oldest.is_some_and(|since| now.saturating_sub(since) > patience)
    }

    /// Stops the call that has computed longest, if it has for long.
    fn make_way(&mut self, now: Duration) {
        let longest =
            self.running.values().filter(|running| !running.is_given_up).min_by_key(|running| running.since);
        if let Some(running) = longest.filter(|running| now.saturating_sub(running.since) > STRETCH) {
            running.slot.stop();
        }
    }

    /// Answers the callers of calls that the engine could not interrupt, and counts their threads as lost.
    fn give_up(&mut self, now: Duration) {
        let mut lost = self.lost;
        for running in self.running.values_mut() {
            if running.is_given_up || now < running.slot.deadline.saturating_add(GRACE) {
                continue;
            }
            running.is_given_up = true;
            running.slot.send(Effect::Done(Err(FunctionError::TimeLimit)));
            if lost < MOST_LOST {
                running.is_lost = true;
                lost += 1;
            }
        }
        self.workers -= lost - self.lost;
        self.lost = lost;
    }
}

/// Lets everyone else's threads go first: whoever logs in as a guest must not wait for a function that computes.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(5) {
        tracing::debug!(%error, "failed to lower the priority of a thread for functions");
    }
}
