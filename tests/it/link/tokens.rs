//! Custom tokens and functions: who is let in, and who is not.

use serde_json::{Value, json};

use super::{AUTH, Town, claims, signed, token};

#[test]
fn a_custom_token_is_somebody_and_any_wrong_claim_is_nobody() {
    let town = Town::new();
    let login = |token: &str| town.post("/auth/providers/custom-token/login", &json!({"token": token}));
    let ann = login(&token(&claims("ann")));
    assert_eq!(ann.status, 200);
    assert_eq!(login(&token(&claims("ann"))).json()["user_id"], ann.json()["user_id"]);
    let with = |name: &str, value: Value| {
        let mut claims = claims("ann");
        claims[name] = value;
        token(&claims)
    };
    let without = |name: &str| {
        let mut claims = claims("ann");
        claims.as_object_mut().unwrap().remove(name);
        token(&claims)
    };
    let refused = (401, json!("AuthError"), "unauthorized".to_owned());
    for (what, token) in [
        ("expired", with("exp", json!(1))),
        ("no expiry", without("exp")),
        ("another audience", with("aud", json!("other-abcde"))),
        ("no audience", without("aud")),
        ("no subject", without("sub")),
        ("empty subject", with("sub", json!(""))),
        ("not yet", with("nbf", json!(4_102_444_000_i64))),
        ("another key", signed(&claims("ann"), &"0".repeat(64))),
        ("no token", "nonsense".to_owned()),
        ("unsigned", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.".to_owned()),
    ] {
        assert_eq!(Town::refusal(&login(&token)), refused, "{what}");
    }
    assert_eq!(login(&with("exp", json!(4_102_444_800.5))).status, 200, "a fraction is a date too");
}

#[test]
fn data_of_a_token_is_renewed_at_each_login() {
    let town = Town::new();
    let mut with_name = claims("ann");
    with_name["user"]["name"] = json!("Ann");
    let ann = town.log_in("custom-token", &json!({"token": token(&with_name)}));
    assert_eq!(town.profile(&ann).1, json!({"name": "Ann"}));
    with_name["user"] = json!({});
    let ann = town.log_in("custom-token", &json!({"token": token(&with_name)}));
    assert_eq!(town.profile(&ann).1, json!({}));
}

#[test]
fn the_apps_function_says_who_somebody_is() {
    let town = Town::new();
    let ann = town.log_in("custom-function", &json!({"id": "ann", "options": {"device": {"platform": "x"}}}));
    assert_eq!(town.log_in("custom-function", &json!({"id": "ann"})).id, ann.id);
    let profile = town.server.with_token("GET", &format!("{AUTH}/profile"), &ann.access).json();
    assert_eq!(profile["identities"][0]["id"], "ann");
    let refused = (401, json!("AuthError"), "unauthorized".to_owned());
    for body in [json!({"id": "nobody"}), json!({"id": 0}), json!({}), json!({"id": ""})] {
        let reply = town.post("/auth/providers/custom-function/login", &body);
        assert_eq!(Town::refusal(&reply), refused, "{body}");
    }
}

#[test]
fn clients_call_functions_and_not_private_ones() {
    let town = Town::new();
    let guest = town.guest();
    let call = |body: Value| {
        let target = format!("/api/client/v2.0/app/{}/functions/call", super::APP);
        let token = format!("Bearer {}", guest.access);
        town.server.request("POST", &target, &[("Authorization", &token)], body.to_string().as_bytes())
    };
    let sum = call(json!({"name": "sum", "arguments": [{"$numberInt": "1"}, 2]}));
    assert_eq!(
        (sum.status, sum.header("content-type"), sum.json()),
        (200, Some("application/json"), json!({"$numberInt": "3"}))
    );
    let not_found = (404, json!("FunctionNotFound"), "function not found".to_owned());
    assert_eq!(Town::refusal(&call(json!({"name": "secretSum"}))), not_found);
    assert_eq!(Town::refusal(&call(json!({"name": "nothing"}))), not_found);
    let service = call(json!({"service": "mongodb-atlas", "name": "find", "arguments": []}));
    assert_eq!(
        Town::refusal(&service),
        (404, json!("ServiceNotFound"), "service not found: 'mongodb-atlas'".to_owned())
    );
}
