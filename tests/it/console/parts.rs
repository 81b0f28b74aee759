//! Functions, values, secrets and triggers.

use serde_json::{Value, json};

use super::browser::{Browser, House, Page};
use super::editors::deploy;

const HOSTILE: &str = "\"><script>alert(1)</script>";

fn open<'h>(house: &'h House, words: &str) -> (Browser<'h>, Page) {
    let browser = house.browser();
    let page = browser.app(words);
    (browser, page)
}

fn saved(page: &Page, browser: &Browser<'_>, fields: &[(&str, &str)]) -> Page {
    let saved = page.submit(browser, &page.path, fields);
    assert!(saved.text.contains("Saved in your draft."), "{}", saved.text);
    saved
}

fn one(house: &House, kind: &str) -> Value {
    let list = house.admin("GET", kind).json();
    let id = list[0]["_id"].as_str().unwrap_or_else(|| panic!("none in {list}"));
    let mut one = house.admin("GET", &format!("{kind}/{id}")).json();
    for key in ["_id", "last_modified"] {
        one.as_object_mut().unwrap().shift_remove(key);
    }
    one
}

#[test]
fn a_function_is_written_run_changed_and_deleted() {
    let house = House::open();
    let (browser, list) = open(&house, "Functions");
    assert!(list.text.contains("No function yet."), "{}", list.text);
    let form = list.click(&browser, "Create New Function");
    let source =
        "\n\nexports = (name) => {\n  console.log(\"</textarea>\", name);\n  return `Hello, ${name}`;\n};";
    let list = saved(&form, &browser, &[("name", "people/greet"), ("source", source)]);
    deploy(&list, &browser);
    let expected = json!({ "name": "people/greet", "private": false, "source": source });
    assert_eq!(one(&house, "/functions"), expected);

    let page = list.click(&browser, "Edit people/greet");
    let run = format!("{}/run", page.path);
    let ran = page.submit(&browser, &run, &[("arguments", "[\"<b>Ann\"]")]);
    assert_eq!(ran.status, 200, "{}", ran.text);
    assert!(
        ran.text.contains("<pre tabindex=\"0\"><code>&quot;Hello, &lt;b&gt;Ann&quot;</code></pre>"),
        "{}",
        ran.text
    );
    assert!(
        ran.text.contains("<pre tabindex=\"0\"><code>&lt;/textarea&gt; &lt;b&gt;Ann\n</code></pre>"),
        "{}",
        ran.text
    );
    assert!(ran.text.contains("[&quot;&lt;b&gt;Ann&quot;]</textarea>"), "what was typed stays: {}", ran.text);
    let wrong = page.submit(&browser, &run, &[("arguments", "[1")]);
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("What stands as arguments is not JSON"), "{}", wrong.text);
    let nobody = page.submit(&browser, &run, &[("user_id", "nobody")]);
    assert_eq!(nobody.status, 400, "{}", nobody.text);

    // The settings, and back.
    let fields = [
        ("private", "true"),
        ("runs_as", "system"),
        ("log_arguments", "\0"),
        ("can_evaluate", "{\"%%user.id\": {\"%exists\": true}}"),
    ];
    deploy(&saved(&page, &browser, &fields), &browser);
    let settings = json!({
        "name": "people/greet", "private": true, "run_as_system": true, "disable_arg_logs": true,
        "can_evaluate": { "%%user.id": { "%exists": true } }, "source": source
    });
    assert_eq!(one(&house, "/functions"), settings);
    let page = browser.open(&page.path);
    deploy(&saved(&page, &browser, &[("private", "\0"), ("runs_as", "application")]), &browser);
    let changed = one(&house, "/functions");
    assert_eq!((&changed["private"], &changed["run_as_system"]), (&json!(false), &json!(false)));
    assert_eq!(changed["source"], source, "an editor that nobody typed in changes nothing");

    let ask = browser.open(&page.path).click(&browser, "Delete");
    assert!(ask.text.contains("Delete the function people/greet?"), "{}", ask.text);
    let gone = ask.submit(&browser, &ask.path, &[]);
    assert!(gone.text.contains("No function yet."), "{}", gone.text);
    deploy(&gone, &browser);
    assert_eq!(house.admin("GET", "/functions").json(), json!([]));
}

