//! Users: made, listed, found, changed; and what tokens say.

use passerby::auth::{Presented, TokenVerdict, UserChange};
use passerby::model::{AccessTokenSettings, DAY, Settings, Timestamp, TokenForm};
use serde_json::{Value, json};

use super::office::{OTHER, Office, clean, ids, refusal};
use crate::support::House;

#[test]
fn a_user_that_was_made_is_the_same_in_every_view_and_can_log_in() {
    let office = Office::with(&json!({"autoConfirm": false, "emailConfirmationUrl": "https://a.example/"}));
    let (status, made) =
        office.ask("POST", "/users", json!({"email": "ann@a.example", "password": "secret1"}));
    assert_eq!(status, 201, "{made}");
    let identity = made["identities"][0].clone();
    assert_eq!(
        clean(&made),
        json!({
            "_id": "[id]", "domain_id": "[id]",
            "identities": [{"id": "[id]", "provider_type": "local-userpass", "provider_id": "[id]"}],
            "type": "normal", "creation_date": 1, "last_authentication_date": 0, "sessions_valid_since": 0,
            "disabled": false, "data": {"email": "ann@a.example"},
        })
    );
    let id = made["_id"].as_str().unwrap();
    assert_eq!(office.get("/users"), json!([made]));
    assert_eq!(office.get(&format!("/users/{id}")), made);
    assert_eq!(office.get("/users_count"), json!(1));
    assert_eq!(office.get("/user_registrations/pending_users"), json!([]));
    let login = office.log_in("local-userpass", &json!({"username": "ann@a.example", "password": "secret1"}));
    assert_eq!(login["user_id"], id);
    let seen = office.get(&format!("/users/{id}"));
    assert!(seen["last_authentication_date"].as_i64().unwrap() >= seen["creation_date"].as_i64().unwrap());
    assert_eq!(seen["identities"], json!([identity]));
}

#[test]
fn a_user_that_cannot_be_is_refused() {
    let office = Office::new();
    let post = |body: Value| refusal(&office.ask("POST", "/users", body));
    assert_eq!(office.ask("POST", "/users", json!({"email": "a@a.example", "password": "secret1"})).0, 201);
    let bad_password = "password must be between 6 and 128 characters";
    for (body, status, text, code) in [
        (json!({"password": "secret1"}), 400, "'email' is a required string", "MissingParameter"),
        (json!({"email": "b@a.example"}), 400, "'password' is a required string", "MissingParameter"),
        (json!({"email": "", "password": "secret1"}), 400, "email invalid", "BadRequest"),
        (json!({"email": "x".repeat(129), "password": "secret1"}), 400, "email invalid", "BadRequest"),
        (json!({"email": "b@a.example", "password": "five5"}), 400, bad_password, "BadRequest"),
        (json!({"email": "b@a.example", "password": "x".repeat(129)}), 400, bad_password, "BadRequest"),
        (
            json!({"email": "a@a.example", "password": "secret1"}),
            409,
            "name already in use",
            "AccountNameInUse",
        ),
    ] {
        assert_eq!(post(body), (status, json!({"error": text, "error_code": code})));
    }
    assert_eq!(office.get("/users_count"), json!(1));
    let none = Office::with(&Value::Null);
    let refused =
        refusal(&none.ask("POST", "/users", json!({"email": "a@a.example", "password": "secret1"})));
    let text = "auth provider not found: 'local-userpass' is absent or disabled";
    assert_eq!(refused, (400, json!({"error": text, "error_code": "AuthProviderNotFound"})));
}

