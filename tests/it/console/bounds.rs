//! Pages stay small, whatever people put in them, and say what they leave out.

use serde_json::{Value, json};

use super::browser::{House, Page};

/// A page may not grow with what people put in it.
fn is_bounded(page: &Page) {
    assert_eq!(page.status, 200, "{}", page.path);
    assert!(page.text.len() <= 100 * 1024, "{}: {} bytes", page.path, page.text.len());
}

#[test]
fn a_user_with_more_of_everything_than_a_page_holds_is_shown_in_part() {
    let key = "0123456789abcdef0123456789abcdef";
    let field = |name: String| json!({ "required": false, "name": name, "field_name": name });
    let mut fields: Vec<Value> = (0..25).map(|n| field(format!("f{n}"))).collect();
    fields.push(field("name".to_owned()));
    let providers = json!({
        "anon-user": { "name": "anon-user", "type": "anon-user", "disabled": false },
        "custom-token": {
            "name": "custom-token", "type": "custom-token", "disabled": false,
            "config": { "audience": [], "signingAlgorithm": "HS256", "useJWKURI": false },
            "secret_config": { "signingKeys": ["jwtKey"] },
            "metadata_fields": fields,
        },
    });
    let house = House::with(&[("auth/providers.json", &providers.to_string())]);
    let browser = house.browser();
    let base = browser.open("/apps").links("news").remove(0);
    let new = browser.open(&format!("{base}/secrets/new"));
    new.submit(&browser, &new.path, &[("name", "jwtKey"), ("value", key)]);
    let long = "\"<&>".repeat(300);
    let mut claims =
        json!({ "sub": "ann", "aud": house.app(), "exp": 4_102_444_800_i64, "name": long.repeat(3) });
    for n in 0..25 {
        claims[format!("f{n}")] = json!(long.get(..400));
    }
    let token = crate::link::signed(&claims, key);
    let device = json!({ "device": { "platform": long, "appVersion": long, "platformVersion": long } });
    let login = json!({ "token": token, "options": device });
    let mut user = String::new();
    for _ in 0..30 {
        user = house.log_in_by("custom-token", &login).json()["user_id"].as_str().unwrap().to_owned();
    }
    let deep = format!("{{\"a\": {}{}{}}}", "[".repeat(100), vec!["1"; 7000].join(","), "]".repeat(100));
    let person = browser.open(&format!("{base}/users/{user}"));
    let kept = person.submit(&browser, &format!("{}/custom_data", person.path), &[("custom_data", &deep)]);
    is_bounded(&kept);
    assert!(kept.text.contains("5 more that began before these are not shown"), "{}", kept.text);
    assert!(kept.text.contains("6 more fields are not shown"), "{}", kept.text);
    is_bounded(&browser.open(&format!("{base}/users")));
    is_bounded(&browser.open(&format!("{base}/users/{user}/delete")));
    // What is edited is whole all the same.
    let again = kept.submit(&browser, &format!("{}/custom_data", person.path), &[]);
    assert!(again.text.contains(&vec!["1"; 7000].join(",")), "{}", again.text);
}

