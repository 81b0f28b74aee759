//! The app's own JavaScript, run in a sandbox.
//!
//! A [`Program`] is an app's functions, read from its directory once per deployment. An [`Engine`] runs them on threads
//! of its own: every call in a runtime of its own, which knows no other call, no file, no process and no network but
//! what its [`Scene`] lets it [`Reach`]. Whatever a function does, it ends within its [`Limits`].
//!
//! | file | what it knows |
//! | --- | --- |
//! | `program`, `modules`, `archive`, `packages`, `rule` | what came with the app: functions, packages, who may call |
//! | `call` | what goes in and what comes out |
//! | `engine`, `floor`, `ticks` | threads, queue, waiting calls, real time |
//! | `task`, `desk`, `host` | one call: its runtime, its state, what Rust offers it |
//! | `keys`, `md5`, `chance`, `text` | cryptography, chance and EJSON text for the host |
//! | `prelude`, `prelude/` | the surroundings of a function, in JavaScript |

mod archive;
mod call;
mod chance;
mod desk;
mod engine;
mod floor;
mod host;
mod keys;
mod md5;
mod modules;
mod packages;
mod prelude;
mod program;
mod rule;
mod task;
mod text;
mod ticks;

pub use call::{
    Call, Caller, Environment, FunctionError, HttpRequest, HttpResponse, LogLine, Outcome, Reach, Scene,
    Threw,
};
pub use engine::{Engine, Limits};
pub(crate) use md5::md5;
pub use packages::{Package, Packages};
pub use program::{Finding, Function, Program};
