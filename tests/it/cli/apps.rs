//! `passerby apps`.

use serde_json::{Value, json};

use super::place::{Place, beside_a_server_and_without, failed, printed};
use crate::support::redact;

#[test]
fn apps_are_listed_with_how_many_came() {
    beside_a_server_and_without(|place| {
        printed(
            &place.run(["apps", "list"]),
            "APP         NAME  PROVIDERS  USERS  GUESTS EXPIRE                CREATED\n\
             news-aaaaa  news  anon-user  2      after 90 days of inactivity  [time]\n",
            "",
        );
        let list: Value = serde_json::from_str(
            &redact(&place.raw(["apps", "list", "--json"]).out).replace("[seconds]", "0"),
        )
        .unwrap();
        assert_eq!(
            list,
            json!([{
                "client_app_id": "news-aaaaa", "name": "news", "_id": "[id]", "group_id": "[id]",
                "config_version": 20_210_101, "providers": ["anon-user"],
                "anonymous_user_expiration": { "clock": "inactivity", "days": 90 }, "created": 0, "users": 2,
            }])
        );
    });
}

#[test]
fn an_empty_store_says_how_to_fill_it() {
    let mut place = Place::new();
    place.server = Some(crate::support::Server::start(&place.data(), &[]));
    printed(&place.run(["apps", "list"]), "", "There is no app yet. `passerby import DIR` takes one in.\n");
    printed(&place.run(["apps", "list", "--json"]), "[]\n", "");
}

#[test]
fn an_unknown_app_is_not_found_with_what_was_meant() {
    beside_a_server_and_without(|place| {
        failed(
            &place.run(["users", "list", "news-aaaab"]),
            4,
            "error: cannot find app using Client App ID 'news-aaaab'\nhint: did you mean news-aaaaa?\n",
        );
        failed(
            &place.run(["keys", "list", "zzz"]),
            4,
            "error: cannot find app using Client App ID 'zzz'\nhint: `passerby apps list` shows which there are\n",
        );
    });
}

#[test]
fn settings_that_make_no_sense_are_invalid() {
    let place = Place::new();
    let file = place.beside("passerby.toml");
    std::fs::write(&file, "dta = \"x\"\n").unwrap();
    let ran = place.run(["apps", "list", "--config", &file]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("dta"), "{}", ran.err);
}

#[test]
fn a_crashed_server_is_in_nobodys_way() {
    let mut place = Place::with_server();
    // Dropping kills it, so its socket stays behind.
    place.server = None;
    assert!(place.data().join("passerby.sock").exists());
    let ran = place.run(["users", "show", "news-aaaaa", place.user(0)]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}