#[test]
fn users_are_listed_by_every_filter_and_in_every_order() {
    let office = Office::new();
    let guests = [office.guest(), office.guest()];
    let make = |email: &str| {
        let (_, made) = office.ask("POST", "/users", json!({"email": email, "password": "secret1"}));
        made["_id"].as_str().unwrap().to_owned()
    };
    let (ann, bob) = (make("ann@a.example"), make("b_b@a.example"));
    let fay = office.log_in("custom-function", &json!({"id": "fay"}))["user_id"].as_str().unwrap().to_owned();
    assert_eq!(office.ask("PUT", &format!("/users/{bob}/disable"), Value::Null), (204, Value::Null));
    let list = |query: &str| ids(&office.get(&format!("/users?{query}")));
    let all = [&guests[0], &guests[1], &ann, &bob, &fay].map(Clone::clone);
    let reversed = || all.iter().rev().cloned().collect::<Vec<_>>();
    let of = |places: &[usize]| places.iter().map(|&n| all[n].clone()).collect::<Vec<_>>();
    for (query, expected) in [
        ("", of(&[0, 1, 2, 3, 4])),
        ("desc", reversed()),
        ("descending=true&sort=created_date", reversed()),
        ("limit=2", of(&[0, 1])),
        ("status=disabled", of(&[3])),
        ("status=enabled", of(&[0, 1, 2, 4])),
        ("provider_types=local-userpass", of(&[2, 3])),
        ("providerTypes=anon-user,custom-function", of(&[0, 1, 4])),
        ("provider_types=anon-user&provider_types=local-userpass&status=disabled", of(&[3])),
        ("guest=true", of(&[0, 1])),
        ("guest=false", of(&[2, 3, 4])),
        ("sort=status", of(&[0, 1, 2, 4, 3])),
        ("sort=status&desc", of(&[3, 4, 2, 1, 0])),
        ("sort=last_authentication_date&guest=false&status=disabled", of(&[3])),
        ("email=ANN@a.example", of(&[2])),
        ("q=ann", of(&[2])),
        ("created_after=1d", of(&[0, 1, 2, 3, 4])),
        ("created_before=1d", of(&[])),
        ("last_seen_before=1d", of(&[2, 3])),
        ("last_seen_after=1d", of(&[0, 1, 4])),
        ("product=&bypass_service_change=SyncSchemaVersionIncrease", of(&[0, 1, 2, 3, 4])),
        // What stands for anything in SQL stands for itself.
        ("q=%25", of(&[])),
        ("q=_", of(&[])),
        ("email=%25@a.example", of(&[])),
        ("q=b_", of(&[3])),
        ("q=%27%20or%201%3D1--", of(&[])),
    ] {
        assert_eq!(list(query), expected, "{query}");
    }
    // From page to page: by the id alone, and by the pair.
    assert_eq!(list(&format!("limit=2&after={}", all[1])), of(&[2, 3]));
    assert_eq!(list(&format!("sort=status&after=enabled&after={}", all[2])), of(&[4, 3]));
    assert_eq!(list(&format!("sort=status&after={}", all[4])), of(&[3]));
    assert_eq!(list(&format!("sort=last_authentication_date&after=0&after={}&limit=1", all[2])), of(&[3]));
    let (gone, other) = ("0".repeat(24), format!("q={}", all[0]));
    assert_eq!(list(&other), of(&[0]));
    for (query, text) in [
        ("limit=0".to_owned(), "`limit`: expected 1 to 1000, found 0"),
        ("limit=1001".to_owned(), "`limit`: expected 1 to 1000, found 1001"),
        ("limit=99999999999".to_owned(), "`limit`: number too large to fit in target type"),
        ("after=x".to_owned(), "`after`: not a valid id"),
        (
            format!("sort=status&after={gone}"),
            "`after`: that user is gone: give the sorted value before the id",
        ),
        (
            "sort=email".to_owned(),
            "`sort`: expected `_id`, `status`, `created_date` or `last_authentication_date`, found `email`",
        ),
    ] {
        let refused = refusal(&office.ask("GET", &format!("/users?{query}"), Value::Null));
        assert_eq!(refused, (400, json!({"error": text, "error_code": "InvalidParameter"})), "{query}");
    }
}

#[test]
fn a_user_of_another_app_is_nobody() {
    let office = Office::new();
    let (guest, other) = (office.guest(), office.path_of(OTHER));
    let nobody = json!({"error": "user not found", "error_code": "UserNotFound"});
    for (method, rest, body) in [
        ("GET", "", Value::Null),
        ("DELETE", "", Value::Null),
        ("PUT", "/enable", Value::Null),
        ("PUT", "/disable", Value::Null),
        ("PUT", "/logout", Value::Null),
        ("GET", "/devices", Value::Null),
        ("PATCH", "/reset_email", json!({"email": "a@a.example"})),
    ] {
        let refused = refusal(&office.raw(method, &format!("{other}/users/{guest}{rest}"), &body));
        assert_eq!(refused, (404, nobody.clone()), "{method} {rest}");
    }
    assert_eq!(office.raw("GET", &format!("{other}/users?q={guest}"), &Value::Null), (200, json!([])));
    assert_eq!(office.raw("GET", &format!("{other}/users?after={guest}"), &Value::Null), (200, json!([])));
    assert_eq!(office.get("/users_count"), json!(1), "the guest is there");
    let (status, said) = office.ask("GET", "/users/1234", Value::Null);
    assert_eq!((status, &said["error_code"]), (400, &json!("InvalidParameter")));
}

#[test]
fn devices_are_those_of_the_sessions() {
    let office = Office::new();
    let device = json!({"platform": "ios", "platformVersion": "17.1", "appVersion": "2.0", "deviceId": "a".repeat(24)});
    let body = json!({"id": "fay", "options": {"device": device}});
    let fay = office.log_in("custom-function", &body)["user_id"].as_str().unwrap().to_owned();
    office.log_in("custom-function", &body);
    office.log_in("custom-function", &json!({"id": "fay", "options": {"device": {}}}));
    let devices = office.get(&format!("/users/{fay}/devices"));
    let mut devices = devices.as_array().unwrap().clone();
    devices.sort_by_key(|device| device["platform"].as_str().unwrap().len());
    assert_eq!(
        devices.iter().map(clean).collect::<Vec<_>>(),
        [
            json!({"_id": "[id]", "client_app_version": "", "platform": "", "platform_version": ""}),
            json!({"_id": "[id]", "client_app_version": "2.0", "platform": "ios", "platform_version": "17.1"}),
        ]
    );
    assert_eq!(devices[1]["_id"], "a".repeat(24));
    assert_eq!(office.get(&format!("/users/{}/devices", office.guest())), json!([]));
}

