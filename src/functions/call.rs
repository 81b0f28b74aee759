//! What goes into a call, and what comes out of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

/// A call of a function.
pub struct Call {
    /// The function's name, `a/b` for one in a folder.
    pub name: String,
    /// The arguments, as canonical or relaxed EJSON.
    pub arguments: Vec<Value>,
    /// Who calls.
    pub caller: Caller,
    /// How long the call may take from now on, waiting included.
    pub wall: Duration,
    /// What the function sees.
    pub scene: Scene,
}

/// Who calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A user's client: private functions are out of its reach, and `can_evaluate` decides.
    Client,
    /// The app itself: a provider, a trigger, an administrator.
    App,
}

/// What a function may see of the world, as EJSON.
#[derive(Clone)]
pub struct Scene {
    /// `context.user`: `id`, `type`, `data`, `custom_data`, `identities`. For the system user the id is `""`.
    pub user: Value,
    /// `context.app`, or null.
    pub app: Value,
    /// `context.request`, or null: `remoteIPAddress`, `requestHeaders` (name → list), `rawQueryString`, `httpMethod`,
    /// `httpUserAgent`, `service`, `action`.
    pub request: Value,
    /// `context.values`, with those that stand for a secret resolved.
    pub values: Arc<Map<String, Value>>,
    /// `context.environment`.
    pub environment: Arc<Environment>,
    /// Whether the function runs as the system user, whatever its configuration says.
    pub is_system: bool,
    /// The present, in milliseconds since 1970. It goes on from there while the call runs.
    pub now_ms: i64,
    /// Where all chance of the call comes from. Nobody may be able to guess it.
    pub seed: [u8; 32],
    /// What the function may reach.
    pub reach: Arc<dyn Reach>,
}

/// The app's environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// `development`, `testing`, `qa`, `production`, or nothing.
    pub tag: String,
    /// The values of that environment.
    pub values: Map<String, Value>,
}

/// What a function may reach over the network. Whoever implements it keeps the operator's allow-list, and bounds the
/// time and size of answers.
pub trait Reach: Send + Sync {
    /// Sends a request. The error is a text for the function: `host 'x' is not allowed`.
    fn fetch<'a>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, String>> + Send + 'a>>;
}

/// A request of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method in capitals.
    pub method: String,
    /// The address as the function wrote it.
    pub url: String,
    /// The headers in order, several of one name possible.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether redirects are followed; each of their addresses must be allowed too.
    pub follows_redirects: bool,
}

/// An answer to a function's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The reason phrase, possibly empty.
    pub reason: String,
    /// The address that answered, after redirects.
    pub url: String,
    /// The headers in order.
    pub headers: Vec<(String, String)>,
    /// The body, without any content encoding.
    pub body: Vec<u8>,
}

/// What a function returned.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The result as canonical EJSON; `{"$undefined":true}` for nothing. Whole numbers that fit 32 bits are
    /// `$numberInt`, other exact whole numbers `$numberLong`, the rest `$numberDouble`.
    pub result: Value,
    /// What the function logged.
    pub logs: Vec<LogLine>,
}

/// A line that a function logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Whether it came through `console.error` or `console.warn`.
    pub is_error: bool,
    /// The line.
    pub text: String,
}

/// An error that a function threw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threw {
    /// The error as the original words it: `ReferenceError: 'x' is not defined`, `Error: text`, or the thrown string.
    pub message: String,
    /// What the function logged before.
    pub logs: Vec<LogLine>,
}

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionError {
    /// There is no such function.
    NotFound,
    /// The function is private, which clients are not told.
    Private,
    /// `can_evaluate` did not hold.
    RuleNotMatched {
        /// The function.
        name: String,
    },
    /// The source cannot be run.
    BadSource {
        /// The function.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// The function threw.
    Threw(Box<Threw>),
    /// It took too long, or was ended because others waited.
    TimeLimit,
    /// It wanted too much memory.
    MemoryLimit,
    /// Its result is too large or too deep.
    OutputLimit,
    /// It logged too much.
    LogLimit {
        /// What it logged until there was no more room.
        logs: Vec<LogLine>,
    },
    /// Too many calls wait already.
    Busy,
    /// The engine itself failed at it.
    Broken,
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FunctionError::NotFound | FunctionError::Private => f.write_str("function not found"),
            FunctionError::RuleNotMatched { name } => write!(f, "rule not matched for function \"{name}\""),
            FunctionError::BadSource { name, message } => write!(f, "function '{name}': {message}"),
            FunctionError::Threw(threw) => f.write_str(&threw.message),
            FunctionError::TimeLimit => f.write_str("execution time limit exceeded"),
            FunctionError::MemoryLimit => f.write_str("memory limit exceeded"),
            FunctionError::OutputLimit => f.write_str("result size limit exceeded"),
            FunctionError::LogLimit { .. } => f.write_str("log size limit exceeded"),
            FunctionError::Busy => f.write_str("too many functions are running"),
            FunctionError::Broken => f.write_str("the function could not be run"),
        }
    }
}

impl FunctionError {
    /// What the function logged before it failed, as far as that is known.
    pub fn logs(&self) -> &[LogLine] {
        match self {
            FunctionError::Threw(threw) => &threw.logs,
            FunctionError::LogLimit { logs } => logs,
            FunctionError::NotFound
            | FunctionError::Private
            | FunctionError::RuleNotMatched { .. }
            | FunctionError::BadSource { .. }
            | FunctionError::TimeLimit
            | FunctionError::MemoryLimit
            | FunctionError::OutputLimit
            | FunctionError::Busy
            | FunctionError::Broken => &[],
        }
    }
}

impl std::error::Error for FunctionError {}
