//! A function under another name, and all that refers to it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::{Value, json};

use super::desk::Desk;

/// It confirms, resets, tells who somebody is, meets new users, and is called by a trigger.
const GATE: &str = "exports = (about) => { \
    if (about.operationType) { throw new Error('the trigger was pulled'); } \
    return about.username ? { status: 'success' } : about.id; };";

/// Which parts of a directory stand where in one of its versions.
struct Layout {
    root: &'static str,
    version: u32,
    endpoints: &'static str,
}

const OLDER: [(&str, u32); 2] = [("stitch.json", 20_180_301), ("config.json", 20_200_603)];
const NEWER: [Layout; 2] = [
    Layout { root: "realm_config.json", version: 20_210_101, endpoints: "http_endpoints/config.json" },
    Layout { root: "root_config.json", version: 20_230_101, endpoints: "https_endpoints/config.json" },
];

/// Providers that name the function.
fn providers() -> Value {
    let userpass = json!({
        "runConfirmationFunction": true, "confirmationFunctionName": "gate",
        "runResetFunction": true, "resetFunctionName": "gate",
    });
    json!({
        "anon-user": { "name": "anon-user", "type": "anon-user", "disabled": false },
        "local-userpass":
            { "name": "local-userpass", "type": "local-userpass", "disabled": false, "config": userpass },
        "custom-function": {
            "name": "custom-function", "type": "custom-function", "disabled": false,
            "config": { "authFunctionName": "gate" },
        },
    })
}

/// What refers to the function in files that all versions have.
fn everywhere() -> Vec<(String, Value)> {
    let login = json!({ "operation_type": "LOGIN", "providers": ["anon-user"] });
    let processor = json!({ "FUNCTION": { "config": { "function_name": "gate" } } });
    let files = [
        (
            "triggers/old.json",
            json!({ "name": "old", "type": "AUTHENTICATION", "function_name": "gate", "config": login }),
        ),
        (
            "triggers/new.json",
            json!({ "name": "new", "type": "AUTHENTICATION", "event_processors": processor, "config": login }),
        ),
        (
            "graphql/custom_resolvers/Query_gate.json",
            json!({ "on_type": "Query", "field_name": "gate", "function_name": "gate" }),
        ),
        (
            "log_forwarders/far.json",
            json!({ "name": "far", "action": { "type": "function", "name": "gate" } }),
        ),
        // Names that are none of a function.
        ("values/gate.json", json!({ "name": "gate", "value": "gate" })),
    ];
    files.into_iter().map(|(path, value)| (path.to_owned(), value)).collect()
}

fn older(root: &str, version: u32) -> Vec<(String, Value)> {
    let custom = json!({ "enabled": false, "on_user_creation_function_name": "gate" });
    let mut files = everywhere();
    files.push((
        root.to_owned(),
        json!({ "config_version": version, "app_id": "news-abcde", "name": "news", "custom_user_data_config": custom }),
    ));
    for (name, provider) in providers().as_object().unwrap() {
        files.push((format!("auth_providers/{name}.json"), provider.clone()));
    }
    files.push(("functions/gate/config.json".to_owned(), json!({ "name": "gate", "private": true })));
    files
}

fn newer(layout: &Layout) -> Vec<(String, Value)> {
    let mut files = everywhere();
    let root = json!({ "config_version": layout.version, "app_id": "news-abcde", "name": "news" });
    files.push((layout.root.to_owned(), root));
    files.push(("auth/providers.json".to_owned(), providers()));
    let custom = json!({ "enabled": false, "on_user_creation_function_name": "gate" });
    files.push(("auth/custom_user_data.json".to_owned(), custom));
    let endpoint = json!([{ "route": "/gate", "http_method": "GET", "function_name": "gate" }]);
    files.push((layout.endpoints.to_owned(), endpoint));
    files.push(("functions/config.json".to_owned(), json!([{ "name": "gate", "private": true }])));
    files
}

/// Where the files of an app say a text, as `file#place`.
fn places(files: &BTreeMap<String, Value>, text: &str) -> Vec<String> {
    fn look(value: &Value, text: &str, place: &str, found: &mut Vec<String>) {
        match value {
            Value::String(said) if said == text => found.push(place.to_owned()),
            Value::Array(items) => items.iter().for_each(|item| look(item, text, place, found)),
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| look(value, text, &format!("{place}/{key}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    files.iter().for_each(|(path, value)| look(value, text, &format!("{path}#"), &mut found));
    found
}

/// The JSON files of an app as it is exported.
fn exported(desk: &Desk, app: &str) -> BTreeMap<String, Value> {
    let (_, bytes) = desk.download(&format!("{app}/export"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = String::from_utf8(file.name_raw().to_vec()).unwrap();
        if name.ends_with(".json") {
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            files.insert(name, serde_json::from_str(&text).unwrap());
        }
    }
    files
}

/// Renames the function of an app, and uses everything that refers to it.
fn rename(files: &[(String, Value)], source: &str) {
    let texts: Vec<(&str, String)> = files.iter().map(|(p, v)| (p.as_str(), v.to_string())).collect();
    let mut all: Vec<(&str, &[u8])> = texts.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    all.push((source, GATE.as_bytes()));
    let (desk, app) = Desk::of_directory(&all);
    let before = exported(&desk, &app);
    let function = desk.get(&format!("{app}/functions"))[0]["_id"].as_str().unwrap().to_owned();
    let put = desk.ask("PUT", &format!("{app}/functions/{function}"), &json!({ "name": "yard/door" }));
    assert_eq!(put, (204, Value::Null));

    let after = exported(&desk, &app);
    let still: Vec<String> = places(&after, "gate");
    assert_eq!(still.len(), 3, "a resolver's field, and a value: {still:?}");
    let refers = |files: &BTreeMap<String, Value>, text: &str| -> Vec<String> {
        let named = places(files, text).into_iter().filter(|place| !place.starts_with("functions/"));
        named.filter(|place| !still.contains(place)).collect()
    };
    assert_eq!(refers(&after, "yard/door"), refers(&before, "gate"));

    let providers = "/api/client/v2.0/app/news-abcde/auth/providers";
    let post = |path: &str, body: Value| {
        desk.server.request("POST", &format!("{providers}/{path}"), &[], body.to_string().as_bytes()).status
    };
    assert_eq!(post("anon-user/login", json!({})), 200);
    desk.server.wait_for_log("the trigger was pulled");
    assert_eq!(post("custom-function/login", json!({ "id": "ann" })), 200);
    let ann = json!({ "email": "ann@news.example", "password": "secret1" });
    assert_eq!(post("local-userpass/register", ann), 201);
    let new = json!({ "email": "ann@news.example", "password": "secret2", "arguments": [] });
    assert_eq!(post("local-userpass/reset/call", new), 200);
    assert_eq!(
        post("local-userpass/login", json!({ "username": "ann@news.example", "password": "secret2" })),
        200
    );
    assert_eq!(
        desk.get(&format!("{app}/custom_user_data"))["on_user_creation_function_id"],
        function.as_str()
    );
    assert_eq!(desk.get(&format!("{app}/triggers"))[0]["function_id"], function.as_str());
}

#[test]
fn everything_follows_a_function_to_its_new_name_in_the_older_versions() {
    for (root, version) in OLDER {
        rename(&older(root, version), "functions/gate/source.js");
    }
}

#[test]
fn everything_follows_a_function_to_its_new_name_in_the_newer_versions() {
    for layout in &NEWER {
        rename(&newer(layout), "functions/gate.js");
    }
}
