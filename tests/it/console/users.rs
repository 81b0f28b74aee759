//! Users: found, looked at, and what is done with them.

use serde_json::json;

use super::browser::House;

#[test]
fn a_guest_is_found_and_looked_at() {
    let house = House::open();
    let browser = house.browser();
    let empty = browser.app("Users");
    assert!(empty.text.contains("Nobody came yet."), "{}", empty.text);
    let device = json!({ "options": { "device": { "platform": "<b>ios</b>", "platformVersion": "17" } } });
    let guest = house.log_in_with(&device)["user_id"].as_str().unwrap().to_owned();
    house.log_in();
    let users = browser.open(&empty.path);
    assert_eq!(users.text.matches("<tr><td class=\"name\">").count(), 2);
    let found = users.submit(&browser, &empty.path, &[("q", &guest), ("guest", "true")]);
    assert_eq!(found.text.matches("<tr><td class=\"name\">").count(), 1);
    assert!(found.text.contains("anonymous only · 90 days left"), "{}", found.text);
    let person = found.click(&browser, &guest);
    assert!(
        person.text.contains("&lt;b&gt;ios&lt;/b&gt; 17") && !person.text.contains("<b>ios"),
        "{}",
        person.text
    );
    let nobody = users.submit(&browser, &empty.path, &[("status", "disabled")]);
    assert!(nobody.text.contains("Nobody meets this filter."), "{}", nobody.text);
    let wrong = browser.open(&format!("{}?last_seen_before=soon", empty.path));
    assert!(wrong.text.contains("expected seconds, or an age"), "{}", wrong.text);
}

#[test]
fn a_list_goes_on_where_the_page_before_ended() {
    let house = House::open();
    let browser = house.browser();
    for _ in 0..51 {
        house.log_in();
    }
    let list = browser.app("Users");
    assert_eq!(list.text.matches("<tr><td class=\"name\">").count(), 50);
    let rest = list.click(&browser, "Load more");
    assert_eq!(rest.text.matches("<tr><td class=\"name\">").count(), 1);
    assert!(rest.links("Load more").is_empty());
}

#[test]
fn a_user_is_disabled_enabled_logged_out_and_deleted_after_being_asked() {
    let house = House::open();
    let browser = house.browser();
    let guest = house.log_in().json();
    let (id, token) = (guest["user_id"].as_str().unwrap(), guest["access_token"].as_str().unwrap());
    let profile = || house.server.with_token("GET", "/api/client/v2.0/auth/profile", token).status;
    assert_eq!(profile(), 200);
    let users = browser.app("Users");
    let person = users.click(&browser, id);
    let path = person.path.clone();
    let ask = person.click(&browser, "Revoke all sessions");
    assert_eq!(profile(), 200, "asking does nothing");
    let done = ask.submit(&browser, &format!("{path}/logout"), &[]);
    assert!(done.text.contains("Logged out, from the next request on."), "{}", done.text);
    assert_eq!(profile(), 401);
    let disabled = done.click(&browser, "Disable User").submit(&browser, &format!("{path}/disable"), &[]);
    assert!(disabled.text.contains("<span class=\"badge\">Off</span>"), "{}", disabled.text);
    let enabled = disabled.submit(&browser, &format!("{path}/enable"), &[]);
    assert!(enabled.text.contains("<span class=\"badge on\">On</span>"), "{}", enabled.text);
    let ask = enabled.click(&browser, "Delete User");
    assert!(ask.text.contains(id), "it names whom it destroys: {}", ask.text);
    let gone = ask.submit(&browser, &format!("{path}/delete"), &[]);
    assert!(gone.text.contains("Deleted.") && gone.text.contains("Nobody came yet."), "{}", gone.text);
    assert_eq!(browser.open(&path).status, 404);
}

