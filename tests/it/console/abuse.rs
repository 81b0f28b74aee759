//! What others try with the console: with forms, paths, headers and cookies of their own.

use serde_json::{Value, json};

use super::browser::{Browser, House};

/// The forms of an app that change something, with fields that would.
const FORMS: [(&str, &[(&str, &str)]); 35] = [
    ("/users/new", &[("email", "eve@evil.example"), ("password", "password1")]),
    ("/users/bulk", &[("clock", "age"), ("days", "1")]),
    ("/users/bulk/call-off", &[]),
    ("/users/pending/{id}/confirm", &[]),
    ("/users/pending/{id}/delete", &[]),
    ("/users/{user}/custom_data", &[("custom_data", "{\"role\": \"admin\"}")]),
    ("/users/{user}/sessions/{id}/revoke", &[]),
    ("/users/{user}/enable", &[]),
    ("/users/{user}/disable", &[]),
    ("/users/{user}/logout", &[]),
    ("/users/{user}/delete", &[]),
    ("/settings/tokens", &[("form", "original"), ("minutes", "5"), ("link_errors", "exact")]),
    ("/settings/origins", &[("origins", "https://evil.example")]),
    ("/settings/sessions", &[("number", "1000"), ("unit", "86400")]),
    ("/settings/environment", &[("environment", "qa")]),
    ("/settings/access", &[("address", "203.0.113.7")]),
    ("/settings/access/{id}/delete", &[]),
    ("/settings/delete", &[("confirm", "news")]),
    ("/auth/providers/anon-user", &[("clock", "never"), ("days", "90")]),
    ("/auth/providers/local-userpass", &[("confirmation", "automatic")]),
    ("/auth/providers/api-key/keys", &[("name", "evil")]),
    ("/auth/providers/api-key/keys/{id}/enable", &[]),
    ("/auth/providers/api-key/keys/{id}/disable", &[]),
    ("/auth/providers/api-key/keys/{id}/delete", &[]),
    ("/deployment/{id}/redeploy", &[]),
    ("/functions/new", &[("name", "evil"), ("source", "exports = () => 1;")]),
    ("/functions/{function}", &[("name", "greet"), ("source", "exports = () => 666;")]),
    ("/functions/{function}/run", &[("arguments", "[]")]),
    ("/functions/{function}/delete", &[]),
    ("/values/new", &[("name", "evil"), ("content", "custom"), ("value", "1")]),
    ("/values/{id}/delete", &[]),
    ("/environment_values/new", &[("name", "evil"), ("none", "1")]),
    ("/secrets/new", &[("name", "evil"), ("value", "hush")]),
    ("/secrets/{id}/delete", &[]),
    (
        "/triggers/new",
        &[
            ("name", "evil"),
            ("function_name", "greet"),
            ("operation_type", "LOGIN"),
            ("provider-anon-user", "true"),
        ],
    ),
];
const NOBODY: &str = "636a9db3bdeec4a0374030d4";

/// A house with a guest and a function; the paths of its forms.
struct Target {
    house: House,
    base: String,
    user: String,
    function: String,
}

impl Target {
    fn open() -> Target {
        let house = House::with(&[
            ("functions/config.json", r#"[{"name": "greet"}]"#),
            ("functions/greet.js", "exports = () => 1;"),
        ]);
        let user = house.log_in().json()["user_id"].as_str().unwrap().to_owned();
        let functions = house.admin("GET", "/functions").json();
        let function = functions[0]["_id"].as_str().unwrap().to_owned();
        let base = house.browser().open("/apps").links("news").remove(0);
        Target { house, base, user, function }
    }

    fn forms(&self) -> Vec<(String, &'static [(&'static str, &'static str)])> {
        let known = |path: &str| {
            let path = path.replace("{user}", &self.user).replace("{function}", &self.function);
            format!("{}{}", self.base, path.replace("{id}", NOBODY))
        };
        FORMS.iter().map(|(path, fields)| (known(path), *fields)).collect()
    }

    /// What was done, and what was refused to those who have a session: (what, status), logins aside.
    fn acts(&self) -> Vec<(String, u64)> {
        let audit = self.house.told(&["audit", "--limit", "1000"]);
        let lines = audit.as_array().unwrap().iter();
        let lines = lines.filter(|line| line["address"].is_string());
        let act =
            |line: &Value| (line["what"].as_str().unwrap().to_owned(), line["status"].as_u64().unwrap());
        lines.map(act).filter(|(what, _)| !what.ends_with("/login")).collect()
    }

    /// Somebody else, signed in.
    fn other(&self, arguments: &[&str]) -> Browser<'_> {
        let made = self.house.told(&[&["admins", "create"], arguments].concat());
        let pair = self.house.told(&["admins", "keys", "create", made["_id"].as_str().unwrap()]);
        let browser = Browser::new(&self.house.server);
        let key = |name: &str| pair[name].as_str().unwrap().to_owned();
        assert_eq!(browser.sign_in(&key("public_key"), &key("private_key")).path, "/apps");
        browser
    }
}

