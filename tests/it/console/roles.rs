//! Who may do what.

use super::browser::{Browser, House};

#[test]
fn whoever_may_only_read_is_shown_all_and_refused_every_change() {
    let house = House::open();
    let made = house.told(&["admins", "create", "rita@ops.example", "--role", "read-only"]);
    let pair = house.told(&["admins", "keys", "create", made["_id"].as_str().unwrap()]);
    let reader = Browser::new(&house.server);
    let key = |name: &str| pair[name].as_str().unwrap().to_owned();
    let apps = reader.sign_in(&key("public_key"), &key("private_key"));
    let editor = apps.click(&reader, "news").click(&reader, "Edit");
    assert!(editor.text.contains("your role in this project is read-only"), "{}", editor.text);
    assert!(editor.text.contains("<fieldset class=\"card\" disabled>"), "{}", editor.text);
    // Whoever enables the form by hand.
    let refused = editor.submit(&reader, &editor.path, &[("enabled", "\0")]);
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(house.log_in().status, 200);
}
