//! Every layout, and the mixes that people have.

use serde_json::{Map, json};

use super::{GUEST_FILE, GUESTS, import, tree, warnings};
use crate::appdir::{Import, read};
use crate::model::{AppConfig, Format, Provider, ProviderType, Settings};

/// The mission's file, exactly as its page prints it, with a boolean in the placeholder's stead.
const MISSION: &str = "{\n  \"name\": \"anon-user\",\n  \"type\": \"anon-user\",\n  \"disabled\": false,\n}";

fn guests() -> Provider {
    let key_order = ["name", "type", "disabled"].map(str::to_owned).to_vec();
    Provider { key_order, ..Provider::new(ProviderType::AnonUser, false) }
}

#[test]
fn the_smallest_app_is_the_missions_one_file() {
    let import = import(&[("auth_providers/anon-user.json", MISSION)]);
    assert_eq!(
        import,
        Import {
            client_app_id: None,
            app_id: None,
            config: AppConfig {
                format: Format::V20200603,
                name: "news".to_owned(),
                allowed_request_origins: vec![],
                deployment_model: "GLOBAL".to_owned(),
                location: "US-VA".to_owned(),
                root: Map::new(),
                providers: vec![guests()],
                settings: Settings::default(),
                ids: std::collections::BTreeMap::new(),
            },
            settings_given: false,
            secrets: vec![],
            files: vec![],
            ignored: vec![],
            warnings: import.warnings.clone(),
        }
    );
    let said: Vec<String> = import.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "auth_providers/anon-user.json:4:20: a comma before a closing bracket is no JSON: passed over, and gone on \
          export"
        ]
    );
}

#[test]
fn disabled_is_honoured_and_missing_means_enabled() {
    for (disabled, text) in
        [(true, MISSION.replace("false", "true")), (false, r#"{"type": "anon-user"}"#.to_owned())]
    {
        let import = import(&[("auth_providers/anon-user.json", &text)]);
        assert_eq!(
            import.config.provider(ProviderType::AnonUser).map(|p| p.disabled),
            Some(disabled),
            "{text}"
        );
    }
}

#[test]
fn stitch_json_of_2018() {
    let root = r#"{
        "config_version": 20180301, "app_id": "news-vwxyz", "name": "news", "location": "IE",
        "deployment_model": "Local", "security": {"allowed_request_origins": ["http://localhost:8080"]}, "hosting": {}
    }"#;
    let guest =
        r#"{"id": "5f5a0d3f2b0c7e1d4c9a8b76", "name": "anon-user", "type": "anon-user", "disabled": true}"#;
    let import = import(&[("stitch.json", root), ("auth_providers/anon-user.json", guest)]);
    assert_eq!(import.client_app_id, "news-vwxyz".parse().ok());
    assert_eq!(import.config.format, Format::V20180301);
    assert_eq!(import.config.location, "IE");
    assert_eq!(import.config.deployment_model, "Local");
    assert_eq!(import.config.allowed_request_origins, ["http://localhost:8080"]);
    assert_eq!(import.config.providers[0].id, "5f5a0d3f2b0c7e1d4c9a8b76".parse().ok());
    assert!(import.config.providers[0].disabled);
    assert!(import.warnings.is_empty());
}

#[test]
fn config_json_of_2020_with_nothing_filled_in() {
    let root =
        r#"{"config_version": 20200603, "app_id": "", "name": "", "security": {}, "environment": "none"}"#;
    let import = import(&[("config.json", root), ("auth_providers/anon-user.json", GUEST_FILE)]);
    assert_eq!((import.client_app_id, import.config.name.as_str()), (None, "news"));
    assert_eq!(import.config.format, Format::V20200603);
    assert!(import.config.allowed_request_origins.is_empty());
}

#[test]
fn realm_config_json_of_2021() {
    let root = r#"{"config_version": 20210101, "app_id": "news-abcde", "name": "news",
        "allowed_request_origins": ["https://example.com"], "location": "DE-FF"}"#;
    let import = import(&[("realm_config.json", root), ("auth/providers.json", GUESTS)]);
    assert_eq!(import.client_app_id, "news-abcde".parse().ok());
    assert_eq!(import.config.format, Format::V20210101);
    assert_eq!(import.config.allowed_request_origins, ["https://example.com"]);
    assert_eq!(import.config.location, "DE-FF");
    assert_eq!(import.config.providers, [guests()]);
    assert_eq!(
        import.config.root.keys().collect::<Vec<_>>(),
        ["config_version", "app_id", "name", "allowed_request_origins", "location"]
    );
}

