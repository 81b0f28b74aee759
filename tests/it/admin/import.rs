//! A whole app, in and out: strategies, differences, drafts, and what is refused.

use std::io::Write;

use serde_json::{Value, json};

use super::desk::{CLI, Desk};

const ANONYMOUS: &str = r#"{"config_version":20200603,"auth_providers":[{"name":"anon-user","type":"anon-user","disabled":false}]}"#;

/// The names of what a list holds.
fn names(desk: &Desk, path: &str) -> Vec<String> {
    let list = desk.get(path);
    let mut names: Vec<String> =
        list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_provider_that_is_imported_lets_guests_in() {
    let desk = Desk::open();
    let (app, id) = desk.app("seed");
    assert_eq!(desk.log_in(&id).status, 401);
    assert_eq!(
        desk.ask_as(CLI, "POST", &format!("{app}/import?strategy=replace"), ANONYMOUS),
        (204, Value::Null)
    );
    assert_eq!(desk.log_in(&id).status, 200);
    let disabled = ANONYMOUS.replace("false", "true");
    assert_eq!(desk.ask_as(CLI, "POST", &format!("{app}/import"), &disabled), (204, Value::Null));
    let refused = desk.log_in(&id);
    assert_eq!((refused.status, &refused.json()["error_code"]), (401, &json!("InvalidSession")));
    let history = desk.get(&format!("{app}/deployments"));
    assert_eq!((history.as_array().unwrap().len(), &history[0]["origin"]), (2, &json!("CLI")));
}

#[test]
fn what_an_import_does_not_name_stays_or_goes_as_asked() {
    let desk = Desk::open();
    let (app, _) = desk.app("seed");
    let import = |strategy: &str, values: &[&str]| {
        let values: Vec<Value> = values.iter().map(|name| json!({ "name": name, "value": 1 })).collect();
        let body = json!({ "config_version": 20_210_101, "values": values }).to_string();
        let path = format!("{app}/import?strategy={strategy}");
        assert_eq!(desk.ask_as("", "POST", &path, &body), (204, Value::Null), "{strategy}");
        names(&desk, &format!("{app}/values"))
    };
    assert_eq!(import("", &["a", "b"]), ["a", "b"]);
    let ids = desk.get(&format!("{app}/values"));
    assert_eq!(import("merge", &["c"]), ["a", "b", "c"]);
    assert_eq!(import("replace-by-name", &["a", "d"]), ["a", "d"]);
    assert_eq!(desk.get(&format!("{app}/values"))[0]["_id"], ids[0]["_id"], "what stays keeps its id");
    assert_eq!(import("replace", &["d"]), ["d"]);
    // The provider of API keys is disabled rather than removed.
    assert_eq!(names(&desk, &format!("{app}/auth_providers")), ["api-key"]);
}

#[test]
fn an_import_that_changes_nothing_is_told_so_beforehand() {
    let desk = Desk::open();
    let (app, id) = desk.app("seed");
    let path = format!("{app}/import?diff=true&strategy=replace-by-name");
    let said = desk.ask_as("", "POST", &path, ANONYMOUS);
    let text = said.1[0].as_str().unwrap().to_owned();
    assert_eq!(said.0, 200);
    assert!(text.contains("anon-user"), "{text}");
    assert_eq!(desk.log_in(&id).status, 401, "nothing was changed");
    assert_eq!(desk.get(&format!("{app}/deployments")), json!([]));
    desk.ask_as("", "POST", &format!("{app}/import?strategy=replace-by-name"), ANONYMOUS);
    let with_key = r#"{"config_version":20200603,"auth_providers":[
        {"name":"api-key","type":"api-key","disabled":true},{"name":"anon-user","type":"anon-user","disabled":false}]}"#;
    assert_eq!(desk.ask_as("", "POST", &path, with_key), (200, json!([])));
}

#[test]
fn an_import_rides_in_the_draft_of_whoever_imports() {
    let desk = Desk::open();
    let (app, id) = desk.app("seed");
    let (_, draft) = desk.ask_as(CLI, "POST", &format!("{app}/drafts"), "");
    assert_eq!(desk.ask_as(CLI, "POST", &format!("{app}/import?strategy=replace-by-name"), ANONYMOUS).0, 204);
    assert_eq!(desk.log_in(&id).status, 401);
    let one = format!("{app}/drafts/{}", draft["_id"].as_str().unwrap());
    let (status, diff) = desk.ask_as(CLI, "GET", &format!("{one}/diff"), "");
    assert_eq!(status, 200);
    assert!(diff["diffs"][0].as_str().unwrap().contains("anon-user"), "{diff}");
    let none = json!({ "added": [], "deleted": [], "modified": [] });
    assert_eq!((&diff["hosting_files_diff"], &diff["dependencies_diff"]), (&none, &none));
    assert_eq!(desk.ask_as(CLI, "POST", &format!("{one}/deployment"), "").0, 201);
    assert_eq!(desk.log_in(&id).status, 200);
    assert_eq!(desk.get(&format!("{app}/deployments")).as_array().unwrap().len(), 1);
}

