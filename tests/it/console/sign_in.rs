//! Signing in, and what others cannot make of it.

use super::browser::{Browser, House};
use crate::support::{Server, request};

const COOKIE: &str = "passerby_console";

#[test]
fn an_administrator_signs_in_with_a_key_pair_and_out_again() {
    let house = House::open();
    let browser = Browser::new(&house.server);
    let asked = browser.open("/apps?sort=name");
    assert_eq!(asked.path, "/sign-in?then=%2Fapps%3Fsort%3Dname");
    let (public, private) = house.key_pair();
    let wrong = browser.sign_in(&public, "wrong");
    assert_eq!((wrong.status, browser.cookie(COOKIE)), (401, None));
    assert!(wrong.text.contains(&format!("value=\"{public}\"")), "what was typed stays: {}", wrong.text);
    assert!(!wrong.text.contains("value=\"wrong\""), "but for the secret");
    let apps = asked.submit(&browser, "/sign-in", &[("name", &public), ("secret", &private)]);
    assert_eq!((apps.status, apps.path.as_str()), (200, "/apps?sort=name"));
    let cookie = browser.cookie(COOKIE).unwrap();
    assert_eq!(apps.submit(&browser, "/sign-out", &[]).path, "/sign-in");
    assert_eq!(browser.cookie(COOKIE), None);
    browser.set_cookie(COOKIE, &cookie);
    assert_eq!(browser.open("/apps").path, "/sign-in?then=%2Fapps", "the session itself is over");
}

#[test]
fn nobody_is_led_elsewhere_after_signing_in() {
    let house = House::open();
    let (public, private) = house.key_pair();
    let elsewhere =
        ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil", ""];
    for then in elsewhere {
        let browser = Browser::new(&house.server);
        let page = browser.open("/sign-in");
        let page =
            page.submit(&browser, "/sign-in", &[("name", &public), ("secret", &private), ("then", then)]);
        assert_eq!(page.path, "/apps", "{then}");
    }
}

#[test]
fn a_session_given_beforehand_is_not_the_one_that_is_opened() {
    let house = House::open();
    let other = house.browser();
    let known = other.cookie(COOKIE).unwrap();
    let browser = Browser::new(&house.server);
    browser.set_cookie(COOKIE, &known);
    let (public, private) = house.key_pair();
    browser.sign_in(&public, &private);
    assert_ne!(browser.cookie(COOKIE).unwrap(), known);
}

#[test]
fn tokens_of_apps_and_of_tools_open_no_page() {
    let house = House::open();
    let guest = house.log_in().json();
    let browser = house.browser();
    let of_console = browser.cookie(COOKIE).unwrap();
    let authorization = format!("Bearer {of_console}");
    let refreshed = house.server.request(
        "POST",
        "/api/admin/v3.0/auth/session",
        &[("Authorization", &authorization)],
        b"",
    );
    let access = refreshed.json()["access_token"].as_str().unwrap().to_owned();
    for token in
        [guest["access_token"].as_str().unwrap(), guest["refresh_token"].as_str().unwrap(), &access, "x"]
    {
        browser.set_cookie(COOKIE, token);
        assert_eq!(browser.open("/apps").path, "/sign-in?then=%2Fapps", "{token}");
    }
}

#[test]
fn a_form_of_another_site_or_session_does_nothing() {
    let house = House::open();
    let browser = house.browser();
    let editor = browser.guests_editor();
    let action = editor.path.clone();
    let host = format!("http://{}", house.server.authority());
    let own = editor.form_token();
    let body = |token: &str| format!("form_token={token}&clock=never&days=90");
    for (headers, token) in [
        (vec![("Origin", "https://evil.example")], own.as_str()),
        (vec![("Origin", "null")], own.as_str()),
        (vec![("Origin", host.as_str()), ("Sec-Fetch-Site", "cross-site")], own.as_str()),
        (vec![("Origin", host.as_str()), ("Sec-Fetch-Site", "same-site")], own.as_str()),
        (vec![("Origin", host.as_str())], ""),
        (vec![("Origin", host.as_str())], "x"),
    ] {
        let reply = browser.send("POST", &action, &headers, &body(token));
        assert_eq!(reply.status, 403, "{headers:?} {token}");
    }
    // The token of another session of the same administrator.
    let other = house.browser();
    let page = other.open(&action);
    let foreign = page.form_token();
    assert_ne!(foreign, own);
    assert_eq!(browser.send("POST", &action, &[("Origin", &host)], &body(&foreign)).status, 403);
    assert!(!browser.open(&action).text.contains("You have changes"), "nothing was kept");
    assert_eq!(browser.send("POST", &action, &[("Origin", &host)], &body(&own)).status, 303);
}

#[test]
fn every_page_forbids_scripts_within_it_frames_and_caches() {
    let house = House::open();
    let browser = house.browser();
    let app = browser.open("/apps").links("news").remove(0);
    for path in ["/sign-in", "/apps", &format!("{app}/auth/providers"), &format!("{app}/nothing/here")] {
        let page = browser.open(path);
        let header = |name| page.reply.header(name).unwrap_or_default();
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        if path.ends_with("/nothing/here") {
            assert_eq!(page.status, 404);
            continue;
        }
        assert_eq!(
            header("content-security-policy"),
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "{path}"
        );
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(
            !page.text.contains("<script>")
                && !page.text.contains(" style=")
                && !page.text.contains(" onclick=")
        );
    }
}

#[test]
fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let house = House::open();
    let (public, private) = house.key_pair();
    let browser = Browser::new(&house.server);
    let body = format!("name={public}&secret={private}&then=");
    let reply = browser.send(
        "POST",
        "/sign-in",
        &[("Origin", &format!("http://{}", house.server.authority()))],
        &body,
    );
    let cookie = reply.header("set-cookie").unwrap();
    let (_, attributes) = cookie.split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Lax");
}