fn body(fields: &[(&str, &str)], token: &str) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields).append_pair("form_token", token).finish()
}

#[test]
fn no_form_does_anything_without_its_token_or_from_elsewhere() {
    let target = Target::open();
    let browser = target.house.browser();
    let own = browser.open("/apps").form_token();
    let foreign = target.house.browser().open("/apps").form_token();
    let origin = format!("http://{}", target.house.server.authority());
    let here = ("Origin", origin.as_str());
    let stranger = Browser::new(&target.house.server);
    for (path, fields) in target.forms() {
        for token in ["", "x", foreign.as_str()] {
            let reply = browser.send("POST", &path, &[here], &body(fields, token));
            assert_eq!(reply.status, 403, "{path} with the token {token:?}");
        }
        for elsewhere in [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Sec-Fetch-Site", "none"),
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
        ] {
            let reply = browser.send("POST", &path, &[elsewhere], &body(fields, &own));
            assert_eq!(reply.status, 403, "{path} from {elsewhere:?}");
        }
        // The token in the path, and another method.
        let in_path = format!("{path}?{}", body(fields, &own));
        let reply = browser.send("GET", &in_path, &[], "");
        assert!(matches!(reply.status, 200 | 404 | 405), "GET {path}: {}", reply.status);
        for method in ["PUT", "PATCH", "DELETE"] {
            let reply = browser.send(method, &path, &[here], &body(fields, &own));
            assert_eq!(reply.status, 405, "{method} {path}");
        }
        let reply = stranger.send("POST", &path, &[here], &body(fields, &own));
        assert_eq!((reply.status, reply.header("location")), (303, Some("/sign-in?then=%2Fapps")), "{path}");
        // Nor is a token of the Admin API a cookie.
        let bearer = format!("Bearer {}", browser.cookie("passerby_console").unwrap());
        let reply = stranger.send("POST", &path, &[here, ("Authorization", &bearer)], &body(fields, &own));
        assert_eq!(reply.status, 303, "{path}");
    }
    assert_eq!(target.acts(), []);
}

#[test]
fn no_form_does_anything_for_who_may_only_read_or_owns_another_project() {
    let target = Target::open();
    let project = target.house.told(&["projects", "create", "Other"])["_id"].as_str().unwrap().to_owned();
    let reader = target.other(&["rita@ops.example", "--role", "read-only"]);
    let stranger = target.other(&["olga@ops.example", "--project", &project]);
    for (who, browser) in [("the reader", &reader), ("the stranger", &stranger)] {
        let token = browser.open("/apps").form_token();
        for (path, fields) in target.forms() {
            let fields = [fields, &[("form_token", token.as_str())]].concat();
            let page = browser.post(&path, &fields);
            // What is asked for first may be no more.
            let expected: &[u16] = if who == "the reader" { &[403, 404] } else { &[403] };
            assert!(expected.contains(&page.status), "{who}, {path}: {} {}", page.status, page.text);
        }
    }
    let done: Vec<_> = target.acts().into_iter().filter(|(_, status)| *status != 403).collect();
    assert_eq!(done, []);
}

