//! Custom tokens and functions: who is let in, and who is not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

#[test]
fn a_function_has_its_own_time_beside_that_of_a_request() {
    let town = Town::built(&json!({}), &json!({"autoConfirm": true}), |app| {
        let source = "exports = () => new Promise(done => setTimeout(() => done('slept'), 1500));";
        std::fs::write(app.join("functions/sum.js"), source).unwrap();
        ["--request-timeout-secs", "1"].map(str::to_owned).to_vec()
    });
    let guest = town.guest();
    let target = format!("/api/client/v2.0/app/{}/functions/call", super::APP);
    let token = format!("Bearer {}", guest.access);
    let body = json!({"name": "sum", "arguments": []}).to_string();
    let slept = town.server.request("POST", &target, &[("Authorization", &token)], body.as_bytes());
    assert_eq!((slept.status, slept.json()), (200, json!("slept")));
}

#[test]
fn a_stream_says_why_there_is_none() {
    let town = Town::new();
    let guest = town.guest();
    let event = |query: String| {
        let target = format!("/api/client/v2.0/app/{}/functions/call?{query}", super::APP);
        let reply = town.server.with_token("GET", &target, &guest.access);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
        let text = String::from_utf8(reply.body).unwrap();
        let data = text.strip_prefix("event: error\ndata: ").and_then(|rest| rest.strip_suffix("\n\n"));
        serde_json::from_str::<Value>(data.unwrap()).unwrap()
    };
    let ask = |parameter: &str, body: Value| {
        let base64 = STANDARD.encode(body.to_string()).replace('+', "%2B").replace('=', "%3D");
        event(format!("{parameter}={base64}"))
    };
    let not_found = json!({"error": "function not found", "error_code": "FunctionNotFound"});
    let no_stream = json!({
        "error": "function 'sum' has one result and no stream: only `watch` of a data source streams, which is not served",
        "error_code": "FunctionExecutionError",
    });
    for parameter in ["baas_request", "stitch_request"] {
        assert_eq!(ask(parameter, json!({"name": "sum", "arguments": [1, 2]})), no_stream);
        assert_eq!(ask(parameter, json!({"name": "secretSum", "arguments": []})), not_found);
        assert_eq!(ask(parameter, json!({"name": "nothing", "arguments": []})), not_found);
        // Percent signs are escaped in the data of events.
        let watch = json!({"name": "watch", "service": "atlas%", "arguments": [{"database": "a"}]});
        let no_service = json!({"error": "service not found: 'atlas%25'", "error_code": "ServiceNotFound"});
        assert_eq!(ask(parameter, watch), no_service);
        assert_eq!(ask(parameter, json!({"name": "sum\nevent: x"})), not_found);
    }
    assert_eq!(event(String::new()), not_found);
    for bad in ["e30x", "%FF", "WzFd", ""] {
        let expected = json!({"error": "bad argument: 'baas_request' is not an object in base64", "error_code": "BadRequest"});
        assert_eq!(event(format!("baas_request={bad}")), expected);
    }
}
