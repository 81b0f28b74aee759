//! The app's own functions, run for its providers, its triggers and its clients.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::behaviour::NamedValue;
use super::deliver::user_object;
use super::journal::{note, note_console, note_message};
use super::link::Proved;
use super::outbound::{self, Fetch, Method};
use super::providers::anon_user::Guest;
use super::{App, Auth, Caller, Error, Result};
use crate::functions::{self, FunctionError, HttpRequest, HttpResponse, Reach, Scene};
use crate::model::{Identity, ProviderType, User, UserId, UserType};

/// For a function that a login waits for.
const LOGIN_WALL: Duration = Duration::from_secs(10);
/// For a function that a client calls; core gives up after 60 seconds.
pub const FUNCTION_WALL: Duration = Duration::from_secs(60);
/// The system user, as functions see it.
pub(super) static APP_USER: LazyLock<Value> =
    LazyLock::new(|| json!({ "id": "", "type": "system", "data": {}, "custom_data": {}, "identities": [] }));
/// Redirects that a function's request follows.
const MOST_REDIRECTS: usize = 5;

/// What a client asks of a function.
pub struct FunctionCall {
    /// The function's name.
    pub name: String,
    /// The arguments, as EJSON.
    pub arguments: Vec<Value>,
    /// The service whose function it is, if it is none of the app's own.
    pub service: Option<String>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The request's headers that functions may see: name and value.
    pub headers: Vec<(String, String)>,
}

impl Auth {
    /// Calls a function of the app as the caller; the result is canonical EJSON.
    pub async fn call_function(&self, caller: &Caller, call: FunctionCall) -> Result<Value> {
        note(|journal| journal.function = Some(call.name.clone()));
        if let Some(service) = call.service {
            return Err(Error::ServiceNotFound(service));
        }
        let mut headers: Map<String, Value> = Map::new();
        for (name, value) in call.headers {
            let values = headers.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(values) = values {
                values.push(Value::String(value));
            }
        }
        let agent = headers.get("User-Agent").and_then(|values| values.get(0)).cloned();
        let request = json!({
            "remoteIPAddress": call.address.map(|ip| ip.to_string()), "requestHeaders": headers,
            "rawQueryString": "", "httpMethod": "POST", "httpUserAgent": agent, "service": "", "action": "",
        });
        let user = user_object(&caller.user);
        let scene = self.scene(&caller.app, user, request, false)?;
        let call = functions::Call {
            name: call.name,
            arguments: call.arguments,
            caller: functions::Caller::Client,
            wall: FUNCTION_WALL,
            scene,
        };
        self.run(&caller.app, call).await.map_err(|error| refused(&error))
    }

    /// Why a call cannot be streamed. `watch` of a data source was all that ever was, and there is no data source.
    pub fn unstreamable(&self, caller: &Caller, name: String, service: Option<String>) -> Error {
        if let Some(service) = service {
            return Error::ServiceNotFound(service);
        }
        match caller.app.behaviour.program.function(&name).filter(|function| !function.is_private) {
            Some(_) => Error::FunctionNotStreamed(name),
            None => Error::FunctionNotFound,
        }
    }

    /// Runs a function of the app as the system user, for the app itself.
    pub(super) async fn run_system_function(
        &self,
        app: &App,
        name: &str,
        arguments: Vec<Value>,
    ) -> Result<Value> {
        let call = functions::Call {
            name: name.to_owned(),
            arguments,
            caller: functions::Caller::App,
            wall: LOGIN_WALL,
            scene: self.scene(app, APP_USER.clone(), Value::Null, true)?,
        };
        self.run(app, call).await.map_err(|error| {
            note_message(&format!("function '{name}': {error}"));
            refused(&error)
        })
    }

    async fn run(&self, app: &App, call: functions::Call) -> std::result::Result<Value, FunctionError> {
        let outcome = self.parts.engine.call(&app.behaviour.program, call).await;
        match &outcome {
            Ok(outcome) => note_console(&outcome.logs),
            Err(error) => note_console(error.logs()),
        }
        outcome.map(|outcome| outcome.result)
    }

    /// Calls the app's user creation function, if there is one and the identity is nobody's. When it throws, nobody is
    /// made.
    pub(super) async fn prepare_new_user(&self, app: &App, proved: &Proved, user: UserId) -> Result<()> {
        let Some(name) = &app.behaviour.on_user_creation else { return Ok(()) };
        let claim = &proved.claim;
        if self.store().claimant(app.key, claim.provider, &claim.id).await?.is_some() {
            return Ok(());
        }
        let identity = Identity { id: claim.id.clone(), provider: claim.provider, data: claim.data.clone() };
        self.meet(app, name, new_user(user, proved.kind, identity)).await
    }

