//! The editors of providers: what they save is what a client can use once it is deployed.

use serde_json::{Value, json};

use super::browser::{Browser, House, Page};
use crate::link::signed;

/// Opens the editor of a provider.
fn editor(house: &House, browser: &Browser<'_>, kind: &str) -> Page {
    let table = browser.app("Authentication");
    assert!(table.path.ends_with("/auth/providers"), "{}", house.app());
    browser.open(&format!("{}/{kind}", table.path))
}

/// Saves an editor with some fields, which it must take.
fn save(page: &Page, browser: &Browser<'_>, fields: &[(&str, &str)]) -> Page {
    let saved = page.submit(browser, &page.path, fields);
    assert!(saved.text.contains("Saved in your draft."), "{}", saved.text);
    saved
}

/// Deploys the draft of whoever looks.
pub(super) fn deploy(page: &Page, browser: &Browser<'_>) {
    let review = page.click(browser, "Review &amp; Deploy");
    let deployed = review.submit(browser, &review.path.replace("/review", "/deploy"), &[]);
    assert!(deployed.text.contains("Deployed. Clients see it from now on."), "{}", deployed.text);
}

/// A provider as the Admin API tells it, without its id.
fn told(house: &House, kind: &str) -> Value {
    let list = house.admin("GET", "/auth_providers").json();
    let found = list.as_array().unwrap().iter().find(|provider| provider["type"] == kind);
    let id = found.unwrap_or_else(|| panic!("no {kind} in {list}"))["_id"].as_str().unwrap();
    let mut provider = house.admin("GET", &format!("/auth_providers/{id}")).json();
    provider.as_object_mut().unwrap().shift_remove("_id");
    provider
}

fn secrets(house: &House) -> Vec<String> {
    let list = house.admin("GET", "/secrets").json();
    list.as_array().unwrap().iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn people_register_once_addresses_are_confirmed_at_once() {
    let house = House::open();
    let browser = house.browser();
    let page = editor(&house, &browser, "local-userpass");
    assert!(page.text.contains("Send a confirmation email"), "{}", page.text);
    let on = [("enabled", "true"), ("confirmation", "automatic")];
    let saved = save(&page, &browser, &on);
    assert!(saved.text.contains("proves nothing about an address"), "{}", saved.text);
    deploy(&saved, &browser);
    let base = "/auth/providers/local-userpass";
    let ann = json!({ "email": "ann@news.example", "password": "correct horse" });
    assert_eq!(house.client(&format!("{base}/register"), &ann).status, 201);
    let login = json!({ "username": "ann@news.example", "password": "correct horse" });
    assert_eq!(house.client(&format!("{base}/login"), &login).status, 200);
    let config = json!({ "autoConfirm": true, "runConfirmationFunction": false, "runResetFunction": false });
    let expected =
        json!({ "name": "local-userpass", "type": "local-userpass", "disabled": false, "config": config });
    assert_eq!(told(&house, "local-userpass"), expected);
}

#[test]
fn a_refused_provider_keeps_what_was_typed_and_changes_nothing() {
    let house = House::open();
    let browser = house.browser();
    let page = editor(&house, &browser, "local-userpass");
    let typed = [("enabled", "true"), ("confirmation", "email"), ("confirmEmailSubject", "Welcome <b>")];
    let refused = page.submit(&browser, &page.path, &typed);
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("Nothing was changed."), "{}", refused.text);
    let why = "expected an address, https://…, as <code>config.emailConfirmationUrl</code>, found none: every registration fails";
    assert!(refused.text.contains(&format!("<li>{why}</li>")), "{}", refused.text);
    assert!(refused.text.contains("value=\"Welcome &lt;b&gt;\""), "{}", refused.text);
    assert!(!browser.open(&page.path).text.contains("You have changes"), "no draft was begun");
    // Mended in place.
    let url = [("emailConfirmationUrl", "https://news.example/confirm")];
    let saved = save(&refused, &browser, &url);
    assert!(saved.text.contains("value=\"Welcome &lt;b&gt;\""), "{}", saved.text);
}

