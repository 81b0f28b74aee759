use serde_json::{Value, json};

use super::*;

fn foreseen(entry: &Value) -> ImportReport {
    let mut report = ImportReport::default();
    report.foresee(&Newcomer::read(entry).unwrap());
    report
}

fn user(identities: &Value) -> Value {
    json!({ "_id": "5f0000000000000000000001", "identities": identities, "data": { "email": "a@example.com", "name": "A" } })
}

#[test]
fn an_address_is_the_identitys_own_or_that_of_its_only_user() {
    let alone = user(&json!([{ "id": "5f0000000000000000000002", "provider_type": "local-userpass" }]));
    let read = Newcomer::read(&alone).unwrap();
    assert_eq!(read.identities[0].email.as_deref(), Some("a@example.com"));
    assert_eq!(Value::Object(read.identities[0].data.clone()), json!({ "email": "a@example.com" }));
    // The address of the union may be what a foreign token told: it is nobody's proof.
    let linked = user(&json!([
        { "id": "5f0000000000000000000002", "provider_type": "local-userpass" },
        { "id": "sub", "provider_type": "custom-token" },
    ]));
    let report = foreseen(&linked);
    assert_eq!(report.identities, [("custom-token".to_owned(), 1)].into());
    assert_eq!(report.cannot_come, [(Reason::AddressUnknown, 1)].into());
}

#[test]
fn nobody_becomes_a_guest_for_want_of_the_rest() {
    let lost = user(&json!([
        { "id": "5f0000000000000000000002-abc", "provider_type": "anon-user" },
        { "provider_type": "oauth2-google" },
    ]));
    let report = foreseen(&lost);
    assert_eq!((report.users.not_brought, report.guests), (1, Counts::default()));
    assert_eq!(report.cannot_come, [(Reason::ExternalIdUnknown, 1)].into());
}

#[test]
fn what_is_wrong_is_said_with_its_field() {
    let fine = json!({ "id": "sub", "provider_type": "custom-token" });
    for (entry, said) in [
        (json!(1), "``: expected an object, found a number"),
        (json!({}), "`_id`: it is missing"),
        (json!({ "_id": "joe" }), "`_id`: expected 24 hex digits"),
        (
            json!({ "_id": "5f0000000000000000000001", "type": "system" }),
            "`type`: expected `normal` or `server`, found `system`",
        ),
        (
            json!({ "_id": "5f0000000000000000000001", "disabled": "no" }),
            "`disabled`: expected true or false, found a string",
        ),
        (
            json!({ "_id": "5f0000000000000000000001", "last_authentication_date": -1 }),
            "`last_authentication_date`: expected whole seconds since 1970",
        ),
        (user(&json!({})), "`identities`: expected an array, found an object"),
        (user(&json!([{ "id": "x" }])), "`identities[0].provider_type`: it is missing"),
        (
            user(&json!([{ "id": "x", "provider_type": "fax" }])),
            "`identities[0].provider_type`: unknown type `fax`",
        ),
        (
            user(&json!([{ "id": "x", "provider_type": "local-userpass" }])),
            "`identities[0].id`: expected 24 hex digits",
        ),
        (
            user(&json!([{ "id": "a\u{0}", "provider_type": "custom-token" }])),
            "`identities[0].id`: it holds U+0000",
        ),
        (
            user(&json!([{ "id": "\u{1f980}".repeat(1_024), "provider_type": "custom-token" }])),
            "`identities[0].id`: it has more than 2048 bytes",
        ),
        (user(&json!([fine, fine])), "`identities[1].id`: the user has this identity twice"),
    ] {
        assert_eq!(Newcomer::read(&entry).unwrap_err().to_string(), said);
    }
}
