//! What is written, byte for byte.

use serde_json::json;

use super::{GUEST_FILE, GUESTS, import, texts, tree, written};
use crate::model::{Format, ProviderType};

#[test]
fn the_missions_file_comes_back_as_its_page_prints_it() {
    let import =
        import(&[("auth_providers/anon-user.json", "{\"type\": \"anon-user\", \"name\": \"anon-user\",}")]);
    let provider = &import.config.providers[0];
    assert_eq!(provider.key_order, ["type", "name"]);
    let root = r#"{
    "config_version": 20200603,
    "app_id": "news-abcde",
    "name": "news"
}
"#;
    let guest = r#"{
    "type": "anon-user",
    "name": "anon-user",
    "disabled": false
}
"#;
    assert_eq!(
        texts(&written(&import, None)),
        [("auth_providers/anon-user.json", guest), ("config.json", root)]
    );

    let mut import = import;
    import.config.providers[0] = crate::model::Provider::new(ProviderType::AnonUser, false);
    assert_eq!(texts(&written(&import, None))[0], ("auth_providers/anon-user.json", GUEST_FILE));
}

#[test]
fn a_directory_as_the_tools_write_it_comes_back_unchanged() {
    let directories = [
        tree(&[
            (
                "stitch.json",
                r#"{
    "app_id": "news-abcde",
    "config_version": 20180301,
    "name": "news",
    "location": "",
    "security": {
        "allowed_request_origins": [
            "http://localhost:8080"
        ]
    },
    "hosting": {
        "enabled": false
    },
    "sync": {}
}
"#,
            ),
            (
                "auth_providers/custom-token.json",
                r#"{
    "id": "5f5a0d3f2b0c7e1d4c9a8b76",
    "name": "custom-token",
    "type": "custom-token",
    "config": {
        "audience": [],
        "useJWKURI": true
    },
    "metadata_fields": [],
    "disabled": true
}
"#,
            ),
            ("functions/greet/config.json", "{ \"name\": \"greet\" }"),
            ("functions/greet/source.js", "exports = () => 'hi';\r\n"),
        ]),
        tree(&[
            (
                "realm_config.json",
                r#"{
    "app_id": "news-abcde",
    "config_version": 20210101,
    "name": "news",
    "location": "DE-FF",
    "provider_region": "aws-eu-central-1",
    "deployment_model": "LOCAL",
    "environment": ""
}
"#,
            ),
            ("auth/providers.json", GUESTS),
            ("auth/custom_user_data.json", "{\n    \"enabled\": false\n}\n"),
            ("https_endpoints/config.json", "[]"),
            (
                "passerby.json",
                r#"{
    "anonymous_user_expiration": {
        "clock": "inactivity",
        "days": 30
    },
    "access_token": {
        "form": "standard",
        "minutes": 30
    },
    "link_errors": "safe",
    "log_guest_logins": false,
    "compat": {
        "get_login": false
    }
}
"#,
            ),
        ]),
        tree(&[
            ("root_config.json", "{\n    \"name\": \"news\",\n    \"allowed_request_origins\": null\n}\n"),
            (
                ".mdb/meta.json",
                r#"{
    "config_version": 20230101,
    "app_id": "010101010101010101010101",
    "group_id": "020202020202020202020202",
    "client_app_id": "news-abcde"
}
"#,
            ),
            ("hosting/files/logo.png", "\u{0}\u{1}PNG"),
        ]),
    ];
    for directory in directories {
        let import = super::read(&directory, "elsewhere").unwrap();
        assert_eq!(import.warnings, []);
        assert_eq!(texts(&written(&import, None)), texts(&directory));
    }
}

#[test]
fn the_root_says_what_the_configuration_says_now() {
    let mut import = import(&[(
        "realm_config.json",
        r#"{"name": "old", "config_version": 20210101, "app_id": "old-abcde", "allowed_request_origins": []}"#,
    )]);
    import.client_app_id = "new-abcde".parse().ok();
    import.config.name = "new".to_owned();
    import.config.location = "IE".to_owned();
    import.config.allowed_request_origins = vec!["https://example.com".to_owned()];
    let root = r#"{
    "name": "new",
    "config_version": 20210101,
    "app_id": "new-abcde",
    "allowed_request_origins": [
        "https://example.com"
    ],
    "location": "IE"
}
"#;
    assert_eq!(texts(&written(&import, None)), [("realm_config.json", root)]);
}

