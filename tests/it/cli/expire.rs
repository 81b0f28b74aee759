//! `passerby users expire`.

use passerby::model::{DAY, ObjectId, SessionId, Timestamp, UserId, UserType};
use passerby::store::{Events, LogIn};
use serde_json::{Value, json};

use super::place::{Place, failed, printed};
use crate::support::{Kept, Server, example};

const LONG_AGO: Timestamp = Timestamp(1_700_000_000);
const FAR_AHEAD: Timestamp = Timestamp(4_000_000_000);

const JUMPED: &str = "error: the clock went from [time] to [time], further than is believed: if it is right, say so with \
    accept_clock\nhint: see who would go with --dry-run; --accept-clock says that the clock is right\n";

/// The news example, never served, with three guests from long ago and one who came just now, or later. `seen` is the
/// latest time that the store was told.
fn with_old_guests(seen: Option<Timestamp>) -> Place {
    let place = Place::new();
    assert_eq!(place.run(["import", example("news").to_str().unwrap()]).code, 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Kept::of(&place.data()).open().await;
        let app = store.apps().await.unwrap()[0].key;
        for (second, n) in [(LONG_AGO, 0), (LONG_AGO, 1), (LONG_AGO, 2), (FAR_AHEAD, 3)] {
            let id = |n| ObjectId::from_parts(second, [7; 5], n);
            let act = LogIn {
                app,
                user: UserId(id(2 * n)),
                session: SessionId(id(2 * n + 1)),
                device: None,
                device_details: None,
                identity: None,
                kind: UserType::Normal,
                expires: None,
                events: Events::default(),
                now: second,
            };
            store.log_in(act).await.unwrap();
        }
        if let Some(seen) = seen {
            store.see_time(seen).await.unwrap();
        }
        store.close().await.unwrap();
    });
    place
}

fn users(place: &Place) -> usize {
    let list: Vec<Value> =
        serde_json::from_str(&place.raw(["users", "list", "news-aaaaa", "--json"]).out).unwrap();
    list.len()
}

#[test]
fn a_dry_run_lists_who_would_go_and_removes_nobody() {
    let place = with_old_guests(None);
    let row = "[id]  normal  anon-user          [time]  [day]   enabled\n";
    let ran = place.run(["users", "expire", "news-aaaaa", "--dry-run"]);
    let header =
        "USER                      TYPE    PROVIDERS  E-MAIL  CREATED                  LAST ACTIVE  STATE\n";
    printed(&ran, &format!("{header}{row}{row}{row}"), "3 guests of news-aaaaa would go now.\n");
    let json: Vec<Value> =
        serde_json::from_str(&place.raw(["users", "expire", "news-aaaaa", "--dry-run", "--json"]).out)
            .unwrap();
    assert_eq!(json.len(), 3);
    assert_eq!(json[0]["creation_date"], json!(LONG_AGO.0));
    assert_eq!(users(&place), 4);
}

#[test]
fn guests_whose_time_is_over_are_removed_and_others_are_not() {
    let place = with_old_guests(None);
    printed(&place.run(["users", "expire", "news-aaaaa"]), "Removed 3 guests of news-aaaaa.\n", "");
    assert_eq!(users(&place), 1);
    printed(&place.run(["users", "expire", "news-aaaaa", "--json"]), "{\"removed\":0}\n", "");
    printed(
        &place.run(["users", "expire", "news-aaaaa", "--dry-run"]),
        "",
        "0 guests of news-aaaaa would go now.\n",
    );
}

#[test]
fn after_a_jump_of_the_clock_nobody_goes_before_an_operator_agreed() {
    let mut place = with_old_guests(Some(LONG_AGO.plus(30 * DAY)));
    let server = Server::start(&place.data(), &[]);
    place.server = Some(server);
    failed(&place.run(["users", "expire", "news-aaaaa"]), 6, JUMPED);
    assert_eq!(place.run(["doctor"]).code, 1);
    assert_eq!(users(&place), 4);
    // The reaper believes it from then on too, so either of them removed the three.
    assert_eq!(place.run(["users", "expire", "news-aaaaa", "--accept-clock"]).code, 0);
    assert_eq!(users(&place), 1);
    assert_eq!(place.run(["doctor"]).code, 0);
}

#[test]
fn without_a_server_the_clock_is_accepted_too() {
    let place = with_old_guests(Some(LONG_AGO));
    failed(&place.run(["users", "expire", "news-aaaaa"]), 6, JUMPED);
    printed(
        &place.run(["users", "expire", "news-aaaaa", "--accept-clock"]),
        "Removed 3 guests of news-aaaaa.\n",
        "",
    );
}
