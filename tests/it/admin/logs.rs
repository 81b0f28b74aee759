//! Apps' logs: what stands in them, what never does, and how they are read.

use std::path::Path;

use passerby::auth::{Asked, Journal};
use passerby::model::{
    AuthEventType, DAY, LogQuery, LogType, Millis, ObjectId, RequestId, Settings, Timestamp,
};
use serde_json::{Value, json};

use crate::support::{House, Line, Ran, Reply, Server, passerby};

const APP: &str = "people-abcde";

/// An app with guests, passwords that need no confirmation, functions, and a trigger.
fn app(directory: &Path, id: &str, settings: &Value) {
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    file(
        "realm_config.json",
        &json!({"config_version": 20_210_101, "app_id": id, "name": "people"}).to_string(),
    );
    let providers = json!({
        "anon-user": {"name": "anon-user", "type": "anon-user", "disabled": false},
        "api-key": {"name": "api-key", "type": "api-key", "disabled": false},
        "custom-function": {"name": "custom-function", "type": "custom-function", "disabled": false,
            "config": {"authFunctionName": "whoIs"}},
        "local-userpass": {"name": "local-userpass", "type": "local-userpass", "disabled": false,
            "config": {"autoConfirm": true}},
    });
    file("auth/providers.json", &providers.to_string());
    let functions = ["whoIs", "greet", "fail", "welcome"];
    let list: Vec<Value> =
        functions.iter().map(|name| json!({"name": name, "private": *name == "welcome"})).collect();
    file("functions/config.json", &Value::from(list).to_string());
    file(
        "functions/whoIs.js",
        "exports = ({ id }) => { console.log('asked for', id); throw new Error('go away'); };",
    );
    file(
        "functions/greet.js",
        "exports = function (a, b) { console.log('hello', context.user.id); console.error('two\\nlines'); return a + b; };",
    );
    file("functions/fail.js", "exports = () => { console.log('before'); return missing; };");
    file("functions/welcome.js", "exports = ({ operationType }) => { console.log(operationType); };");
    let trigger = json!({"name": "onJoin", "type": "AUTHENTICATION", "function_name": "welcome", "disabled": false,
        "config": {"operation_type": "CREATE", "providers": ["local-userpass"]}});
    file("triggers/onJoin.json", &trigger.to_string());
    file("passerby.json", &settings.to_string());
}

struct Town {
    server: Server,
    directory: tempfile::TempDir,
}

impl Town {
    fn new() -> Town {
        Town::with(&json!({}), &[])
    }

    fn with(settings: &Value, arguments: &[&str]) -> Town {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (directory.path().join("people"), directory.path().join("others"));
        app(&first, APP, settings);
        app(&second, "others-abcde", settings);
        let directories = [first.to_str().unwrap(), second.to_str().unwrap()];
        let arguments: Vec<&str> = directories.into_iter().chain(arguments.iter().copied()).collect();
        let server = Server::start(&directory.path().join("data"), &arguments);
        Town { server, directory }
    }

    fn ask(&self, method: &str, target: &str, body: &Value) -> Reply {
        let socket = self.directory.path().join("data/passerby.sock");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Line::open_socket(&socket).unwrap().ask(method, target, &[], body.as_bytes()).unwrap()
    }

    /// Where the app is in the Admin API.
    fn admin(&self, id: &str, rest: &str) -> String {
        let app = self.ask("GET", &format!("/api/passerby/v1/apps/{id}"), &Value::Null).json();
        let text = |name: &str| app[name].as_str().unwrap().to_owned();
        format!("/api/admin/v3.0/groups/{}/apps/{}{rest}", text("group_id"), text("_id"))
    }

    fn logs_of(&self, id: &str, query: &str) -> Value {
        let reply = self.ask("GET", &self.admin(id, &format!("/logs?{query}")), &Value::Null);
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some("application/json")),
            "{reply:?}"
        );
        reply.json()
    }

    /// The entries that a query finds, the oldest first.
    fn logs(&self, query: &str) -> Vec<Value> {
        let mut logs = self.logs_of(APP, query)["logs"].as_array().unwrap().clone();
        logs.reverse();
        logs
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        self.server.request(
            "POST",
            &format!("/api/client/v2.0/app/{APP}{path}"),
            &[],
            body.to_string().as_bytes(),
        )
    }

    fn log_in(&self, provider: &str, body: &Value) -> Value {
        let reply = self.post(&format!("/auth/providers/{provider}/login"), body);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    fn call(&self, person: &Value, method: &str, target: &str, token: &str, body: &Value) -> Reply {
        let token = format!("Bearer {}", person[token].as_str().unwrap());
        self.server.request(
            method,
            &format!("/api/client/v2.0{target}"),
            &[("Authorization", &token)],
            body.to_string().as_bytes(),
        )
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let data = self.directory.path().join("data");
        passerby(arguments.iter().copied().chain(["--data", data.to_str().unwrap()]))
    }
}

