//! An app in numbers, what a policy would do, and one session of a user that is ended.

use serde_json::{Value, json};

use super::office::{APP, OTHER, Office, refusal};

const OURS: &str = "/api/passerby/v1/apps";

fn statistics(office: &Office, app: &str, query: &str) -> (u16, Value) {
    office.raw("GET", &format!("{OURS}/{app}/statistics{query}"), &Value::Null)
}

fn preview(office: &Office, query: &str) -> (u16, Value) {
    office.raw("GET", &format!("{OURS}/{APP}/expiry/preview{query}"), &Value::Null)
}

/// Takes a list out of a reply.
fn taken(reply: &mut Value, name: &str) -> Vec<Value> {
    match reply.as_object_mut().unwrap().remove(name) {
        Some(Value::Array(list)) => list,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_app_is_told_in_numbers() {
    let office = Office::new();
    let (_, mut empty) = statistics(&office, OTHER, "");
    let days = taken(&mut empty, "days");
    let zeros = json!({
        "created": 0, "returned": {"1": 0, "7": 0, "30": 0}, "linked": {}, "expired": 0, "deleted": 0, "logins": {},
    });
    assert_eq!(days.len(), 30);
    for mut day in days {
        assert_eq!(day.as_object_mut().unwrap().remove("day").unwrap().as_str().unwrap().len(), 10);
        assert_eq!(day, zeros);
    }
    let minutes = taken(&mut empty, "logins_per_minute");
    assert_eq!(minutes.len(), 60);
    assert!(minutes.iter().all(|minute| minute["guests"] == 0 && minute["others"] == 0), "{minutes:?}");
    let upcoming = taken(&mut empty["upcoming_expiries"], "days");
    assert!(upcoming.len() == 92 && upcoming.iter().all(|day| day["guests"] == 0), "{upcoming:?}");
    let rest = json!({
        "median_seconds_to_link": null, "live": {"guests": 0, "people": 0, "servers": 0},
        "upcoming_expiries": {"now": 0},
    });
    assert_eq!(empty, rest);

    let gone = office.guest();
    office.guest();
    let guest = office.log_in("anon-user", &json!({}));
    let (access, link) = (guest["access_token"].as_str().unwrap(), "custom-function/login?link=true");
    let target = format!("/api/client/v2.0/app/{APP}/auth/providers/{link}");
    let bearer = format!("Bearer {access}");
    let body = json!({"id": "ann"}).to_string();
    let linked = office.server.request("POST", &target, &[("Authorization", &bearer)], body.as_bytes());
    assert_eq!(linked.status, 200, "{linked:?}");
    for name in ["ann", "bob", "bob"] {
        office.log_in("custom-function", &json!({"id": name}));
    }
    assert_eq!(office.ask("DELETE", &format!("/users/{gone}"), Value::Null).0, 204);
    // Midnight may pass meanwhile: two days are one.
    let (status, mut told) = statistics(&office, APP, "?days=2");
    let days = taken(&mut told, "days");
    let sum = |name: &str| days.iter().map(|day| day[name].as_u64().unwrap()).sum::<u64>();
    let of =
        |name: &str| days.iter().map(|day| day[name]["custom-function"].as_u64().unwrap_or(0)).sum::<u64>();
    assert_eq!((status, days.len()), (200, 2));
    assert_eq!((sum("created"), sum("deleted"), sum("expired")), (3, 1, 0));
    assert_eq!((of("linked"), of("logins")), (1, 3));
    assert_eq!(told["live"], json!({"guests": 1, "people": 2, "servers": 0}));
    assert!(told["median_seconds_to_link"].as_u64().unwrap() < 60, "{told}");
    let minutes = taken(&mut told, "logins_per_minute");
    let logins = |name: &str| minutes.iter().map(|minute| minute[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((logins("guests"), logins("others")), (3, 3));
    assert_eq!(statistics(&office, OTHER, "?days=2").1["live"]["guests"], 0);
}

#[test]
fn a_policy_is_tried_before_it_is_deployed() {
    let office = Office::new();
    for _ in 0..2 {
        office.guest();
    }
    let (status, told) = preview(&office, "?clock=inactivity&days=3");
    assert_eq!((status, &told["now"], told["days"].as_array().unwrap().len()), (200, &json!(0), 92));
    let guests = |told: &Value| -> u64 {
        told["days"].as_array().unwrap().iter().map(|day| day["guests"].as_u64().unwrap()).sum()
    };
    assert_eq!(guests(&told), 2);
    assert_eq!(guests(&preview(&office, "?clock=age&days=1").1), 2);
    assert_eq!(guests(&preview(&office, "?clock=never").1), 0);
    // What is not said is as in the policy in force: 90 days of inactivity, which end on the last one.
    assert_eq!(guests(&preview(&office, "").1), 2);
    assert_eq!(guests(&preview(&office, "?days=91").1), 0);
    let wrong = |said: &str| (400, json!({"error": said, "error_code": "InvalidParameter"}));
    for (query, said) in [
        ("?clock=moon", "`clock`: expected `inactivity`, `age` or `never`, found `moon`"),
        ("?days=0", "`days`: expected 1 to 36500, found 0"),
        ("?days=-1", "`days`: invalid digit found in string"),
        ("?days=36501", "`days`: expected 1 to 36500, found 36501"),
    ] {
        assert_eq!(refusal(&preview(&office, query)), wrong(said), "{query}");
    }
    let (days, said) = (statistics(&office, APP, "?days=3661"), "`days`: expected 1 to 3660, found 3661");
    assert_eq!(refusal(&days), wrong(said));
    assert_eq!(office.raw("GET", &format!("{OURS}/nobody/statistics"), &Value::Null).0, 404);
}

#[test]
fn one_session_of_a_user_is_ended() {
    let office = Office::new();
    let sessions: Vec<Value> =
        (0..2).map(|_| office.log_in("custom-function", &json!({"id": "ann"}))).collect();
    let user = sessions[0]["user_id"].as_str().unwrap().to_owned();
    let guest = office.guest();
    let of = |user: &str| office.raw("GET", &format!("{OURS}/{APP}/users/{user}"), &Value::Null).1;
    let ids: Vec<String> = super::office::ids(&of(&user)["sessions"]);
    assert_eq!(ids.len(), 2);
    let end = |app: &str, user: &str, session: &str| {
        refused_or_empty(&office.raw(
            "DELETE",
            &format!("{OURS}/{app}/users/{user}/sessions/{session}"),
            &Value::Null,
        ))
    };
    let gone = (404, json!({"error": "no open session has this id"}));
    assert_eq!(end(APP, &guest, &ids[0]), gone, "another's");
    assert_eq!(end(OTHER, &user, &ids[0]), gone, "of another app");
    let wrong = "`x` is no session id: expected 24 hex digits";
    assert_eq!(end(APP, &user, "x"), (400, json!({"error": wrong, "error_code": "InvalidParameter"})));
    assert_eq!(end(APP, &user, &ids[0]), (204, Value::Null));
    assert_eq!(end(APP, &user, &ids[0]), gone);
    assert_eq!(super::office::ids(&of(&user)["sessions"]), ids[1..]);
    let refreshes = |session: &Value| {
        let token = session["refresh_token"].as_str().unwrap();
        office.server.with_token("POST", "/api/client/v2.0/auth/session", token).status
    };
    let mut statuses = [refreshes(&sessions[0]), refreshes(&sessions[1])];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401]);
}

fn refused_or_empty(said: &(u16, Value)) -> (u16, Value) {
    if said.1.is_null() { said.clone() } else { refusal(said) }
}