#[test]
fn logs_of_long_requests_are_shown_in_part_and_each_alone_whole() {
    let house = House::with(&[
        ("functions/config.json", r#"[{"name": "talk"}]"#),
        ("functions/talk.js", "exports = () => { console.log('<&\">'.repeat(200) + 'the end'); };"),
    ]);
    let browser = house.browser();
    let base = browser.open("/apps").links("news").remove(0);
    let guest = house.log_in().json();
    let token = format!("Bearer {}", guest["access_token"].as_str().unwrap());
    let call = format!("/api/client/v2.0/app/{}/functions/call", house.app());
    for n in 0..60 {
        let name = if n % 2 == 0 { "talk".to_owned() } else { format!("<\"{}", "&".repeat(5000)) };
        let body = json!({ "name": name, "arguments": [] }).to_string();
        house.server.request("POST", &call, &[("Authorization", &token)], body.as_bytes());
    }
    let logs = browser.open(&format!("{base}/logs"));
    is_bounded(&logs);
    assert_eq!(logs.text.matches("has all of it").count(), 25, "{}", logs.text);
    assert_eq!(logs.click(&browser, "Load more").text.matches("<details>").count(), 10);
    let cut = logs.text.split("has all of it").nth(1).unwrap();
    let link = cut.split("/logs?co_id=").nth(1).unwrap().split('"').next().unwrap();
    let one = browser.open(&format!("{base}/logs?co_id={link}"));
    is_bounded(&one);
    assert!(one.text.contains("&lt;&amp;&quot;&gt;the end"), "{}", one.text);
    is_bounded(&browser.open(&format!("{base}/users/{}", guest["user_id"].as_str().unwrap())));
}

#[test]
fn whoever_signs_in_often_is_shown_the_last_of_the_sessions() {
    let house = House::open();
    let (public, private) = house.key_pair();
    let login = json!({ "username": public, "apiKey": private }).to_string();
    for _ in 0..110 {
        let target = "/api/admin/v3.0/auth/providers/mongodb-cloud/login";
        assert_eq!(house.server.request("POST", target, &[], login.as_bytes()).status, 200);
    }
    let browser = house.browser();
    let page = browser.open("/sessions");
    is_bounded(&page);
    assert!(
        page.text.contains("This one") && page.text.contains("11 more that began before these"),
        "{}",
        page.text
    );
}

#[test]
fn numbers_beyond_all_reason_are_refused_or_shown_as_they_are() {
    let house = House::open();
    let browser = house.browser();
    house.log_in();
    let base = browser.open("/apps").links("news").remove(0);
    for days in [
        "0",
        "-1",
        "36500",
        "36501",
        "9223372036854775807",
        "-9223372036854775808",
        "1e99",
        "99999999999999999999",
    ] {
        for page in [
            "auth/providers/anon-user?clock=age",
            "auth/providers/anon-user?clock=inactivity",
            "users/bulk?clock=age",
        ] {
            is_bounded(&browser.open(&format!("{base}/{page}&days={days}")));
        }
        let settings = browser.open(&format!("{base}/settings"));
        let fields = [("number", days), ("unit", "86400")];
        let sent = settings.submit(&browser, &format!("{}/sessions", settings.path), &fields);
        assert_eq!(sent.status, 400, "{days}");
    }
    for query in [
        "skip=99999999999999999999",
        "end_date=99999-01-01T00:00:00Z",
        "start_date=%2B999999999-12-31T23:59:59Z",
    ] {
        let page = browser.open(&format!("{base}/logs?{query}"));
        assert_eq!(page.status, 200, "{query}: {}", page.text);
    }
}

#[test]
fn lists_of_very_many_parts_are_shown_in_part_and_found_by_name() {
    let names: Vec<Value> =
        (0..1000).map(|n| json!({ "name": format!("function_of_a_long_name_{n:04}") })).collect();
    let sources: Vec<String> =
        (0..1000).map(|n| format!("functions/function_of_a_long_name_{n:04}.js")).collect();
    let config = Value::Array(names).to_string();
    let values: Vec<(String, String)> = (0..500)
        .map(|n| {
            (format!("values/v{n:03}.json"), json!({ "name": format!("v{n:03}"), "value": n }).to_string())
        })
        .collect();
    let mut files = vec![("functions/config.json", config.as_str())];
    files.extend(sources.iter().map(|path| (path.as_str(), "exports = () => 1;")));
    files.extend(values.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let house = House::with(&files);
    let browser = house.browser();
    let base = browser.open("/apps").links("news").remove(0);
    for (list, last) in [("functions", "function_of_a_long_name_0999"), ("values", "v499")] {
        let page = browser.open(&format!("{base}/{list}"));
        is_bounded(&page);
        assert!(!page.text.contains(last), "{}", page.text);
        let found = page.submit(&browser, &page.path, &[("q", last)]);
        assert!(found.text.contains(last), "{}", found.text);
        assert_eq!(found.links("Edit").len(), 1, "{}", found.text);
    }
    for page in [
        "triggers/new",
        "auth/providers/custom-function",
        "values/new",
        "deployment",
        "dashboard",
        "settings",
    ] {
        is_bounded(&browser.open(&format!("{base}/{page}")));
    }
}

#[test]
fn a_review_of_very_large_changes_names_what_it_leaves_out() {
    let house = House::open();
    let browser = house.browser();
    let base = browser.open("/apps").links("news").remove(0);
    let new = browser.open(&format!("{base}/functions/new"));
    let source = format!("exports = () => 1;\n{}", "// \"<&>\" \"<&>\"\n".repeat(4000));
    new.submit(&browser, &new.path, &[("name", "large"), ("source", &source)]);
    let value = browser.open(&format!("{base}/values/new"));
    let one_line = format!("\"{}\"", "<".repeat(50_000));
    value.submit(&browser, &value.path, &[("name", "v"), ("value", &one_line)]);
    let review = browser.open(&format!("{base}/deployment/review"));
    is_bounded(&review);
    assert!(review.text.contains("more lines change than a page has room for"), "{}", review.text);
    for file in ["functions/large.js", "values/v.json"] {
        assert!(review.text.contains(file), "{file}: {}", review.text);
    }
}
