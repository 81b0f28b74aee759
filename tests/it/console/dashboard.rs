//! An app's home, and the preview of a policy.

use super::browser::House;

#[test]
fn an_empty_app_says_what_to_do_next_and_a_guest_is_counted() {
    let house = House::open();
    let browser = house.browser();
    let home = browser.open("/apps").click(&browser, "news");
    assert!(home.path.ends_with("/dashboard"), "{}", home.path);
    assert!(home.text.contains("No guest came yet."), "{}", home.text);
    house.log_in();
    let home = browser.open(&home.path);
    assert!(home.text.contains("<dt>Guests</dt><dd>1</dd>"), "{}", home.text);
    assert!(!home.text.contains("No guest came yet."));
}

#[test]
fn a_policy_is_previewed_before_it_is_saved() {
    let house = House::open();
    let browser = house.browser();
    house.log_in();
    let table = browser.app("Authentication");
    let editor = table.click(&browser, "Edit");
    let preview = browser.open(&format!("{}?clock=age&days=7", editor.path));
    assert!(preview.text.contains("1 in all, at most 1 a day"), "{}", preview.text);
    let never = browser.open(&format!("{}?clock=never&days=7", editor.path));
    assert!(never.text.contains("0 in all, at most 0 a day"), "{}", never.text);
    let wrong = browser.open(&format!("{}?clock=never&days=x", editor.path));
    assert!(wrong.status == 200 && wrong.text.contains("role=\"alert\""), "{}", wrong.text);
    assert!(!wrong.text.contains("You have changes"), "nothing was saved");
}
