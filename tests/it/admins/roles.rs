//! What administrators may, project by project.

use serde_json::{Value, json};

use super::{Office, PROFILE, Pair, Session, refused};

/// An administrator of a role, signed in.
pub(super) fn admin(office: &Office, arguments: &[&str]) -> (String, Session) {
    let made = office.told(&[&["admins", "create"], arguments].concat());
    let id = made["_id"].as_str().unwrap().to_owned();
    let pair = Pair::of(&office.told(&["admins", "keys", "create", &id]));
    (id, office.with_key(&pair))
}

#[test]
fn who_may_only_read_changes_nothing() {
    let office = Office::open(&[]);
    let app = office.app();
    let user = office.server.log_in("news-aaaaa")["user_id"].as_str().unwrap().to_owned();
    let (_, reader) = admin(&office, &["--role", "read-only"]);
    let one = format!("{app}/users/{user}");
    for path in [app.as_str(), &one, &format!("{app}/users"), "/api/passerby/v1/apps/news-aaaaa/keys"] {
        assert_eq!(office.server.with_token("GET", path, &reader.access).status, 200, "{path}");
    }
    let only = json!({
        "error": "unauthorized: your role in this project is read-only", "error_code": "Unauthorized",
    });
    let keys = "/api/passerby/v1/apps/news-aaaaa/keys/rotate";
    for (method, path) in [
        ("DELETE", one.as_str()),
        ("PUT", &format!("{one}/disable")),
        ("POST", keys),
        ("DELETE", &format!("{app}/user_registrations/by_email/a@b.example")),
    ] {
        let reply = office.server.with_token(method, path, &reader.access);
        assert_eq!(refused(&reply), (403, only.clone()), "{method} {path}");
    }
    assert_eq!(office.server.with_token("GET", &one, &reader.access).status, 200, "the user is still there");
    let profile = office.server.with_token("GET", PROFILE, &reader.access).json();
    assert_eq!(profile["roles"][0]["role_name"], "GROUP_READ_ONLY");
}

#[test]
fn a_project_is_closed_to_administrators_of_others() {
    let office = Office::open(&[]);
    let app = office.app();
    let other = office.told(&["projects", "create", "Other"])["_id"].as_str().unwrap().to_owned();
    let (id, stranger) = admin(&office, &["--project", &other]);
    let none =
        json!({ "error": "unauthorized: you have no role in this project", "error_code": "Unauthorized" });
    let list = app.rsplit_once('/').unwrap().0.to_owned();
    let nowhere = "/api/admin/v3.0/groups/x/apps";
    for path in
        [app.as_str(), &list, nowhere, "/api/passerby/v1/apps/news-aaaaa", "/api/passerby/v1/apps/gone"]
    {
        assert_eq!(
            refused(&office.server.with_token("GET", path, &stranger.access)),
            (403, none.clone()),
            "{path}"
        );
    }
    let get = |path: &str| {
        let reply = office.server.with_token("GET", path, &stranger.access);
        assert_eq!(reply.status, 200, "{path}");
        reply.json()
    };
    assert_eq!(get(&format!("/api/admin/v3.0/groups/{other}/apps")), json!([]));
    assert_eq!(get("/api/passerby/v1/apps"), json!([]));
    let elsewhere = app.replace(list.split('/').nth(5).unwrap(), &other);
    let reply = office.server.with_token("GET", &elsewhere, &stranger.access);
    assert_eq!((reply.status, &reply.json()["error_code"]), (404, &json!("AppNotFound")));

    // A role takes effect at the next request, and so does its end.
    let project = office.project();
    assert_eq!(office.run(&["admins", "roles", &id, &project, "read-only"]).code, 0);
    assert_eq!(office.server.with_token("GET", &app, &stranger.access).status, 200);
    assert_eq!(office.run(&["admins", "roles", &id, &project, "none"]).code, 0);
    assert_eq!(office.server.with_token("GET", &app, &stranger.access).status, 403);
}

#[test]
fn what_concerns_the_machine_is_for_its_owner() {
    let office = Office::open(&[]);
    let owner = office.with_key(&office.first());
    for (method, path) in [
        ("POST", "/api/passerby/v1/import"),
        ("POST", "/api/passerby/v1/backup"),
        ("GET", "/api/passerby/v1/examine"),
        ("GET", "/api/passerby/v1/admins"),
        ("POST", "/api/passerby/v1/admin_keys"),
        ("GET", "/api/passerby/v1/projects"),
    ] {
        assert_eq!(office.server.with_token(method, path, &owner.access).status, 404, "{path}");
    }
}

#[test]
fn a_refused_body_is_read_to_its_end() {
    let office = Office::open(&[]);
    let path = format!("{}/users", office.app());
    let body = vec![b'x'; 4 * 1024 * 1024];
    let reply = office.server.request("PUT", &format!("{path}/x/logout"), &[], &body);
    assert_eq!(reply.status, 401);
}

#[test]
fn administrators_and_projects_are_kept_by_commands() {
    let office = Office::open(&[]);
    assert_eq!(office.told(&["projects", "list"])[0]["name"], "Project 0");
    let project = office.project();
    assert_eq!(office.run(&["projects", "rename", &project, "News"]).code, 0);
    assert_eq!(office.told(&["projects", "list"]), json!([{ "_id": project, "name": "News" }]));
    let taken = office.run(&["projects", "create", "News"]);
    assert_eq!((taken.code, taken.err.as_str()), (1, "error: name already in use\n"));
    let made = office.told(&["admins", "create", "ann@ops.example", "--role", "read-only"]);
    assert_eq!(
        (&made["email"], &made["password"], &made["roles"]),
        (&json!("ann@ops.example"), &json!(false), &json!([{ "project": project, "role": "read-only" }]))
    );
    assert_eq!(office.run(&["admins", "create", "ann@ops.example"]).code, 1);
    assert_eq!(office.run(&["admins", "create", "no address"]).code, 1);
    let pair = office.told(&["admins", "keys", "create", "ann@ops.example", "--name", "ci"]);
    assert_eq!(pair.as_object().unwrap().len(), 2);
    let listed = office.told(&["admins", "keys", "list"]);
    let of_ann: Vec<&Value> =
        listed.as_array().unwrap().iter().filter(|key| key["admin"] == made["_id"]).collect();
    assert_eq!((of_ann.len(), &of_ann[0]["name"]), (1, &json!("ci")));
    assert!(!listed.to_string().contains(pair["private_key"].as_str().unwrap()));
    assert_eq!(office.run(&["admins", "delete", "ann@ops.example"]).code, 0);
    let again = office.run(&["admins", "delete", "ann@ops.example"]);
    assert_eq!(again.code, 4, "{again:?}");
    assert_eq!(office.try_key(&Pair::of(&pair)).status, 401);
}