#[test]
fn the_sessions_of_an_administrator_are_listed_and_ended() {
    let house = House::open();
    let (here, elsewhere) = (house.browser(), house.browser());
    let list = here.open("/apps").click(&here, &house.key_pair().0);
    assert_eq!(list.path, "/sessions");
    assert_eq!(list.text.matches("the key pair <code>").count(), 2, "{}", list.text);
    assert_eq!(list.text.matches("This one").count(), 1, "{}", list.text);
    let ended = list.submit(&here, &list.actions("/end").remove(0), &[]);
    assert!(ended.text.contains("That session is over."), "{}", ended.text);
    assert_eq!(ended.text.matches("the key pair <code>").count(), 1, "{}", ended.text);
    assert_eq!(elsewhere.open("/apps").path, "/sign-in?then=%2Fapps");
}

/// Pages of other hosts of the domain, and of other ports, can set cookies; they cannot set one of that prefix.
#[test]
fn a_cookie_from_a_neighbour_opens_nothing_where_there_is_https() {
    let house = House::behind("https://auth.example");
    let authority = house.server.own_authority();
    let (public, private) = house.key_pair();
    let sign_in = format!("name={public}&secret={private}&then=");
    let ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let host = [("Host", "auth.example")];
        request(&authority, method, path, &[&host[..], headers].concat(), body.as_bytes())
    };
    let opened = ask("POST", "/sign-in", &[("Origin", "https://auth.example")], &sign_in);
    let cookie = opened.header("set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Lax; Secure");
    let token = pair.strip_prefix("__Host-passerby_console=").unwrap();
    assert_eq!(ask("GET", "/apps", &[("Cookie", pair)], "").status, 200);
    let tossed = format!("passerby_console={token}");
    let reply = ask("GET", "/apps", &[("Cookie", &tossed)], "");
    assert_eq!((reply.status, reply.header("location")), (303, Some("/sign-in?then=%2Fapps")));
    // An old browser that says no origin signs in at the same host.
    let opened = ask("POST", "/sign-in", &[], &sign_in);
    assert!(opened.header("set-cookie").unwrap().starts_with("__Host-"), "{opened:?}");
}

/// Of two cookies of a name nobody knows which one the console set.
#[test]
fn two_cookies_of_a_name_are_no_session() {
    let house = House::open();
    let (own, other) = (house.browser(), house.browser());
    let [own, other] = [&own, &other].map(|browser| browser.cookie("passerby_console").unwrap());
    for (first, second) in [(&own, &other), (&other, &own)] {
        let cookie = format!("passerby_console={first}; passerby_console={second}");
        let reply = house.server.request("GET", "/apps", &[("Cookie", &cookie)], b"");
        assert_eq!(reply.status, 303, "{cookie}");
    }
}

#[test]
fn nobody_is_led_to_the_api_after_signing_in() {
    let house = House::open();
    let (public, private) = house.key_pair();
    let api = "/api/client/v2.0/app/x/auth/providers/oauth2-google?redirect=https://evil.example";
    for then in
        [api, &format!("/groups/..{api}"), &format!("/groups/%2E%2e{api}"), &format!("/groups/./..{api}")]
    {
        let browser = Browser::new(&house.server);
        let page = browser.open("/sign-in");
        let page =
            page.submit(&browser, "/sign-in", &[("name", &public), ("secret", &private), ("then", then)]);
        assert_eq!(page.path, "/apps", "{then}");
    }
}

#[test]
fn the_console_guesses_no_passwords() {
    let house = House::open();
    let file = house.dir.path().join("password");
    std::fs::write(&file, "correct horse").unwrap();
    house.told(&["admins", "create", "ann@ops.example", "--password-file", file.to_str().unwrap()]);
    let browser = Browser::new(&house.server);
    let statuses: Vec<u16> =
        (0..40).map(|n| browser.sign_in("ann@ops.example", &format!("wrong {n}")).status).collect();
    assert_eq!((statuses[0], *statuses.last().unwrap()), (401, 429), "{statuses:?}");
}

#[test]
fn a_listener_for_administrators_takes_the_console_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--admin-listen", "127.0.0.1:0"]);
    let admin = server.ready["admin_url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let style = request(admin, "GET", "/sign-in", &[], b"");
    let style = String::from_utf8(style.body).unwrap();
    let style = style.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    for path in ["/sign-in", style] {
        assert_eq!(request(admin, "GET", path, &[], b"").status, 200, "{path}");
    }
    for path in ["/sign-in", "/apps", "/sessions", "/groups/a/apps/b", "/groups/a/apps/b/users", style] {
        assert_eq!(server.request("GET", path, &[], b"").status, 404, "{path}");
    }
    assert_eq!(server.request("POST", "/sign-in", &[], b"name=a&secret=b").status, 404);
    let html = [("Accept", "text/html")];
    assert_eq!(
        server.request("GET", "/", &html, b"").status,
        200,
        "a line for probes, and no way to the console"
    );
}

#[test]
fn in_development_the_console_is_for_this_machine() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--dev"]);
    for header in
        [("Host", "evil.example"), ("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=203.0.113.7")]
    {
        for (method, path, body) in [
            ("GET", "/sign-in", ""),
            ("GET", "/apps", ""),
            ("POST", "/sign-in", "name=unique_user@domain.com&secret=password"),
        ] {
            let reply = server.request(method, path, &[header], body.as_bytes());
            assert_eq!(
                (reply.status, reply.header("set-cookie")),
                (403, None),
                "{method} {path} with {header:?}"
            );
        }
    }
    let browser = Browser::new(&server);
    assert_eq!(browser.sign_in("unique_user@domain.com", "password").path, "/apps");
}