#[test]
fn no_page_of_an_app_is_shown_to_who_owns_another_project() {
    let target = Target::open();
    let project = target.house.told(&["projects", "create", "Other"])["_id"].as_str().unwrap().to_owned();
    let stranger = target.other(&["olga@ops.example", "--project", &project]);
    let id = target.base.rsplit('/').next().unwrap();
    // The app below a project that the stranger owns, and below its own.
    for base in [target.base.clone(), format!("/groups/{project}/apps/{id}")] {
        for rest in [
            "",
            "/dashboard",
            "/users",
            "/users/new",
            "/users/bulk",
            "/users/pending",
            "/settings",
            "/settings/delete",
            "/try",
            "/logs",
            "/auth/providers",
            "/auth/providers/anon-user",
            "/deployment",
            "/deployment/review",
            "/deployment/discard",
            "/functions",
            "/functions/new",
            "/values",
            "/values/new",
            "/environment_values/new",
            "/secrets/new",
            "/triggers",
            "/triggers/new",
            &format!("/users/{}", target.user),
            &format!("/functions/{}", target.function),
            &format!("/functions/{}/delete", target.function),
        ] {
            let page = stranger.open(&format!("{base}{rest}"));
            assert!(matches!(page.status, 403 | 404), "{base}{rest}: {}", page.status);
            assert!(
                !page.text.contains("news") && !page.text.contains("greet"),
                "{base}{rest}: {}",
                page.text
            );
        }
    }
    let apps = stranger.open("/apps");
    assert!(!apps.text.contains("news"), "{}", apps.text);
}

/// What stands in a path is one name, whatever is encoded in it: it never leads to another path of the Admin API.
#[test]
fn encoded_slashes_dots_and_lines_lead_nowhere() {
    let target = Target::open();
    let browser = target.house.browser();
    let token = browser.open("/apps").form_token();
    let origin = format!("http://{}", target.house.server.authority());
    let secrets = target.house.admin("GET", "/secrets").json();
    assert_eq!(secrets, json!([]));
    let (user, function) = (&target.user, &target.function);
    let hostile = [
        "..".to_owned(),
        "%2e%2e".to_owned(),
        ".".to_owned(),
        "%2F".to_owned(),
        format!("x%2f..%2f{user}"),
        format!("..%2fusers%2f{user}"),
        format!("..%2F..%2Ffunctions%2F{function}"),
        format!("{user}%3Fx"),
        format!("{user}%23x"),
        format!("{user}%00"),
        format!("{user}%20"),
        format!("%20{user}"),
        "%0d%0aSet-Cookie:%20a=b".to_owned(),
        "%0aLocation:%20https:%2f%2fevil.example".to_owned(),
        "%5c%5cevil.example".to_owned(),
        "%252e%252e%252f".to_owned(),
        "%c2%85".to_owned(),
        "🦀".bytes().map(|b| format!("%{b:02x}")).collect(),
        "a".repeat(8000),
    ];
    let places = [
        ("/users/{}", ""),
        ("/users/{}/delete", "POST"),
        ("/users/{}/disable", "POST"),
        ("/users/{}/sessions/{}/revoke", "POST"),
        ("/users/pending/{}/confirm", "POST"),
        ("/users/pending/{}/run", "POST"),
        ("/users/pending/{}/delete", "POST"),
        ("/users/x/{}", "POST"),
        ("/functions/{}", "POST"),
        ("/functions/{}/delete", "POST"),
        ("/functions/{}/run", "POST"),
        ("/values/{}", "POST"),
        ("/values/{}/delete", "POST"),
        ("/environment_values/{}", "POST"),
        ("/secrets/{}/delete", "POST"),
        ("/triggers/{}/delete", "POST"),
        ("/settings/access/{}/delete", "POST"),
        ("/deployment/{}/redeploy", "POST"),
        ("/auth/providers/{}", "POST"),
        ("/auth/providers/api-key/keys/{}/delete", "POST"),
        ("/auth/providers/api-key/keys/{}/enable", "POST"),
    ];
    let mut asked = Vec::new();
    for name in &hostile {
        for (place, method) in places {
            let path = format!("{}{}", target.base, place.replace("{}", name));
            asked.push(("GET", path.clone()));
            if !method.is_empty() {
                asked.push((method, path));
            }
        }
        let (group, app) = target.base.split_once("/apps/").unwrap();
        asked.push(("GET", format!("{group}/apps/{name}/users")));
        asked.push(("GET", format!("/groups/{name}/apps/{app}/users")));
        asked.push(("POST", format!("{group}/apps/{name}/users/{user}/delete")));
        asked.push(("POST", format!("/sessions/{name}/end")));
    }
    for (method, path) in asked {
        let sent = if method == "GET" { String::new() } else { body(&[], &token) };
        let reply = browser.send(method, &path, &[("Origin", &origin)], &sent);
        assert!(matches!(reply.status, 400 | 403 | 404 | 405), "{method} {path}: {}", reply.status);
        assert_eq!(reply.header("location"), None, "{method} {path}");
        assert!(!reply.headers.iter().any(|(_, value)| value.contains("evil")), "{method} {path}: {reply:?}");
    }
    let done: Vec<_> = target.acts();
    assert_eq!(done, []);
    assert_eq!(browser.open(&format!("{}/users/{user}", target.base)).status, 200, "still there");
}

