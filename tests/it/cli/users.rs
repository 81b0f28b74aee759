//! `passerby users`.

use serde_json::{Value, json};

use super::place::{Place, beside_a_server_and_without, failed, printed};
use crate::support::redact;

const SESSION: &str = "/api/client/v2.0/auth/session";
const PROFILE: &str = "/api/client/v2.0/auth/profile";

fn statuses(place: &Place, guest: usize) -> (u16, u16) {
    let server = place.server.as_ref().unwrap();
    (
        server.with_token("GET", PROFILE, place.token(guest, "access_token")).status,
        server.with_token("POST", SESSION, place.token(guest, "refresh_token")).status,
    )
}

#[test]
fn users_are_listed_oldest_first_in_pages() {
    beside_a_server_and_without(|place| {
        let header = "USER                      TYPE    PROVIDERS  E-MAIL  CREATED                  LAST ACTIVE  STATE\n";
        let row = "[id]  normal  anon-user          [time]  [day]   enabled\n";
        printed(&place.run(["users", "list", "news-aaaaa"]), &format!("{header}{row}{row}"), "");
        let first = place.raw(["users", "list", "news-aaaaa", "--limit", "1"]);
        assert!(first.out.contains(place.user(0)) && !first.out.contains(place.user(1)), "{first:?}");
        let more = format!("There may be more: passerby users list news-aaaaa --after {}\n", place.user(0));
        assert_eq!(first.err, more);
        let rest = place.raw(["users", "list", "news-aaaaa", "--all", "--guests", "--after", place.user(0)]);
        assert!(rest.out.contains(place.user(1)) && !rest.out.contains(place.user(0)), "{rest:?}");
        printed(&place.run(["users", "list", "news-aaaaa", "--disabled"]), "", "No users.\n");
        printed(&place.run(["users", "list", "news-aaaaa", "--disabled", "--json"]), "[]\n", "");
    });
}

#[test]
fn programs_get_users_as_the_admin_api_shows_them() {
    beside_a_server_and_without(|place| {
        let ran = place.raw(["users", "list", "news-aaaaa", "--json"]);
        let users: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((&users[0]["_id"], &users[1]["_id"]), (&json!(place.user(0)), &json!(place.user(1))));
        let clean: Value = serde_json::from_str(&redact(&ran.out).replace("[seconds]", "1")).unwrap();
        assert_eq!(
            clean[0],
            json!({
                "_id": "[id]", "domain_id": "[id]",
                "identities": [{ "id": "[identity]", "provider_type": "anon-user", "provider_id": "[id]" }],
                "type": "normal", "creation_date": 1, "last_authentication_date": 1, "sessions_valid_since": 0,
                "disabled": false, "data": {},
            })
        );
    });
}

#[test]
fn a_user_is_shown_with_sessions_and_devices() {
    beside_a_server_and_without(|place| {
        printed(
            &place.run(["users", "show", "news-aaaaa", place.user(1)]),
            "user         [id]\n\
             type         normal, guest\n\
             created      [time]\n\
             last active  [day] (UTC day)\n\
             state        enabled\n\
             identity     anon-user [identity]\n\n\
             SESSION                   SINCE                    PROVIDER   DEVICE\n\
             [id]  [time]  anon-user  node 22.1, test 1.2, \u{fffd}[31mred\n",
            "",
        );
        let ran = place.raw(["users", "show", "news-aaaaa", place.user(1), "--json"]);
        let user: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(user["guest"], json!(true));
        assert_eq!(user["sessions"][0]["device_id"], json!("636a9db3bdeec4a0374030d8"));
        assert_eq!(user["sessions"][0]["device"]["appVersion"], json!("\u{1b}[31mred"));
    });
}

