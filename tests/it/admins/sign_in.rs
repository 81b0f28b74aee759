//! Signing in and out.

use serde_json::{Value, json};

use super::strangers::ask;
use super::{Office, PROFILE, Pair, SESSION, Session, invalid_session, refused};

const WRONG_KEY: &str =
    "failed to authenticate with MongoDB Cloud API: You are not authorized for this resource.";

#[test]
fn a_key_pair_signs_in_and_out() {
    let office = Office::open(&[]);
    let pair = office.first();
    let reply = office.try_key(&pair);
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let mut keys: Vec<String> = reply.json().as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["access_token", "device_id", "refresh_token", "user_id"]);
    let session = Session::of(&reply);
    let profile = office.server.with_token("GET", PROFILE, &session.access);
    let project = office.project();
    let told = json!({
        "user_id": reply.json()["user_id"], "domain_id": project, "type": "normal",
        "identities": [{ "id": pair.public, "provider_type": "mongodb-cloud", "provider_id": project }],
        "data": { "name": pair.public },
        "roles": [{ "role_name": "GROUP_OWNER", "group_id": project }],
    });
    assert_eq!((profile.status, profile.json()), (200, told));
    let app = office.app();
    let one = office.server.with_token("GET", &format!("{app}?bypass_service_change=x"), &session.access);
    assert_eq!((one.status, &one.json()["client_app_id"]), (200, &json!("news-aaaaa")));

    let refreshed = office.server.with_token("POST", SESSION, &session.refresh);
    assert_eq!(refreshed.status, 201);
    let access = refreshed.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(refreshed.json(), json!({ "access_token": access }), "the refresh token stays");
    assert_eq!(office.server.with_token("GET", PROFILE, &access).status, 200);

    let out = office.server.with_token("DELETE", SESSION, &session.refresh);
    assert_eq!((out.status, out.body.len()), (204, 0));
    let gone = json!({
        "error": "invalid session: failed to find refresh token", "error_code": "InvalidSession",
    });
    for method in ["POST", "DELETE"] {
        assert_eq!(
            refused(&office.server.with_token(method, SESSION, &session.refresh)),
            (401, gone.clone())
        );
    }
    for access in [&session.access, &access] {
        assert_eq!(refused(&office.server.with_token("GET", &app, access)), invalid_session());
    }
}

#[test]
fn the_private_key_alone_and_a_password_sign_in() {
    let office = Office::open(&[]);
    let key = office.log_in("api-key", &json!({ "key": office.first().private }));
    assert_eq!(office.server.with_token("GET", PROFILE, &Session::of(&key).access).status, 200);
    let file = office.data().join("password");
    std::fs::write(&file, "correct horse\n").unwrap();
    let password = ["--password-file", file.to_str().unwrap()];
    assert_eq!(office.run(&[&["admins", "create", "ann@ops.example"], &password[..]].concat()).code, 0);
    let ann = json!({ "username": "ann@ops.example", "password": "correct horse", "provider": "userpass" });
    let session = Session::of(&office.log_in("local-userpass", &ann));
    let profile = office.server.with_token("GET", PROFILE, &session.access).json();
    assert_eq!(profile["data"], json!({ "name": "ann@ops.example", "email": "ann@ops.example" }));
    assert_eq!(profile["roles"].as_array().unwrap().len(), 1);
}

#[test]
fn who_is_wrong_is_not_told_in_what() {
    let office = Office::open(&[]);
    let Pair { public, private } = office.first();
    let key = |username: &str, key: &str| {
        refused(&office.log_in("mongodb-cloud", &json!({ "username": username, "apiKey": key })))
    };
    let wrong = (401, json!({ "error": WRONG_KEY }));
    assert_eq!(key(&public, "00000000-0000-4000-8000-000000000000"), wrong);
    assert_eq!(key("nobodyxx", &private), wrong);
    let file = office.data().join("password");
    std::fs::write(&file, "correct horse").unwrap();
    let password = ["--password-file", file.to_str().unwrap()];
    office.run(&[&["admins", "create", "ann@ops.example"], &password[..]].concat());
    let login = |name: &str, password: &str| {
        refused(&office.log_in("local-userpass", &json!({ "username": name, "password": password })))
    };
    let wrong = (401, json!({ "error": "invalid username/password", "error_code": "InvalidPassword" }));
    for (name, password) in [
        ("ann@ops.example", "wrong horse"),
        ("nobody@ops.example", "correct horse"),
        // Without --dev the well-known one is nobody.
        ("unique_user@domain.com", "password"),
        (&public, &private),
    ] {
        assert_eq!(login(name, password), wrong, "{name}");
    }
    let wrong = (401, json!({ "error": "invalid API key", "error_code": "AuthError" }));
    assert_eq!(refused(&office.log_in("api-key", &json!({ "key": public }))), wrong);
    assert_eq!(office.log_in("anon-user", &json!({})).status, 404);
    assert_eq!(office.log_in("mongodb-cloud", &json!({ "username": public })).status, 400);
    assert_eq!(office.log_in("mongodb-cloud", &json!([])).status, 400);
}

