//! Functions, values, triggers and what is only kept, made and changed one by one.

use std::thread;

use serde_json::{Value, json};

use super::desk::{Desk, clean};

#[test]
fn a_function_is_made_renamed_and_removed_under_one_id() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/functions");
    let body =
        json!({ "name": "greet", "private": false, "source": "exports = () => 1;", "can_evaluate": {} });
    let (status, made) = desk.ask("POST", &path, &body);
    assert_eq!((status, clean(&made)), (201, json!({ "_id": "[id]", "name": "greet" })));
    let one = format!("{path}/{}", made["_id"].as_str().unwrap());
    assert_eq!(
        desk.ask("PUT", &one, &json!({ "name": "a/hello", "source": "exports = () => 2;" })),
        (204, Value::Null)
    );
    assert_eq!(
        clean(&desk.get(&one)),
        json!({
            "_id": "[id]", "name": "a/hello", "private": false, "can_evaluate": {}, "source": "exports = () => 2;",
            "last_modified": "[seconds]",
        })
    );
    let list = desk.get(&path);
    assert_eq!((list[0]["_id"].clone(), list[0]["name"].clone()), (made["_id"].clone(), json!("a/hello")));
    let (status, _) = desk.ask("POST", &path, &json!({ "name": "", "source": "x" }));
    assert_eq!(status, 400);
    for name in ["../x", "a//b", "a/../b", "/a", "node_modules/x", "a\u{0}b"] {
        let (status, said) = desk.ask("POST", &path, &json!({ "name": name, "source": "exports = 1;" }));
        assert_eq!((status, &said["error_code"]), (400, &json!("InvalidParameter")), "{name:?}");
    }
    assert_eq!(desk.ask("DELETE", &one, &Value::Null), (204, Value::Null));
    assert_eq!(desk.get(&path), json!([]));
}

#[test]
fn values_are_written_at_the_same_time_and_none_is_lost() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/values");
    thread::scope(|scope| {
        for n in 0..24 {
            let (desk, path) = (&desk, &path);
            scope.spawn(move || {
                let (status, said) =
                    desk.ask("POST", path, &json!({ "name": format!("v{n:02}"), "value": n }));
                assert_eq!(status, 201, "{said}");
            });
        }
    });
    let names: Vec<String> =
        desk.get(&path).as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, (0..24).map(|n| format!("v{n:02}")).collect::<Vec<_>>());
    assert_eq!(desk.get(&format!("{app}/deployments")).as_array().unwrap().len(), 24);
}

#[test]
fn a_value_is_listed_without_what_it_is() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/values");
    let (status, made) = desk.ask("POST", &path, &json!({ "name": "title", "value": { "a": [1, null] } }));
    let listed = json!({
        "_id": "[id]", "name": "title", "private": false, "from_secret": false, "last_modified": "[seconds]" });
    assert_eq!((status, clean(&made)), (201, listed.clone()));
    assert_eq!(clean(&desk.get(&path)), json!([listed]));
    let one = format!("{path}/{}", made["_id"].as_str().unwrap());
    assert_eq!(desk.get(&one)["value"], json!({ "a": [1, null] }));
    let (status, said) = desk.ask("POST", &path, &json!({ "name": "title", "value": 1 }));
    assert_eq!((status, &said["error_code"]), (409, &json!("ValueAlreadyExists")));
    for name in ["a/b", "..", "a\\b"] {
        assert_eq!(desk.ask("POST", &path, &json!({ "name": name, "value": 1 })).0, 400, "{name}");
    }
    assert_eq!(desk.ask("PUT", &one, &json!({ "name": "title", "value": null })), (204, Value::Null));
    assert_eq!(desk.get(&one)["value"], Value::Null);
    assert_eq!(desk.ask("DELETE", &one, &Value::Null), (204, Value::Null));
    assert_eq!(desk.ask("GET", &one, &Value::Null).0, 404);
}

