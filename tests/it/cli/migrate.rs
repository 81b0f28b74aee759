//! `passerby migrate realm`.

use std::path::Path;

use serde_json::{Value, json};

use super::place::{Place, failed, printed};
use crate::support::{Ran, Server};

const DOMAIN: &str = "60c8f69884b0a73d14bb634b";

/// An app directory as `appservices pull` writes one, with the ids that it had.
fn export(place: &Place) -> String {
    let path = place.beside("old-news");
    let write = |name: &str, value: &Value| {
        let file = Path::new(&path).join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, value.to_string()).unwrap();
    };
    write("root_config.json", &json!({ "config_version": 20_230_101, "name": "news", "location": "US-VA" }));
    let meta = json!({ "config_version": 20_230_101, "app_id": "60c8f69884b0a73d14bb6300", "group_id": "60c8f69884b0a73d14bb6301",
        "client_app_id": "news-qwert" });
    write(".mdb/meta.json", &meta);
    let provider = |kind: &str| (kind.to_owned(), json!({ "name": kind, "type": kind, "disabled": false }));
    let mut providers: serde_json::Map<String, Value> =
        ["anon-user", "api-key", "local-userpass", "custom-function"].map(provider).into_iter().collect();
    providers["local-userpass"]["config"] =
        json!({ "autoConfirm": true, "resetPasswordUrl": "https://news.example/reset" });
    providers["custom-function"]["config"] = json!({ "authFunctionName": "whoIs" });
    write("auth/providers.json", &Value::Object(providers));
    write("functions/config.json", &json!([{ "name": "whoIs", "private": true }]));
    std::fs::write(Path::new(&path).join("functions/whoIs.js"), "exports = ({ id }) => id;").unwrap();
    path
}

fn id(n: u32) -> String {
    format!("63922890d508542b5ae1{n:04x}")
}

fn user(n: u32, kind: &str, identities: &Value, data: &Value) -> Value {
    json!({
        "_id": id(n), "domain_id": DOMAIN, "identities": identities, "type": kind, "creation_date": 1_670_523_024,
        "last_authentication_date": 1_670_523_099, "disabled": n == 4, "data": data,
    })
}

fn identity(id: &str, kind: &str) -> Value {
    json!({ "id": id, "provider_type": kind, "provider_id": "60c8f69884b0a73d14bb6352" })
}

/// A user of every kind.
fn everybody() -> Vec<Value> {
    let guest = format!("{}-xqskiwjhmsnvbrxyldctfeok", id(0x100));
    let email = json!({ "email": "anna@news.example" });
    let mut address = identity(&id(0x101), "local-userpass");
    address["provider_data"] = email.clone();
    vec![
        user(1, "normal", &json!([identity(&guest, "anon-user")]), &json!({})),
        user(2, "normal", &json!([identity(&format!("{}-abc", id(0x102)), "anon-user"), address]), &email),
        user(3, "server", &json!([identity(&id(0x103), "api-key")]), &json!({ "name": "cron" })),
        user(4, "normal", &json!([identity("carl-1", "custom-function")]), &json!({ "name": "Carl" })),
        user(
            5,
            "normal",
            &json!([identity("g-5", "oauth2-google")]),
            &json!({ "name": "Dora", "email": "d@news.example" }),
        ),
        user(6, "normal", &json!([identity(&id(0x106), "local-userpass")]), &json!({})),
        user(7, "normal", &json!([]), &json!({})),
    ]
}

fn pending() -> Value {
    let one = |n: u32, email: &str, confirmed: bool| {
        json!({ "_id": id(n), "domain_id": DOMAIN, "user_id": "",
            "login_ids": [{ "id_type": "email", "id": email, "confirmed": confirmed }] })
    };
    json!([one(0x201, "open@news.example", false), one(0x202, "sure@news.example", true)])
}

fn write(place: &Place, name: &str, text: &str) -> String {
    let path = place.beside(name);
    std::fs::write(&path, text).unwrap();
    path
}

const REPORT: &str = "\
WHO            BROUGHT  ALREADY THERE  NOT BROUGHT
users          4        0              2
guests         1        0              0
pending users  2        0              0

IDENTITIES       BROUGHT
anon-user        2
api-key          1
custom-function  1
local-userpass   1
oauth2-google    1

CANNOT COME  WHAT
3            passwords: each address sets one by a reset before its first login
1            logins of guests: they had nothing to log in with; they expire from today on
1            API keys: their values are not in the list; make new ones
1            e-mail identities whose address the list does not say
1            users without any identity
";
const WARNING: &str = "warning: 1 identities of oauth2-google came, which the app has not enabled: nobody logs in \
                       with it until it is\n";
