//! What the original's tools get.

use serde_json::{Value, json};

use super::{GUEST_FILE, import};
use crate::appdir::{Export, Import, Mode, Written, write};
use crate::model::{AppId, Format, GroupId, ObjectId};

fn written(import: &Import, mode: Mode, format: Format) -> Written {
    write(&Export {
        config: &import.config,
        files: &import.files,
        client_app_id: &"news-abcde".parse().unwrap(),
        app_id: AppId(ObjectId([1; 12])),
        group_id: GroupId(ObjectId([2; 12])),
        format: Some(format),
        mode,
    })
}

fn text<'a>(written: &'a Written, path: &str) -> &'a str {
    std::str::from_utf8(&written.tree.0[path]).unwrap()
}

/// An app with ids of its own, as a deployment has given them.
fn app() -> Import {
    let mut import = import(&[
        ("config.json", r#"{"config_version": 20200603, "name": "news", "hosting": {"enabled": false}}"#),
        ("auth_providers/anon-user.json", GUEST_FILE),
        ("functions/a/b/config.json", r#"{"private": true, "name": "a/b", "last_modified": 3}"#),
        ("functions/a/b/source.js", "exports = 1;"),
        (
            "services/mail/config.json",
            r#"{"version": 1, "secret_config": {}, "config": {}, "type": "twilio", "name": "mail"}"#,
        ),
        (
            "triggers/t.json",
            r#"{"name": "t", "function_name": "a/b", "function_id": "5f5a0d3f2b0c7e1d4c9a8b77"}"#,
        ),
    ]);
    for (index, id) in import.config.ids.values_mut().enumerate() {
        *id = Some(ObjectId([u8::try_from(index).unwrap(); 12]));
    }
    import.config.providers[0].id = "5f5a0d3f2b0c7e1d4c9a8b76".parse().ok();
    import
}

#[test]
fn a_plain_export_says_every_id() {
    let app = app();
    assert_eq!(app.config.ids.keys().collect::<Vec<_>>(), ["functions/a/b", "services/mail", "triggers/t"]);
    let plain = written(&app, Mode::Plain, Format::V20200603);
    assert_eq!(
        text(&plain, "auth_providers/anon-user.json"),
        "{\n    \"id\": \"5f5a0d3f2b0c7e1d4c9a8b76\",\n    \"name\": \"anon-user\",\n    \"type\": \"anon-user\",\n    \"disabled\": false\n}\n"
    );
    assert_eq!(
        text(&plain, "functions/a/b/config.json"),
        "{\n    \"id\": \"000000000000000000000000\",\n    \"name\": \"a/b\",\n    \"private\": true\n}\n"
    );
    // And they come back: what is imported again is the same thing.
    let again = super::read(&plain.tree, "news").unwrap();
    assert_eq!(again.config.ids, app.config.ids);
}

#[test]
fn a_source_control_export_says_none() {
    for format in [Format::V20180301, Format::V20200603] {
        let kept = written(&app(), Mode::SourceControl, format);
        let root: Value = serde_json::from_str(text(&kept, format.root_file())).unwrap();
        let expected = json!({"config_version": format.number(), "app_id": "news-abcde", "name": "news",
            "location": "US-VA", "deployment_model": "GLOBAL", "security": {},
            "custom_user_data_config": {"enabled": false}, "sync": {"development_mode_enabled": false}});
        assert_eq!(root.to_string(), expected.to_string());
        assert_eq!(text(&kept, "auth_providers/anon-user.json"), GUEST_FILE);
        assert_eq!(
            text(&kept, "services/mail/config.json"),
            "{\n    \"name\": \"mail\",\n    \"type\": \"twilio\",\n    \"config\": {},\n    \"secret_config\": {}\n}\n"
        );
        assert_eq!(
            text(&kept, "triggers/t.json"),
            "{\n    \"name\": \"t\",\n    \"function_name\": \"a/b\"\n}\n"
        );
        assert_eq!(kept.directories, ["values", "graphql/custom_resolvers"]);
        let environments = kept.tree.0.keys().filter(|path| path.starts_with("environments/")).count();
        assert_eq!(environments, 5);
    }
}

#[test]
fn a_template_names_no_app() {
    let template = written(&app(), Mode::Template, Format::V20210101);
    let root: Value = serde_json::from_str(text(&template, "realm_config.json")).unwrap();
    let expected = json!({"config_version": 20_210_101, "name": "news", "location": "US-VA",
        "deployment_model": "GLOBAL", "allowed_request_origins": []});
    assert_eq!(root.to_string(), expected.to_string());
    assert_eq!(text(&template, "auth/custom_user_data.json"), "{\n    \"enabled\": false\n}\n");
    assert_eq!(text(&template, "functions/a/b.js"), "exports = 1;");
}

#[test]
fn what_has_no_place_is_kept_and_named() {
    let app = import(&[
        ("realm_config.json", "{}"),
        ("functions/config.json", "{\"not\": \"a list\"}"),
        ("functions/f.js", "exports = 1;"),
    ]);
    let older = written(&app, Mode::Faithful, Format::V20200603);
    assert_eq!(text(&older, "functions/config.json"), "{\"not\": \"a list\"}");
    let warnings: Vec<String> = older.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["functions/config.json: has no place in the other version: kept where it is, without effect there"]
    );
}