#[test]
fn acts_are_written_down_as_who_did_them_whatever_the_request_says_of_itself() {
    let target = Target::open();
    let browser = target.house.browser();
    let token = browser.open("/apps").form_token();
    let origin = format!("http://{}", target.house.server.authority());
    let claims = [
        ("Origin", origin.as_str()),
        ("X-BAAS-Request-Origin", "mongodb-baas-cli"),
        ("Authorization", "Bearer somebody.else.entirely"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("Forwarded", "for=203.0.113.9"),
        ("X-Real-IP", "203.0.113.9"),
    ];
    let path = format!("{}/users/{}/disable", target.base, target.user);
    assert_eq!(browser.send("POST", &path, &claims, &body(&[], &token)).status, 303);
    let secret = body(&[("name", "mailKey"), ("value", "hush-hush")], &token);
    assert_eq!(browser.send("POST", &format!("{}/secrets/new", target.base), &claims, &secret).status, 303);
    let audit = target.house.told(&["audit"]);
    let (public, private) = target.house.key_pair();
    let line = |n: usize| {
        let line = &audit[n];
        json!([line["who"], line["what"], line["target"], line["origin"], line["address"], line["status"]])
    };
    let api = format!("/api/admin/v3.0{}", target.base);
    let pattern = "/api/admin/v3.0/groups/{group}/apps/{app}";
    assert_eq!(
        line(0),
        json!([public, format!("POST {pattern}/secrets"), format!("{api}/secrets"), "UI", "127.0.0.1", 201])
    );
    assert_eq!(
        line(1),
        json!([
            public,
            format!("PUT {pattern}/users/{{user}}/disable"),
            format!("{api}/users/{}/disable", target.user),
            "UI",
            "127.0.0.1",
            204
        ])
    );
    let cookie = browser.cookie("passerby_console").unwrap();
    let log = target.house.server.log();
    for hidden in ["hush-hush", &private, &cookie, &token] {
        assert!(!audit.to_string().contains(hidden) && !log.contains(hidden), "{hidden}");
    }
}

const HOSTILE: &str = "\"><script>document.title='run'</script><img src=x onerror=alert(1)>";

/// The name in somebody's token, end to end.
#[test]
fn a_hostile_name_in_a_token_is_text_on_every_page() {
    let key = "0123456789abcdef0123456789abcdef";
    let providers = r#"{"custom-token": {"name": "custom-token", "type": "custom-token", "disabled": false,
        "config": {"audience": [], "signingAlgorithm": "HS256", "useJWKURI": false},
        "secret_config": {"signingKeys": ["jwtKey"]},
        "metadata_fields": [{"required": true, "name": "name", "field_name": "name"}]}}"#;
    let house = House::with(&[("auth/providers.json", providers)]);
    let browser = house.browser();
    let base = browser.open("/apps").links("news").remove(0);
    let new = browser.open(&format!("{base}/secrets/new"));
    new.submit(&browser, &new.path, &[("name", "jwtKey"), ("value", key)]);
    let claims = json!({ "sub": HOSTILE, "aud": house.app(), "exp": 4_102_444_800_i64, "name": HOSTILE });
    let device =
        json!({ "device": { "platform": HOSTILE, "appVersion": HOSTILE, "platformVersion": HOSTILE } });
    let login = json!({ "token": crate::link::signed(&claims, key), "options": device });
    let user = house.log_in_by("custom-token", &login).json()["user_id"].as_str().unwrap().to_owned();
    let bad = json!({ "token": HOSTILE, "options": device });
    assert_eq!(house.log_in_by("custom-token", &bad).status, 401);
    house.log_in_by("custom-function", &json!({ "name": HOSTILE }));
    for path in [
        "/users".to_owned(),
        format!("/users/{user}"),
        format!("/users/{user}/delete"),
        format!("/users/{user}/disable"),
        format!("/users?q={}", "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"),
        format!("/users?email={}&after=%22%3E%3Cimg%3E", "%22%3E%3Cscript%3E"),
        format!("/logs?user_id={user}"),
        "/logs".to_owned(),
        "/logs?co_id=%22%3E%3Cscript%3E&type=%22%3E%3Cscript%3E&start_date=%22%3E%3Cscript%3E".to_owned(),
        "/auth/providers/anon-user?clock=%22%3E%3Cscript%3E&days=%22%3E%3Cscript%3E".to_owned(),
        "/users/bulk?clock=%22%3E%3Cscript%3E&days=%22%3E%3Cscript%3E".to_owned(),
        "/users/pending?after=%22%3E%3Cscript%3E".to_owned(),
        "/functions/%22%3E%3Cscript%3E".to_owned(),
    ] {
        let page = browser.open(&format!("{base}{path}"));
        assert!(!page.text.contains("<script>") && !page.text.contains("<img"), "{path}: {}", page.text);
        assert!(
            page.text.contains("&lt;script&gt;")
                || page.status != 200
                || path.contains("pending")
                || path == "/logs",
            "{path}: {}",
            page.text
        );
    }
    let page = browser.open(&format!("{base}/users/{user}"));
    let title = "<title>&quot;&gt;&lt;script&gt;document.title='run'&lt;/script&gt;";
    assert!(page.text.contains(title), "{}", page.text);
    let sign_in = browser.open("/sign-in?then=%22%3E%3Cscript%3E");
    assert!(sign_in.text.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{}", sign_in.text);
}

