//! A place to run functions in tests.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passerby::functions::{
    Call, Caller, Engine, Environment, FunctionError, HttpRequest, HttpResponse, Limits, LogLine, Outcome,
    Program, Reach, Scene,
};
use serde_json::{Value, json};

/// The present of every test: 2026-11-24T06:30:00.123Z.
pub(super) const NOW_MS: i64 = 1_795_501_800_123;

/// An app with functions, and an engine to run them.
pub(super) struct Stage {
    pub(super) engine: Engine,
    pub(super) program: Arc<Program>,
    pub(super) scene: Scene,
    pub(super) wall: Duration,
}

impl Stage {
    /// An app whose functions are given by name and source.
    pub(super) fn new(functions: &[(&str, &str)]) -> Stage {
        Stage::with(functions, &[], Limits::default())
    }

    /// An app with other files too, by their paths, under other limits.
    pub(super) fn with(functions: &[(&str, &str)], files: &[(&str, &str)], limits: Limits) -> Stage {
        let configs: Vec<Value> = functions.iter().map(|(name, _)| json!({ "name": name })).collect();
        let mut all = vec![("functions/config.json".to_owned(), json!(configs).to_string().into_bytes())];
        for (name, source) in functions {
            all.push((format!("functions/{name}.js"), source.as_bytes().to_vec()));
        }
        all.extend(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
        let (program, findings) = Program::read(&all);
        assert_eq!(findings, []);
        Stage::of(program, limits)
    }

    /// An app that was read already.
    pub(super) fn of(program: Program, limits: Limits) -> Stage {
        Stage {
            engine: Engine::start(limits).unwrap(),
            program: Arc::new(program),
            scene: scene(Arc::new(Nowhere)),
            wall: Duration::from_secs(10),
        }
    }

    /// Calls a function as the app itself.
    pub(super) async fn call(&self, name: &str, arguments: Value) -> Result<Outcome, FunctionError> {
        self.call_as(Caller::App, name, arguments).await
    }

    /// Calls a function.
    pub(super) async fn call_as(
        &self,
        caller: Caller,
        name: &str,
        arguments: Value,
    ) -> Result<Outcome, FunctionError> {
        let Value::Array(arguments) = arguments else { panic!("arguments are a list") };
        let call =
            Call { name: name.to_owned(), arguments, caller, wall: self.wall, scene: self.scene.clone() };
        self.engine.call(&self.program, call).await
    }

    /// The result of a function that returns.
    pub(super) async fn result(&self, name: &str, arguments: Value) -> Value {
        self.call(name, arguments).await.unwrap().result
    }
}

/// The result of one source, called as `f`.
pub(super) async fn result(source: &str, arguments: Value) -> Value {
    match Stage::new(&[("f", source)]).call("f", arguments).await {
        Ok(outcome) => outcome.result,
        Err(error) => panic!("{error}: {source}"),
    }
}

/// The value of one expression.
pub(super) async fn value(expression: &str) -> Value {
    result(&format!("exports = async () => ({expression})"), json!([])).await
}

/// The message of the error that one source ends in.
pub(super) async fn message(source: &str) -> String {
    match Stage::new(&[("f", source)]).call("f", json!([])).await {
        Err(error) => error.to_string(),
        Ok(outcome) => panic!("{source} returned {}", outcome.result),
    }
}

pub(super) fn lines(logs: &[LogLine]) -> Vec<&str> {
    logs.iter().map(|line| line.text.as_str()).collect()
}

/// A scene with something of everything.
pub(super) fn scene(reach: Arc<dyn Reach>) -> Scene {
    let map = |value: Value| value.as_object().unwrap().clone();
    Scene {
        user: json!({
            "id": "655f0a0b0c0d0e0f10111213", "type": "normal", "data": { "name": "Ada" },
            "custom_data": { "since": { "$date": { "$numberLong": "1000" } }, "isAdmin": true },
            "identities": [{ "id": "655f0a0b0c0d0e0f10111214", "provider_type": "anon-user" }],
        }),
        app: json!({ "id": "655f0a0b0c0d0e0f10111215", "clientAppId": "news-abcde", "name": "news" }),
        request: json!({ "remoteIPAddress": "198.51.100.4", "httpMethod": "POST" }),
        values: Arc::new(map(json!({
            "greeting": "hello", "limits": { "most": { "$numberLong": "5" } }, "list": [1, 2], "off": false,
        }))),
        environment: Arc::new(Environment {
            tag: "testing".to_owned(),
            values: map(json!({ "base": "https://x.test" })),
        }),
        is_system: false,
        now_ms: NOW_MS,
        seed: [7; 32],
        reach,
    }
}

/// A network that allows nothing.
pub(super) struct Nowhere;

type Fetching<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, String>> + Send + 'a>>;

impl Reach for Nowhere {
    fn fetch<'a>(&'a self, request: HttpRequest) -> Fetching<'a> {
        Box::pin(async move { Err(format!("'{}' is not allowed", request.url)) })
    }
}

/// A network that answers everything alike, and keeps what was asked.
#[derive(Default)]
pub(super) struct Echo {
    pub(super) asked: Mutex<Vec<HttpRequest>>,
}

impl Reach for Echo {
    fn fetch<'a>(&'a self, request: HttpRequest) -> Fetching<'a> {
        Box::pin(async move {
            // Not at once, as no network answers.
            tokio::task::yield_now().await;
            let url = request.url.clone();
            self.asked.lock().unwrap().push(request);
            let headers = [
                ("content-type", "application/json"),
                ("set-cookie", "a=b; Path=/"),
                ("x-many", "1"),
                ("x-many", "2"),
            ];
            Ok(HttpResponse {
                status: 201,
                reason: "Created".to_owned(),
                url,
                headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
                body: r#"{"naïve": [1, 2.5]}"#.as_bytes().to_vec(),
            })
        })
    }
}

/// A network that never answers.
pub(super) struct Silence;

impl Reach for Silence {
    fn fetch<'a>(&'a self, _request: HttpRequest) -> Fetching<'a> {
        Box::pin(std::future::pending())
    }
}
