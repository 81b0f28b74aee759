//! Directories as one object.

use serde_json::{Value, json};

use super::{import, texts};
use crate::appdir::{Tree, payload_of, read, read_import, read_push};
use crate::model::{Format, ProviderType};

fn tree_of(body: &Value) -> Tree {
    read_import(body.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}")).tree
}

fn refusal(body: &Value) -> String {
    read_import(body.to_string().as_bytes()).expect_err("refused").to_string()
}

#[test]
fn each_shape_becomes_its_directory() {
    let older = json!({
        "config_version": 20_200_603, "name": "news", "security": {}, "sync": null, "custom_user_data_config": null,
        "auth_providers": [{"name": "anon-user", "type": "anon-user"}],
        "functions": [{"config": {"name": "a/b", "private": true}, "source": "exports = 1;"}],
        "values": [{"name": "title", "value": 1}],
        "services": [{"config": {"name": "mongodb-atlas", "type": "mongodb-atlas"}, "incoming_webhooks": null,
                      "rules": [{"database": "d", "collection": "c", "schema": {}}]}],
        "environments": {"qa.json": {"values": {}}},
        "graphql": {"config": {}, "custom_resolvers": []},
    });
    let paths: Vec<String> = tree_of(&older).0.into_keys().collect();
    assert_eq!(
        paths,
        [
            "auth_providers/anon-user.json",
            "config.json",
            "environments/qa.json",
            "functions/a/b/config.json",
            "functions/a/b/source.js",
            "services/mongodb-atlas/config.json",
            "services/mongodb-atlas/rules/d.c.json",
            "values/title.json",
        ]
    );
    let newer = json!({
        "config_version": 20_210_101, "auth": {"providers": {"anon-user": {"type": "anon-user", "name": "anon-user"}},
            "custom_user_data": {"enabled": false}},
        "functions": {"config": [{"name": "a/b"}], "sources": {"a/b.js": "exports = 1;"}},
        "data_sources": [{"config": {"name": "db", "type": "mongodb-atlas"},
                          "rules": [{"database": "d", "collection": "c", "roles": [], "schema": {}}]}],
        "endpoints": {"config": [{"route": "/r", "http_method": "GET"}]}, "secrets": {}, "sync": {}, "services": null,
        "hosting": {"enabled": true},
    });
    let tree = tree_of(&newer);
    assert_eq!(
        tree.0.keys().collect::<Vec<_>>(),
        [
            "auth/custom_user_data.json",
            "auth/providers.json",
            "data_sources/db/config.json",
            "data_sources/db/d/c/rules.json",
            "data_sources/db/d/c/schema.json",
            "functions/a/b.js",
            "functions/config.json",
            "http_endpoints/config.json",
            "realm_config.json",
        ]
    );
    let root = read(&tree, "app").unwrap().config.root;
    assert_eq!(json!(root), json!({"config_version": 20_210_101, "hosting": {"enabled": true}}));
}

#[test]
fn the_smallest_bodies_are_apps() {
    let tree = tree_of(&json!({}));
    assert_eq!(texts(&tree), [("stitch.json", "{\n    \"config_version\": 20180301\n}\n")]);
    let push = read_push(b"{\"name\": \"news\"}").unwrap();
    assert_eq!(push.format, Format::V20230101);
    assert_eq!(texts(&push.tree)[1], ("root_config.json", "{\n    \"name\": \"news\"\n}\n"));
}

#[test]
fn a_provider_without_disabled_is_enabled() {
    let tree = tree_of(&json!({"auth_providers": [{"type": "anon-user"}]}));
    assert!(!read(&tree, "app").unwrap().config.provider(ProviderType::AnonUser).unwrap().disabled);
}