/// One that lost its name would lose its id with it, and could not be reached any more.
#[test]
fn nothing_loses_its_name() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    for (kind, body) in [
        ("functions", json!({ "name": "one", "source": "exports = 1;" })),
        ("values", json!({ "name": "one", "value": 1 })),
        ("environment_values", json!({ "name": "one", "values": {} })),
        ("triggers", json!({ "name": "one", "type": "AUTHENTICATION" })),
        ("log_forwarders", json!({ "name": "one" })),
    ] {
        let path = format!("{app}/{kind}");
        let (status, made) = desk.ask("POST", &path, &body);
        assert_eq!(status, 201, "{kind}: {made}");
        let one = format!("{path}/{}", made["_id"].as_str().unwrap());
        let before = desk.get(&one);
        assert_eq!(desk.ask("PUT", &one, &json!({ "name": "" })).0, 400, "{kind}");
        assert_eq!(desk.get(&one), before, "{kind}");
    }
}

#[test]
fn a_trigger_of_another_form_is_refused() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/triggers");
    for (key, wrong) in [
        ("function_id", json!({})),
        ("function_name", json!(["f"])),
        ("config", json!([])),
        ("event_processors", json!([null])),
    ] {
        let mut body = json!({ "name": "t", "type": "AUTHENTICATION" });
        body[key] = wrong;
        let (status, said) = desk.ask("POST", &path, &body);
        assert_eq!((status, &said["error_code"]), (400, &json!("InvalidParameter")), "{key}");
        assert!(said["error"].as_str().unwrap().starts_with(&format!("`{key}`: expected ")), "{said}");
    }
    assert_eq!(desk.get(&path), json!([]));
}

#[test]
fn what_is_true_or_false_is_nothing_else() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    for (kind, flag) in [
        ("functions", "private"),
        ("functions", "run_as_system"),
        ("values", "private"),
        ("values", "from_secret"),
        ("triggers", "disabled"),
        ("log_forwarders", "disabled"),
    ] {
        let path = format!("{app}/{kind}");
        let mut body =
            json!({ "name": flag, "type": "AUTHENTICATION", "source": "exports = 1;", "value": 1 });
        body[flag] = json!("yes");
        let said = desk.ask("POST", &path, &body);
        let expected = json!({
            "error": format!("`{flag}`: expected true or false"), "error_code": "InvalidParameter",
            "link": "[link]" });
        let mut refusal = said.1.clone();
        refusal["link"] = json!("[link]");
        assert_eq!((said.0, refusal), (400, expected), "{kind}");
        body[flag] = json!(true);
        let (status, made) = desk.ask("POST", &path, &body);
        assert_eq!(status, 201, "{kind}: {made}");
        let one = format!("{path}/{}", made["_id"].as_str().unwrap());
        assert_eq!(desk.ask("PUT", &one, &json!({ (flag): 1 })).0, 400, "{kind}");
        assert_eq!(desk.get(&one)[flag], json!(true), "{kind}");
    }
}

#[test]
fn a_trigger_names_its_function_for_old_and_new_clients() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let (_, function) = desk.ask(
        "POST",
        &format!("{app}/functions"),
        &json!({ "name": "hello", "source": "exports = () => {};" }),
    );
    let path = format!("{app}/event_subscriptions");
    let body = json!({
        "name": "onLogin", "type": "AUTHENTICATION", "function_id": function["_id"],
        "config": { "operation_type": "LOGIN", "providers": ["anon-user"] },
    });
    let (status, made) = desk.ask("POST", &path, &body);
    assert_eq!(status, 201, "{made}");
    let named = json!({ "function_id": "[id]", "function_name": "hello" });
    let view = json!({
        "_id": "[id]", "name": "onLogin", "type": "AUTHENTICATION", "disabled": false,
        "config": { "operation_type": "LOGIN", "providers": ["anon-user"] }, "function_id": "[id]",
        "function_name": "hello", "event_processors": { "FUNCTION": { "config": named } },
        "last_modified": "[seconds]",
    });
    assert_eq!(clean(&desk.get(&format!("{app}/triggers"))), json!([view]));
    assert_eq!(desk.get(&format!("{path}?type=DATABASE")), json!([]));
    let one = format!("{app}/triggers/{}", made["_id"].as_str().unwrap());
    assert_eq!(desk.ask("PUT", &format!("{one}/resume"), &json!({ "disable_token": false })).0, 204);
    let (status, said) = desk.ask("GET", &format!("{path}/1234"), &Value::Null);
    let wrong = "must provide valid trigger id (1234): invalid ObjectId";
    assert_eq!((status, &said["error"]), (400, &json!(wrong)));
}

