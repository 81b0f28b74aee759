//! One directory over another.

use std::collections::BTreeMap;

use super::{GUEST_FILE, texts, tree};
use crate::appdir::{Strategy, Tree, diff, draft_diff, merge, read, read_import};
use crate::model::ProviderType;

fn merged(current: &Tree, given: &Tree, strategy: Strategy) -> Tree {
    merge(current, given, strategy, &BTreeMap::new()).unwrap_or_else(|problems| panic!("{problems}")).tree
}

fn app() -> Tree {
    tree(&[
        (
            "realm_config.json",
            r#"{"config_version": 20210101, "app_id": "news-abcde", "name": "news", "location": "IE"}"#,
        ),
        (
            "auth/providers.json",
            r#"{"anon-user": {"type": "anon-user", "disabled": true}, "api-key": {"type": "api-key", "disabled": false}}"#,
        ),
        ("functions/config.json", r#"[{"name": "keep", "private": false}, {"name": "drop"}]"#),
        ("functions/keep.js", "exports = 1;"),
        ("functions/drop.js", "exports = 2;"),
        ("values/title.json", r#"{"name": "title", "value": 1}"#),
        ("sync/config.json", r#"{"state": "on"}"#),
        ("hosting/files/index.html", "<p>"),
        ("passerby.json", r#"{"link_errors": "strict"}"#),
    ])
}

fn given() -> Tree {
    let body = r#"{"config_version": 20210101, "name": "other", "location": "SG", "app_id": "other-abcde",
        "auth": {"providers": {"anon-user": {"type": "anon-user"}}},
        "functions": {"sources": {"keep.js": "exports = 3;", "new.js": "exports = 4;"}}}"#;
    read_import(body.as_bytes()).unwrap().tree
}

#[test]
fn merging_adds_and_overwrites_and_removes_nothing() {
    let tree = merged(&app(), &given(), Strategy::Merge);
    let import = read(&tree, "app").unwrap();
    assert_eq!(import.config.name, "news");
    assert_eq!(import.config.location, "IE");
    assert_eq!(import.client_app_id, "news-abcde".parse().ok());
    assert!(!import.config.provider(ProviderType::AnonUser).unwrap().disabled);
    assert!(!import.config.provider(ProviderType::ApiKey).unwrap().disabled);
    assert_eq!(
        texts(&tree)[1].1,
        "[\n    {\n        \"name\": \"keep\",\n        \"private\": false\n    },\n    {\n        \"name\": \"drop\"\n    },\n    \
         {\n        \"name\": \"new\",\n        \"private\": true\n    }\n]\n"
    );
    assert_eq!(tree.0["functions/keep.js"], b"exports = 3;");
    for path in ["functions/drop.js", "values/title.json", "hosting/files/index.html", "passerby.json"] {
        assert_eq!(tree.0[path], app().0[path], "{path}");
    }
}

#[test]
fn replacing_empties_what_is_not_given_and_leaves_what_is_one_of_a_kind() {
    let tree = merged(&app(), &given(), Strategy::ReplaceByName);
    let paths: Vec<&String> = tree.0.keys().collect();
    assert_eq!(
        paths,
        [
            "auth/providers.json",
            "functions/config.json",
            "functions/keep.js",
            "functions/new.js",
            "hosting/files/index.html",
            "passerby.json",
            "realm_config.json",
            "sync/config.json",
        ]
    );
    let import = read(&tree, "app").unwrap();
    // The built-in provider is never removed.
    assert!(import.config.provider(ProviderType::ApiKey).unwrap().disabled);
    // A function that came without configuration is one that clients cannot call.
    let list: serde_json::Value = serde_json::from_slice(&tree.0["functions/config.json"]).unwrap();
    assert_eq!(
        list,
        serde_json::json!([{"name": "keep", "private": true}, {"name": "new", "private": true}])
    );
}

#[test]
fn an_older_body_over_a_newer_app_and_the_other_way() {
    let body = r#"{"config_version": 20200603, "security": {"allowed_request_origins": ["https://a.example"]},
        "functions": [{"config": {"name": "keep"}, "source": "exports = 5;"}],
        "auth_providers": [{"type": "anon-user"}], "custom_user_data_config": {"enabled": true}}"#;
    let older = read_import(body.as_bytes()).unwrap().tree;
    let tree = merged(&app(), &older, Strategy::Merge);
    assert_eq!(tree.0["functions/keep.js"], b"exports = 5;");
    assert!(tree.0.contains_key("auth/custom_user_data.json"));
    assert_eq!(read(&tree, "app").unwrap().config.allowed_request_origins, ["https://a.example"]);

    let current = super::tree(&[
        ("config.json", r#"{"config_version": 20200603}"#),
        ("auth_providers/anon-user.json", GUEST_FILE),
    ]);
    let tree = merged(&current, &given(), Strategy::Merge);
    assert_eq!(tree.0["functions/new/source.js"], b"exports = 4;");
    assert!(tree.0.contains_key("functions/new/config.json"));
}

#[test]
fn what_bears_a_known_id_is_the_same_thing_under_another_name() {
    let id = "5f5a0d3f2b0c7e1d4c9a8b76";
    let given = tree(&[
        ("realm_config.json", r#"{"config_version": 20210101}"#),
        ("values/caption.json", r#"{"id": "5f5a0d3f2b0c7e1d4c9a8b76", "name": "caption", "value": 1}"#),
    ]);
    let ids = BTreeMap::from([("values/title".to_owned(), id.parse().ok())]);
    let by_id = merge(&app(), &given, Strategy::Merge, &ids).unwrap().tree;
    assert!(!by_id.0.contains_key("values/title.json"));
    let by_name = merge(&app(), &given, Strategy::ReplaceByName, &ids).unwrap().tree;
    assert!(!by_name.0.contains_key("values/title.json"));
    let unknown = merged(&app(), &given, Strategy::Merge);
    assert!(unknown.0.contains_key("values/title.json"));
}

#[test]
fn a_diff_shows_lines_and_no_secret() {
    let mut given = given();
    given.0.insert("secrets.json".to_owned(), br#"{"__mail_key": "hush"}"#.to_vec());
    let after = merged(&app(), &given, Strategy::Merge);
    let diffs = diff(&app(), &after);
    let keep = diffs.iter().find(|text| text.contains("functions/keep.js")).unwrap();
    assert_eq!(
        keep,
        "--- a/functions/keep.js\n+++ b/functions/keep.js\n@@ -1 +1 @@\n-exports = 1;\n\\ No newline at end of file\n\
         +exports = 3;\n\\ No newline at end of file\n"
    );
    assert!(diffs.iter().any(|text| text.starts_with("--- /dev/null\n+++ b/functions/new.js\n")));
    assert!(diffs.iter().any(|text| text.contains("__mail_key")));
    assert!(!diffs.concat().contains("hush"));
    assert_eq!(diff(&after, &app()).len(), diffs.len() - 1);
}

#[test]
fn a_draft_tells_served_files_and_packages_apart() {
    let before = tree(&[
        ("hosting/files/a.html", "1"),
        ("hosting/files/b.html", "1"),
        ("functions/package.json", r#"{"dependencies": {"a": "1", "b": "1"}}"#),
        ("graphql/config.json", r#"{"use_natural_pluralization": true}"#),
    ]);
    let after = tree(&[
        ("hosting/files/b.html", "2"),
        ("hosting/files/c.html", "1"),
        ("functions/package.json", r#"{"dependencies": {"b": "2"}}"#),
        ("graphql/config.json", "{}"),
    ]);
    let told = serde_json::to_value(draft_diff(&before, &after)).unwrap();
    assert_eq!(
        told["hosting_files_diff"],
        serde_json::json!({"added": ["/c.html"], "deleted": ["/a.html"], "modified": ["/b.html"]})
    );
    assert_eq!(
        told["dependencies_diff"],
        serde_json::json!({"added": [], "deleted": [{"name": "a", "version": "1"}],
            "modified": [{"name": "b", "version": "2", "previous_version": "1"}]})
    );
    assert_eq!(
        told["graphql_config_diff"]["field_diffs"],
        serde_json::json!([{"field_name": "use_natural_pluralization", "field": "use_natural_pluralization",
            "previous": true, "updated": null}])
    );
    let nothing = serde_json::json!({"diffs": [], "hosting_files_diff": {"added": [], "deleted": [], "modified": []},
        "dependencies_diff": {"added": [], "deleted": [], "modified": []}, "graphql_config_diff": {"field_diffs": []},
        "schema_options_diff": {"graphql_validation_diff": [], "rest_validation_diff": []}});
    assert_eq!(serde_json::to_value(draft_diff(&after, &after)).unwrap(), nothing);
}

#[test]
fn a_large_file_is_told_apart_by_its_size() {
    let lines = |from: u32| (from..from + 20_000).map(|line| format!("{line}\n")).collect::<String>();
    let (before, after) = (lines(0), lines(50_000));
    let (before, after) = (tree(&[("functions/a.js", &before)]), tree(&[("functions/a.js", &after)]));
    assert_eq!(
        diff(&before, &after),
        [
            "--- a/functions/a.js\n+++ b/functions/a.js\nFiles differ: 108890 bytes before, 120000 bytes after\n"
        ]
    );
}