#[test]
fn an_emptied_field_goes_from_the_configuration() {
    let provider = r#"{
        "anon-user": {"name": "anon-user", "type": "anon-user", "disabled": false},
        "local-userpass": {"name": "local-userpass", "type": "local-userpass", "disabled": false, "config": {
            "autoConfirm": true, "resetPasswordUrl": "https://news.example/reset", "unknown": 7}}
    }"#;
    let house = House::with(&[("auth/providers.json", provider)]);
    let browser = house.browser();
    let page = editor(&house, &browser, "local-userpass");
    deploy(&save(&page, &browser, &[("resetPasswordUrl", "")]), &browser);
    let config = json!({
        "autoConfirm": true, "unknown": 7, "runConfirmationFunction": false, "runResetFunction": false
    });
    assert_eq!(told(&house, "local-userpass")["config"], config, "and what the form does not know stays");
}

#[test]
fn a_token_of_your_own_issuer_logs_in() {
    let key = "0123456789abcdef0123456789abcdef";
    let house = House::open();
    let browser = house.browser();
    let page = editor(&house, &browser, "custom-token");
    let typed = [
        ("enabled", "true"),
        ("signingKey-0-new", "jwtKey"),
        ("signingKey-0-value", key),
        ("audience", "site-a\r\n\r\n site-b \r\n"),
        ("requireAudience", "any"),
        ("required-0", "true"),
        ("path-0", "profile.name"),
        ("field-0", "name"),
        ("path-2", "mail"),
    ];
    let saved = save(&page, &browser, &typed);
    assert!(!saved.text.contains(key), "{}", saved.text);
    deploy(&saved, &browser);
    let expected = json!({
        "name": "custom-token", "type": "custom-token", "disabled": false,
        "config": {
            "audience": ["site-a", "site-b"], "requireAnyAudience": true, "signingAlgorithm": "HS256",
            "useJWKURI": false
        },
        "secret_config": { "signingKeys": ["jwtKey"] },
        "metadata_fields": [
            { "required": true, "name": "profile.name", "field_name": "name" },
            { "required": false, "name": "mail" }
        ]
    });
    assert_eq!(told(&house, "custom-token"), expected);
    let claims =
        json!({ "sub": "ann", "aud": "site-b", "exp": 4_102_444_800_i64, "profile": { "name": "Ann" } });
    let token = json!({ "token": signed(&claims, key) });
    let logged_in = house.client("/auth/providers/custom-token/login", &token);
    assert_eq!(logged_in.status, 200, "{logged_in:?}");
}

#[test]
fn a_secret_is_made_with_the_provider_or_not_at_all() {
    let house = House::open();
    let browser = house.browser();
    let page = editor(&house, &browser, "custom-token");
    let value = "a-secret-that-nobody-may-see-again-00";
    let typed =
        |name, value| [("enabled", "true"), ("signingKey-0-new", name), ("signingKey-0-value", value)];
    // Too short a key; a name that none has; none to go with a name; the second of two.
    for (fields, why) in [
        (typed("jwtKey", "short").to_vec(), "would refuse everybody"),
        (typed("jwt key", value).to_vec(), "letters"),
        (typed("jwtKey", "").to_vec(), "needs a value"),
        (
            [
                typed("jwtKey", value).to_vec(),
                vec![("signingKey-1-new", "no way"), ("signingKey-1-value", value)],
            ]
            .concat(),
            "letters",
        ),
    ] {
        let refused = page.submit(&browser, &page.path, &fields);
        assert_eq!(refused.status, 400, "{fields:?}: {}", refused.text);
        assert!(refused.text.contains(why), "{fields:?}: {}", refused.text);
        assert!(
            !refused.text.contains(value) && !refused.text.contains(">short<"),
            "{fields:?}: {}",
            refused.text
        );
        let name = fields[1].1;
        assert!(refused.text.contains(&format!("<option value=\"{name}\" selected>")), "{}", refused.text);
        assert_eq!(secrets(&house), [""; 0], "{fields:?}");
    }
    assert!(!browser.open(&page.path).text.contains("You have changes"), "no draft was begun");
}