#[test]
fn every_problem_says_where_in_the_body() {
    let body = json!({
        "config_version": 20_210_101,
        "allowed_request_origins": [1],
        "auth": {"providers": {"anon-user": {"type": "anon-user", "disabled": "no"}}},
    });
    assert_eq!(
        refusal(&body),
        "body: $.allowed_request_origins[0]: expected a text, found 1; write \"1\"\n\
         body: $.auth.providers.anon-user.disabled: expected true or false, found \"no\"; did you mean false?"
    );
    let body = json!({
        "config_version": 20_200_603,
        "values": [{"value": 1}, {"name": "../x"}, 3],
        "functions": [{"source": ""}],
        "services": {},
        "triggers": 1,
    });
    assert_eq!(
        refusal(&body),
        "body:1:82: $.functions[0]: expected a `config`, found none\n\
         body:1:38: $.values[0]: expected a `name` in `values`, found none\n\
         body:1:58: $.values[1].name: expected a name that can be a file's, found \"../x\"\n\
         body:1:66: $.values[2]: expected an object, found 3\n\
         body:1:122: $.triggers: expected a list, found 1"
    );
    for version in [json!(1), json!("20210101"), json!(20_230_101), json!({})] {
        assert!(refusal(&json!({ "config_version": version })).contains("$.config_version"), "{version}");
    }
    for body in ["", "[]", "1", "{\"a\": 1, \"a\": 2}", "\u{fffd}"] {
        assert!(read_import(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn secrets_get_names_and_are_told_to_nobody() {
    let body = json!({
        "config_version": 20_210_101,
        "auth": {"providers": {
            "oauth2-google": {"type": "oauth2-google", "config": {"clientId": "x"}},
            "custom-token": {"type": "custom-token", "secret_config": {"signingKeys": ["mine"]}},
        }},
        "services": [{"config": {"name": "twilio_svc", "type": "twilio", "config": {}}}],
        "secrets": {
            "auth_providers": {"oauth2-google": {"clientSecret": "hush-1"}, "custom-token": {"signingKeys": ["hush-2"]}},
            "services": {"twilio_svc": {"auth_token": "hush-3"}, "elsewhere": {"key": "hush-4"}},
        },
    });
    let payload = read_import(body.to_string().as_bytes()).unwrap();
    let import = read(&payload.tree, "app").unwrap();
    let mut secrets: Vec<(&str, &str)> =
        import.secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
    secrets.sort_unstable();
    assert_eq!(
        secrets,
        [
            ("__elsewhere_key", "hush-4"),
            ("__oauth2-google_clientSecret", "hush-1"),
            ("__twilio_svc_auth_token", "hush-3"),
            ("mine", "hush-2"),
        ]
    );
    let google = import.config.provider(ProviderType::Google).unwrap();
    assert_eq!(json!(google.rest["secret_config"]), json!({"clientSecret": "__oauth2-google_clientSecret"}));
    let service = &payload.tree.0["services/twilio_svc/config.json"];
    let service: Value = serde_json::from_slice(service).unwrap();
    assert_eq!(service["secret_config"], json!({"auth_token": "__twilio_svc_auth_token"}));
    assert!(!format!("{payload:?}").contains("hush"));

    let bad = json!({"secrets": {"auth_providers": {"oauth2-google": {"clientSecret": {"hush": 1}, "a b": "hush"}}}});
    let said = refusal(&bad);
    assert!(!said.contains("hush\"") && said.contains("$.secrets"), "{said}");
}

#[test]
fn a_pull_pushes_back() {
    let app = import(&[
        ("root_config.json", r#"{"name": "news", "deployment_model": "LOCAL"}"#),
        ("auth/providers.json", super::GUESTS),
        ("functions/config.json", r#"[{"name": "a/b", "private": true}]"#),
        ("functions/a/b.js", "exports = 1;"),
        ("https_endpoints/config.json", r#"[{"route": "/r"}]"#),
        ("sync/config.json", r#"{"state": ""}"#),
    ]);
    let tree = super::written(&app, None);
    let pulled = payload_of(&tree).unwrap();
    assert_eq!(pulled["functions"], json!([{"name": "a/b", "private": true, "source": "exports = 1;"}]));
    let pushed = read_push(pulled.to_string().as_bytes()).unwrap();
    assert_eq!(payload_of(&pushed.tree).unwrap(), pulled);
}