    /// The same for a guest, who is always new.
    pub(super) async fn prepare_new_guest(&self, app: &App, guest: &Guest) -> Result<()> {
        let Some(name) = &app.behaviour.on_user_creation else { return Ok(()) };
        let identity =
            Identity { id: guest.identity.clone(), provider: ProviderType::AnonUser, data: Map::new() };
        self.meet(app, name, new_user(guest.user, UserType::Normal, identity)).await
    }

    async fn meet(&self, app: &App, name: &str, user: User) -> Result<()> {
        // In a box: few apps have such a function, and every login would carry the room for its call.
        Box::pin(self.run_system_function(app, name, vec![user_object(&user)])).await.map(|_| ())
    }

    pub(super) fn scene(&self, app: &App, user: Value, request: Value, is_system: bool) -> Result<Scene> {
        let mut seed = [0; 32];
        self.dice().fill(&mut seed);
        let behaviour = &app.behaviour;
        let mut values = Map::new();
        for (name, value) in &behaviour.values {
            let value = match value {
                NamedValue::Plain(value) => value.clone(),
                // A value whose secret is missing is not there.
                NamedValue::Secret(secret) => match self.secret(app, secret)? {
                    Some(secret) => Value::String(secret.expose().clone()),
                    None => continue,
                },
            };
            values.insert(name.clone(), value);
        }
        Ok(Scene {
            user,
            app: json!({ "id": app.client_app_id, "name": app.config.name }),
            request,
            values: Arc::new(values),
            environment: Arc::clone(&behaviour.environment),
            is_system,
            now_ms: self.clock().now().0.saturating_mul(1000),
            seed,
            reach: Arc::new(FunctionReach(Arc::clone(&self.parts.fetch))),
        })
    }
}

fn new_user(id: UserId, kind: UserType, identity: Identity) -> User {
    User {
        id,
        kind,
        guest: identity.provider == ProviderType::AnonUser,
        disabled: false,
        last_seen: None,
        last_active_at: None,
        custom_data: None,
        identities: vec![identity],
    }
}

/// A failed call, in the protocol's words.
fn refused(error: &FunctionError) -> Error {
    match error {
        FunctionError::NotFound | FunctionError::Private => Error::FunctionNotFound,
        FunctionError::TimeLimit => Error::FunctionTimeLimit,
        FunctionError::Busy => Error::Busy,
        FunctionError::Threw(_)
        | FunctionError::RuleNotMatched { .. }
        | FunctionError::BadSource { .. }
        | FunctionError::MemoryLimit
        | FunctionError::OutputLimit
        | FunctionError::LogLimit { .. } => Error::FunctionFailed(error.to_string()),
        FunctionError::Broken => Error::Unreadable("the function engine".to_owned()),
    }
}

/// Requests of functions, through the fetches that the operator allows.
struct FunctionReach(Arc<dyn Fetch>);

impl Reach for FunctionReach {
    fn fetch<'a>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<HttpResponse, String>> + Send + 'a>> {
        Box::pin(async move {
            let mut url = request.url.clone();
            let mut method: Method = Method::of(&request.method).ok_or("unknown method")?;
            let mut body = request.body.clone();
            let mut headers = request.headers.clone();
            for _ in 0..=MOST_REDIRECTS {
                let asked = outbound::Request {
                    method,
                    url: url.clone(),
                    headers: headers.clone(),
                    body: body.clone(),
                };
                let answer = self.0.fetch(asked).await.map_err(|error| error.to_string())?;
                let next = answer
                    .header("location")
                    .filter(|_| matches!(answer.status, 301 | 302 | 303 | 307 | 308));
                let Some(next) = next.filter(|_| request.follows_redirects) else {
                    return Ok(HttpResponse {
                        status: answer.status,
                        reason: String::new(),
                        url,
                        headers: answer.headers,
                        body: answer.body,
                    });
                };
                let base = url::Url::parse(&url).map_err(|_| "bad address".to_owned())?;
                let to = base.join(next).map_err(|_| "a redirect to no address".to_owned())?;
                if to.origin() != base.origin() {
                    // What was meant for one host is not told to another.
                    headers.retain(|(name, _)| {
                        !name.eq_ignore_ascii_case("authorization") && !name.eq_ignore_ascii_case("cookie")
                    });
                }
                if matches!(answer.status, 301..=303) && method != Method::Head {
                    (method, body) = (Method::Get, Vec::new());
                }
                url = to.to_string();
            }
            Err("too many redirects".to_owned())
        })
    }
}
