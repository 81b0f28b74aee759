//! Accounts that somebody prepares before their owner comes, in each published form ("Pre-hijacked accounts", 2022).
//! They fail wherever addresses are confirmed by mail. `autoConfirm` proves nothing about an address, so it cannot
//! protect: `check` says so.

use serde_json::{Value, json};

use super::issuer::{Issuer, id_claims};
use super::{AUTH, Person, Town, claims, token};

const VICTIM: &str = "victim@people.example";
const USERPASS: &str = "/auth/providers/local-userpass";

fn by_mail() -> Value {
    json!({
        "emailConfirmationUrl": "https://people.example/confirm",
        "resetPasswordUrl": "https://people.example/reset",
    })
}

fn password(password: &str) -> Value {
    json!({"username": VICTIM, "password": password})
}

/// The attacker registers the victim's address with a password of its own.
fn prepare(town: &Town) {
    let body = json!({"email": VICTIM, "password": "attackers"});
    assert_eq!(town.post(&format!("{USERPASS}/register"), &body).status, 201);
}

/// The victim meets its address taken, and gets it by the mails that come to it alone.
fn take_back(town: &Town) -> Person {
    let again = json!({"email": VICTIM, "password": "victims-own"});
    assert_eq!(town.post(&format!("{USERPASS}/register"), &again).status, 409);
    assert_eq!(town.post(&format!("{USERPASS}/confirm/send"), &json!({"email": VICTIM})).status, 200);
    let confirmation = town.mailed("https://people.example/confirm?");
    assert_eq!(town.post(&format!("{USERPASS}/confirm"), &confirmation).status, 200);
    reset(town);
    town.log_in("local-userpass", &password("victims-own"))
}

fn reset(town: &Town) {
    assert_eq!(town.post(&format!("{USERPASS}/reset/send"), &json!({"email": VICTIM})).status, 200);
    let mut reset = town.mailed("https://people.example/reset?");
    reset["password"] = json!("victims-own");
    assert_eq!(town.post(&format!("{USERPASS}/reset"), &reset).status, 200);
}

#[test]
fn classic_federated_merge() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    prepare(&town);
    let code = issuer.code(&id_claims("victim", VICTIM));
    let victim = town.log_in("oauth2-google", &json!({"authCode": code}));
    assert_eq!(town.profile(&victim).0, ["oauth2-google"], "nothing of the attacker's is merged in");
    assert_eq!(town.post(&format!("{USERPASS}/login"), &password("attackers")).status, 401);
}

#[test]
fn a_non_verifying_issuer() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    prepare(&town);
    let victim = take_back(&town);
    // An issuer that lets the attacker say any address.
    let mut claims = id_claims("attacker", VICTIM);
    claims["email_verified"] = json!(false);
    let attacker = town.log_in("oauth2-google", &json!({"authCode": issuer.code(&claims)}));
    assert_ne!(attacker.id, victim.id);
    assert_eq!(town.profile(&attacker).0, ["oauth2-google"]);
    assert_eq!(town.profile(&victim).0, ["local-userpass"]);
}

#[test]
fn an_address_registered_first() {
    let town = Town::with(&json!({}), &by_mail());
    prepare(&town);
    assert_eq!(town.post(&format!("{USERPASS}/login"), &password("attackers")).status, 401);
    let victim = take_back(&town);
    assert_eq!(town.post(&format!("{USERPASS}/login"), &password("attackers")).status, 401);
    assert_eq!(town.profile(&victim).0, ["local-userpass"]);
}

#[test]
fn an_unexpired_session() {
    let town = Town::with(&json!({}), &by_mail());
    prepare(&town);
    // The victim takes the confirmation for its own, so the attacker comes in.
    let confirmation = town.mailed("https://people.example/confirm?");
    assert_eq!(town.post(&format!("{USERPASS}/confirm"), &confirmation).status, 200);
    let sessions = [(); 3].map(|()| town.log_in("local-userpass", &password("attackers")));
    let [attacker, ..] = &sessions;
    let bearer = format!("Bearer {}", attacker.refresh);
    let headers = [("Authorization", bearer.as_str())];
    let keys = format!("{AUTH}/api_keys");
    let key = town.server.request("POST", &keys, &headers, br#"{"name":"k"}"#).json();
    reset(&town);
    for session in &sessions {
        assert_eq!(town.server.with_token("POST", &format!("{AUTH}/session"), &session.refresh).status, 401);
        assert_eq!(town.server.with_token("GET", &format!("{AUTH}/profile"), &session.access).status, 401);
    }
    assert_eq!(town.post(&format!("{USERPASS}/login"), &password("attackers")).status, 401);
    // What somebody who was in left behind is not found out by a reset: the owner sees it and removes it.
    let victim = town.log_in("local-userpass", &password("victims-own"));
    let listed = town.server.with_token("GET", &keys, &victim.refresh).json();
    assert_eq!(listed, json!([{"_id": key["_id"], "name": "k", "disabled": false}]));
}

#[test]
fn a_trojan_identifier() {
    let town = Town::with(&json!({}), &by_mail());
    prepare(&town);
    // The attacker cannot come in to add a way of its own, and neither is the address added to what it has.
    let jwt = json!({"token": token(&claims("attacker"))});
    let attacker = town.log_in("custom-token", &jwt);
    assert_eq!(town.link(&attacker, "local-userpass", &password("attackers")).status, 401);
    assert_eq!(town.profile(&attacker).0, ["custom-token"]);
    let victim = take_back(&town);
    assert_ne!(victim.id, attacker.id);
    assert_eq!(town.profile(&victim).0, ["local-userpass"]);
}

#[test]
fn a_guest_linked_first() {
    let town = Town::with(&json!({}), &by_mail());
    let attacker = town.guest();
    prepare(&town);
    let linked = town.link(&attacker, "local-userpass", &password("attackers"));
    assert_eq!(linked.status, 401);
    let victim = take_back(&town);
    assert_eq!(town.link(&attacker, "local-userpass", &password("attackers")).status, 401);
    assert_ne!(victim.id, attacker.id);
    assert_eq!(town.profile(&attacker), (vec!["anon-user".to_owned()], json!({})));
}

#[test]
fn an_unexpired_change_of_address() {
    // Nobody changes an address by a token that could be kept: there is no such route, and a reset token changes none.
    let town = Town::with(&json!({}), &by_mail());
    let body = json!({"email": "attacker@people.example", "password": "attackers"});
    town.post(&format!("{USERPASS}/register"), &body);
    let confirmation = town.mailed("https://people.example/confirm?");
    town.post(&format!("{USERPASS}/confirm"), &confirmation);
    let login = json!({"username": "attacker@people.example", "password": "attackers"});
    let attacker = town.log_in("local-userpass", &login);
    town.post(&format!("{USERPASS}/reset/send"), &json!({"email": "attacker@people.example"}));
    let mut reset = town.mailed("https://people.example/reset?");
    for (name, value) in [("password", "attackers"), ("email", VICTIM), ("username", VICTIM)] {
        reset[name] = json!(value);
    }
    assert_eq!(town.post(&format!("{USERPASS}/reset"), &reset).status, 200);
    let attacker_again = town.log_in("local-userpass", &login);
    assert_eq!(attacker_again.id, attacker.id);
    assert_eq!(town.profile(&attacker_again).1, json!({"email": "attacker@people.example"}));
}
