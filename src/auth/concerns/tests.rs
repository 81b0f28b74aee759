use serde_json::{Map, json};

use super::*;
use crate::model::{Settings, default_location};

/// An app with one provider and a function `there`.
fn config(kind: ProviderType, members: &Value) -> AppConfig {
    let mut provider = Provider::new(kind, false);
    provider.rest = members.as_object().cloned().unwrap_or_default();
    AppConfig {
        format: Format::V20210101,
        name: "news".to_owned(),
        allowed_request_origins: Vec::new(),
        deployment_model: "GLOBAL".to_owned(),
        location: default_location().to_owned(),
        root: Map::new(),
        providers: vec![provider],
        settings: Settings::default(),
        ids: std::collections::BTreeMap::new(),
    }
}

fn files() -> Vec<(String, Vec<u8>)> {
    [("functions/config.json", r#"[{"name": "there"}]"#), ("functions/there.js", "exports = () => 1;")]
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .to_vec()
}

fn secret(name: &str) -> Option<Secret<String>> {
    (name == "good").then(|| Secret::new("x".repeat(40)))
}

fn said(kind: ProviderType, members: &Value) -> Vec<(String, bool)> {
    let around = Surroundings { secret: &secret, knows_all_secrets: true, mails: Some(true) };
    let found = concerns(&config(kind, members), &files(), &around);
    let at = format!("$.{kind}");
    assert!(found.iter().all(|concern| concern.json_path.as_deref() == Some(&*at)), "{found:?}");
    found.into_iter().map(|concern| (concern.message, concern.is_broken)).collect()
}

fn broken(message: &str) -> Vec<(String, bool)> {
    vec![(message.to_owned(), true)]
}

#[test]
fn what_works_is_no_concern() {
    for (kind, members) in [
        (ProviderType::AnonUser, json!({})),
        (ProviderType::ApiKey, json!({})),
        (
            ProviderType::LocalUserpass,
            json!({"config": {"emailConfirmationUrl": "https://a.example", "resetPasswordUrl": "myapp://reset"}}),
        ),
        (ProviderType::CustomToken, json!({"secret_config": {"signingKeys": ["good"]}})),
        (
            ProviderType::CustomToken,
            json!({"config": {"useJWKURI": true, "jwkURI": "https://a.example"}, "secret_config": {"signingKeys": []}}),
        ),
        (ProviderType::CustomFunction, json!({"config": {"authFunctionName": "there"}})),
        (
            ProviderType::Google,
            json!({"config": {"clientId": "us"}, "secret_config": {"clientSecret": "good"}}),
        ),
    ] {
        assert_eq!(said(kind, &members), [], "{kind}: {members}");
    }
}

#[test]
fn the_way_of_an_address_that_is_in_force_must_work() {
    let of = |config: Value| said(ProviderType::LocalUserpass, &json!({"config": config}));
    assert_eq!(
        of(json!({"resetPasswordUrl": "https://a.example"})),
        broken(
            "expected an address, https://…, as `config.emailConfirmationUrl`, found none: every registration fails"
        )
    );
    assert_eq!(
        of(
            json!({"runConfirmationFunction": true, "confirmationFunctionName": "gone", "runResetFunction": true,
            "resetFunctionName": "there"})
        ),
        broken(
            "`config.confirmationFunctionName` names the function `gone`, which is not there: every registration fails"
        )
    );
    let automatic = of(json!({"autoConfirm": true, "runResetFunction": true}));
    assert_eq!(
        automatic[1..],
        broken("expected `config.resetFunctionName`, found none: no password can be reset")
    );
    assert!(automatic[0].0.starts_with("`config.autoConfirm` proves nothing") && !automatic[0].1);
}

#[test]
fn mails_that_reach_nobody_are_told() {
    let members = json!({"config": {"emailConfirmationUrl": "https://a.example", "resetPasswordUrl": "https://a.example"}});
    let config = config(ProviderType::LocalUserpass, &members);
    let count = |mails| {
        let around = Surroundings { secret: &secret, knows_all_secrets: true, mails };
        concerns(&config, &files(), &around).len()
    };
    assert_eq!([None, Some(true), Some(false)].map(count), [0, 0, 1]);
}

#[test]
fn a_secret_is_missing_or_only_not_known() {
    let members =
        json!({"secret_config": {"signingKeys": ["good", "gone"]}, "metadata_fields": [{"name": "a"}, 1]});
    assert_eq!(
        said(ProviderType::CustomToken, &members),
        [
            (
                "failed to understand `metadata_fields`: expected a list of {name, required, field_name}: every login is \
                 refused"
                    .to_owned(),
                true
            ),
            ("there is no secret `gone`: every login is refused until `passerby secrets set` sets it".to_owned(), true),
        ]
    );
    let around = Surroundings { secret: &secret, knows_all_secrets: false, mails: None };
    let found = concerns(&config(ProviderType::CustomToken, &members), &files(), &around);
    assert_eq!(
        (found[1].message.as_str(), found[1].is_broken),
        ("it needs the secret `gone`, which secrets.json does not give: the store may have it", false)
    );
    // A stand-in is neither a PEM key nor a .p8 file, which is no concern.
    for (kind, members) in [
        (
            ProviderType::CustomToken,
            json!({"config": {"signingAlgorithm": "RS256"}, "secret_config": {"signingKeys": ["gone"]}}),
        ),
        (
            ProviderType::Apple,
            json!({"config": {"clientId": "us", "teamId": "t", "keyId": "k"}, "secret_config": {"privateKey": "gone"}}),
        ),
    ] {
        assert_eq!(concerns(&config(kind, &members), &files(), &around).len(), 1, "{kind}");
    }
}

#[test]
fn an_issuer_without_a_client_id_is_told() {
    let members = json!({"config": {"clientId": ""}, "secret_config": {"clientSecret": "good"}});
    assert_eq!(
        said(ProviderType::Facebook, &members),
        broken("failed to understand `clientId`: expected a text that is not empty: every login is refused")
    );
}

#[test]
fn disabled_providers_are_nobodys_concern() {
    let mut config = config(ProviderType::CustomFunction, &json!({}));
    config.providers[0].disabled = true;
    let around = Surroundings { secret: &secret, knows_all_secrets: true, mails: None };
    assert_eq!(concerns(&config, &files(), &around), []);
}

#[test]
fn functions_triggers_and_the_creation_of_users_are_looked_at() {
    let mut files = files();
    for (path, text) in [
        ("functions/there.js", "exports = ("),
        (
            "triggers/greet.json",
            r#"{"name": "greet", "type": "AUTHENTICATION", "function_name": "gone",
            "config": {"operation_type": "CREATE", "providers": ["anon-user"]}}"#,
        ),
        ("auth/custom_user_data.json", r#"{"enabled": false, "on_user_creation_function_name": "gone"}"#),
        ("values/a.json", r#"{"name": "a", "value": "gone", "from_secret": true}"#),
    ] {
        files.retain(|(other, _)| other != path);
        files.push((path.to_owned(), text.as_bytes().to_vec()));
    }
    let around = Surroundings { secret: &secret, knows_all_secrets: true, mails: None };
    let found = concerns(&config(ProviderType::AnonUser, &json!({})), &files, &around);
    let places: Vec<&str> = found.iter().map(|concern| concern.file.as_str()).collect();
    assert_eq!(places, ["auth/custom_user_data.json", "triggers/", "values/", "functions/there.js"]);
}

#[test]
fn a_file_with_comments_is_read_and_one_that_is_no_json_is_told() {
    let mut files = files();
    for (path, text) in [
        (
            "triggers/a.json",
            "{ // greets\n \"type\": \"AUTHENTICATION\", \"function_name\": \"gone\", \
            \"config\": {\"operation_type\": \"CREATE\", \"providers\": [\"anon-user\"]}, }",
        ),
        ("triggers/b.json", "{\n  \"type\": }"),
        ("values/c.json", "nonsense"),
    ] {
        files.push((path.to_owned(), text.as_bytes().to_vec()));
    }
    let around = Surroundings { secret: &secret, knows_all_secrets: true, mails: None };
    let found = concerns(&config(ProviderType::AnonUser, &json!({})), &files, &around);
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "triggers/: the trigger `` names the function `gone`, which is not there: its events come to nothing",
            "triggers/b.json:2: expected value at line 2 column 11: the file is passed over",
            "values/c.json:1: expected ident at line 1 column 2: the file is passed over",
        ]
    );
}
