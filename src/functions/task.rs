//! One call: a runtime of its own, from the first line of the prelude to the result.

use std::sync::Arc;
use std::time::Duration;

use rquickjs::{Context, Ctx, Function, Object, Runtime, TypedArray, Value};
use serde_json::json;

use super::call::{FunctionError, HttpResponse, Outcome, Threw};
use super::desk::Desk;
use super::floor::{Answer, Effect, Slot};
use super::host::{self, evaluate, inside};
use super::prelude;
use super::ticks::Ticks;

/// How long a source may take to be read, which a source of any sane size never does.
const MOST_READING: Duration = Duration::from_secs(1);

/// What a call holds at most before its function is compiled, in bytes. It is 200 KiB.
const SURROUNDINGS: usize = 1 << 20;

/// What the engine says when it is out of memory: in general, and while reading a source or a regular expression.
const OUT_OF_MEMORY: [&str; 2] = ["InternalError: out of memory", "SyntaxError: out of memory"];

/// What the prelude says when a value is too large.
const TOO_LARGE: &str = "RangeError: the value is too large";

type Ended = Result<Outcome, FunctionError>;

/// A call that waits, runs or is parked.
pub(super) struct Task {
    pub(super) slot: Arc<Slot>,
    /// Since when it has been ready to run, in the engine's time.
    pub(super) ready_since: Duration,
    desk: Arc<Desk>,
    name: String,
    arguments: String,
    live: Option<Live>,
}

/// A call that has begun. The context goes before its runtime.
struct Live {
    context: Context,
    runtime: Runtime,
}

/// Where a task stands when it gives its thread back.
pub(super) enum Step {
    /// It is over.
    Done(Ended),
    /// It waits for answers, or until that time.
    Park(Duration),
}

impl Task {
    pub(super) fn new(slot: Arc<Slot>, desk: Arc<Desk>, name: String, arguments: String) -> Task {
        Task { ready_since: slot.began, slot, desk, name, arguments, live: None }
    }

    /// The memory it holds, in bytes.
    pub(super) fn memory(&self) -> usize {
        let held = self.live.as_ref().map_or(0, |live| live.runtime.memory_usage().malloc_size);
        usize::try_from(held).unwrap_or(0)
    }

    /// Runs until it ends or has to wait.
    pub(super) fn run(&mut self) -> Step {
        if self.slot.is_over(self.desk.elapsed()) {
            // It never got a thread in its time: others had them all.
            let is_fresh = self.live.is_none();
            return Step::Done(Err(if is_fresh { FunctionError::Busy } else { FunctionError::TimeLimit }));
        }
        let live = match self.live.take().map_or_else(|| self.begin(), Ok) {
            Ok(live) => self.live.insert(live),
            Err(error) => return Step::Done(Err(error)),
        };
        let (slot, desk) = (&self.slot, &self.desk);
        loop {
            if let Some(ended) = ended(desk, slot) {
                return Step::Done(ended);
            }
            match live.runtime.execute_pending_job() {
                Ok(true) => continue,
                Ok(false) => {}
                Err(job) => {
                    job.0.with(|ctx| uncaught(&ctx, desk));
                    continue;
                }
            }
            let resumed = live
                .context
                .with(|ctx| resume(&ctx, desk, slot).map_err(|error| failure(&ctx, desk, slot, &error)));
            match resumed {
                Ok(true) => {}
                Ok(false) => return wait(desk, slot),
                Err(error) => return Step::Done(Err(error)),
            }
        }
    }

    /// Makes the runtime and starts the function.
    fn begin(&self) -> Result<Live, FunctionError> {
        let limits = &self.desk.limits;
        let runtime = Runtime::new().map_err(|_| FunctionError::MemoryLimit)?;
        runtime.set_max_stack_size(limits.stack);
        // Most calls are over before there is garbage worth looking for.
        runtime.set_gc_threshold(limits.memory / 8);
        let (slot, desk) = (self.slot.clone(), self.desk.clone());
        runtime.set_interrupt_handler(Some(Box::new(move || {
            slot.is_over(desk.elapsed()) || desk.log_is_full()
        })));
        let context = Context::full(&runtime).map_err(|_| FunctionError::MemoryLimit)?;
        let failed = |ctx: &Ctx<'_>, error| failure(ctx, &self.desk, &self.slot, &error);
        context.with(|ctx| self.surround(&ctx).map_err(|error| failed(&ctx, error)))?;
        // The engine survives running out of memory, but not while it loads bytecode or compiles. So the limit comes
        // after the prelude, with room for the function's source, which may do something while it is read, if little.
        let room = host::room(self.desk.program.source_length(&self.name));
        runtime.set_memory_limit(limits.memory.max(SURROUNDINGS).saturating_add(room));
        context.with(|ctx| self.prepare(&ctx).map_err(|error| failed(&ctx, error)))?;
        runtime.set_memory_limit(limits.memory);
        context.with(|ctx| self.start(&ctx).map_err(|error| failed(&ctx, error)))?;
        Ok(Live { context, runtime })
    }