/// Dates are dates, in order; then they are taken out.
fn undated(mut entry: Value) -> Value {
    let mut take = |name: &str| {
        let date = entry.as_object_mut().unwrap().remove(name).unwrap();
        date.as_str().unwrap().parse::<Millis>().unwrap()
    };
    assert!(take("started") <= take("completed"));
    entry
}

#[test]
fn the_link_of_a_refusal_leads_to_its_reason() {
    let town = Town::new();
    let device =
        json!({"platform": "chrome", "platformVersion": "108.0", "sdk": "realm-web", "sdkVersion": "2.0.0"});
    let body =
        json!({"username": "ann@people.example", "password": "secret1", "options": {"device": device}});
    let reply = town.post("/auth/providers/local-userpass/login?token=hidden", &body);
    let said = reply.json();
    assert_eq!((reply.status, said["error"].as_str()), (401, Some("unauthorized")));
    let (page, co_id) = said["link"].as_str().unwrap().split_once("?co_id=").unwrap();
    assert_eq!(reply.header("x-appservices-request-id"), Some(co_id));
    let app = town.ask("GET", &format!("/api/passerby/v1/apps/{APP}"), &Value::Null).json();
    let logs = town.logs(&format!("co_id={co_id}"));
    let [entry] = logs.try_into().unwrap();
    let expected = json!({
        "_id": co_id, "co_id": co_id, "type": "AUTH",
        "domain_id": entry["domain_id"], "app_id": app["_id"], "group_id": app["group_id"],
        "request_url": format!("/api/client/v2.0/app/{APP}/auth/providers/local-userpass/login"),
        "request_method": "POST", "remote_ip_address": "127.0.0.1", "status": 401,
        "error": "invalid username/password", "error_code": "InvalidPassword",
        "auth_event": {"type": "login", "provider": "local-userpass", "failed": true},
        "platform": "chrome", "platform_version": "108.0", "sdk_name": "realm-web", "sdk_version": "2.0.0",
        "messages": [],
    });
    assert_eq!(undated(entry), expected);
    let base = format!(
        "{}/groups/{}/apps/{}/logs",
        town.server.ready["client_url"].as_str().unwrap(),
        app["group_id"].as_str().unwrap(),
        app["_id"].as_str().unwrap()
    );
    assert_eq!(page, base);
    let everything = town.logs("").iter().map(Value::to_string).collect::<String>();
    assert!(!everything.contains("secret1") && !everything.contains("hidden"), "{everything}");
}

#[test]
fn guests_are_counted_and_not_logged_unless_the_app_wants_it() {
    let town = Town::new();
    let on = |platform: &str| json!({"options": {"device": {"platform": platform}}});
    let guest = town.log_in("anon-user", &json!({}));
    for platform in ["node", "node", "something\nelse"] {
        town.log_in("anon-user", &on(platform));
    }
    assert_eq!(town.logs_of(APP, ""), json!({"logs": []}));
    let id: ObjectId = guest["user_id"].as_str().unwrap().parse().unwrap();
    let day = id.created().day().to_string();
    let counts =
        |id: &str| town.ask("GET", &format!("/api/passerby/v1/apps/{id}/guest_logins?days=2"), &Value::Null);
    let counted = |platform: &str, logins: u32| json!({"day": day, "platform": platform, "logins": logins});
    let expected = json!([counted("node", 2), counted("other", 1), counted("unknown", 1)]);
    assert_eq!(counts(APP).json(), expected);
    assert_eq!(counts("others-abcde").json(), json!([]));
    // The counts of another run are added.
    let town = Town { server: town.server.restart(), ..town };
    town.log_in("anon-user", &on("node"));
    let counts = town.ask("GET", &format!("/api/passerby/v1/apps/{APP}/guest_logins"), &Value::Null).json();
    assert_eq!(counts[0], counted("node", 3));

    let town = Town::with(&json!({"log_guest_logins": true}), &[]);
    let guest = town.log_in("anon-user", &on("node"));
    let [entry] = town.logs("").try_into().unwrap();
    assert_eq!((&entry["user_id"], &entry["platform"]), (&guest["user_id"], &json!("node")));
    assert_eq!(entry["auth_event"], json!({"type": "login", "provider": "anon-user", "failed": false}));
}