#[test]
fn a_secret_that_is_not_there_is_kept_by_name_and_made_later() {
    let providers = r#"{
        "anon-user": {"name": "anon-user", "type": "anon-user", "disabled": false},
        "custom-token": {"name": "custom-token", "type": "custom-token", "disabled": true, "config": {},
            "secret_config": {"signingKeys": ["jwtKey"]}}
    }"#;
    let house = House::with(&[("auth/providers.json", providers)]);
    let browser = house.browser();
    let page = editor(&house, &browser, "custom-token");
    assert!(
        page.text.contains("<option value=\"jwtKey\" selected>jwtKey (not there)</option>"),
        "{}",
        page.text
    );
    save(&page, &browser, &[("enabled", "true")]);
    assert_eq!(secrets(&house), [""; 0]);
    // Its value alone, since its name is chosen already.
    let value = "0123456789abcdef0123456789abcdef";
    let saved = save(&browser.open(&page.path), &browser, &[("signingKey-0-value", value)]);
    assert_eq!(secrets(&house), ["jwtKey"]);
    deploy(&saved, &browser);
    assert_eq!(told(&house, "custom-token")["secret_config"], json!({ "signingKeys": ["jwtKey"] }));
    let claims = json!({ "sub": "ann", "aud": house.app(), "exp": 4_102_444_800_i64 });
    let token = json!({ "token": signed(&claims, value) });
    assert_eq!(house.client("/auth/providers/custom-token/login", &token).status, 200);
}

#[test]
fn a_function_says_who_it_is() {
    let house = House::open();
    let browser = house.browser();
    let list = browser.app("Functions");
    let form = list.click(&browser, "Create New Function");
    let source = "exports = ({ ticket }) => ({ id: `holder of ${ticket}`, name: \"Ann\" });";
    save(&form, &browser, &[("name", "whoIs"), ("source", source), ("private", "true")]);
    let page = editor(&house, &browser, "custom-function");
    let refused = page.submit(&browser, &page.path, &[("enabled", "true")]);
    assert_eq!(refused.status, 400);
    assert!(
        refused.text.contains("expected <code>config.authFunctionName</code>, found none"),
        "{}",
        refused.text
    );
    let saved = save(&refused, &browser, &[("authFunctionName", "whoIs")]);
    deploy(&saved, &browser);
    let login = house.client("/auth/providers/custom-function/login", &json!({ "ticket": "7" }));
    assert_eq!(login.status, 200, "{login:?}");
    let mut provider = told(&house, "custom-function");
    assert!(provider["config"].as_object_mut().unwrap().shift_remove("authFunctionId").is_some());
    assert_eq!(provider["config"], json!({ "authFunctionName": "whoIs" }));
}

#[test]
fn google_facebook_and_apple_are_set_up() {
    let house = House::open();
    let browser = house.browser();
    for (kind, fields, expected) in [
        (
            "oauth2-google",
            vec![
                ("clientId", "web.example\r\nphone.example"),
                ("clientSecret-new", "googleSecret"),
                ("clientSecret-value", "s3cret-of-google"),
                ("metadata-email", "true"),
                ("metadata-name", "true"),
                ("redirect_uris", "https://news.example/signed-in"),
                ("domain_restrictions", "news.example\r\nmail.example"),
            ],
            json!({
                "name": "oauth2-google", "type": "oauth2-google", "disabled": false,
                "config": { "clientId": ["web.example", "phone.example"], "openId": false },
                "secret_config": { "clientSecret": "googleSecret" },
                "metadata_fields": [{ "name": "name", "required": true }, { "name": "email", "required": true }],
                "redirect_uris": ["https://news.example/signed-in"],
                "domain_restrictions": ["news.example", "mail.example"]
            }),
        ),
        (
            "oauth2-facebook",
            vec![
                ("clientId", "1234567890"),
                ("clientSecret-new", "facebookSecret"),
                ("clientSecret-value", "s3cret-of-facebook"),
            ],
            json!({
                "name": "oauth2-facebook", "type": "oauth2-facebook", "disabled": false,
                "config": { "clientId": "1234567890" },
                "secret_config": { "clientSecret": "facebookSecret" },
                "redirect_uris": [], "metadata_fields": [], "domain_restrictions": []
            }),
        ),
        (
            "oauth2-apple",
            vec![
                ("clientId", "example.news.web"),
                ("clientSecret-new", "appleSecret"),
                ("clientSecret-value", "s3cret-of-apple"),
                ("teamId", "ABCDE12345"),
            ],
            json!({
                "name": "oauth2-apple", "type": "oauth2-apple", "disabled": false,
                "config": { "clientId": "example.news.web", "teamId": "ABCDE12345" },
                "secret_config": { "clientSecret": "appleSecret" },
                "redirect_uris": []
            }),
        ),
    ] {
        let page = editor(&house, &browser, kind);
        assert!(page.text.contains("/api/client/v2.0/auth/callback</code>"), "{}", page.text);
        let fields = [vec![("enabled", "true")], fields].concat();
        let saved = save(&page, &browser, &fields);
        assert!(!saved.text.contains("s3cret-of"), "{}", saved.text);
        deploy(&saved, &browser);
        assert_eq!(told(&house, kind), expected);
        // What is shown again is what was saved.
        let again = browser.open(&page.path);
        let saved = save(&again, &browser, &[("enabled", "\0")]);
        deploy(&saved, &browser);
        assert_eq!(told(&house, kind), with_state(&expected, true));
    }
    assert_eq!(secrets(&house), ["googleSecret", "facebookSecret", "appleSecret"]);
}