    fn surround<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<()> {
        let core = prelude::piece(ctx, "core")?;
        let inside: Object = core.call((host::host(ctx, &self.desk)?,))?;
        // Kept with the runtime, out of JavaScript's sight.
        ctx.store_userdata(inside).map(|_| ()).map_err(|_| rquickjs::Error::Unknown)
    }

    fn prepare(&self, ctx: &Ctx<'_>) -> rquickjs::Result<()> {
        inside(ctx)?.get::<_, Function>("prepare")?.call((self.name.as_str(),))
    }

    fn start(&self, ctx: &Ctx<'_>) -> rquickjs::Result<()> {
        let run: Function = inside(ctx)?.get("run")?;
        run.call((self.name.as_str(), self.arguments.as_str()))
    }
}

/// How the call ended, if it has.
fn ended(desk: &Desk, slot: &Slot) -> Option<Ended> {
    if desk.log_is_full() {
        return Some(Err(flooded(desk)));
    }
    let mut papers = desk.papers();
    let Some(end) = papers.end.take() else {
        return slot.is_over(desk.elapsed()).then_some(Err(FunctionError::TimeLimit));
    };
    let logs = std::mem::take(&mut papers.logs);
    Some(match end {
        Ok(None) => Ok(Outcome { result: json!({ "$undefined": true }), logs }),
        Ok(Some(text)) if text.len() > desk.limits.output => Err(FunctionError::OutputLimit),
        // What the prelude writes is good JSON, unless the function tampered with it.
        Ok(Some(text)) => match serde_json::from_str(&text) {
            Ok(result) => Ok(Outcome { result, logs }),
            Err(_) => Err(FunctionError::OutputLimit),
        },
        Err(message) if is_out_of_memory(&message) => Err(FunctionError::MemoryLimit),
        Err(message) if message == TOO_LARGE && papers.is_output_full => Err(FunctionError::OutputLimit),
        Err(message) => Err(FunctionError::Threw(Box::new(Threw { message, logs }))),
    })
}

/// The end of a call that logged too much, whatever else it did.
fn flooded(desk: &Desk) -> FunctionError {
    FunctionError::LogLimit { logs: std::mem::take(&mut desk.papers().logs) }
}

fn is_out_of_memory(message: &str) -> bool {
    // The last is what remains when there is no memory even to say it.
    OUT_OF_MEMORY.iter().any(|known| message.starts_with(known)) || message == "InternalError"
}

/// Hands the function what it waits for: answers that came, a timer that is due. `false`: there is nothing.
fn resume(ctx: &Ctx<'_>, desk: &Desk, slot: &Slot) -> rquickjs::Result<bool> {
    let answers = slot.take_answers();
    let timer = desk.due_timer();
    if answers.is_empty() && timer.is_none() {
        return Ok(false);
    }
    let inside = inside(ctx)?;
    for answer in answers {
        desk.papers().open_requests -= 1;
        give(ctx, desk, &inside, answer)?;
    }
    if let Some(timer) = timer {
        inside.get::<_, Function>("fire")?.call::<_, ()>((timer,))?;
    }
    Ok(true)
}

fn give<'js>(
    ctx: &Ctx<'js>,
    desk: &Desk,
    inside: &Object<'js>,
    (id, answer): Answer,
) -> rquickjs::Result<()> {
    let give: Function = inside.get("answer")?;
    match answer {
        Err(message) => give.call((id, message)),
        // The text and the bytes both count against the memory of the call, and the function needs the rest of it.
        Ok(response) if response.body.len() > desk.limits.memory / 4 => {
            give.call((id, format!("the response is too large: {} bytes", response.body.len())))
        }
        Ok(response) => give.call((id, "", shown(ctx, &response)?)),
    }
}

