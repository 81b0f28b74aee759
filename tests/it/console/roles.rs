//! Who may do what.

use super::browser::{Browser, House, Page};

/// Somebody whose role is read-only, signed in.
fn reader(house: &House) -> (Browser<'_>, Page) {
    let made = house.told(&["admins", "create", "rita@ops.example", "--role", "read-only"]);
    let pair = house.told(&["admins", "keys", "create", made["_id"].as_str().unwrap()]);
    let reader = Browser::new(&house.server);
    let key = |name: &str| pair[name].as_str().unwrap().to_owned();
    let apps = reader.sign_in(&key("public_key"), &key("private_key"));
    (reader, apps)
}

#[test]
fn projects_are_told_by_their_names_to_whoever_has_a_role_in_them() {
    let house = House::open();
    let (reader, apps) = reader(&house);
    let named = "<h2 class=\"project\">Project 0 <code>";
    assert!(apps.text.contains(named), "{}", apps.text);
    house.told(&["projects", "create", "Elsewhere"]);
    let apps = reader.open("/apps").text;
    assert!(apps.contains(named) && !apps.contains("Elsewhere"), "{apps}");
}

#[test]
fn whoever_may_only_read_is_shown_all_and_refused_every_change() {
    let house = House::open();
    let (reader, apps) = reader(&house);
    let editor = apps.click(&reader, "news").click(&reader, "Authentication").click(&reader, "Edit");
    assert!(editor.text.contains("your role in this project is read-only"), "{}", editor.text);
    assert!(editor.text.contains("<fieldset class=\"card\" disabled>"), "{}", editor.text);
    // Whoever enables the form by hand.
    let refused = editor.submit(&reader, &editor.path, &[("enabled", "\0")]);
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(house.log_in().status, 200);
}

#[test]
fn whoever_may_only_read_sees_every_editor_and_changes_nothing() {
    let house = House::with(&[
        ("functions/config.json", r#"[{"name": "greet"}]"#),
        ("functions/greet.js", "exports = () => 1;"),
        ("values/title.json", r#"{"name": "title", "value": "The news"}"#),
        (
            "triggers/t.json",
            r#"{"name": "t", "type": "AUTHENTICATION", "function_name": "greet",
                "config": {"operation_type": "LOGIN", "providers": ["anon-user"]}}"#,
        ),
    ]);
    let (reader, apps) = reader(&house);
    let home = apps.click(&reader, "news").click(&reader, "Authentication");
    let mut editors = home.links("Edit");
    let mut deletes = Vec::new();
    for words in ["Functions", "Values &amp; Secrets", "Triggers"] {
        let list = home.click(&reader, words);
        assert_eq!(list.status, 200, "{}", list.text);
        assert_eq!((list.links("Edit").len(), list.links("Delete").len()), (0, 0), "{}", list.text);
        editors.extend(list.links("View"));
        deletes.extend(list.links("View").iter().map(|path| format!("{path}/delete")));
    }
    assert_eq!(editors.len(), 8 + 3, "{editors:?}");
    for path in &editors {
        let page = reader.open(path);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(page.text.contains("<fieldset class=\"card\" disabled>"), "{path}: {}", page.text);
        let refused = page.submit(&reader, path, &[]);
        assert_eq!(refused.status, 403, "{path}: {}", refused.text);
    }
    for path in &deletes {
        let page = reader.open(path);
        assert_eq!(page.submit(&reader, path, &[]).status, 403, "{path}: {}", page.text);
    }
    let key = reader.open(&editors[5]).submit(&reader, &format!("{}/keys", editors[5]), &[("name", "k")]);
    assert_eq!(key.status, 403, "{}", key.text);
}
