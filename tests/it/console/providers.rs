//! Users > Providers: three clicks from the list of apps to the switch.

use super::browser::House;

#[test]
fn guests_are_refused_once_the_switch_is_off_and_deployed() {
    let house = House::open();
    assert_eq!(house.log_in().status, 200);
    let browser = house.browser();
    let table = browser.app("Authentication");
    let rows: Vec<&str> =
        table.text.split("<tr><td>").skip(1).map(|row| row.split('<').next().unwrap()).collect();
    assert_eq!(
        rows,
        [
            "Allow users to log in anonymously",
            "Email/Password",
            "Facebook",
            "Google",
            "Apple",
            "API Keys",
            "Custom JWT Authentication",
            "Custom Function Authentication",
        ]
    );
    let editor = table.click(&browser, "Edit");
    let saved = editor.submit(&browser, &editor.path, &[("enabled", "\0")]);
    assert!(saved.text.contains("Saved in your draft."), "{}", saved.text);
    assert_eq!(house.log_in().status, 200, "a draft is not live");
    let review = saved.click(&browser, "Review &amp; Deploy");
    assert!(
        review.text.contains("<span class=\"removed\">-        &quot;disabled&quot;: false\n</span>"),
        "{}",
        review.text
    );
    let deploy = review.path.replace("/review", "/deploy");
    let deployed = review.submit(&browser, &deploy, &[]);
    assert!(deployed.text.contains("Deployed. Clients see it from now on."), "{}", deployed.text);
    let refused = house.log_in();
    assert_eq!((refused.status, refused.json()["error_code"].as_str()), (401, Some("InvalidSession")));
    // And back, from the history.
    let ask = deployed.click(&browser, "Re-deploy");
    let again = ask.submit(&browser, &ask.path, &[]);
    assert!(again.text.contains("Deployed again."), "{}", again.text);
    assert_eq!(house.log_in().status, 200);
}

#[test]
fn a_policy_that_cannot_be_changes_nothing_and_says_why() {
    let house = House::open();
    let browser = house.browser();
    let editor = browser.guests_editor();
    let refused = editor.submit(&browser, &editor.path, &[("enabled", "\0"), ("days", "0")]);
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("Nothing was changed."), "{}", refused.text);
    assert!(refused.text.contains("whole number from 1 to 36500"), "{}", refused.text);
    let after = browser.open(&editor.path);
    assert!(after.text.contains("name=\"enabled\" value=\"true\" checked"), "{}", after.text);
}

#[test]
fn a_discarded_draft_leaves_what_is_live() {
    let house = House::open();
    let browser = house.browser();
    let editor = browser.guests_editor();
    let saved = editor.submit(&browser, &editor.path, &[("days", "30")]);
    let ask = saved.click(&browser, "Review &amp; Deploy").click(&browser, "Discard Draft");
    let gone = ask.submit(&browser, &ask.path, &[]);
    assert!(gone.text.contains("The draft is gone."), "{}", gone.text);
    assert!(browser.open(&editor.path).text.contains("name=\"days\" min=\"1\" max=\"36500\" value=\"90\""));
}