fn shown<'js>(ctx: &Ctx<'js>, response: &HttpResponse) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("status", response.status)?;
    object.set("reason", response.reason.as_str())?;
    object.set("url", response.url.as_str())?;
    object.set("headers", json!(response.headers).to_string())?;
    object.set("text", String::from_utf8_lossy(&response.body).as_ref())?;
    object.set("bytes", TypedArray::<u8>::new_copy(ctx.clone(), &response.body)?)?;
    Ok(object)
}

/// Nothing is left to do at the moment: hands over the requests and waits, unless nothing can come.
fn wait(desk: &Desk, slot: &Slot) -> Step {
    let mut papers = desk.papers();
    for (id, request) in papers.requests.drain(..) {
        slot.send(Effect::Fetch(id, request));
    }
    let earliest = papers.timers.values().min().copied();
    if papers.open_requests > 0 || earliest.is_some() {
        return Step::Park(earliest.map_or(slot.deadline, |due| due.min(slot.deadline)));
    }
    if papers.has_lost_jobs {
        return Step::Done(Err(FunctionError::MemoryLimit));
    }
    let logs = std::mem::take(&mut papers.logs);
    let message = "Error: the function waits for a promise that nothing will settle".to_owned();
    Step::Done(Err(FunctionError::Threw(Box::new(Threw { message, logs }))))
}

/// A job threw, which promises never do by themselves: either a bare microtask of the function did, or there was no
/// memory to go on with a promise, which is lost then.
fn uncaught(ctx: &Ctx<'_>, desk: &Desk) {
    let thrown = ctx.catch();
    let message = thrown.as_exception().and_then(rquickjs::Exception::message);
    if is_memory(&thrown, message.as_deref()) {
        desk.papers().has_lost_jobs = true;
    } else {
        desk.log(true, format!("uncaught in a microtask: {}", message.unwrap_or_default()));
    }
}

fn is_memory(thrown: &Value<'_>, message: Option<&str>) -> bool {
    // There may have been no memory even for the error, or for what it says.
    thrown.is_null()
        || message.is_some_and(|message| message.starts_with("out of memory") || message.is_empty())
}

/// Why Rust's own calls into JavaScript failed.
fn failure(ctx: &Ctx<'_>, desk: &Desk, slot: &Slot, error: &rquickjs::Error) -> FunctionError {
    let thrown = ctx.catch();
    if desk.log_is_full() {
        return flooded(desk);
    }
    if slot.is_over(desk.elapsed()) {
        return FunctionError::TimeLimit;
    }
    let message = thrown.as_exception().and_then(rquickjs::Exception::message);
    if matches!(error, rquickjs::Error::Allocation)
        || (error.is_exception() && is_memory(&thrown, message.as_deref()))
    {
        return FunctionError::MemoryLimit;
    }
    tracing::error!(%error, message, "a function's surroundings failed");
    FunctionError::Broken
}

/// What is wrong with the syntax of an expression: the line in `file`, if it is known, and a message.
pub(super) fn syntax_error(expression: &str, file: &str) -> Option<(Option<usize>, String)> {
    let unknown = |_| (None, "the source could not be read".to_owned());
    read(expression, file).map_err(unknown).unwrap_or_else(Some)
}

fn read(expression: &str, file: &str) -> rquickjs::Result<Option<(Option<usize>, String)>> {
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(64 << 20);
    let ticks = Ticks::start();
    runtime.set_interrupt_handler(Some(Box::new(move || ticks.elapsed() > MOST_READING)));
    Context::full(&runtime)?.with(|ctx| match evaluate(&ctx, file, expression) {
        Ok(value) if value.is_function() => Ok(None),
        Ok(_) => Ok(Some((None, "the source closes a bracket that it did not open".to_owned()))),
        Err(rquickjs::Error::InvalidString(_)) => Ok(Some((None, "the source holds a NUL".to_owned()))),
        Err(error) => {
            let thrown = ctx.catch();
            let exception = thrown.as_exception().ok_or(error)?;
            let stack = exception.stack().unwrap_or_default();
            let line = stack
                .split_once(&format!("{file}:"))
                .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
            Ok(Some((line, format!("SyntaxError: {}", exception.message().unwrap_or_default()))))
        }
    })
}