#[test]
fn a_bad_import_changes_nothing_and_names_what_is_wrong() {
    let desk = Desk::open();
    let (app, _) = desk.app("seed");
    let before = (desk.get(&app), desk.get(&format!("{app}/auth_providers")));
    for (body, code) in [
        ("", "BadRequest"),
        ("  \n", "BadRequest"),
        ("{", "BadRequest"),
        ("[]", "BadRequest"),
        (r#"{"config_version":1}"#, "BadRequest"),
        (r#"{"config_version":20200603,"auth_providers":[{"type":"anon"}]}"#, "BadRequest"),
        (
            r#"{"config_version":20210101,"functions":{"config":[],"sources":{"../../x.js":""}}}"#,
            "BadRequest",
        ),
        (r#"{"config_version":20210101,"values":[{"name":"../../etc/x","value":1}]}"#, "BadRequest"),
    ] {
        let (status, said) = desk.ask_as("", "POST", &format!("{app}/import"), body);
        assert_eq!((status, &said["error_code"]), (400, &json!(code)), "{body}: {said}");
    }
    let (status, said) = desk.ask_as("", "POST", &format!("{app}/import?strategy=all"), ANONYMOUS);
    assert_eq!((status, &said["error_code"]), (400, &json!("InvalidParameter")));
    let misspelt = r#"{"config_version":20200603,"auth_providers":[{"type":"anon-usr"}]}"#;
    let (_, said) = desk.ask_as("", "POST", &format!("{app}/import"), misspelt);
    let problem = &said["problems"][0];
    assert_eq!(
        (&problem["file"], &problem["json_path"]),
        (&json!("body"), &json!("$.auth_providers[0].type"))
    );
    assert_eq!((desk.get(&app), desk.get(&format!("{app}/auth_providers"))), before);
    assert_eq!(desk.get(&format!("{app}/deployments")), json!([]));
}

#[test]
fn a_body_without_end_is_cut_off() {
    let desk = Desk::open();
    let (app, _) = desk.app("seed");
    let mut body = br#"{"config_version":20210101,"values":[{"name":"a","value":""#.to_vec();
    body.resize(33 * 1024 * 1024, b'x');
    body.write_all(br#""}]}"#).unwrap();
    let (status, said) = desk.ask_as("", "POST", &format!("{app}/import"), &String::from_utf8(body).unwrap());
    assert_eq!((status, &said["error_code"]), (413, &json!("ReadSizeLimitExceeded")));
}

#[test]
fn an_export_is_an_archive_of_the_version_that_was_asked_for() {
    let desk = Desk::open();
    let (app, _) = desk.app("seed");
    desk.ask_as("", "POST", &format!("{app}/import"), ANONYMOUS);
    for (query, root, providers) in [
        ("", "realm_config.json", "auth/providers.json"),
        ("?version=20200603", "config.json", "auth_providers/anon-user.json"),
        ("?version=20180301&source_control=true", "stitch.json", "auth_providers/anon-user.json"),
        ("?version=20210101&template=true", "realm_config.json", "auth/providers.json"),
    ] {
        let (head, bytes) = desk.download(&format!("{app}/export{query}"));
        assert!(head.contains("content-type: application/zip\r\n"), "{head}");
        let name = head.split("content-disposition: attachment; filename=\"").nth(1).unwrap();
        let name = name.split('"').next().unwrap();
        assert!(name.starts_with("seed_") && name.len() == "seed_20261126120000.zip".len(), "{name}");
        let tree =
            passerby::appdir::read_archive(&bytes, passerby::appdir::ArchiveLimits::default()).unwrap();
        assert!(tree.0.contains_key(root) && tree.0.contains_key(providers), "{:?}", tree.0.keys());
    }
    assert_eq!(desk.ask_as("", "GET", &format!("{app}/export?version=7"), "").0, 400);
    let live = desk.get(&format!("{app}/deployments"))[0]["_id"].as_str().unwrap().to_owned();
    desk.ask_as("", "POST", &format!("{app}/values"), r#"{"name":"later","value":1}"#);
    let (_, bytes) = desk.download(&format!("{app}/export?deployment={live}"));
    let tree = passerby::appdir::read_archive(&bytes, passerby::appdir::ArchiveLimits::default()).unwrap();
    assert!(!tree.0.contains_key("values/later.json"));
}

#[test]
fn what_is_pulled_is_pushed() {
    let desk = Desk::open();
    let (app, id) = desk.app("seed");
    desk.ask_as("", "POST", &format!("{app}/import"), ANONYMOUS);
    desk.ask("POST", &format!("{app}/functions"), &json!({ "name": "a/b", "source": "exports = () => 1;" }));
    let pulled = desk.get(&format!("{app}/pull"));
    assert_eq!(pulled["name"], "seed");
    let (other, other_id) = desk.app("twin");
    assert_eq!(desk.ask("PATCH", &format!("{other}/push"), &pulled), (204, Value::Null));
    assert_eq!(desk.log_in(&other_id).status, 200);
    assert_ne!(id, other_id);
    assert_eq!(names(&desk, &format!("{other}/functions")), ["a/b"]);
    assert_eq!(desk.get(&other)["name"], "twin");
}