fn with_state(provider: &Value, disabled: bool) -> Value {
    let mut provider = provider.clone();
    provider["disabled"] = disabled.into();
    provider
}

#[test]
fn domains_without_an_address_are_refused() {
    let house = House::open();
    let browser = house.browser();
    let page = editor(&house, &browser, "oauth2-google");
    let fields = [
        ("enabled", "true"),
        ("clientId", "web.example"),
        ("clientSecret-new", "googleSecret"),
        ("clientSecret-value", "s3cret-of-google"),
        ("domain_restrictions", "news.example"),
    ];
    let refused = page.submit(&browser, &page.path, &fields);
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("failed to restrict domains"), "{}", refused.text);
    assert!(refused.text.contains("news.example</textarea>"), "{}", refused.text);
    assert_eq!(secrets(&house), [""; 0]);
}

#[test]
fn an_api_key_is_shown_once_and_works_until_it_is_disabled() {
    let house = House::open();
    let browser = house.browser();
    let page = editor(&house, &browser, "api-key");
    let create = format!("{}/keys", page.path);
    let early = page.submit(&browser, &create, &[("name", "night-job")]);
    assert_eq!(early.status, 404, "the provider is off: {}", early.text);
    assert!(early.text.contains("value=\"night-job\""), "{}", early.text);
    deploy(&save(&page, &browser, &[("enabled", "true")]), &browser);
    let made = page.submit(&browser, &create, &[("name", "night-job")]);
    assert_eq!((made.status, made.reply.header("cache-control")), (200, Some("no-store")));
    let key = made.text.split("data-copy=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(key.len(), 64, "{}", made.text);
    let log_in = || house.client("/auth/providers/api-key/login", &json!({ "key": key })).status;
    assert_eq!(log_in(), 200);
    let listed = browser.open(&page.path);
    assert!(listed.text.contains("night-job") && !listed.text.contains(&key), "{}", listed.text);
    let off = listed.submit(&browser, &listed.actions("/disable")[0], &[]);
    assert!(off.text.contains("Saved, and live."), "{}", off.text);
    assert_eq!(log_in(), 401);
    let on = off.submit(&browser, &off.actions("/enable")[0], &[]);
    assert_eq!(log_in(), 200);
    let ask = on.click(&browser, "Delete night-job");
    assert!(ask.text.contains("Delete the API key night-job?"), "{}", ask.text);
    let gone = ask.submit(&browser, &ask.path, &[]);
    assert!(gone.text.contains("Deleted.") && !gone.text.contains("night-job"), "{}", gone.text);
    assert_eq!(log_in(), 401);
}

#[test]
fn a_key_of_a_bad_name_is_refused_and_its_name_kept() {
    let house = House::open();
    let browser = house.browser();
    let page = editor(&house, &browser, "api-key");
    deploy(&save(&page, &browser, &[("enabled", "true")]), &browser);
    let create = format!("{}/keys", page.path);
    let refused = page.submit(&browser, &create, &[("name", "\"><script>alert(1)</script>")]);
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(!refused.text.contains("<script>"), "{}", refused.text);
    assert!(
        refused.text.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""),
        "{}",
        refused.text
    );
}

#[test]
fn a_guest_policy_that_is_refused_stays_as_it_was_typed() {
    let house = House::open();
    let browser = house.browser();
    let page = editor(&house, &browser, "anon-user");
    let refused = page.submit(&browser, &page.path, &[("days", "many"), ("clock", "age")]);
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("value=\"many\""), "{}", refused.text);
    assert!(refused.text.contains("<option value=\"age\" selected>"), "{}", refused.text);
}