#[test]
fn a_disabled_user_is_refused_at_the_next_request_and_stays_logged_out() {
    let place = Place::with_server();
    assert_eq!(statuses(&place, 0), (200, 201));
    printed(&place.run(["users", "disable", "news-aaaaa", place.user(0)]), "Disabled [id].\n", "");
    assert_eq!(statuses(&place, 0), (401, 401));
    assert_eq!(statuses(&place, 1), (200, 201));
    let listed = place.raw(["users", "list", "news-aaaaa", "--disabled"]).out;
    assert!(listed.contains(place.user(0)) && listed.contains("disabled"), "{listed}");
    printed(&place.run(["users", "enable", "news-aaaaa", place.user(0)]), "Enabled [id].\n", "");
    assert_eq!(statuses(&place, 0), (401, 401));
}

#[test]
fn a_revoked_user_stays_without_sessions() {
    let place = Place::with_server();
    printed(
        &place.run(["users", "revoke", "news-aaaaa", place.user(0)]),
        "Ended every session of [id].\n",
        "",
    );
    assert_eq!((statuses(&place, 0), statuses(&place, 1)), ((401, 401), (200, 201)));
    let shown = place.raw(["users", "show", "news-aaaaa", place.user(0)]).out;
    assert!(shown.ends_with("\nNo sessions.\n"), "{shown}");
}

#[test]
fn deleting_wants_a_word_and_is_for_good() {
    beside_a_server_and_without(|place| {
        failed(
            &place.run(["users", "delete", "news-aaaaa", place.user(0)]),
            2,
            "error: deleting cannot be undone, and nobody can be asked here: say --yes\n",
        );
        let both = ["users", "delete", "news-aaaaa", place.user(0), place.user(1), "--yes"];
        printed(&place.run(both), "Deleted [id].\nDeleted [id].\n", "");
        failed(&place.run(["users", "show", "news-aaaaa", place.user(0)]), 4, "error: user not found\n");
        failed(&place.run(both), 4, "error: user not found\nhint: it was [id] of news-aaaaa\n");
    });
}

#[test]
fn whoever_a_filter_meets_is_deleted_after_a_dry_run() {
    beside_a_server_and_without(|place| {
        let meets = ["users", "delete", "news-aaaaa", "--provider", "anon-user", "--newer-than", "1d"];
        let with = |more: &[&'static str]| [&meets[..], more].concat();
        let dry = place.run(with(&["--dry-run"]));
        assert_eq!((dry.code, dry.out.lines().count()), (0, 3), "{dry:?}");
        assert_eq!(dry.err, "2 users of news-aaaaa would be deleted.\n");
        failed(
            &place.run(with(&[])),
            2,
            "error: deleting cannot be undone, and nobody can be asked here: say --yes\n",
        );
        let nobody =
            ["users", "delete", "news-aaaaa", "--provider", "anon-user", "--older-than", "1d", "--yes"];
        printed(&place.run(nobody), "Deleted 0 users of news-aaaaa.\n", "");
        printed(&place.run(with(&["--yes", "--json"])), "{\"deleted\":2}\n", "");
        printed(&place.run(with(&["--yes"])), "Deleted 0 users of news-aaaaa.\n", "");
        printed(&place.run(["users", "list", "news-aaaaa"]), "", "No users.\n");
    });
}

#[test]
fn deleting_without_saying_whom_is_wrong_usage() {
    let place = Place::new();
    let whom = "error: say whom: users, or a filter such as --provider anon-user --older-than 90d\n";
    failed(&place.run(["users", "delete", "news-aaaaa", "--yes"]), 2, whom);
    let user = "636a9db3bdeec4a0374030d4";
    let both = place.run(["users", "delete", "news-aaaaa", user, "--guests", "--yes"]);
    failed(&both, 2, "error: say either users or a filter, not both\n");
}

#[test]
fn what_is_no_user_id_is_wrong_usage() {
    let place = Place::new();
    let ran = place.run(["users", "show", "news-aaaaa", "joe"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("expected a user id: 24 hex digits"), "{}", ran.err);
}