#[test]
fn a_key_is_shown_once_and_a_page_that_is_loaded_again_makes_no_other() {
    let providers = r#"{"api-key": {"name": "api-key", "type": "api-key", "disabled": false}}"#;
    let house = House::with(&[("auth/providers.json", providers)]);
    let browser = house.browser();
    let base = browser.open("/apps").links("news").remove(0);
    let page = browser.open(&format!("{base}/auth/providers/api-key"));
    let create = format!("{}/keys", page.path);
    let made = page.submit(&browser, &create, &[("name", "night-job")]);
    let key = made.text.split("data-copy=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!((key.len(), made.path.as_str()), (64, create.as_str()), "never in an address");
    let again = page.submit(&browser, &create, &[("name", "night-job")]);
    assert!(again.status == 409 && !again.text.contains(&key), "{} {}", again.status, again.text);
    for path in [&create, &page.path, &format!("{base}/logs"), &format!("{base}/users")] {
        assert!(!browser.open(path).text.contains(&key), "{path}");
    }
    let told = house.told(&["audit"]).to_string();
    assert!(!told.contains(&key) && !house.server.log().contains(&key));
}

#[test]
fn no_page_leads_to_the_host_that_a_request_names() {
    let house = House::open();
    let browser = house.browser();
    let base = browser.open("/apps").links("news").remove(0);
    for path in
        ["/sign-in", "/apps", "/", &base, &format!("{base}/users"), &format!("{base}/try"), "/nowhere"]
    {
        let evil = [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example")];
        let reply = browser.send("GET", path, &evil, "");
        let text = String::from_utf8(reply.body.clone()).unwrap();
        assert!(!text.contains("evil.example"), "{path}: {text}");
        assert!(!reply.headers.iter().any(|(_, value)| value.contains("evil.example")), "{path}: {reply:?}");
    }
}

#[test]
fn a_form_that_is_no_text_changes_nothing() {
    let target = Target::open();
    let browser = target.house.browser();
    let token = browser.open("/apps").form_token();
    let path = format!("{}/functions/{}", target.base, target.function);
    let origin = format!("http://{}", target.house.server.authority());
    let cookie = format!("passerby_console={}", browser.cookie("passerby_console").unwrap());
    let headers = [("Origin", origin.as_str()), ("Cookie", &cookie)];
    let bytes = [format!("form_token={token}&name=").as_bytes(), b"\xff\xfe"].concat();
    assert_eq!(target.house.server.request("POST", &path, &headers, &bytes).status, 400);
    assert_eq!(target.acts(), []);
}
