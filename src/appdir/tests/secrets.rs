//! `secrets.json`.

use super::{import, refusal, tree, warnings};
use crate::appdir::Import;

const PROVIDERS: &str = r#"{
    "oauth2-google": {"type": "oauth2-google", "secret_config": {"clientSecret": "googleSecret"}},
    "custom-token": {"type": "custom-token", "secret_config": {"signingKeys": ["old", "new"]}},
    "api-key": {"type": "api-key"}
}"#;

fn with(secrets: &str) -> [(&str, &str); 2] {
    [("auth/providers.json", PROVIDERS), ("secrets.json", secrets)]
}

fn values(import: &Import) -> Vec<(&str, &str)> {
    import.secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect()
}

#[test]
fn both_forms_set_secrets_by_their_names() {
    let files = with(
        r#"{
            "auth_providers": {
                "oauth2-google": {"clientSecret": "g"},
                "custom-token": {"signingKeys": ["one", "two"]}
            },
            "services": {},
            "plain": "p"
        }"#,
    );
    let import = import(&files);
    assert_eq!(values(&import), [("googleSecret", "g"), ("old", "one"), ("new", "two"), ("plain", "p")]);
    assert_eq!((import.warnings.len(), import.files.len(), import.ignored.len()), (0, 0, 0));
    assert!(!format!("{import:?}").contains("\"one\"") && !format!("{:?}", tree(&files)).contains("one"));
}

#[test]
fn what_nobody_asked_for_is_left_out() {
    let secrets = r#"{"auth_providers": {"oauth2-apple": {"clientSecret": "SECRET"},
        "api-key": {"key": "SECRET"}, "custom-token": {"signingKeys": ["SECRET"]}},
        "services": {"mongodb-atlas": {"key": "SECRET"}}}"#;
    assert_eq!(values(&import(&with(secrets))), []);
    let unnamed = "the provider's `secret_config` does not name a secret for each: left out";
    assert_eq!(
        warnings(&with(secrets)),
        [
            "secrets.json:1:21: the app has no such provider: left out".to_owned(),
            format!("secrets.json:2:21: {unnamed}"),
            format!("secrets.json:2:56: {unnamed}"),
            "secrets.json:3:9: nothing takes the secrets of services: left out".to_owned(),
        ]
    );
}

#[test]
fn a_broken_file_is_told_without_a_word_of_it() {
    for (secrets, said) in [
        ("", "1:1: expected JSON, found something else, of which nothing is repeated here"),
        (
            r#"{"name": "SECRET" "SECRET"}"#,
            "1:19: expected JSON, found something else, of which nothing is repeated here",
        ),
        (
            r#"{"name": SECRET}"#,
            "1:10: expected JSON, found something else, of which nothing is repeated here",
        ),
        (r#"["SECRET"]"#, "1:1: expected an object, found something else"),
        (r#"{"name": ["SECRET"]}"#, "1:10: expected a text, found something else"),
        (
            r#"{"auth_providers": {"oauth2-google": "SECRET"}}"#,
            "1:38: expected an object, found something else",
        ),
        (
            r#"{"auth_providers": {"oauth2-google": {"clientSecret": {"SECRET": 1}}}}"#,
            "1:55: expected a text, found something else",
        ),
        (r#"{"name": ""}"#, "1:10: a secret has 1 byte to 16 KiB"),
        (
            r#"{"SECRET?": "SECRET"}"#,
            "1:13: a secret's name begins with a letter, a digit or `_`, then letters, digits, `_`, `-`; 64 at most",
        ),
    ] {
        assert_eq!(refusal(&with(secrets)), format!("secrets.json:{said}"), "{secrets}");
    }
}