#[test]
fn a_refused_function_keeps_what_was_typed() {
    let house = House::open();
    let (browser, list) = open(&house, "Functions");
    let form = list.click(&browser, "Create New Function");
    let fields = [("name", HOSTILE), ("source", "exports = 7;"), ("private", "true")];
    let refused = form.submit(&browser, &form.path, &fields);
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("ASCII letters, digits, `_` and `-`"), "{}", refused.text);
    assert!(!refused.text.contains("<script>"), "{}", refused.text);
    assert!(refused.text.contains("\nexports = 7;</textarea>"), "{}", refused.text);
    assert!(refused.text.contains("name=\"private\" value=\"true\" checked"), "{}", refused.text);
    let rule = refused.submit(&browser, &form.path, &[("name", "seven"), ("can_evaluate", "{%%user")]);
    assert_eq!(rule.status, 400);
    assert!(rule.text.contains("Can Evaluate is not JSON"), "{}", rule.text);
    assert!(rule.text.contains("{%%user</textarea>"), "{}", rule.text);
    assert!(!rule.text.contains("You have changes"), "{}", rule.text);
}

#[test]
fn values_are_json_or_of_a_secret() {
    let house = House::open();
    let (browser, page) = open(&house, "Values &amp; Secrets");
    let form = page.click(&browser, "Create New Value");
    let wrong = form.submit(&browser, &form.path, &[("name", "title"), ("value", "The news")]);
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("The value is not JSON"), "{}", wrong.text);
    assert!(wrong.text.contains("\nThe news</textarea>"), "{}", wrong.text);
    let list = saved(&wrong, &browser, &[("value", "{\"en\": \"The news\"}")]);
    deploy(&list, &browser);
    let expected =
        json!({ "name": "title", "private": false, "from_secret": false, "value": { "en": "The news" } });
    assert_eq!(without(&one(&house, "/values")), without(&expected));
    let editor = browser.open(&list.path).click(&browser, "Edit title");
    let unchosen = editor.submit(&browser, &editor.path, &[("content", "secret")]);
    assert_eq!(unchosen.status, 400, "{}", unchosen.text);
    assert!(unchosen.text.contains("Choose the secret"), "{}", unchosen.text);
    let secret = browser.open(&list.path).click(&browser, "Create New Secret");
    let kept = secret.submit(&browser, &secret.path, &[("name", "mailKey"), ("value", "opens-the-mail")]);
    assert!(kept.text.contains("Saved, and live.") && !kept.text.contains("opens-the-mail"), "{}", kept.text);
    let editor = browser.open(&editor.path);
    let list = saved(&editor, &browser, &[("content", "secret"), ("secret", "mailKey")]);
    deploy(&list, &browser);
    let value = one(&house, "/values");
    assert_eq!((&value["from_secret"], &value["value"]), (&json!(true), &json!("mailKey")));
    let again = browser.open(&editor.path);
    assert!(again.text.contains("<option value=\"mailKey\" selected>"), "{}", again.text);
}

/// A value without what is only there once it was said.
fn without(value: &Value) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().shift_remove("private");
    value
}

#[test]
fn an_environment_has_values_of_its_own() {
    let house = House::open();
    let (browser, page) = open(&house, "Values &amp; Secrets");
    let form = page.click(&browser, "Create New Environment Value");
    let fields = [("name", "url"), ("none", "\"http://here\""), ("production", "[1, null]"), ("qa", "x")];
    let wrong = form.submit(&browser, &form.path, &fields);
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("QA is not JSON"), "{}", wrong.text);
    deploy(&saved(&wrong, &browser, &[("qa", "")]), &browser);
    let expected = json!({ "name": "url", "values": { "none": "http://here", "production": [1, null] } });
    assert_eq!(one(&house, "/environment_values"), expected);
    let ask = browser.open(&page.path).click(&browser, "Delete url");
    let gone = saved(&ask, &browser, &[]);
    assert!(!gone.text.contains("Edit<span class=\"visually-hidden\"> url"), "{}", gone.text);
}

