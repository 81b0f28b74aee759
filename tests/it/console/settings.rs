//! App Settings, and the logs.

use super::browser::House;

#[test]
fn tokens_of_the_other_form_come_after_the_deployment() {
    let house = House::open();
    let browser = house.browser();
    let settings = browser.app("App Settings");
    let action = format!("{}/tokens", settings.path);
    let refused = settings.submit(&browser, &action, &[("minutes", "0")]);
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("Nothing was changed."), "{}", refused.text);
    let saved = settings.submit(&browser, &action, &[("form", "original")]);
    let review = saved.click(&browser, "Review &amp; Deploy");
    review.submit(&browser, &review.path.replace("/review", "/deploy"), &[]);
    let token = house.log_in().json()["access_token"].as_str().unwrap().to_owned();
    // {"alg":"HS256",…
    assert!(token.starts_with("eyJhbGciOiJIUzI1NiI"), "{token}");
}

#[test]
fn whoever_is_not_on_the_access_list_is_refused_at_once() {
    let house = House::open();
    let browser = house.browser();
    let settings = browser.app("App Settings");
    assert!(settings.text.contains("ALLOWS ACCESS FROM ANYWHERE"), "{}", settings.text);
    let ask = browser.open(&settings.links("Delete 0.0.0.0/0").remove(0));
    let shut = ask.submit(&browser, &ask.path, &[]);
    assert!(shut.text.contains("Nobody can reach this app."), "{}", shut.text);
    assert_eq!(house.log_in().status, 403);
    let action = format!("{}/access", settings.path);
    let wrong = shut.submit(&browser, &action, &[("address", "here")]);
    assert_eq!(wrong.status, 400, "{}", wrong.text);
    let open = shut.submit(&browser, &action, &[("address", "127.0.0.1"), ("comment", "<i>me</i>")]);
    assert!(open.text.contains("&lt;i&gt;me&lt;/i&gt;"), "{}", open.text);
    assert_eq!(house.log_in().status, 200);
}

#[test]
fn an_app_is_deleted_only_by_its_name() {
    let house = House::open();
    let browser = house.browser();
    house.log_in();
    let settings = browser.app("App Settings");
    let ask = settings.click(&browser, "Delete this app");
    assert!(ask.text.contains("its 1 guest and 0 people"), "{}", ask.text);
    assert_eq!(ask.submit(&browser, &ask.path, &[("confirm", "old")]).status, 400);
    assert_eq!(house.log_in().status, 200);
    let gone = ask.submit(&browser, &ask.path, &[("confirm", "news")]);
    assert!(gone.text.contains("No app yet."), "{}", gone.text);
    assert_eq!(house.log_in().status, 404);
}

#[test]
fn a_refusal_is_found_in_the_logs_by_the_link_of_its_error() {
    let house = House::with_passwords();
    let browser = house.browser();
    let wrong = serde_json::json!({ "username": "ada@example.com", "password": "wrong1" });
    let refused = house.log_in_by("local-userpass", &wrong).json();
    let link = refused["link"].as_str().unwrap();
    let path = &link[link.find("/groups/").unwrap()..];
    let page = browser.open(path);
    assert_eq!(page.text.matches("<tr class=\"error\">").count(), 1, "{}", page.text);
    assert!(
        page.text.contains("no such user") || page.text.contains("invalid username/password"),
        "{}",
        page.text
    );
}