#[test]
fn versions_convert_into_each_other() {
    let older = import(&[
        (
            "config.json",
            r#"{"config_version": 20200603, "app_id": "news-abcde", "name": "news",
                "security": {"allowed_request_origins": ["https://example.com"]}}"#,
        ),
        ("auth_providers/anon-user.json", GUEST_FILE),
        ("auth_providers/api-key.json", r#"{"type": "api-key", "disabled": true}"#),
        ("values/title.json", "{}"),
    ]);
    for format in Format::ALL {
        let tree = written(&older, Some(format));
        let converted = super::read(&tree, "elsewhere").unwrap();
        assert_eq!(converted.warnings, [], "{format}");
        assert_eq!(converted.client_app_id, "news-abcde".parse().ok(), "{format}");
        assert_eq!(converted.files, older.files, "{format}");
        assert_eq!(converted.config.format, format);
        let config = |mut config: crate::model::AppConfig| {
            config.format = Format::V20210101;
            config.root.clear();
            config.providers.iter_mut().for_each(|provider| provider.key_order.clear());
            config
        };
        assert_eq!(config(converted.config.clone()), config(older.config.clone()), "{format}");
        // And back again.
        let back = super::read(&written(&converted, Some(Format::V20200603)), "elsewhere").unwrap();
        let root = json!({"config_version": 20_200_603, "app_id": "news-abcde", "name": "news",
            "security": {"allowed_request_origins": ["https://example.com"]}});
        assert_eq!(json!(back.config.root), root, "{format}");
    }
    let newest = written(&older, Some(Format::V20230101));
    let root = "{\n    \"name\": \"news\",\n    \"allowed_request_origins\": [\n        \"https://example.com\"\n    ]\n}\n";
    assert_eq!(texts(&newest)[2], ("root_config.json", root));
}

#[test]
fn endpoints_move_between_the_newest_two_versions() {
    let import = import(&[("realm_config.json", "{}"), ("http_endpoints/data_api_config.json", "{}")]);
    let moved = written(&import, Some(Format::V20230101));
    assert!(moved.0.contains_key("https_endpoints/data_api_config.json"));
    let import = super::read(&moved, "news").unwrap();
    assert!(written(&import, Some(Format::V20210101)).0.contains_key("http_endpoints/data_api_config.json"));
    assert!(written(&import, Some(Format::V20230101)).0.contains_key("https_endpoints/data_api_config.json"));
}

#[test]
fn secrets_and_strangers_are_never_exported() {
    let mut import = import(&[("auth/providers.json", GUESTS)]);
    for path in
        ["secrets.json", "README.md", "../functions/x.js", "functions/../../x.js", "auth/providers.json"]
    {
        import.files.push((path.to_owned(), b"{}".to_vec()));
    }
    let tree = written(&import, None);
    assert_eq!(tree.0.keys().collect::<Vec<_>>(), ["auth/providers.json", "realm_config.json"]);
    assert_eq!(texts(&tree)[0].1, GUESTS);
}

#[test]
fn an_id_made_here_is_not_written_and_one_that_came_is() {
    let mut import = import(&[("auth_providers/anon-user.json", GUEST_FILE)]);
    import.config.providers[0].id = "5f5a0d3f2b0c7e1d4c9a8b76".parse().ok();
    assert_eq!(texts(&written(&import, None))[0].1, GUEST_FILE);
    import.config.providers[0].key_order.insert(0, "_id".to_owned());
    let with_id = GUEST_FILE.replacen('{', "{\n    \"_id\": \"5f5a0d3f2b0c7e1d4c9a8b76\",", 1);
    assert_eq!(texts(&written(&import, None))[0].1, with_id);
}

#[test]
fn origins_replace_a_security_that_is_null() {
    let mut import = import(&[("config.json", r#"{"config_version": 20200603, "security": null}"#)]);
    import.config.allowed_request_origins = vec!["https://example.com".to_owned()];
    let again = super::read(&written(&import, None), "news").unwrap();
    assert_eq!(again.config.allowed_request_origins, ["https://example.com"]);
}

#[test]
fn the_hash_sees_what_an_import_takes_and_nothing_else() {
    let hash = |files: &[(&str, &str)]| tree(files).content_hash();
    let app = hash(&[("auth/providers.json", GUESTS), ("functions/a.js", "b")]);
    assert_ne!(app, hash(&[("auth/providers.json", GUESTS), ("functions/a.js", "c")]));
    assert_ne!(app, hash(&[("auth/providers.json", GUESTS), ("functions/a.jsb", "")]));
    assert_ne!(app, hash(&[("auth/providers.json", GUESTS)]));
    assert_eq!(
        app,
        hash(&[
            ("auth/providers.json", GUESTS),
            ("functions/a.js", "b"),
            ("README.md", "x"),
            ("data/x.db", "y")
        ])
    );
}