/// People of an app and administrators may have the same names.
#[test]
fn what_lets_people_into_an_app_lets_nobody_administer_and_the_other_way_round() {
    let office = Office::open(&[]);
    let (app, pair) = (office.app(), office.first());
    let owner = office.with_key(&pair);
    let make = |rest: &str, body: Value| {
        let (status, made) = ask(&office, &owner, "POST", &format!("{app}{rest}"), &body);
        assert_eq!(status, 201, "{rest}: {made}");
        made
    };
    let settings = json!({ "autoConfirm": true, "resetPasswordUrl": "https://a.example" });
    make("/auth_providers", json!({ "type": "local-userpass", "config": settings }));
    make("/auth_providers", json!({ "type": "api-key" }));
    let (name, key) = ("ann@ops.example", make("/api_keys", json!({ "name": "server" })));
    make("/users", json!({ "email": name, "password": "correct ann" }));
    let file = office.data().join("password");
    std::fs::write(&file, "correct horse").unwrap();
    let password = ["--password-file", file.to_str().unwrap()];
    assert_eq!(office.run(&[&["admins", "create", name], &password[..]].concat()).code, 0);

    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let client = |provider: &str, body: Value| {
        office.post(&format!("/api/client/v2.0/app/news-aaaaa/auth/providers/{provider}/login"), &body).status
    };
    let admin = |provider: &str, body: Value| office.log_in(provider, &body).status;
    let with = |password: &str| json!({ "username": name, "password": password });
    assert_eq!(
        (client("api-key", json!({ "key": text("key") })), client("local-userpass", with("correct ann"))),
        (200, 200)
    );
    assert_eq!(
        (admin("api-key", json!({ "key": pair.private })), admin("local-userpass", with("correct horse"))),
        (200, 200)
    );
    assert_eq!(
        (client("api-key", json!({ "key": pair.private })), client("local-userpass", with("correct horse"))),
        (401, 401)
    );
    assert_eq!(
        (admin("api-key", json!({ "key": text("key") })), admin("local-userpass", with("correct ann"))),
        (401, 401)
    );
    for (username, key) in
        [(text("_id"), text("key")), ("server".to_owned(), text("key")), (pair.public.clone(), text("key"))]
    {
        assert_eq!(admin("mongodb-cloud", json!({ "username": username, "apiKey": key })), 401, "{username}");
    }
    // Neither other spellings of a name nor of a key are as good.
    for (name, key) in [
        (pair.public.to_uppercase(), pair.private.clone()),
        (pair.public.clone(), pair.private.to_uppercase()),
    ] {
        assert_eq!(admin("mongodb-cloud", json!({ "username": name, "apiKey": key })), 401, "{name}");
    }
    for name in [
        "ANN@ops.example",
        "ann@ops.example ",
        "ann@ops.example\u{0}",
        "\u{ff41}nn@ops.example",
        "ann@ops.example\u{200d}",
    ] {
        assert_eq!(
            admin("local-userpass", json!({ "username": name, "password": "correct horse" })),
            401,
            "{name:?}"
        );
    }
}

#[test]
fn a_revoked_key_and_a_disabled_administrator_are_out_at_once() {
    let office = Office::open(&[]);
    let first = office.with_key(&office.first());
    let second = Pair::of(&office.told(&["admins", "keys", "create"]));
    let session = office.with_key(&second);
    assert_eq!(office.run(&["admins", "keys", "revoke", &second.public]).code, 0);
    assert_eq!(refused(&office.try_key(&second)), (401, json!({ "error": WRONG_KEY })));
    assert_eq!(office.server.with_token("POST", SESSION, &session.refresh).status, 401);
    assert_eq!(refused(&office.server.with_token("GET", &office.app(), &session.access)), invalid_session());
    assert_eq!(office.server.with_token("GET", PROFILE, &first.access).status, 200, "the other key is good");

    let admin = office.told(&["admins", "list"])[0]["_id"].as_str().unwrap().to_owned();
    assert_eq!(office.run(&["admins", "disable", &admin]).code, 0);
    assert_eq!(refused(&office.try_key(&office.first())), (401, json!({ "error": WRONG_KEY })));
    assert_eq!(refused(&office.server.with_token("GET", &office.app(), &first.access)), invalid_session());
    assert_eq!(office.run(&["admins", "enable", &admin]).code, 0);
    assert_eq!(office.server.with_token("GET", PROFILE, &first.access).status, 401, "its sessions are over");
    assert_eq!(office.try_key(&office.first()).status, 200);
}

#[test]
fn failures_are_few_and_successes_are_not_counted() {
    let office = Office::open(&["--password-logins-per-minute", "3"]);
    let pair = office.first();
    for _ in 0..10 {
        assert_eq!(office.try_key(&pair).status, 200);
    }
    let wrong = |name: &str| Pair { public: name.to_owned(), private: "wrong".to_owned() };
    // A minute may turn meanwhile, and gives three more.
    let statuses: Vec<u16> = (0..9).map(|_| office.try_key(&wrong("nobodyxx")).status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(office.try_key(&pair).status, 200, "another name is in nobody's way");
}

#[test]
fn providers_and_probes_answer_everybody() {
    let office = Office::open(&[]);
    let get = |path: &str| office.server.request("GET", path, &[], b"");
    let types: Vec<Value> = get("/api/admin/v3.0/auth/providers")
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["type"].clone())
        .collect();
    assert_eq!(types, ["mongodb-cloud", "local-userpass", "api-key"]);
    assert_eq!(get("/api/private/v1.0/version").status, 200);
    assert_eq!(get("/").status, 200);
    let preflight = office.server.request("OPTIONS", PROFILE, &[("Origin", "https://evil.example")], b"");
    assert_eq!(preflight.header("access-control-allow-origin"), None);
}
