//! Drafts and deployments: what waits is seen by nobody, and what was live comes back.

use serde_json::{Value, json};

use super::desk::{CLI, Desk, UI, clean};

#[test]
fn nothing_of_a_draft_is_seen_before_it_is_deployed() {
    let desk = Desk::open();
    let (app, id) = desk.app("news");
    let drafts = format!("{app}/drafts");
    let (status, draft) = desk.ask_as(CLI, "POST", &drafts, "");
    assert_eq!((status, &draft["app"]["client_app_id"]), (201, &json!(id)));
    let again = desk.ask_as(UI, "POST", &drafts, "{}");
    assert_eq!(again.0, 409);
    assert_eq!(again.1["error_code"], "DraftAlreadyExists");
    let providers = format!("{app}/auth_providers");
    assert_eq!(desk.ask_as(CLI, "POST", &providers, r#"{"type":"anon-user"}"#).0, 201);
    // Whoever works on the draft sees it, others and clients do not.
    assert_eq!(desk.ask_as(CLI, "GET", &providers, "").1.as_array().unwrap().len(), 2);
    assert_eq!(desk.get(&providers).as_array().unwrap().len(), 1);
    assert_eq!(desk.log_in(&id).status, 401);
    assert_eq!(desk.get(&format!("{app}/deployments")), json!([]));
    // What others deploy meanwhile stays.
    let value = json!({ "name": "title", "value": 1 });
    assert_eq!(desk.ask("POST", &format!("{app}/values"), &value).0, 201);
    let one = format!("{drafts}/{}", draft["_id"].as_str().unwrap());
    let (status, deployed) = desk.ask_as(CLI, "POST", &format!("{one}/deployment"), "");
    let view = |status: &str| {
        json!({
            "_id": "[id]", "name": "", "app_id": "[id]", "draft_id": "[id]", "deployed_at": "[seconds]",
            "origin": "CLI", "status": status, "commit": "", "status_error_message": "", "diff_url": "",
            "remote_location": "US-VA",
        })
    };
    assert_eq!((status, clean(&deployed)), (201, view("created")));
    let found = desk.get(&format!("{app}/deployments/{}", deployed["_id"].as_str().unwrap()));
    assert_eq!(clean(&found), view("successful"));
    assert_eq!(desk.log_in(&id).status, 200);
    assert_eq!(desk.get(&format!("{app}/values")).as_array().unwrap().len(), 1);
    assert_eq!(desk.get(&format!("{app}/deployments")).as_array().unwrap().len(), 2);
    assert_eq!(desk.ask_as(CLI, "GET", &drafts, ""), (200, json!([])));
    assert_eq!(desk.ask_as(CLI, "DELETE", &one, "").0, 404);
    assert_eq!(desk.ask_as(CLI, "POST", &format!("{one}/deployment"), "").0, 404);
}

#[test]
fn a_discarded_draft_leaves_everything_as_it_was() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let (_, draft) = desk.ask_as(CLI, "POST", &format!("{app}/drafts"), "");
    desk.ask_as(CLI, "POST", &format!("{app}/values"), r#"{"name":"a","value":1}"#);
    let one = format!("{app}/drafts/{}", draft["_id"].as_str().unwrap());
    assert_eq!(desk.ask_as(CLI, "DELETE", &one, ""), (204, Value::Null));
    assert_eq!(desk.ask_as(CLI, "GET", &format!("{app}/values"), ""), (200, json!([])));
    assert_eq!(desk.get(&format!("{app}/deployments")), json!([]));
}

#[test]
fn the_console_drafts_by_itself_unless_it_is_told_not_to() {
    let desk = Desk::open();
    let (app, _) = desk.app("news");
    let values = format!("{app}/values");
    assert_eq!(desk.ask_as(UI, "POST", &values, r#"{"name":"a","value":1}"#).0, 201);
    assert_eq!(desk.get(&values), json!([]));
    let drafts = desk.ask_as(UI, "GET", &format!("{app}/drafts"), "").1;
    let draft = format!("{app}/drafts/{}", drafts[0]["_id"].as_str().unwrap());
    assert_eq!(desk.ask_as(UI, "DELETE", &draft, "").0, 204);
    let config = format!("{app}/deploy/config");
    assert_eq!(desk.ask("PATCH", &config, &json!({ "ui_drafts_disabled": true })), (204, Value::Null));
    let told = desk.get(&config);
    assert_eq!(
        (&told["ui_drafts_disabled"], &told["automatic_deployment"]["enabled"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(desk.ask_as(UI, "POST", &values, r#"{"name":"a","value":1}"#).0, 201);
    assert_eq!(desk.get(&values).as_array().unwrap().len(), 1);
    let history = desk.get(&format!("{app}/deployments"));
    assert_eq!((history.as_array().unwrap().len(), &history[0]["origin"]), (1, &json!("UI")));
}

#[test]
fn an_old_deployment_comes_back_whole() {
    let desk = Desk::open();
    let (app, id) = desk.app("news");
    let provider = json!({ "type": "anon-user" });
    desk.ask("POST", &format!("{app}/auth_providers"), &provider);
    desk.ask("POST", &format!("{app}/values"), &json!({ "name": "a", "value": 1 }));
    let old = desk.get(&format!("{app}/deployments"))[0].clone();
    let value = desk.get(&format!("{app}/values"));
    let one = format!("{app}/values/{}", value[0]["_id"].as_str().unwrap());
    desk.ask("DELETE", &one, &Value::Null);
    desk.ask("POST", &format!("{app}/values"), &json!({ "name": "b", "value": 2 }));
    let anon = desk.get(&format!("{app}/auth_providers"))[1]["_id"].as_str().unwrap().to_owned();
    desk.ask("PUT", &format!("{app}/auth_providers/{anon}/disable"), &Value::Null);
    assert_eq!(desk.log_in(&id).status, 401);
    let redeploy = format!("{app}/deployments/{}/redeploy", old["_id"].as_str().unwrap());
    assert_eq!(desk.ask("POST", &redeploy, &Value::Null), (204, Value::Null));
    assert_eq!(desk.log_in(&id).status, 200);
    assert_eq!(desk.get(&one)["value"], 1, "under the id that it had");
    assert_eq!(desk.get(&format!("{app}/values")).as_array().unwrap().len(), 1);
    assert_eq!(desk.get(&format!("{app}/deployments")).as_array().unwrap().len(), 6);
    for unknown in ["0123456789abcdef01234567", "x"] {
        let (status, said) = desk.ask("POST", &format!("{app}/deployments/{unknown}/redeploy"), &Value::Null);
        let text = (&said["error"], &said["error_code"]);
        assert_eq!((status, text), (404, (&json!("deployment not found"), &json!("DeploymentNotFound"))));
    }
}