#[test]
fn root_config_json_with_and_without_noted_ids() {
    let root = r#"{"name": "news", "deployment_model": "LOCAL", "provider_region": "aws-eu-west-1"}"#;
    let meta = r#"{"config_version": 20230101, "app_id": "636a9db3bdeec4a0374030d4", "client_app_id": "news-abcde",
        "group_id": "636a9db3bdeec4a0374030d5"}"#;
    let files = [("root_config.json", root), ("auth/providers.json", GUESTS), (".mdb/meta.json", meta)];
    let noted = import(&files);
    assert_eq!(noted.client_app_id, "news-abcde".parse().ok());
    assert_eq!(noted.app_id, "636a9db3bdeec4a0374030d4".parse().ok());
    assert_eq!(noted.config.deployment_model, "LOCAL");
    let plain = import(&files[..2]);
    assert_eq!((plain.client_app_id, plain.app_id), (None, None));
    assert_eq!(plain.config, noted.config);
    assert_eq!(plain.config.format, Format::V20230101);
    assert!(plain.warnings.is_empty());
}

#[test]
fn a_noted_id_that_is_none_is_passed_over() {
    let files = [(".mdb/app_meta.json", r#"{"config_version": 20210101, "app_id": "news-abcde"}"#)];
    assert_eq!((import(&files).app_id, import(&files).config.format), (None, Format::V20210101));
    assert_eq!(
        warnings(&files),
        [
            ".mdb/app_meta.json:1:40: $.app_id: expected an id of 24 hex digits, found \"news-abcde\": passed over"
        ]
    );
}

#[test]
fn without_a_root_the_layout_tells_the_version() {
    let format = |files: &[(&str, &str)]| import(files).config.format;
    assert_eq!(format(&[("auth_providers/anon-user.json", GUEST_FILE)]), Format::V20200603);
    assert_eq!(format(&[("auth/providers.json", GUESTS)]), Format::V20210101);
    assert_eq!(format(&[("auth/providers.json", GUESTS), (".mdb/meta.json", "{}")]), Format::V20230101);
}

#[test]
fn the_newer_of_two_roots_counts_and_nothing_of_the_older_is_lost() {
    let older = r#"{"config_version": 20210101, "app_id": "news-abcde", "name": "old", "location": "IE",
        "allowed_request_origins": ["https://example.com"], "sync": {"development_mode_enabled": false}}"#;
    let files = [("realm_config.json", older), ("root_config.json", r#"{"name": "news", "location": "SG"}"#)];
    let import = import(&files);
    assert_eq!(import.client_app_id, "news-abcde".parse().ok());
    assert_eq!(import.config.format, Format::V20230101);
    assert_eq!(import.config.name, "news");
    assert_eq!(import.config.allowed_request_origins, ["https://example.com"]);
    let expected = json!({"name": "news", "location": "SG", "sync": {"development_mode_enabled": false}});
    assert_eq!(json!(import.config.root), expected);
    assert_eq!(
        warnings(&files),
        [
            "realm_config.json: `root_config.json` stands beside it and counts: from here comes only what that one lacks, \
         and an export merges the two"
        ]
    );
}

#[test]
fn the_noted_version_chooses_among_roots() {
    let import = import(&[
        ("realm_config.json", r#"{"config_version": 20210101, "name": "old"}"#),
        ("root_config.json", r#"{"name": "news"}"#),
        (".mdb/app_meta.json", r#"{"config_version": 20210101}"#),
    ]);
    assert_eq!((import.config.format, import.config.name.as_str()), (Format::V20210101, "old"));
}

#[test]
fn a_config_json_without_version_is_no_root_beside_one_that_has_it() {
    let files =
        [("realm_config.json", r#"{"config_version": 20210101}"#), ("config.json", r#"{"port": 80}"#)];
    assert_eq!(import(&files).config.format, Format::V20210101);
    assert_eq!(
        warnings(&files),
        [
            "config.json: expected a `config_version`, found none: passed over, `realm_config.json` stands beside it"
        ]
    );
}

#[test]
fn a_root_without_version_is_what_its_name_says() {
    let files = [("stitch.json", r#"{"name": "news"}"#)];
    assert_eq!(import(&files).config.format, Format::V20180301);
    assert_eq!(warnings(&files), ["stitch.json: expected a `config_version`, found none: read as 20180301"]);
}

#[test]
fn a_provider_in_both_layouts_comes_from_the_newer() {
    let files = [
        ("realm_config.json", r#"{"config_version": 20210101}"#),
        ("auth/providers.json", GUESTS),
        ("auth_providers/anon-user.json", r#"{"type": "anon-user", "disabled": true}"#),
        ("auth_providers/api-key.json", r#"{"type": "api-key", "disabled": true}"#),
    ];
    let import = import(&files);
    let found: Vec<_> = import.config.providers.iter().map(|p| (p.kind, p.disabled)).collect();
    assert_eq!(found, [(ProviderType::AnonUser, false), (ProviderType::ApiKey, true)]);
    assert_eq!(
        warnings(&files),
        [
            "auth_providers/anon-user.json:1:1: $: `anon-user` stands in `auth/providers.json` too, which decides: passed \
         over"
        ]
    );
}

#[test]
fn the_type_decides_when_names_disagree() {
    let files = [(
        "auth/providers.json",
        r#"{"guests": {"name": "anon-user", "type": "anon-user"},
 "api-key": {"name": "keys", "type": "api-key"}, "custom-token": {"name": "custom-token"}}"#,
    )];
    let kinds: Vec<_> = import(&files).config.providers.iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProviderType::AnonUser, ProviderType::ApiKey, ProviderType::CustomToken]);
    assert_eq!(
        warnings(&files),
        [
            "auth/providers.json:1:2: $.guests: expected it to be called anon-user, since that is the type, found \
         \"guests\": the type decides",
            "auth/providers.json:2:22: $.api-key.name: expected the name \"api-key\", since that is the type, found \
         \"keys\": the type decides",
            "auth/providers.json:2:66: $.custom-token: expected a `type`, found none: taken to be \"custom-token\", its \
         name",
        ]
    );
}

#[test]
fn config_of_a_guest_is_left_out_and_other_keys_are_kept() {
    let files = [(
        "auth/providers.json",
        r#"{"anon-user": {"type": "anon-user", "config": {"x": 1}, "note": [1]},
 "oauth2-google": {"type": "oauth2-google", "disable": true, "config": {"clientId": "c"}}}"#,
    )];
    let import = import(&files);
    let rest: Vec<_> = import.config.providers.iter().map(|p| json!(p.rest)).collect();
    assert_eq!(rest, [json!({"note": [1]}), json!({"disable": true, "config": {"clientId": "c"}})]);
    assert_eq!(
        warnings(&files),
        [
            "auth/providers.json:1:37: $.anon-user.config: expected no `config`, since \"anon-user\" has nothing to \
         configure: left out",
            "auth/providers.json:2:45: $.oauth2-google.disable: expected a key that we know, found \"disable\": kept, \
         without effect; did you mean \"disabled\"?",
        ]
    );
}

#[test]
fn bom_crlf_and_a_missing_last_line_break_pass_in_silence() {
    let text = format!("\u{feff}{}", GUEST_FILE.trim_end().replace('\n', "\r\n"));
    let import = import(&[("auth_providers/anon-user.json", &text)]);
    assert_eq!(import.config.providers, [guests()]);
    assert!(import.warnings.is_empty());
}

#[test]
fn comments_pass_with_a_warning() {
    let text = "{\n  // guests\n  \"type\": \"anon-user\" /* here */\n}";
    let files = [("auth_providers/anon-user.json", text)];
    assert_eq!(
        warnings(&files),
        ["auth_providers/anon-user.json:2:3: comments are no JSON: passed over, and gone on export"]
    );
}

#[test]
fn strangers_are_named_secrets_left_out_and_sections_kept() {
    let files = [
        ("root_config.json", r#"{"name": "news"}"#),
        ("README.md", "# News"),
        ("package.json", "{}"),
        (".DS_Store", ""),
        ("functions/.DS_Store", ""),
        ("auth_providers/anon-user.bck.json", "{"),
        ("auth/notes.txt", ""),
        ("functions/greet.js", "exports = () => 1;\r\n"),
        ("hosting/files/index.html", "<p>"),
        ("auth/custom_user_data.json", "{\"enabled\": false}"),
        ("data_api_config.json", "{}"),
        ("secrets.json", "{\"services\": {},}"),
    ];
    let import = import(&files);
    let kept: Vec<&str> = import.files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        kept,
        [
            "auth/custom_user_data.json",
            "data_api_config.json",
            "functions/greet.js",
            "hosting/files/index.html"
        ]
    );
    assert_eq!(import.files[2].1, b"exports = () => 1;\r\n");
    assert_eq!(
        import.ignored,
        [
            ".DS_Store",
            "README.md",
            "auth/notes.txt",
            "auth_providers/anon-user.bck.json",
            "functions/.DS_Store",
            "package.json"
        ]
    );
    assert_eq!(
        warnings(&files),
        ["secrets.json:1:16: a comma before a closing bracket is no JSON: passed over, and gone on export"]
    );
}

#[test]
fn a_directorys_name_becomes_an_apps_name() {
    let tree = tree(&[("auth/providers.json", GUESTS)]);
    for (directory, name) in [
        ("news", "news"),
        ("My App (old)", "My-App-old"),
        ("2024_news", "news"),
        ("été", "t"),
        ("", "app"),
        ("---", "app"),
        ("a-name-that-is-much-longer-than-names-may-be", "a-name-that-is-much-longer-than"),
    ] {
        assert_eq!(
            read(&tree, directory).map(|import| import.config.name),
            Ok(name.to_owned()),
            "{directory}"
        );
    }
}

#[test]
fn odd_origins_are_kept_with_a_warning() {
    let root = r#"{"allowed_request_origins": ["https://example.com/", "example.com", "*", "capacitor://localhost",
        "http://[::1]:8080", "http://localhost:99999"]}"#;
    let files = [("root_config.json", root)];
    assert_eq!(import(&files).config.allowed_request_origins.len(), 6);
    let at = |place: &str, path: usize| {
        format!(
            "root_config.json:{place}: $.allowed_request_origins[{path}]: expected an origin such as \
             https://example.com:8080, found "
        )
    };
    assert_eq!(
        warnings(&files),
        [
            format!("{}\"https://example.com/\"; did you mean \"https://example.com\"?", at("1:30", 0)),
            format!("{}\"example.com\"; did you mean \"https://example.com\"?", at("1:54", 1)),
            format!("{}\"*\"; an empty list allows every origin", at("1:69", 2)),
            format!("{}\"http://localhost:99999\"", at("2:30", 5)),
        ]
    );
}
