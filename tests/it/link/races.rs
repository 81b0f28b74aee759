//! Things of which there is one, raced for by clients (CVE-2026-34224, CVE-2026-43930).

use std::sync::Barrier;

use serde_json::{Value, json};

use super::issuer::{Issuer, id_claims, told};
use super::{AUTH, Person, Town, claims, token};
use crate::support::Reply;

const USERPASS: &str = "/auth/providers/local-userpass";
const RACERS: usize = 12;

fn by_mail() -> Value {
    json!({
        "emailConfirmationUrl": "https://people.example/confirm",
        "resetPasswordUrl": "https://people.example/reset",
    })
}

/// Asks all at once, and says what each was answered.
fn race<T: Send>(ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(RACERS);
    std::thread::scope(|scope| {
        let run = |racer| {
            let (start, ask) = (&start, &ask);
            scope.spawn(move || {
                start.wait();
                ask(racer)
            })
        };
        let running: Vec<_> = (0..RACERS).map(run).collect();
        running.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

/// How many were answered with each status, by status.
fn counted(replies: &[Reply]) -> Vec<(u16, usize)> {
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    statuses.chunk_by(|a, b| a == b).map(|of_one| (of_one[0], of_one.len())).collect()
}

#[test]
fn an_address_is_registered_once() {
    let town = Town::new();
    let replies = race(|racer| {
        let body = json!({"email": "ann@people.example", "password": format!("secret-{racer}")});
        town.post(&format!("{USERPASS}/register"), &body)
    });
    assert_eq!(counted(&replies), [(201, 1), (409, RACERS - 1)]);
    let winner = replies.iter().position(|reply| reply.status == 201).unwrap();
    let body = json!({"username": "ann@people.example", "password": format!("secret-{winner}")});
    town.log_in("local-userpass", &body);
}

#[test]
fn tokens_that_were_mailed_are_used_once() {
    let town = Town::with(&json!({}), &by_mail());
    let body = json!({"email": "ann@people.example", "password": "secret1"});
    town.post(&format!("{USERPASS}/register"), &body);
    let confirmation = town.mailed("https://people.example/confirm?");
    let replies = race(|_| town.post(&format!("{USERPASS}/confirm"), &confirmation));
    assert_eq!(counted(&replies), [(200, 1), (400, RACERS - 1)]);

    town.post(&format!("{USERPASS}/reset/send"), &json!({"email": "ann@people.example"}));
    let reset = town.mailed("https://people.example/reset?");
    let replies = race(|racer| {
        let mut body = reset.clone();
        body["password"] = json!(format!("secret-{racer}"));
        town.post(&format!("{USERPASS}/reset"), &body)
    });
    assert_eq!(counted(&replies), [(200, 1), (400, RACERS - 1)]);
    let winner = replies.iter().position(|reply| reply.status == 200).unwrap();
    let body = json!({"username": "ann@people.example", "password": format!("secret-{winner}")});
    town.log_in("local-userpass", &body);
}

#[test]
fn whoever_logs_in_with_the_old_password_while_it_is_reset_is_out_again() {
    let town = Town::with(&json!({}), &by_mail());
    let account = json!({"email": "ann@people.example", "password": "secret1"});
    town.post(&format!("{USERPASS}/register"), &account);
    town.post(&format!("{USERPASS}/confirm"), &town.mailed("https://people.example/confirm?"));
    let old = json!({"username": "ann@people.example", "password": "secret1"});
    town.log_in("local-userpass", &old);
    town.post(&format!("{USERPASS}/reset/send"), &json!({"email": "ann@people.example"}));
    let mut reset = town.mailed("https://people.example/reset?");
    reset["password"] = json!("secret2");
    // One resets while the others' passwords are being checked, or wait for it.
    let replies = race(|racer| match racer {
        0 => town.post(&format!("{USERPASS}/reset"), &reset),
        _ => town.post(&format!("{USERPASS}/login"), &old),
    });
    assert_eq!(replies[0].status, 200);
    for reply in &replies[1..] {
        match reply.status {
            200 => {
                let refresh = Person::of(&reply.json()).refresh;
                assert_eq!(town.server.with_token("POST", &format!("{AUTH}/session"), &refresh).status, 401);
            }
            _ => assert_eq!(Town::refusal(reply), (401, json!("InvalidPassword"), "unauthorized".to_owned())),
        }
    }
}

#[test]
fn a_first_login_makes_one_user() {
    let town = Town::new();
    let body = json!({"token": token(&claims("ann"))});
    let replies = race(|_| town.post("/auth/providers/custom-token/login", &body));
    assert_eq!(counted(&replies), [(200, RACERS)]);
    let mut ids: Vec<Value> = replies.iter().map(|reply| reply.json()["user_id"].clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[test]
fn an_identity_is_linked_to_one_guest() {
    let town = Town::new();
    let email = town.register("ann@people.example");
    let jwt = json!({"token": token(&claims("ann"))});
    for (provider, body) in [("local-userpass", email), ("custom-token", jwt)] {
        let guests: Vec<Person> = (0..RACERS).map(|_| town.guest()).collect();
        let replies = race(|racer| town.link(&guests[racer], provider, &body));
        assert_eq!(counted(&replies), [(200, 1), (401, RACERS - 1)], "{provider}");
        let winner = replies.iter().position(|reply| reply.status == 200).unwrap();
        assert_eq!(town.log_in(provider, &body).id, guests[winner].id, "{provider}");
        for (racer, guest) in guests.iter().enumerate() {
            assert_eq!(town.profile(guest).0.len(), 1 + usize::from(racer == winner), "{provider}");
        }
    }
}

#[test]
fn a_guest_gets_one_address() {
    let town = Town::new();
    let guest = town.guest();
    let emails: Vec<Value> = (0..RACERS).map(|n| town.register(&format!("{n}@people.example"))).collect();
    let replies = race(|racer| town.link(&guest, "local-userpass", &emails[racer]));
    assert_eq!(counted(&replies), [(200, 1), (500, RACERS - 1)]);
    assert!(
        replies.iter().all(|r| r.status == 200 || r.json()["error"].as_str().unwrap().starts_with("linking"))
    );
    assert_eq!(town.profile(&guest).0, ["anon-user", "local-userpass"]);
}

#[test]
fn keys_stay_within_their_number() {
    let town = Town::new();
    let email = town.register("ann@people.example");
    let ann = town.log_in("local-userpass", &email);
    let bearer = format!("Bearer {}", ann.refresh);
    let headers = [("Authorization", bearer.as_str())];
    let keys = format!("{AUTH}/api_keys");
    let make = |name: String| {
        town.server.request("POST", &keys, &headers, json!({"name": name}).to_string().as_bytes())
    };
    let same = race(|_| make("same".to_owned()));
    assert_eq!(counted(&same), [(201, 1), (409, RACERS - 1)]);
    let others = race(|racer| [make(format!("a{racer}")), make(format!("b{racer}"))]);
    let others: Vec<Reply> = others.into_iter().flatten().collect();
    assert_eq!(counted(&others), [(201, 19), (400, 2 * RACERS - 19)]);
    assert_eq!(town.server.with_token("GET", &keys, &ann.refresh).json().as_array().unwrap().len(), 20);
}

#[test]
fn a_return_from_the_issuer_is_taken_once() {
    let issuer = Issuer::start();
    let town = issuer.town(&by_mail(), |_| {});
    let away = town.depart(None, &[]);
    let mut claims = id_claims("ann", "ann@people.example");
    claims["nonce"] = json!(away.nonce);
    let code = issuer.code(&claims);
    let replies = race(|_| town.come_back(&away, &code, None));
    assert_eq!(counted(&replies), [(302, 1), (400, RACERS - 1)]);
    let taken = replies.iter().find(|reply| reply.status == 302).unwrap();
    assert_eq!(town.profile(&told(taken).unwrap()).0, ["oauth2-google"]);
}