#[test]
fn everything_else_that_happens_is_an_entry() {
    let town = Town::new();
    let account =
        json!({"email": "ann@people.example", "password": "secret1", "username": "ann@people.example"});
    assert_eq!(town.post("/auth/providers/local-userpass/register", &account).status, 201);
    let guest = town.log_in("anon-user", &json!({}));
    let link = format!("/app/{APP}/auth/providers/local-userpass/login?link=true");
    assert_eq!(town.call(&guest, "POST", &link, "access_token", &account).status, 200);
    let again =
        town.call(&guest, "POST", &link, "access_token", &json!({"username": "x", "password": "secret1"}));
    assert_eq!(again.status, 401);
    let ann = town.log_in("local-userpass", &account);
    // What changes nothing is no entry.
    assert_eq!(town.call(&ann, "POST", "/auth/session", "refresh_token", &json!({})).status, 201);
    assert_eq!(town.call(&ann, "GET", "/auth/profile", "access_token", &json!({})).status, 200);
    assert_eq!(town.call(&ann, "GET", "/auth/api_keys", "refresh_token", &json!({})).status, 200);
    assert_eq!(
        town.call(&ann, "POST", "/auth/api_keys", "refresh_token", &json!({"name": "mine"})).status,
        201
    );
    assert_eq!(town.call(&ann, "DELETE", "/auth/session", "refresh_token", &json!({})).status, 204);
    assert_eq!(town.call(&ann, "GET", "/auth/profile", "access_token", &json!({})).status, 401);
    assert_eq!(town.post("/auth/providers/custom-function/login", &json!({"id": "bob"})).status, 401);
    assert_eq!(town.call(&guest, "DELETE", "/auth/delete", "access_token", &json!({})).status, 204);
    let told = town.logs("type=AUTH,API_KEY");
    let short = |e: &Value| {
        let event = |name: &str| e["auth_event"][name].as_str().unwrap_or("-").to_owned();
        let user = if e["user_id"] == guest["user_id"] { "ann" } else { "-" };
        format!(
            "{} {} {} {} {user} {}",
            e["type"].as_str().unwrap(),
            event("type"),
            event("provider"),
            e["status"],
            e["error"].as_str().unwrap()
        )
    };
    let expected = [
        "AUTH other local-userpass 201 - ",
        "AUTH other local-userpass 200 ann ",
        "AUTH other local-userpass 401 ann invalid username/password",
        "AUTH login local-userpass 200 ann ",
        "API_KEY - - 201 ann ",
        "AUTH logout local-userpass 204 ann ",
        "AUTH other  401 - the access token is none of this app, or its session or user is gone or disabled",
        "AUTH login custom-function 401 - Error: go away",
        "AUTH other anon-user 204 ann ",
    ];
    assert_eq!(told.iter().map(short).collect::<Vec<_>>(), expected);
    assert_eq!(told[7]["messages"], json!(["asked for bob", "function 'whoIs': Error: go away"]));
    let errors = town.logs("errors_only=false");
    assert_eq!(
        errors.iter().filter(|e| e["type"] != "AUTH_TRIGGER").map(short).collect::<Vec<_>>(),
        [expected[2], expected[6], expected[7]]
    );
    let of_user = town.logs(&format!("type=AUTH&user_id={}", guest["user_id"].as_str().unwrap()));
    assert_eq!(of_user.len(), 5);
}