#[test]
fn custom_data_is_kept_as_json_or_not_at_all() {
    let house = House::open();
    let browser = house.browser();
    let guest = house.log_in().json();
    let users = browser.app("Users");
    let person = users.click(&browser, guest["user_id"].as_str().unwrap());
    let action = format!("{}/custom_data", person.path);
    let kept = person.submit(&browser, &action, &[("custom_data", r#"{"title": "</textarea><script>"}"#)]);
    assert!(kept.text.contains("&lt;/textarea&gt;&lt;script&gt;"), "{}", kept.text);
    let wrong = person.submit(&browser, &action, &[("custom_data", "{")]);
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("the custom data is not JSON"), "{}", wrong.text);
    assert!(browser.open(&person.path).text.contains("&lt;/textarea&gt;"), "what was kept stays");
}

#[test]
fn an_administrator_adds_a_user_who_then_logs_in() {
    let house = House::with_passwords();
    let browser = house.browser();
    let new = browser.app("Users").click(&browser, "Add New User");
    let refused = new.submit(&browser, &new.path, &[("email", "ada@example.com"), ("password", "x")]);
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("value=\"ada@example.com\"") && !refused.text.contains("value=\"x\""));
    let added =
        refused.submit(&browser, &new.path, &[("email", "ada@example.com"), ("password", "password1")]);
    assert!(added.text.contains("<h1>ada@example.com</h1>"), "{}", added.text);
    let credentials = json!({ "username": "ada@example.com", "password": "password1" });
    assert_eq!(house.log_in_by("local-userpass", &credentials).status, 200);
}

#[test]
fn a_registration_waits_until_somebody_confirms_or_deletes_it() {
    let house = House::with_passwords();
    let browser = house.browser();
    let register = |email: &str| {
        let path = format!("/api/client/v2.0/app/{}/auth/providers/local-userpass/register", house.app());
        let body = json!({ "email": email, "password": "password1" }).to_string();
        assert_eq!(house.server.request("POST", &path, &[], body.as_bytes()).status, 201);
    };
    register("ada@example.com");
    register("bob@example.com");
    let pending = browser.app("Users").click(&browser, "Pending");
    assert_eq!(pending.text.matches("Pending Confirmation").count(), 2, "{}", pending.text);
    let confirm = pending.actions("/confirm").remove(0);
    let confirmed = pending.submit(&browser, &confirm, &[]);
    assert_eq!(confirmed.text.matches("Pending User Login").count(), 1, "{}", confirmed.text);
    let ask = browser.open(&confirmed.links("Delete").pop().unwrap());
    assert!(ask.text.contains("bob@example.com"), "{}", ask.text);
    let left = ask.submit(&browser, &ask.path, &[]);
    assert!(left.text.contains("ada@example.com") && !left.text.contains("bob@example.com"), "{}", left.text);
    let credentials = json!({ "username": "ada@example.com", "password": "password1" });
    assert_eq!(house.log_in_by("local-userpass", &credentials).status, 200);
}

#[test]
fn a_bulk_deletion_is_tried_dry_asked_for_and_called_off() {
    let house = House::open();
    let browser = house.browser();
    house.log_in();
    let users = browser.app("Users");
    let bulk = users.click(&browser, "Delete guests in bulk");
    assert!(bulk.text.contains("Nobody would go."), "{}", bulk.text);
    let wrong = bulk.submit(&browser, &bulk.path, &[("days", "0")]);
    assert!(wrong.text.contains("36500"), "{}", wrong.text);
    // Asked for by hand, since nobody here is old enough.
    let token = bulk.form_token();
    let asked = browser.post(&bulk.path, &[("form_token", &token), ("clock", "age"), ("days", "1")]);
    assert!(asked.text.contains("Nobody is yet."), "{}", asked.text);
    assert_eq!(asked.reply.header("refresh"), Some("3"));
    let again = browser.post(&bulk.path, &[("form_token", &token), ("clock", "age"), ("days", "1")]);
    assert_eq!(again.status, 409);
    let off = asked.submit(&browser, &format!("{}/call-off", bulk.path), &[]);
    assert!(off.text.contains("Called off: nobody more is deleted."), "{}", off.text);
}