#[test]
fn a_reset_email_is_what_the_user_logs_in_with() {
    let office = Office::new();
    let make = |email: &str| {
        let (_, made) = office.ask("POST", "/users", json!({"email": email, "password": "secret1"}));
        made["_id"].as_str().unwrap().to_owned()
    };
    let (ann, _) = (make("ann@a.example"), make("bob@a.example"));
    let reset = |user: &str, body: Value| office.ask("PATCH", &format!("/users/{user}/reset_email"), body);
    let refused = |user: &str, body: Value| refusal(&reset(user, body));
    assert_eq!(reset(&ann, json!({"email": "new@a.example"})), (204, Value::Null));
    let login = |email: &str| {
        office.client("local-userpass/login", &json!({"username": email, "password": "secret1"}))
    };
    assert_eq!(login("ann@a.example").status, 401);
    assert_eq!(login("new@a.example").json()["user_id"], ann.as_str());
    assert_eq!(office.get(&format!("/users/{ann}"))["data"], json!({"email": "new@a.example"}));
    assert_eq!(ids(&office.get("/users?email=new@a.example")), [ann.as_str()]);
    let taken = json!({"error": "name already in use", "error_code": "AccountNameInUse"});
    assert_eq!(refused(&ann, json!({"email": "bob@a.example"})), (409, taken));
    let invalid = json!({"error": "email invalid", "error_code": "BadRequest"});
    assert_eq!(refused(&ann, json!({"email": ""})), (400, invalid.clone()));
    assert_eq!(refused(&ann, json!({"email": "x".repeat(129)})), (400, invalid));
    let guest = office.guest();
    let none = json!({"error": "the user has no e-mail address to reset", "error_code": "InvalidParameter"});
    assert_eq!(refused(&guest, json!({"email": "g@a.example"})), (400, none));
}

#[test]
fn a_token_is_good_by_its_signature_and_time_alone() {
    let office = Office::new();
    let login = office.log_in("anon-user", &json!({"options": {"device": {"platform": "web"}}}));
    let text = |name: &str| login[name].as_str().unwrap();
    let verify = |token: &str| office.ask("POST", "/users/verify_token", json!({"token": token}));
    let (status, said) = verify(text("access_token"));
    let mut names: Vec<&str> = said.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort();
    assert_eq!((status, names), (200, vec!["aud", "device_id", "domain_id", "exp", "iat", "iss", "sub"]));
    assert_eq!((&said["sub"], &said["device_id"]), (&login["user_id"], &login["device_id"]));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 1_800);
    // The user is kept out, and what was told of its token stays true.
    for change in ["logout", "disable"] {
        let path = format!("/users/{}/{change}", text("user_id"));
        assert_eq!(office.ask("PUT", &path, Value::Null), (204, Value::Null));
        assert_eq!(verify(text("access_token")), (200, said.clone()), "{change}");
    }
    let unsigned = json!({"error": "signature is invalid"});
    let mut forged = text("access_token").to_owned();
    forged.replace_range(forged.len() - 6..forged.len() - 2, "AAAA");
    for wrong in [&forged, text("refresh_token"), "", "a.b.c", "garbage"] {
        assert_eq!(refusal(&verify(wrong)), (401, unsigned.clone()), "{wrong}");
    }
    let other = format!("{}/users/verify_token", office.path_of(OTHER));
    let at_other = office.raw("POST", &other, &json!({"token": text("access_token")}));
    assert_eq!(refusal(&at_other), (401, unsigned));
    let missing = json!({"error": "'token' is a required string", "error_code": "MissingParameter"});
    assert_eq!(refusal(&office.ask("POST", "/users/verify_token", json!({}))), (400, missing));
}

#[tokio::test]
async fn a_token_that_is_over_is_told_apart_from_a_forged_one() {
    let now = Timestamp(20_781 * DAY);
    let house = House::open(now).await;
    for form in [TokenForm::Standard, TokenForm::Original] {
        let access_token = AccessTokenSettings { form, ..AccessTokenSettings::default() };
        let app = house.deploy("app-abcde", Settings { access_token, ..Settings::default() }).await;
        house.clock.set(now);
        let guest = house.log_in(&app).await;
        let caller =
            house.auth.refresh_caller(&app, &Presented::read(&guest.refresh).unwrap()).await.unwrap();
        let access = house.auth.refresh(&caller).unwrap();
        let TokenVerdict::Good(claims) = house.auth.verify_token(&app, &access).unwrap() else { panic!() };
        assert_eq!(claims["iss"], caller.session.id.to_string(), "{form:?}");
        house.auth.change_user(&app, guest.user, UserChange::Delete).await.unwrap();
        house.clock.set(now.plus(1_799));
        assert_eq!(house.auth.verify_token(&app, &access).unwrap(), TokenVerdict::Good(claims));
        house.clock.set(now.plus(1_800));
        assert_eq!(house.auth.verify_token(&app, &access).unwrap(), TokenVerdict::Expired);
        assert!(house.auth.verify_token(&app, &access[..access.len() - 2]).is_err());
    }
}