#[test]
fn functions_and_triggers_tell_what_they_wrote() {
    let town = Town::new();
    let guest = town.log_in("anon-user", &json!({}));
    let call = |name: &str| {
        let body = json!({"name": name, "arguments": [1, 2]});
        town.call(&guest, "POST", &format!("/app/{APP}/functions/call"), "access_token", &body).status
    };
    assert_eq!([call("greet"), call("fail"), call("welcome")], [200, 400, 404]);
    let logs: Vec<Value> = town
        .logs("type=FUNCTION")
        .into_iter()
        .map(|entry| {
            json!([
                entry["function_name"],
                entry["status"],
                entry["error"],
                entry["error_code"],
                entry["messages"],
                entry["mem_time_usage"],
                entry["user_id"] == guest["user_id"]
            ])
        })
        .collect();
    let hello = format!("hello {}", guest["user_id"].as_str().unwrap());
    assert_eq!(
        logs,
        [
            json!(["greet", 200, "", "", [hello, "two\nlines"], 0, true]),
            json!([
                "fail",
                400,
                "ReferenceError: 'missing' is not defined",
                "FunctionExecutionError",
                ["before"],
                0,
                true
            ]),
            json!(["welcome", 404, "function not found", "FunctionNotFound", [], 0, true]),
        ]
    );

    let account =
        json!({"email": "ann@people.example", "password": "secret1", "username": "ann@people.example"});
    town.post("/auth/providers/local-userpass/register", &account);
    let ann = town.log_in("local-userpass", &account);
    // It is delivered after the answer: whoever asks often enough sees it.
    let mut told = Vec::new();
    for _ in 0..100_000 {
        told = town.logs("type=AUTH_TRIGGER");
        if !told.is_empty() {
            break;
        }
    }
    let [entry] = told.try_into().unwrap();
    let entry = undated(entry);
    assert_eq!(entry["event_subscription_name"], "onJoin");
    assert_eq!((&entry["function_name"], &entry["messages"]), (&json!("welcome"), &json!(["CREATE"])));
    assert_eq!((&entry["user_id"], &entry["error"]), (&ann["user_id"], &json!("")));
}

