//! The engine: where calls are taken on and answered.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::call::{Call, Caller, FunctionError, HttpResponse, Outcome, Reach};
use super::desk::Desk;
use super::floor::{Effect, Floor, Slot};
use super::program::{Function, Program};
use super::task::Task;
use super::text;

/// What calls may take. The time is each call's own.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory of one call, in bytes. A package's file of more than a two-hundredth of it cannot be required.
    pub memory: usize,
    /// Stack of one call, in bytes: how deep functions may call each other.
    pub stack: usize,
    /// The result of one call, in bytes of EJSON.
    pub output: usize,
    /// The log of one call, in bytes, each line counting 16 more. The call that goes beyond ends. The original kept 25
    /// lines of 512 bytes and dropped the others without a word; so much more is no slip.
    pub logs: usize,
    /// Threads that run calls.
    pub threads: usize,
    /// Threads at most, once calls that compute for long have taken the above.
    pub most_threads: usize,
    /// Calls that may wait for a thread.
    pub queue: usize,
    /// Calls that may wait for an answer or a timer, without a thread.
    pub parked: usize,
    /// Memory that those may hold together, in bytes.
    pub parked_memory: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory: 128 << 20,
            stack: 512 << 10,
            output: 4 << 20,
            logs: 256 << 10,
            threads: 2,
            most_threads: 8,
            queue: 1_024,
            parked: 1_024,
            parked_memory: 256 << 20,
        }
    }
}

/// Runs functions, on threads of its own with a low priority. Dropping it ends what still runs.
pub struct Engine {
    floor: Arc<Floor>,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.floor.close();
    }
}

impl Engine {
    /// Starts the threads.
    pub fn start(limits: Limits) -> std::io::Result<Engine> {
        Ok(Engine { floor: Floor::open(limits)? })
    }

    /// Calls a function and waits for its end. Dropping the future ends the call, wherever it is.
    pub async fn call(&self, program: &Arc<Program>, call: Call) -> Result<Outcome, FunctionError> {
        let function = program.function(&call.name).ok_or(FunctionError::NotFound)?;
        admit(function, &call)?;
        let reach = call.scene.reach.clone();
        let arguments = text::text(&Value::Array(call.arguments));
        let is_system = call.scene.is_system || function.runs_as_system;
        let desk = Desk::new(program.clone(), call.scene, is_system, self.floor.limits, self.floor.ticks);
        let (effects, inbox) = unbounded_channel();
        let slot = Arc::new(Slot::new(self.floor.ticks.elapsed(), call.wall, effects));
        self.floor.submit(Task::new(slot.clone(), Arc::new(desk), call.name, arguments))?;
        let mut attending = Attending { floor: &self.floor, slot, inbox };
        attending.end(&*reach).await
    }
}

/// Whether the call may be made at all.
fn admit(function: &Function, call: &Call) -> Result<(), FunctionError> {
    if call.caller == Caller::Client {
        if function.is_private {
            return Err(FunctionError::Private);
        }
        if function.rule.as_ref().is_some_and(|rule| !rule.holds(&call.scene)) {
            return Err(FunctionError::RuleNotMatched { name: function.name.clone() });
        }
    }
    match function.problem() {
        Some(message) => {
            Err(FunctionError::BadSource { name: function.name.clone(), message: message.to_owned() })
        }
        None => Ok(()),
    }
}

/// A call under way, seen from its caller. The requests of the function are sent by whoever awaits its end, so that
/// they end with the call and need no runtime of the engine's own.
struct Attending<'a> {
    floor: &'a Arc<Floor>,
    slot: Arc<Slot>,
    inbox: UnboundedReceiver<Effect>,
}

impl Drop for Attending<'_> {
    fn drop(&mut self) {
        self.floor.forget(&self.slot);
    }
}

type Fetching<'a> = (u32, Pin<Box<dyn Future<Output = Result<HttpResponse, String>> + Send + 'a>>);

impl Attending<'_> {
    async fn end(&mut self, reach: &dyn Reach) -> Result<Outcome, FunctionError> {
        let mut fetches: Vec<Fetching<'_>> = Vec::new();
        poll_fn(|cx| {
            while let Poll::Ready(effect) = self.inbox.poll_recv(cx) {
                match effect {
                    Some(Effect::Fetch(id, request)) => fetches.push((id, reach.fetch(request))),
                    Some(Effect::Done(end)) => return Poll::Ready(end),
                    None => return Poll::Ready(Err(FunctionError::Broken)),
                }
            }
            self.poll_fetches(&mut fetches, cx);
            Poll::Pending
        })
        .await
    }

    fn poll_fetches(&self, fetches: &mut Vec<Fetching<'_>>, cx: &mut Context<'_>) {
        let mut index = 0;
        while let Some((id, fetch)) = fetches.get_mut(index) {
            match fetch.as_mut().poll(cx) {
                Poll::Ready(answer) => {
                    self.floor.deliver(&self.slot, *id, answer);
                    drop(fetches.swap_remove(index));
                }
                Poll::Pending => index += 1,
            }
        }
    }
}
