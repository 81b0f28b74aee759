//! `passerby watch`.

use std::path::Path;

use super::place::{Place, failed};
use crate::support::Running;

fn providers(disabled: &str) -> String {
    format!(
        "{{\n  \"anon-user\": {{\n    \"name\": \"anon-user\",\n    \"type\": \"anon-user\",\n    \"disabled\": {disabled}\n  }}\n}}\n"
    )
}

fn log_in(place: &Place) -> u16 {
    let target = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";
    place.server.as_ref().unwrap().request("POST", target, &[], b"").status
}

#[test]
fn what_is_saved_is_served_and_what_is_wrong_is_said() {
    let place = Place::with_server();
    let dir = place.beside("news");
    assert_eq!(place.raw(["pull", &dir, "--app", "news-aaaaa"]).code, 0);
    let (data, file) = (place.data(), Path::new(&dir).join("auth/providers.json"));
    let mut watch = Running::start(&["watch", &dir, "--data", data.to_str().unwrap()]);
    assert_eq!(watch.err(), format!("Watching {dir} for news-aaaaa. Ctrl-C ends it."));
    std::fs::write(&file, providers("true")).unwrap();
    assert_eq!(watch.out(), "Pushed to news-aaaaa: 1 file changed");
    assert_eq!(watch.out(), "  changed auth/providers.json");
    assert_eq!(log_in(&place), 401);
    std::fs::write(&file, providers("\"no\"")).unwrap();
    assert_eq!(watch.err(), format!("error: failed to understand the app directory {dir}:"));
    assert_eq!(
        watch.err(),
        "auth/providers.json:5:17: $.anon-user.disabled: expected true or false, found \"no\"; did you mean false?"
    );
    assert_eq!(log_in(&place), 401);
    std::fs::write(&file, providers("false")).unwrap();
    assert_eq!(watch.out(), "Pushed to news-aaaaa: 1 file changed");
    assert_eq!(watch.out(), "  changed auth/providers.json");
    assert_eq!(log_in(&place), 200);
}

#[test]
fn the_first_push_asks_unless_told_not_to() {
    let place = Place::with_server();
    let dir = place.beside("news");
    assert_eq!(place.raw(["pull", &dir, "--app", "news-aaaaa"]).code, 0);
    std::fs::write(Path::new(&dir).join("auth/providers.json"), providers("true")).unwrap();
    let ran = place.raw(["watch", &dir]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.out.contains("+        \"disabled\": true\n"), "{}", ran.out);
    assert_eq!(log_in(&place), 200);
    let data = place.data();
    let mut watch = Running::start(&["watch", &dir, "--yes", "--data", data.to_str().unwrap()]);
    assert_eq!(watch.err(), format!("Watching {dir} for news-aaaaa. Ctrl-C ends it."));
    assert_eq!(log_in(&place), 401);
}

#[test]
fn without_a_server_there_is_nothing_to_watch_for() {
    let place = Place::without_server();
    let dir = place.beside("news");
    assert_eq!(place.raw(["pull", &dir, "--app", "news-aaaaa"]).code, 0);
    failed(
        &place.run(["watch", &dir]),
        4,
        "error: no server runs on this data directory\n\
         hint: start one in another terminal: `passerby serve DIR`\n",
    );
}