#[test]
fn a_secret_is_set_renamed_and_deleted_and_never_shown() {
    let house = House::open();
    let (browser, page) = open(&house, "Values &amp; Secrets");
    let form = page.click(&browser, "Create New Secret");
    let value = "never-to-be-seen\r\nin two lines";
    let refused = form.submit(&browser, &form.path, &[("name", HOSTILE), ("value", value)]);
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(
        !refused.text.contains("never-to-be-seen") && !refused.text.contains("<script>"),
        "{}",
        refused.text
    );
    assert!(refused.text.contains("value=\"&quot;&gt;&lt;script&gt;"), "{}", refused.text);
    let none = form.submit(&browser, &form.path, &[("name", "mailKey")]);
    assert_eq!(none.status, 400);
    let list = form.submit(&browser, &form.path, &[("name", "mailKey"), ("value", value)]);
    assert!(!list.text.contains("You have changes"), "a secret is no part of a draft: {}", list.text);
    let editor = list.click(&browser, "Edit mailKey");
    let renamed = editor.submit(&browser, &editor.path, &[("name", "postKey")]);
    let changed =
        editor.submit(&browser, &editor.path, &[("name", "postKey"), ("value", "never-to-be-seen 2")]);
    for page in [&list, &editor, &renamed, &changed, &browser.open(&editor.path)] {
        assert!(!page.text.contains("never-to-be-seen"), "{}", page.text);
    }
    assert!(changed.text.contains("postKey") && !changed.text.contains("mailKey"), "{}", changed.text);
    let ask = changed.click(&browser, "Delete postKey");
    let gone = ask.submit(&browser, &ask.path, &[]);
    assert!(gone.text.contains("Deleted.") && !gone.text.contains("postKey"), "{}", gone.text);
}

#[test]
fn triggers_of_authentication_are_edited_and_others_kept() {
    let house = House::with(&[
        ("functions/config.json", r#"[{"name": "onEvent"}]"#),
        ("functions/onEvent.js", "exports = () => 1;"),
        (
            "triggers/nightly.json",
            r#"{"name": "nightly", "type": "SCHEDULED", "disabled": false,
            "config": {"schedule": "0 0 * * *"}, "function_name": "onEvent"}"#,
        ),
    ]);
    let (browser, list) = open(&house, "Triggers");
    assert!(list.text.contains("Kept, does nothing here"), "{}", list.text);
    assert_eq!(list.links("Edit").len(), 0, "{}", list.text);
    let form = list.click(&browser, "Add a Trigger");
    for (fields, why) in [
        (vec![("name", "greet")], "Choose at least one provider."),
        (vec![("name", "greet"), ("provider-anon-user", "true")], "Choose the function that is called."),
    ] {
        let refused = form.submit(&browser, &form.path, &fields);
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains(why) && refused.text.contains("value=\"greet\""), "{}", refused.text);
    }
    let fields = [
        ("name", "greet"),
        ("provider-anon-user", "true"),
        ("operation_type", "CREATE"),
        ("function_name", "onEvent"),
    ];
    let list = saved(&form, &browser, &fields);
    deploy(&list, &browser);
    let triggers = house.admin("GET", "/triggers?type=AUTHENTICATION").json();
    assert_eq!(triggers.as_array().unwrap().len(), 1, "{triggers}");
    assert_eq!(triggers[0]["config"], json!({ "operation_type": "CREATE", "providers": ["anon-user"] }));
    assert_eq!((&triggers[0]["function_name"], &triggers[0]["disabled"]), (&json!("onEvent"), &json!(false)));
    let editor = browser.open(&list.path).click(&browser, "Edit greet");
    assert!(editor.text.contains("name=\"provider-anon-user\" value=\"true\" checked"), "{}", editor.text);
    deploy(&saved(&editor, &browser, &[("enabled", "\0"), ("operation_type", "DELETE")]), &browser);
    let trigger = house.admin("GET", "/triggers?type=AUTHENTICATION").json()[0].clone();
    assert_eq!(
        (&trigger["config"]["operation_type"], &trigger["disabled"]),
        (&json!("DELETE"), &json!(true))
    );
    let ask = browser.open(&list.path).click(&browser, "Delete greet");
    let gone = saved(&ask, &browser, &[]);
    assert!(gone.text.contains("nightly") && !gone.text.contains("greet"), "{}", gone.text);
    // Nobody edits what the form could not show.
    let other = list.links("Delete nightly").remove(0).replace("/delete", "");
    assert_eq!(browser.open(&other).status, 404);
}