const SESSIONS: &str = "Sessions cannot come: everybody logs in again.\n";

/// A migration of everybody, with what more it is told.
fn migrate(place: &Place, more: &[&str]) -> Ran {
    let users = write(place, "users.json", &Value::from(everybody()).to_string());
    let waiting = write(place, "pending.json", &pending().to_string());
    let directory = export(place);
    let arguments = ["migrate", "realm", &directory, "--users", &users, "--pending", &waiting];
    place.raw(arguments.iter().chain(more))
}

#[test]
fn an_app_comes_with_everybody_and_again_changes_nothing() {
    let place = Place::new();
    let ran = migrate(&place, &["--dry-run"]);
    let foreseen =
        format!("Nothing was done. What would come to news-qwert, if nobody is there yet:\n\n{REPORT}");
    printed(&ran, &foreseen, &format!("{WARNING}{SESSIONS}"));
    assert!(!place.data().exists(), "a dry run makes no store");

    let ran = migrate(&place, &[]);
    assert!(ran.err.ends_with(&format!("{WARNING}{SESSIONS}")), "{}", ran.err);
    assert_eq!((ran.code, ran.out), (0, format!("Migrated news-qwert: a new app.\n\n{REPORT}")));
    let listed = || -> Value {
        let ran = place.raw(["users", "list", "news-qwert", "--all", "--json"]);
        serde_json::from_str(&ran.out).unwrap()
    };
    let before = listed();
    let shown: Vec<Value> = before
        .as_array()
        .unwrap()
        .iter()
        .map(|user| {
            let part = |name: &str| user[name].clone();
            let kinds = user["identities"]
                .as_array()
                .unwrap()
                .iter()
                .map(|i| (i["id"].clone(), i["provider_type"].clone()));
            json!([
                part("_id"),
                part("domain_id"),
                part("type"),
                part("disabled"),
                part("data"),
                kinds.collect::<Vec<_>>()
            ])
        })
        .collect();
    let expected: Vec<Value> = everybody()
        .iter()
        .take(5)
        .map(|user| {
            let kinds = user["identities"]
                .as_array()
                .unwrap()
                .iter()
                .map(|i| (i["id"].clone(), i["provider_type"].clone()));
            json!([
                user["_id"],
                DOMAIN,
                user["type"],
                user["disabled"],
                user["data"],
                kinds.collect::<Vec<_>>()
            ])
        })
        .collect();
    assert_eq!(shown, expected);
    for user in before.as_array().unwrap() {
        let created = i64::from_str_radix(&user["_id"].as_str().unwrap()[..8], 16).unwrap();
        assert_eq!(user["creation_date"], json!(created));
        // A guest's clock starts today; anybody else was active when it was.
        let last = user["last_authentication_date"].as_i64().unwrap();
        assert!((last == 1_670_523_099) != (user["_id"] == id(1).as_str()), "{user}");
    }
    let apps = place.raw(["apps", "list", "--json"]).out;
    assert!(apps.contains("60c8f69884b0a73d14bb6300"), "{apps}");

    // Again, beside a server this time.
    let server = Server::start(&place.data(), &[]);
    let again: Value = serde_json::from_str(&migrate(&place, &["--json"]).out).unwrap();
    assert_eq!(
        again,
        json!({
            "client_app_id": "news-qwert", "created": false, "changed": false, "dry_run": false,
            "users": { "brought": 0, "already_there": 4, "not_brought": 2 },
            "guests": { "brought": 0, "already_there": 1, "not_brought": 0 },
            "pending_users": { "brought": 0, "already_there": 2, "not_brought": 0 },
            "identities": {},
            "cannot_come": { "guest_login": 1, "api_key": 1, "address_unknown": 1, "no_identity": 1 },
            "warnings": again["warnings"],
        })
    );
    assert_eq!(listed(), before);
    let target = "/api/client/v2.0/app/news-qwert/auth/providers/custom-function/login";
    let refused = server.request("POST", target, &[], br#"{"id":"carl-1"}"#);
    assert_eq!((refused.status, &refused.json()["error_code"]), (401, &json!("UserDisabled")));
    let waiting = place.raw(["users", "pending", "news-qwert"]).out;
    assert!(waiting.contains("open@news.example") && waiting.contains("its confirmation"), "{waiting}");
    assert!(waiting.contains("sure@news.example") && waiting.contains("its first login"), "{waiting}");
}

#[test]
fn what_was_interrupted_is_completed() {
    let place = Place::new();
    let directory = export(&place);
    let many: Vec<Value> = (0..1_200)
        .map(|n| {
            user(0x1000 + n, "normal", &json!([identity(&format!("f-{n}"), "custom-function")]), &json!({}))
        })
        .collect();
    let lines = |users: &[Value]| users.iter().map(|user| format!("{user}\n")).collect::<String>();
    let first = write(&place, "first.json", &lines(&many[..500]));
    let run = |lists: &[&str]| -> Value {
        let lists = lists.iter().flat_map(|list| ["--users", list]);
        let ran = place.raw(["migrate", "realm", &directory, "--json"].into_iter().chain(lists));
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    };
    assert_eq!(run(&[&first])["users"], json!({ "brought": 500, "already_there": 0, "not_brought": 0 }));
    let (one, two) = (Value::from(&many[..700]).to_string(), Value::from(&many[700..]).to_string());
    let pages = write(&place, "pages.json", &format!("{one}\n{two}\n"));
    assert_eq!(
        run(&[&first, &pages])["users"],
        json!({ "brought": 700, "already_there": 1_000, "not_brought": 0 })
    );
    assert_eq!(run(&[&pages])["users"], json!({ "brought": 0, "already_there": 1_200, "not_brought": 0 }));
}

#[test]
fn a_mistake_in_a_list_is_named_and_nothing_is_done() {
    let place = Place::new();
    let directory = export(&place);
    let mut wrong = everybody();
    wrong[1]["identities"][1]["provider_type"] = json!("fax");
    wrong[3]["_id"] = json!("carl");
    wrong[4]["domain_id"] = json!("60c8f69884b0a73d14bb6399");
    let users = write(&place, "users.json", &Value::from(wrong).to_string());
    let broken = write(&place, "broken.json", "[]\n{\"_id\": ");
    failed(
        &place.run(["migrate", "realm", &directory, "--users", &users, "--users", &broken]),
        3,
        "error: the lists have entries that are not valid: nothing was taken in\n  \
           [dir]/users.json: entry 2: `identities[1].provider_type`: unknown type `fax`\n  \
           [dir]/users.json: entry 4: `_id`: expected 24 hex digits\n  \
           [dir]/users.json: entry 5: `domain_id`: it is of another app than the entries before: [id], not [id]\n  \
           [dir]/broken.json: after entry 0: EOF while parsing a value at line 2 column 8\n\
         hint: correct or remove the entries, and run the same command again\n",
    );
    assert!(!place.data().exists());
    let absent = place.run(["migrate", "realm", &directory, "--users", "nowhere.json"]);
    assert_eq!((absent.code, absent.out.as_str()), (1, ""));
    assert!(absent.err.starts_with("error: failed to read nowhere.json\n"), "{}", absent.err);
}

#[test]
fn what_the_command_line_of_the_original_printed_is_a_list_too() {
    let place = Place::new();
    let row = |n: u32, name: &str, value: &str| json!({ "ID": id(n), "Type": "normal", "Enabled": "true", "Last Authenticated": "2022-12-08 18:11:39 +0000 UTC", name: value });
    let table = |title: &str, rows: Value| json!({ "time": "2025-09-01T00:00:00Z", "level": "info", "message": title, "data": rows, "headers": [] });
    let printed = [
        table("Provider type: User/Password", json!([row(1, "Email", "anna@news.example")])),
        table("Provider type: Google", json!([row(3, "Name", "")])),
        table(
            "Provider type: Anonymous",
            json!([row(1, "Name", ""), row(2, "Name", ""), row(3, "Name", "")]),
        ),
    ];
    let lines: String = printed.iter().map(|line| format!("{line}\n")).collect();
    let users = write(&place, "users.jsonl", &lines);
    let directory = export(&place);
    let run = || -> Value {
        let ran = place.raw(["migrate", "realm", &directory, "--users", &users, "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    };
    let report = run();
    assert_eq!(report["users"], json!({ "brought": 1, "already_there": 0, "not_brought": 1 }));
    assert_eq!(report["guests"], json!({ "brought": 1, "already_there": 0, "not_brought": 0 }));
    assert_eq!(report["cannot_come"], json!({ "password": 1, "guest_login": 1, "external_id_unknown": 1 }));
    let shown = place.raw(["users", "list", "news-qwert", "--json"]).out;
    assert!(shown.contains("1670523099") && shown.contains("anna@news.example"), "{shown}");
    // Their ids are ours, so another run must not make them anew.
    let again = run();
    assert_eq!(again["users"], json!({ "brought": 0, "already_there": 1, "not_brought": 1 }));
    assert_eq!(again["cannot_come"], json!({ "guest_login": 1, "external_id_unknown": 1 }));
    assert_eq!(place.raw(["users", "list", "news-qwert", "--json"]).out, shown);
}
