//! Which filter takes which index.

use rusqlite::params_from_iter;
use tempfile::TempDir;

use super::*;
use crate::model::{ProviderType, Span, Timestamp, UserId};
use crate::store::sqlite::{Options, Sqlite};

/// What SQLite says of how it finds a page, a line for each look; sorting would be one of them.
fn plan(connection: &Connection, page: &Page) -> Vec<String> {
    let mut plan = Vec::new();
    for query in listing::queries(&DIALECT, AppKey(7), page) {
        let mut statement = connection.prepare(&format!("explain query plan {}", query.text)).unwrap();
        let lines = statement.query_map(params_from_iter(&query.values), |row| row.get::<_, String>(3));
        plan.extend(lines.unwrap().map(|line| line.unwrap()));
    }
    plan
}

/// Of each filter, that its page is read along an index in its order: nothing is sorted and nobody read past but
/// those whom the index does not tell apart.
#[test]
fn each_filter_has_an_index() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("store.db");
    drop(Sqlite::open(Options::new(&path)).unwrap());
    let connection = Connection::open(&path).unwrap();
    let page = || Page { limit: 50, ..Page::default() };
    let email = Page { email: Some("a@example.com".to_owned()), ..page() };
    let begins = Page { begins: Some("636a9db3b".to_owned()), ..page() };
    let since = Span { from: Some(Timestamp(1)), until: None };
    let by_id = "SEARCH u USING PRIMARY KEY (app=? AND id>? AND id<?)";
    let provider = [
        "SEARCH i USING COVERING INDEX identities_by_provider (app=? AND provider=? AND user>? AND user<?)",
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH b USING COVERING INDEX identities_by_provider (app=? AND provider=? AND user=? AND n<?)",
        "SEARCH u USING PRIMARY KEY (app=? AND id=?)",
    ];
    let by_activity = [
        "SEARCH u USING PRIMARY KEY (app=? AND id>? AND id<?)",
        "SEARCH u USING INDEX users_by_last_seen (app=? AND last_seen>?)",
        "SEARCH u USING INDEX users_by_activity (app=? AND last_seen=? AND id>? AND id<?)",
        "SEARCH u USING INDEX users_by_activity (app=? AND last_seen>?)",
    ];
    let cases: Vec<(&str, Page, Vec<&str>)> = vec![
        ("nothing", page(), vec![by_id]),
        ("descending", Page { descending: true, ..page() }, vec![by_id]),
        ("after", Page { after: Some(UserId(crate::model::ObjectId([9; 12]))), ..page() }, vec![by_id]),
        ("created", Page { created: since, ..page() }, vec![by_id]),
        ("enabled", Page { disabled: Some(false), ..page() }, vec![by_id]),
        ("guests", Page { guest: Some(true), ..page() }, vec![by_id]),
        (
            "disabled",
            Page { disabled: Some(true), ..page() },
            vec!["SEARCH u USING INDEX users_disabled (app=? AND id>? AND id<?)"],
        ),
        (
            "others",
            Page { guest: Some(false), ..page() },
            vec!["SEARCH u USING INDEX users_not_guests (app=? AND id>? AND id<?)"],
        ),
        ("provider", Page { providers: vec![ProviderType::LocalUserpass], ..page() }, provider.to_vec()),
        (
            "two providers",
            Page { providers: vec![ProviderType::LocalUserpass, ProviderType::Google], ..page() },
            [provider, provider].concat(),
        ),
        ("activity", Page { order: Order::Activity, ..page() }, by_activity.to_vec()),
        (
            "e-mail",
            email,
            vec![
                "SEARCH u USING PRIMARY KEY (app=? AND id=?)",
                "LIST SUBQUERY 1",
                "SEARCH i USING INDEX identities_by_email (app=? AND <expr>=?)",
            ],
        ),
        ("beginning", begins, vec![]),
    ];
    for (name, page, expected) in cases {
        let plan = plan(&connection, &page);
        if expected.is_empty() {
            assert!(plan.iter().all(|line| !line.starts_with("SCAN ")), "{name}: {plan:#?}");
            assert_eq!(plan[0], "SEARCH u USING PRIMARY KEY (app=? AND id=?)", "{name}: {plan:#?}");
        } else {
            assert_eq!(plan, expected, "{name}");
        }
    }
}

#[test]
fn ids_are_sought_by_eight_digits_and_more() {
    let id = |text: &str| (0..12).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect();
    let found = listing::ids_beginning("636a9db3b");
    let (first, last) = ("636a9db3b00000000000000\u{30}", "636a9db3bfffffffffffffff");
    assert_eq!(found, Some((id(first), id(last))));
    for wrong in ["", "636a9db", "636a9dbx", "636a9db3bdeec4a0374030d4a", "636a9db\u{e4}"] {
        assert_eq!(listing::ids_beginning(wrong), None, "{wrong}");
    }
}