/// Whatever a directory brings as a name stays text on every page.
#[test]
fn hostile_names_are_text() {
    let name = HOSTILE.replace('"', "\\\"");
    let providers = format!(
        r#"{{"anon-user": {{"name": "anon-user", "type": "anon-user", "disabled": false}},
        "custom-token": {{"name": "custom-token", "type": "custom-token", "disabled": false,
            "config": {{"audience": ["{name}"], "jwkURI": "{name}"}},
            "secret_config": {{"signingKeys": ["{name}"]}},
            "metadata_fields": [{{"required": false, "name": "{name}", "field_name": "{name}"}}]}},
        "custom-function": {{"name": "custom-function", "type": "custom-function", "disabled": false,
            "config": {{"authFunctionName": "{name}"}}}},
        "oauth2-google": {{"name": "oauth2-google", "type": "oauth2-google", "disabled": false,
            "config": {{"clientId": "{name}"}}, "secret_config": {{"clientSecret": "{name}"}},
            "redirect_uris": ["{name}"], "domain_restrictions": ["{name}"]}},
        "local-userpass": {{"name": "local-userpass", "type": "local-userpass", "disabled": false,
            "config": {{"emailConfirmationUrl": "{name}", "resetFunctionName": "{name}"}}}}}}"#
    );
    let value = format!(r#"{{"name": "{name}", "value": "</textarea>{name}", "from_secret": false}}"#);
    let trigger = format!(
        r#"{{"name": "{name}", "type": "AUTHENTICATION", "function_name": "{name}",
        "config": {{"operation_type": "LOGIN", "providers": ["{name}"]}}}}"#
    );
    let functions = format!(
        r#"[{{"name": "plain", "can_evaluate": {{"{name}": "{name}"}}, "run_as_user_id": "{name}"}}]"#
    );
    let environment = format!(r#"{{"values": {{"{name}": "{name}"}}}}"#);
    let source = format!("exports = () => 1; // </textarea>{HOSTILE}");
    let house = House::with(&[
        ("auth/providers.json", &providers),
        ("values/v.json", &value),
        ("triggers/t.json", &trigger),
        ("functions/config.json", &functions),
        ("functions/plain.js", &source),
        ("environments/no-environment.json", &environment),
    ]);
    let browser = house.browser();
    let home = browser.app("Authentication");
    let mut pages: Vec<String> = home.links("Edit");
    for words in ["Functions", "Values &amp; Secrets", "Triggers"] {
        let list = home.click(&browser, words);
        pages.push(list.path.clone());
        pages.extend(list.links("Edit"));
        pages.extend(list.links("Delete"));
    }
    assert_eq!(pages.len(), 8 + 3 + 2 * 4, "{pages:?}");
    let mut seen = 0;
    for path in pages {
        let page = browser.open(&path);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(!page.text.contains("<script>alert"), "{path}: {}", page.text);
        seen += usize::from(page.text.contains("&lt;script&gt;alert(1)"));
    }
    assert!(seen >= 12, "only {seen} pages showed the name at all");
}
