//! Drafts of several administrators of one app.

use std::thread;

use serde_json::{Value, json};

use super::roles::admin;
use super::strangers::ask;
use super::{Office, Session};

/// Where guests log in.
const GUESTS: &str = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";

/// An app, and two who own it.
struct Desk {
    office: Office,
    app: String,
    ann: Session,
    bert: Session,
}

impl Desk {
    fn open() -> Desk {
        let office = Office::open(&[]);
        let ((_, ann), (_, bert)) = (admin(&office, &[]), admin(&office, &[]));
        Desk { app: office.app(), ann, bert, office }
    }

    fn ask(&self, who: &Session, method: &str, rest: &str, body: &Value) -> (u16, Value) {
        ask(&self.office, who, method, &format!("{}{rest}", self.app), body)
    }

    #[track_caller]
    fn get(&self, who: &Session, rest: &str) -> Value {
        let (status, said) = self.ask(who, "GET", rest, &Value::Null);
        assert_eq!(status, 200, "{rest}: {said}");
        said
    }

    /// Begins a draft, and says where it is.
    #[track_caller]
    fn begin(&self, who: &Session) -> String {
        let (status, draft) = self.ask(who, "POST", "/drafts", &Value::Null);
        assert_eq!(status, 201, "{draft}");
        format!("/drafts/{}", draft["_id"].as_str().unwrap())
    }

    /// Shuts guests out, as far as this administrator's draft goes.
    fn shut(&self, who: &Session) {
        let providers = self.get(who, "/auth_providers");
        let guests = providers.as_array().unwrap().iter().find(|p| p["type"] == "anon-user").unwrap();
        let path = format!("/auth_providers/{}/disable", guests["_id"].as_str().unwrap());
        assert_eq!(self.ask(who, "PUT", &path, &Value::Null).0, 204);
    }

    fn log_in(&self) -> u16 {
        self.office.server.request("POST", GUESTS, &[], b"").status
    }
}

#[test]
fn a_draft_is_seen_changed_and_deployed_by_nobody_else() {
    let desk = Desk::open();
    let draft = desk.begin(&desk.ann);
    desk.shut(&desk.ann);
    let secret = json!({ "name": "hidden", "value": "of-ann" });
    assert_eq!(desk.ask(&desk.ann, "POST", "/values", &secret).0, 201);
    assert_eq!(desk.get(&desk.bert, "/drafts"), json!([]));
    for (method, rest) in [("GET", ""), ("GET", "/diff"), ("DELETE", ""), ("POST", "/deployment")] {
        let (status, said) = desk.ask(&desk.bert, method, &format!("{draft}{rest}"), &Value::Null);
        assert_eq!((status, &said["error_code"]), (404, &json!("DraftNotFound")), "{method} {rest}");
    }
    for rest in ["/values", "/description", "/deployments", "/auth_providers"] {
        let seen = desk.get(&desk.bert, rest).to_string();
        assert!(!seen.contains("hidden") && !seen.contains("\"disabled\":true"), "{rest}: {seen}");
    }
    let export = "/api/passerby/v1/apps/news-aaaaa/export";
    let (status, exported) = ask(&desk.office, &desk.bert, "GET", export, &Value::Null);
    assert!(status == 200 && !exported.to_string().contains("hidden"), "{exported}");
    assert_eq!(desk.log_in(), 200);
    assert_eq!(desk.ask(&desk.ann, "POST", &format!("{draft}/deployment"), &Value::Null).0, 201);
    assert_eq!(desk.log_in(), 401);
}

#[test]
fn of_drafts_that_are_deployed_at_the_same_time_none_is_lost() {
    let desk = Desk::open();
    let drafts = [&desk.ann, &desk.bert].map(|who| (who, desk.begin(who)));
    desk.shut(&desk.ann);
    let value = json!({ "name": "title", "value": 1 });
    assert_eq!(desk.ask(&desk.bert, "POST", "/values", &value).0, 201);
    thread::scope(|scope| {
        for (who, draft) in &drafts {
            let desk = &desk;
            scope.spawn(move || {
                let deployed = desk.ask(who, "POST", &format!("{draft}/deployment"), &Value::Null);
                assert_eq!(deployed.0, 201, "{}", deployed.1);
            });
        }
    });
    assert_eq!(desk.log_in(), 401);
    for who in [&desk.ann, &desk.bert] {
        assert_eq!(desk.get(who, "/values")[0]["name"], "title");
        assert_eq!(desk.get(who, "/deployments").as_array().unwrap().len(), 3);
        assert_eq!(desk.get(who, "/drafts"), json!([]));
    }
}

#[test]
fn a_draft_of_who_may_only_read_by_now_stays_one() {
    let desk = Desk::open();
    let (id, carl) = admin(&desk.office, &[]);
    let draft = desk.begin(&carl);
    desk.shut(&carl);
    let project = desk.office.project();
    assert_eq!(desk.office.run(&["admins", "roles", &id, &project, "read-only"]).code, 0);
    for (method, rest) in [("POST", "/deployment"), ("DELETE", "")] {
        let (status, said) = desk.ask(&carl, method, &format!("{draft}{rest}"), &Value::Null);
        assert_eq!((status, &said["error_code"]), (403, &json!("Unauthorized")), "{method} {rest}");
    }
    assert_eq!(desk.log_in(), 200);
    assert_eq!(desk.office.run(&["admins", "delete", &id]).code, 0);
    assert_eq!(desk.ask(&carl, "POST", &format!("{draft}/deployment"), &Value::Null).0, 401);
    assert_eq!(desk.log_in(), 200);
}
