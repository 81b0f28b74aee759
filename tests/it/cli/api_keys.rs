//! `passerby api-keys`.

use serde_json::{Value, json};

use super::place::{Place, beside_a_server_and_without, failed, printed};
use crate::support::Ran;

const HINT: &str = "hint: `passerby api-keys list news-aaaaa` shows which there are\n";

#[test]
fn a_key_is_printed_once_and_listed_without_its_value() {
    beside_a_server_and_without(|place| {
        place.enable_api_keys();
        printed(&place.run(["api-keys", "list", "news-aaaaa"]), "", "No server has a key.\n");
        let Ran { code, out, err } = place.raw(["api-keys", "create", "news-aaaaa", "night-job"]);
        assert_eq!(code, 0, "{err}");
        let key = out.strip_suffix('\n').unwrap();
        assert!(key.len() == 64 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "only the key: {out:?}");
        let listed: Value =
            serde_json::from_str(&place.raw(["api-keys", "list", "news-aaaaa", "--json"]).out).unwrap();
        let id = listed[0]["_id"].as_str().unwrap();
        assert_eq!(listed, json!([{"_id": id, "name": "night-job", "disabled": false}]));
        assert_eq!(err, format!("This is night-job of news-aaaaa, {id}: it is not shown again.\n"));

        let json = place.raw(["api-keys", "create", "news-aaaaa", "day-job", "--json"]).out;
        let made: Value = serde_json::from_str(&json).unwrap();
        let (second, other) = (made["_id"].as_str().unwrap(), made["key"].as_str().unwrap());
        assert_eq!(made, json!({"_id": second, "key": other, "name": "day-job", "disabled": false}));
        let done = "Disabled [id] of news-aaaaa.\n";
        printed(&place.run(["api-keys", "disable", "news-aaaaa", id]), done, "");
        let listed = place.run(["api-keys", "list", "news-aaaaa"]);
        let (head, rows) = listed.out.split_once('\n').unwrap();
        assert_eq!(head, "KEY                       NAME       CREATED                  STATE");
        // Keys of one second are in no order.
        let mut rows: Vec<&str> = rows.lines().collect();
        rows.sort_unstable();
        assert_eq!(rows, ["[id]  day-job    [time]  enabled", "[id]  night-job  [time]  disabled"]);
        printed(&place.run(["api-keys", "enable", "news-aaaaa", id]), "Enabled [id] of news-aaaaa.\n", "");
        printed(&place.run(["api-keys", "delete", "news-aaaaa", id]), "Deleted [id] of news-aaaaa.\n", "");
        for act in ["disable", "enable", "delete"] {
            let said = format!("error: API key not found\n{HINT}");
            failed(&place.run(["api-keys", act, "news-aaaaa", id]), 4, &said);
        }
        if let Some(server) = &place.server {
            let log = server.log();
            assert!(!log.contains(key) && !log.contains(other), "{log}");
        }
    });
}

#[test]
fn what_is_no_key_is_refused_and_says_what_to_do() {
    let place = Place::with_server();
    let create = |name: &str| place.run(["api-keys", "create", "news-aaaaa", name]);
    let hint = "hint: enable the provider `api-key` in the app directory, and import it\n";
    failed(&create("job"), 4, &format!("error: auth provider not found: 'api-key'\n{hint}"));
    place.enable_api_keys();
    failed(&create(""), 1, "error: 'name' is a required string\n");
    let letters = "error: can only contain ASCII letters, numbers, underscores, and hyphens\n";
    failed(&create("my job"), 1, letters);
    assert_eq!(create("job").code, 0);
    failed(&create("job"), 1, "error: API key with name already exists\n");
    let by_name = place.run(["api-keys", "delete", "news-aaaaa", "job"]);
    assert_eq!((by_name.code, by_name.out.as_str()), (2, ""), "a key is named by its id");
}