#[test]
fn a_change_loses_nothing_of_a_file_with_comments_and_refuses_one_that_is_no_json() {
    let commented = b"[ // the first one\n { \"name\": \"old\" }, ]";
    let (desk, app) = Desk::of_app(&[
        ("functions/config.json", commented),
        ("functions/old.js", b"exports = () => 1;"),
        ("environments/no-environment.json", b"\xef\xbb\xbf{ \"values\": { \"old\": 1 }, }"),
        ("environments/qa.json", b"{ \"values\": "),
        ("values/broken.json", b"{"),
    ]);
    let names = |kind: &str| -> Vec<String> {
        let list = desk.get(&format!("{app}/{kind}"));
        list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let make = |kind: &str, body: Value| desk.ask("POST", &format!("{app}/{kind}"), &body);
    assert_eq!(make("functions", json!({ "name": "new", "source": "exports = () => 2;" })).0, 201);
    assert_eq!(names("functions"), ["old", "new"]);
    assert_eq!(make("environment_values", json!({ "name": "new", "values": { "none": 2 } })).0, 201);
    assert_eq!(names("environment_values"), ["new", "old"]);

    let (status, said) = make("environment_values", json!({ "name": "qa", "values": { "qa": 3 } }));
    let why = "environments/qa.json: EOF while parsing a value at line 1 column 12: it would be lost, so mend it first";
    assert_eq!((status, &said["error"]), (400, &json!(why)));
    assert_eq!(make("values", json!({ "name": "broken", "value": 1 })).0, 409, "a file that is there");
}

#[test]
fn packages_come_back_in_the_archive_in_which_they_came() {
    for (name, kind) in [
        ("node_modules.tar.gz", "application/gzip"),
        ("node_modules.tgz", "application/gzip"),
        ("node_modules.tar", "application/x-tar"),
        ("node_modules.zip", "application/zip"),
    ] {
        let place = format!("functions/{name}");
        let package = br#"{"dependencies": {"left": "1.0.0"}}"#;
        let (desk, app) = Desk::of_app(&[(&place, b"some\0packages"), ("functions/package.json", package)]);
        let listed =
            json!({ "location": place, "dependencies_list": [{ "name": "left", "version": "1.0.0" }] });
        assert_eq!(desk.get(&format!("{app}/dependencies")), listed);
        let (head, bytes) = desk.download(&format!("{app}/dependencies/archive"));
        assert_eq!(bytes, b"some\0packages");
        assert!(head.contains(&format!("content-type: {kind}\r\n")), "{name}: {head}");
        assert!(
            head.contains(&format!("content-disposition: attachment; filename=\"{name}\"\r\n")),
            "{head}"
        );
    }
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let none = desk.ask("GET", &format!("{app}/dependencies/archive"), &Value::Null);
    assert_eq!(none.0, 404, "{none:?}");
}

#[test]
fn what_belongs_to_parts_that_are_not_here_is_kept() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let body = json!({ "name": "mdb", "type": "mongodb-atlas", "config": { "clusterName": "C" } });
    let (status, made) = desk.ask("POST", &format!("{app}/services"), &body);
    assert_eq!(
        (status, clean(&made)),
        (201, json!({ "_id": "[id]", "name": "mdb", "type": "mongodb-atlas" }))
    );
    let service = format!("{app}/services/{}", made["_id"].as_str().unwrap());
    assert_eq!(
        desk.ask("PATCH", &format!("{service}/config"), &json!({ "wireProtocolEnabled": true })).0,
        204
    );
    assert_eq!(
        desk.get(&format!("{service}/config")),
        json!({ "clusterName": "C", "wireProtocolEnabled": true })
    );
    let rule = json!({ "database": "d", "collection": "c", "roles": [] });
    let (status, kept) = desk.ask("POST", &format!("{service}/rules"), &rule);
    assert_eq!((status, &kept["roles"]), (201, &json!([])));
    assert_eq!(desk.ask("POST", &format!("{service}/default_rule"), &json!({ "roles": [] })).0, 201);
    let metadata = json!({ "data_source": "mdb", "database": "d", "collection": "c" });
    let schema = json!({ "metadata": metadata, "schema": { "title": "C" }, "relationships": {} });
    let (status, made) = desk.ask("POST", &format!("{app}/schemas"), &schema);
    assert_eq!((status, desk.get(&format!("{app}/schemas"))[0]["_id"].clone()), (201, made["_id"].clone()));
    let escape = json!({ "data_source": "..", "database": "..", "collection": "x" });
    assert_eq!(desk.ask("POST", &format!("{app}/schemas"), &json!({ "metadata": escape })).0, 400);
    assert_eq!(desk.ask("PUT", &format!("{app}/sync/config"), &json!({ "state": "" })).0, 204);
    assert_eq!(desk.get(&format!("{app}/sync/config")), json!({ "state": "" }));
    assert_eq!(desk.get(&format!("{app}/sync/progress"))["accepting_clients"], true);
}