#[test]
fn what_clients_write_forges_no_entry_and_fills_no_log() {
    let town = Town::new();
    let long = "\n\u{1b}[2J{\"type\":\"AUTH\"}\r\n".repeat(500);
    let device = json!({"platform": long, "platformVersion": long, "sdk": long, "sdkVersion": "1\0"});
    let body = json!({"username": long, "password": long, "options": {"device": device}, "id": long});
    assert_eq!(town.post("/auth/providers/local-userpass/login", &body).status, 401);
    assert_eq!(town.post("/auth/providers/custom-function/login", &body).status, 401);
    let path = format!("/auth/providers/{}/login", "%0a%22x".repeat(300));
    assert_eq!(town.post(&path, &json!({})).status, 404);
    let agent = "x".repeat(4_000);
    let target = format!("/api/client/v2.0/app/{APP}/auth/profile");
    town.server.request("GET", &target, &[("User-Agent", &agent), ("Authorization", "Bearer a.b.c")], b"");
    let logs = town.logs("");
    assert_eq!(logs.len(), 4);
    for entry in &logs {
        let text = entry.to_string();
        assert!(text.len() < 8_000, "{} bytes", text.len());
        for (name, value) in entry.as_object().unwrap() {
            let texts: Vec<&str> = match value {
                Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
                other => other.as_str().into_iter().collect(),
            };
            let steers = |c: char| c.is_control() && (name != "messages" || !matches!(c, '\n' | '\t'));
            assert!(!texts.iter().any(|text| text.contains(steers)), "{name}: {texts:?}");
        }
    }
    let shown = town.run(&["logs", APP]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(!shown.out.contains(['\u{1b}', '\r']), "{}", shown.out);
    assert_eq!(shown.out.lines().filter(|line| !line.starts_with("    ")).count(), 4, "{}", shown.out);
}

#[test]
fn an_apps_log_shows_nothing_of_another() {
    let town = Town::new();
    let body = json!({"username": "x", "password": "secret1"});
    let said = town.post("/auth/providers/local-userpass/login", &body).json();
    let co_id = said["link"].as_str().unwrap().split_once("co_id=").unwrap().1;
    assert_eq!(town.logs_of(APP, &format!("co_id={co_id}"))["logs"].as_array().unwrap().len(), 1);
    assert_eq!(town.logs_of("others-abcde", &format!("co_id={co_id}")), json!({"logs": []}));
    assert_eq!(town.logs_of("others-abcde", ""), json!({"logs": []}));
    // A token of one app at the address of another is the refusal of the app that was asked.
    let guest = town.log_in("anon-user", &json!({}));
    let profile = "/app/others-abcde/auth/profile";
    assert_eq!(town.call(&guest, "GET", profile, "access_token", &json!({})).status, 401);
    assert_eq!(town.logs("").len(), 1);
    assert_eq!(town.logs_of("others-abcde", "")["logs"][0]["error_code"], "UserAppDomainMismatch");
    let other_group = town.admin(APP, "/logs").replacen("/groups/", "/groups/0", 1);
    assert_eq!(town.ask("GET", &other_group, &Value::Null).status, 404);
}

#[test]
fn a_log_is_read_page_by_page() {
    let town = Town::new();
    for _ in 0..7 {
        town.post("/auth/providers/api-key/login", &json!({"key": "none"}));
    }
    let all: Vec<Value> = town.logs_of(APP, "")["logs"].as_array().unwrap().clone();
    assert_eq!(all.len(), 7);
    let (mut query, mut found) = (String::new(), Vec::new());
    for _ in 0..4 {
        let page = town.logs_of(APP, &format!("limit=2{query}"));
        found.extend(page["logs"].as_array().unwrap().clone());
        let Some(end) = page["nextEndDate"].as_str() else { break };
        query = format!("&end_date={end}&skip={}", page["nextSkip"].as_u64().unwrap_or_default());
    }
    assert_eq!(found, all);
    let started = all[3]["started"].as_str().unwrap();
    let later = all.iter().filter(|e| e["started"].as_str().unwrap() > started).count();
    assert_eq!(town.logs_of(APP, &format!("start_date={started}"))["logs"].as_array().unwrap().len(), later);
    assert_eq!(town.logs_of(APP, "type=GRAPHQL,SYNC_ERROR"), json!({"logs": []}));
    for wrong in [
        "limit=0",
        "limit=101",
        "limit=x",
        "skip=-1",
        "start_date=yesterday",
        "end_date=1",
        "user_id=x",
        "co_id=x",
    ] {
        let reply = town.ask("GET", &town.admin(APP, &format!("/logs?{wrong}")), &Value::Null);
        assert_eq!((reply.status, &reply.json()["error_code"]), (400, &json!("InvalidParameter")), "{wrong}");
    }
}

#[test]
fn what_was_logged_outlives_a_stop() {
    let town = Town::new();
    let said = town.post("/auth/providers/api-key/login", &json!({"key": "none"})).json();
    let co_id = said["link"].as_str().unwrap().split_once("co_id=").unwrap().1.to_owned();
    let Town { server, directory } = town;
    assert_eq!(server.stop(), 0);
    let data = directory.path().join("data");
    let shown = passerby(["logs", APP, "--request", &co_id, "--json", "--data", data.to_str().unwrap()]);
    let entry: Value = serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{shown:?}"));
    assert_eq!((&entry["_id"], &entry["error_code"]), (&json!(co_id), &json!("AuthError")));
    let none = passerby(["logs", APP, "--type", "function", "--data", data.to_str().unwrap()]);
    assert_eq!((none.code, none.out.as_str(), none.err.as_str()), (0, "", "No entries.\n"));
    let wrong = passerby(["logs", APP, "--since", "yesterday", "--data", data.to_str().unwrap()]);
    assert!(wrong.code == 2 && wrong.err.contains("expected a date such as"), "{}", wrong.err);
}

#[test]
fn a_flood_of_refusals_is_left_out_politely() {
    let town = Town::with(&json!({}), &["--log-entries-per-second", "1"]);
    let mut line = Line::open(town.server.authority()).unwrap();
    let target = format!("/api/client/v2.0/app/{APP}/auth/providers/api-key/login");
    for _ in 0..300 {
        assert_eq!(line.ask("POST", &target, &[], b"{\"key\":\"none\"}").unwrap().status, 401);
    }
    let logs = town.logs("limit=100");
    let left_out = |entry: &Value| {
        let error = entry["error"].as_str().unwrap();
        error
            .strip_suffix(" entries were left out: more came than `log_entries_per_second` lets in")?
            .parse::<usize>()
            .ok()
    };
    let kept = logs.iter().filter(|entry| left_out(entry).is_none()).count();
    let dropped: usize = logs.iter().filter_map(left_out).sum();
    assert_eq!(kept + dropped, 300);
    assert!(kept >= 5 && dropped > 100, "{kept} {dropped}");
}

#[tokio::test]
async fn entries_are_kept_for_ten_days() {
    let now = Timestamp(1_795_501_443);
    let house = House::open(now).await;
    let app = house.deploy(APP, Settings::default()).await;
    let log = async |n: u32, at: Timestamp| {
        house.clock.set(at);
        let ((), journal) = Journal::kept(async { Journal::note_app(&app) }).await;
        let asked = Asked {
            id: RequestId(ObjectId::from_parts(at, [0; 5], n)),
            started: Millis::of(at),
            method: "DELETE",
            path: "/x",
            status: 204,
            kind: LogType::Auth,
            event: AuthEventType::Logout,
            provider: None,
            only_refusals: false,
        };
        house.auth.log_request(&asked, journal);
    };
    for day in 0..20 {
        log(day, now.plus(i64::from(day) * DAY)).await;
    }
    house.auth.flush_logs().await.unwrap();
    let query = LogQuery {
        kinds: None,
        errors_only: false,
        user: None,
        co_id: None,
        after: None,
        until: None,
        skip: 0,
        limit: 100,
    };
    assert_eq!(house.auth.logs(&app, query.clone()).await.unwrap().entries.len(), 20);
    house.auth.trim_logs().await.unwrap();
    let left = house.auth.logs(&app, query).await.unwrap().entries;
    let days: Vec<i64> = left.iter().map(|logged| (logged.entry.started.second().0 - now.0) / DAY).collect();
    assert_eq!(days, (9..20).rev().collect::<Vec<_>>());
}

#[test]
fn an_administrator_tries_functions() {
    let town = Town::new();
    let run = |rest: &str, body: &Value| {
        let reply = town.ask("POST", &town.admin(APP, &format!("/debug/{rest}")), body);
        let mut said = reply.json();
        if reply.status == 200 {
            let took = said["stats"]["execution_time"].take();
            assert!(took.as_str().unwrap().ends_with("ms"), "{took}");
        }
        (reply.status, said)
    };
    let done = |result: Value, logs: Value, errors: Value| {
        (
            200,
            json!({"result": result, "logs": logs, "error_logs": errors, "stats": {"execution_time": null}}),
        )
    };
    let sum = json!({"name": "greet", "arguments": [{"$numberInt": "1"}, 799]});
    let as_system = run("execute_function?run_as_system=true", &sum);
    assert_eq!(as_system, done(json!({"$numberInt": "800"}), json!(["hello "]), json!(["two\nlines"])));
    let guest = town.log_in("anon-user", &json!({}));
    let user = guest["user_id"].as_str().unwrap();
    let as_user =
        run(&format!("execute_function?user_id={user}"), &json!({"name": "greet", "arguments": ["a", "b"]}));
    assert_eq!(as_user, done(json!("ab"), json!([format!("hello {user}")]), json!(["two\nlines"])));
    let private = json!({"name": "welcome", "arguments": [{"operationType": "x"}]});
    assert_eq!(run("execute_function?run_as_system=true", &private).1["logs"], json!(["x"]));
    let (status, failed) =
        run("execute_function?run_as_system=true", &json!({"name": "fail", "arguments": null}));
    assert_eq!((status, &failed["result"], &failed["logs"]), (200, &Value::Null, &json!(["before"])));
    assert_eq!(failed["error"], json!({"name": "ReferenceError", "message": "'missing' is not defined"}));

    let source = json!({"source": "exports = (a) => { console.log(a); return [a, context.user.type]; };", "eval_source": "const n = 'x'; exports(n)"});
    let tried = run("execute_function_source?run_as_system=true", &source);
    assert_eq!(tried, done(json!(["x", "system"]), json!(["x"]), Value::Null));
    let broken = run("execute_function_source?run_as_system=true", &json!({"source": "exports = ("}));
    assert!(broken.0 == 200 && broken.1["error"]["message"].is_string(), "{broken:?}");
    let looping = json!({"source": "", "eval_source": "exports.x.y"});
    assert_eq!(run("execute_function_source?run_as_system=true", &looping).1["error"]["name"], "TypeError");

    let code = |rest: &str, body: &Value| {
        let (status, said) = run(rest, body);
        (status, said["error_code"].as_str().unwrap().to_owned())
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(
        code("execute_function?run_as_system=true", &json!({"name": "none"})),
        refused(404, "FunctionNotFound")
    );
    assert_eq!(code("execute_function", &sum), refused(400, "InvalidParameter"));
    assert_eq!(
        code(&format!("execute_function?user_id={user}&run_as_system=true"), &sum),
        refused(400, "InvalidParameter")
    );
    assert_eq!(code("execute_function?user_id=636a9db3bdeec4a0374030d4", &sum), refused(404, "UserNotFound"));
    let service = json!({"name": "find", "service": "mongodb-atlas"});
    assert_eq!(code("execute_function?run_as_system=true", &service), refused(404, "ServiceNotFound"));
}
