//! Apps: made, listed, described, taken away.

use serde_json::{Value, json};

use super::desk::{Desk, clean};

#[test]
fn a_new_app_is_empty_and_listed_once() {
    let desk = Desk::open();
    let apps = format!("/groups/{}/apps", desk.group());
    assert_eq!(desk.get(&apps), json!([]));
    let (status, made) = desk.ask("POST", &apps, &json!({ "name": "MyApp", "sync": {} }));
    let id = made["client_app_id"].as_str().unwrap().to_owned();
    assert_eq!(status, 201);
    assert!(id.starts_with("myapp-") && id.len() == 11, "{id}");
    assert_eq!(
        clean(&made),
        json!({
            "_id": "[id]", "client_app_id": id, "name": "MyApp", "location": "US-VA", "deployment_model": "GLOBAL",
            "provider_region": "aws-us-east-1", "domain_id": "[id]", "group_id": "[id]", "last_used": 0,
            "last_modified": "[seconds]", "product": "standard", "environment": "",
        })
    );
    assert_eq!(desk.get(&apps), json!([made]));
    for product in ["atlas", "data-api", "device-sync"] {
        assert_eq!(desk.get(&format!("{apps}?product={product}")), json!([]), "{product}");
    }
    let app = format!("{apps}/{}", made["_id"].as_str().unwrap());
    let providers = desk.get(&format!("{app}/auth_providers"));
    assert_eq!(
        clean(&providers),
        json!([{ "_id": "[id]", "name": "api-key", "type": "api-key", "disabled": true }])
    );
    for empty in
        ["functions", "values", "drafts", "deployments", "triggers", "services", "environment_values"]
    {
        assert_eq!(desk.get(&format!("{app}/{empty}")), json!([]), "{empty}");
    }
    let (_, twin) = desk.ask("POST", &apps, &json!({ "name": "MyApp" }));
    assert_ne!(twin["client_app_id"], made["client_app_id"], "names are nobody's alone");
}

#[test]
fn an_app_that_cannot_be_is_refused() {
    let desk = Desk::open();
    let apps = format!("/groups/{}/apps", desk.group());
    for (body, error, code) in [
        (json!({}), "'name' is a required string", "MissingParameter"),
        (
            json!({ "name": "1st" }),
            "`name`: a letter, then ASCII letters, digits, `_` and `-`, at most 64 in all",
            "InvalidParameter",
        ),
        (json!({ "name": 7 }), "`name`: expected a text", "InvalidParameter"),
        (
            json!({ "name": "a", "environment": "moon" }),
            "`environment`: there is no environment 'moon'",
            "InvalidParameter",
        ),
    ] {
        let refused = desk.ask("POST", &apps, &body);
        assert_eq!(refused, (400, json!({ "error": error, "error_code": code })), "{body}");
    }
    assert_eq!(desk.get(&apps), json!([]));
}

#[test]
fn an_app_is_described_with_what_it_only_keeps() {
    let desk = Desk::open();
    let (app, id) = desk.app("news");
    desk.ask("POST", &format!("{app}/services"), &json!({ "name": "mdb", "type": "mongodb", "config": {} }));
    let description = desk.get(&format!("{app}/description"));
    let base = description["realm_url"].as_str().unwrap().split("/groups/").next().unwrap();
    assert_eq!(
        description,
        json!({
            "client_app_id": id, "name": "news", "realm_url": format!("{base}{app}/dashboard"),
            "data_sources": [{ "name": "mdb", "type": "mongodb", "data_source": "" }], "http_endpoints": [],
            "services": [], "auth_providers": [{ "name": "api-key", "type": "api-key", "enabled": false }],
            "custom_user_data": {
                "enabled": false, "data_source": "", "database": "", "collection": "", "user_id_field": "" },
            "values": [], "hosting": { "enabled": false, "status": "", "url": "" }, "functions": [],
            "sync": { "state": "", "data_source": "", "database": "", "development_mode_enabled": false },
            "graphql": { "url": format!("{base}/api/client/v2.0/app/{id}/graphql"), "custom_resolvers": [] },
            "environment": "", "event_subscription": [], "log_forwarders": [], "inert": ["data_sources"],
        })
    );
}

#[test]
fn an_environment_is_one_of_five() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let (status, view) = desk.ask("PUT", &format!("{app}/environment"), &json!({ "environment": "qa" }));
    assert_eq!((status, &view["environment"]), (200, &json!("qa")));
    assert_eq!(desk.get(&app)["environment"], "qa");
    let (status, _) = desk.ask("PUT", &format!("{app}/environment"), &json!({ "environment": "moon" }));
    assert_eq!((status, desk.get(&app)["environment"].as_str()), (400, Some("qa")));
}

#[test]
fn origins_are_set_whole_and_hold() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let path = format!("{app}/security/allowed_request_origins");
    assert_eq!(desk.get(&path), json!([]));
    assert_eq!(desk.ask("POST", &path, &json!(["https://a.example"])), (204, Value::Null));
    assert_eq!(desk.get(&path), json!(["https://a.example"]));
    let (status, said) = desk.ask("POST", &path, &json!(["a.example"]));
    assert_eq!((status, &said["error_code"]), (400, &json!("InvalidParameter")));
    assert_eq!(desk.get(&path), json!(["https://a.example"]));
}

#[test]
fn a_deleted_app_is_nobodys() {
    let desk = Desk::open();
    let (app, id) = desk.app("news");
    desk.ask("POST", &format!("{app}/auth_providers"), &json!({ "type": "anon-user" }));
    assert_eq!(desk.log_in(&id).status, 200);
    assert_eq!(desk.ask("DELETE", &app, &Value::Null), (204, Value::Null));
    assert_eq!(desk.log_in(&id).status, 404);
    let (status, said) = desk.ask("GET", &app, &Value::Null);
    assert_eq!((status, &said["error_code"]), (404, &json!("AppNotFound")));
    let (status, _) = desk.ask("DELETE", &app, &Value::Null);
    assert_eq!(status, 404);
}