#[test]
fn an_environment_value_has_one_value_in_each() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/environment_values");
    let body = json!({ "name": "host", "values": { "none": "a", "qa": { "b": 1 } } });
    let (status, made) = desk.ask("POST", &path, &body);
    let view = json!({
        "_id": "[id]", "name": "host", "last_modified": "[seconds]", "values": { "none": "a", "qa": { "b": 1 } } });
    assert_eq!((status, clean(&made)), (201, view.clone()));
    assert_eq!(clean(&desk.get(&path)), json!([view]));
    assert_eq!(desk.ask("POST", &path, &body).0, 409);
    let one = format!("{path}/{}", made["_id"].as_str().unwrap());
    let (status, updated) = desk.ask("PUT", &one, &json!({ "name": "host", "values": { "production": 2 } }));
    assert_eq!((status, &updated["values"]), (200, &json!({ "production": 2 })));
    assert_eq!(desk.ask("DELETE", &one, &Value::Null), (204, Value::Null));
    let (status, said) = desk.ask("GET", &one, &Value::Null);
    assert_eq!((status, &said["error_code"]), (404, &json!("EnvironmentValueNotFound")));
}

#[test]
fn custom_user_data_shows_every_key() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/custom_user_data");
    let unset = json!({
        "mongo_service_id": "", "database_name": "", "collection_name": "", "user_id_field": "", "enabled": false });
    assert_eq!(desk.get(&path), unset);
    let (_, function) = desk.ask(
        "POST",
        &format!("{app}/functions"),
        &json!({ "name": "made", "source": "exports = () => {};" }),
    );
    let patch = json!({ "on_user_creation_function_id": function["_id"], "database_name": "d" });
    assert_eq!(desk.ask("PATCH", &path, &patch), (204, Value::Null));
    assert_eq!(desk.get(&path)["on_user_creation_function_id"], function["_id"]);
    let (status, said) = desk.ask("PATCH", &path, &json!({ "on_user_creation_function_id": "0123" }));
    assert_eq!((status, &said["error_code"]), (404, &json!("FunctionNotFound")));
}
