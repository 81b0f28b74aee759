//! The open sessions of an administrator, who alone sees and ends them.

use serde_json::{Value, json};

use super::{Office, Pair, Session, invalid_session, refused};

const SESSIONS: &str = "/api/passerby/v1/admin/sessions";

fn listed(office: &Office, session: &Session) -> Vec<Value> {
    let reply = office.server.with_token("GET", SESSIONS, &session.access);
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{reply:?}");
    reply.json().as_array().unwrap().clone()
}

fn current(list: &[Value]) -> &Value {
    let those: Vec<&Value> = list.iter().filter(|one| one["current"] == true).collect();
    assert_eq!(those.len(), 1, "{list:?}");
    those[0]
}

fn end(office: &Office, session: &Session, id: &Value) -> crate::support::Reply {
    office.server.with_token("DELETE", &format!("{SESSIONS}/{}", id.as_str().unwrap()), &session.access)
}

fn gone() -> (u16, Value) {
    (404, json!({ "error": "no open session has this id" }))
}

#[test]
fn an_administrator_sees_and_ends_its_own_sessions() {
    let office = Office::open(&[]);
    let pair = office.first();
    let (first, second) = (office.with_key(&pair), office.with_key(&pair));
    let list = listed(&office, &second);
    assert_eq!(list.len(), 2);
    for one in &list {
        let created = one["created"].as_i64().unwrap();
        let expected = json!({
            "_id": one["_id"], "created": created, "expires": created + 60 * 24 * 3600,
            "public_key": pair.public, "current": one["current"],
        });
        assert_eq!(one, &expected);
    }
    let (id, own) = (&current(&listed(&office, &first))["_id"].clone(), current(&list)["_id"].clone());
    assert_ne!(id, &own);
    let ended = end(&office, &second, id);
    assert_eq!((ended.status, ended.body.len()), (204, 0));
    assert_eq!(refused(&office.server.with_token("GET", SESSIONS, &first.access)), invalid_session());
    assert_eq!(refused(&end(&office, &second, id)), gone());
    assert_eq!(refused(&end(&office, &second, &json!("x"))).0, 400);
    assert_eq!(listed(&office, &second).len(), 1);
    assert_eq!(end(&office, &second, &own).status, 204, "also the one that asks");
    assert_eq!(refused(&office.server.with_token("GET", SESSIONS, &second.access)), invalid_session());
}

#[test]
fn nobody_sees_or_ends_the_sessions_of_another() {
    let office = Office::open(&["--dev"]);
    let owner = office.with_key(&office.first());
    let made = office.told(&["admins", "create", "--role", "read-only"]);
    let pair = Pair::of(&office.told(&["admins", "keys", "create", made["_id"].as_str().unwrap()]));
    let reader = office.with_key(&pair);
    let dev = json!({ "username": "unique_user@domain.com", "password": "password" });
    let (dev, other_dev) = (
        Session::of(&office.log_in("local-userpass", &dev)),
        Session::of(&office.log_in("local-userpass", &dev)),
    );
    for session in [&owner, &reader] {
        assert_eq!(listed(&office, session).len(), 1);
    }
    let of_dev = listed(&office, &dev);
    assert_eq!((of_dev.len(), &of_dev[0]["public_key"]), (2, &Value::Null), "never stored, and listed");
    let id_of = |session: &Session| current(&listed(&office, session))["_id"].clone();
    let ids = [id_of(&owner), id_of(&reader), id_of(&other_dev)];
    for (session, others) in [(&owner, [1, 2]), (&reader, [0, 2]), (&dev, [0, 1])] {
        for other in others {
            assert_eq!(refused(&end(&office, session, &ids[other])), gone());
        }
    }
    assert_eq!(end(&office, &reader, &ids[1]).status, 204, "who may only read may sign out");
    assert_eq!(end(&office, &dev, &ids[2]).status, 204);
    assert_eq!(listed(&office, &dev).len(), 1);
    assert_eq!(office.server.with_token("GET", SESSIONS, &other_dev.access).status, 401);
    assert_eq!(listed(&office, &owner).len(), 1);
    assert_eq!(office.server.request("GET", SESSIONS, &[], b"").status, 401);
}

#[test]
fn who_may_only_read_sees_numbers_and_ends_no_session_of_a_user() {
    let office = Office::open(&[]);
    let made = office.told(&["admins", "create", "--role", "read-only"]);
    let pair = Pair::of(&office.told(&["admins", "keys", "create", made["_id"].as_str().unwrap()]));
    let reader = office.with_key(&pair);
    let user = office.server.log_in("news-aaaaa")["user_id"].as_str().unwrap().to_owned();
    let ours = "/api/passerby/v1/apps/news-aaaaa";
    for path in ["statistics", "expiry/preview?days=1"] {
        let path = format!("{ours}/{path}");
        assert_eq!(office.server.with_token("GET", &path, &reader.access).status, 200, "{path}");
        assert_eq!(office.server.request("GET", &path, &[], b"").status, 401, "{path}");
    }
    let one = format!("{ours}/users/{user}");
    let session = office.server.with_token("GET", &one, &reader.access).json()["sessions"][0]["_id"].clone();
    let end = format!("{one}/sessions/{}", session.as_str().unwrap());
    let reply = office.server.with_token("DELETE", &end, &reader.access);
    assert_eq!(refused(&reply).0, 403);
    let owner = office.with_key(&office.first());
    assert_eq!(office.server.with_token("DELETE", &end, &owner.access).status, 204);
}
