//! Token confusion: every kind of token at every route, of every app, in every state of its user.
//!
//! What is expected is written from the protocol, and whole replies are compared.

use passerby::auth::KeyPurpose;
use passerby::model::Timestamp;

use super::forge::header;
use super::town::{BEGINNING, Town};
use super::verdict::*;

/// How long an access token is good.
const ACCESS_SECS: i64 = 30 * 60;
/// How long a guest's refresh token may be good: 50 years.
const REFRESH_SECS: i64 = 1_576_800_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Takes {
    Access,
    Refresh,
}

/// A route, with what it answers to a good token: a status, and a refusal's `error_code` if it is one. Destructive
/// routes have none, and are asked with bad tokens only.
struct Route {
    method: &'static str,
    path: &'static str,
    /// Whether it exists without an app in its path too.
    unscoped: bool,
    takes: Takes,
    good: Option<(u16, Option<&'static str>)>,
}

const fn route(
    method: &'static str,
    path: &'static str,
    unscoped: bool,
    takes: Takes,
    good: Option<(u16, Option<&'static str>)>,
) -> Route {
    Route { method, path, unscoped, takes, good }
}

const ROUTES: [Route; 9] = [
    route("GET", "/auth/profile", true, Takes::Access, Some((200, None))),
    route("DELETE", "/auth/delete", true, Takes::Access, None),
    route("POST", "/functions/call", false, Takes::Access, Some((404, Some("FunctionNotFound")))),
    route("GET", "/functions/call", false, Takes::Access, Some((200, None))),
    route(
        "PUT",
        "/push/providers/gcm/registration",
        false,
        Takes::Access,
        Some((404, Some("ServiceNotFound"))),
    ),
    route("POST", "/auth/session", true, Takes::Refresh, Some((201, None))),
    route("DELETE", "/auth/session", true, Takes::Refresh, None),
    route("GET", "/auth/api_keys", true, Takes::Refresh, Some((403, Some("BadRequest")))),
    route(
        "PUT",
        "/auth/api_keys/636a9db3bdeec4a0374030d4/enable",
        true,
        Takes::Refresh,
        Some((403, Some("BadRequest"))),
    ),
];

#[tokio::test]
async fn no_token_passes_for_another() {
    let town = Town::open().await;
    let tokens = town.tokens().await;
    let mut asked = 0;
    for token in &tokens {
        for route in &ROUTES {
            let scopes = [None, Some(0), Some(1), Some(2)];
            for scope in scopes.into_iter().filter(|scope| scope.is_some() || route.unscoped) {
                let verdict = expected(token, route.takes, scope);
                if route.good.is_none() && verdict == Good {
                    continue;
                }
                let target = match scope {
                    None => format!("/api/client/v2.0{}", route.path),
                    Some(n) => format!("/api/client/v2.0/app/{}{}", town.apps[n].client_app_id, route.path),
                };
                let said = town.ask(route.method, &target, token.authorization.as_deref()).await;
                // An error links to the app's log whenever the app is known: from the path, else from the token.
                let app = scope.or(token.of).map(|n| &*town.apps[n]);
                said.compare(
                    &format!("{} at {} {target}", token.name, route.method),
                    verdict,
                    route.good,
                    app,
                );
                asked += 1;
            }
        }
    }
    println!("{} tokens, {asked} requests", tokens.len());
    // Nothing that was refused did anything.
    for (app, guest) in town.apps.iter().zip(&town.guests) {
        assert!(town.house.refreshes(app, &guest.of_house).await);
        // In the first app also those who were logged out, revoked, disabled, enabled again, and impersonated.
        let users = if app.key == town.apps[0].key { 6 } else { 1 };
        assert_eq!(town.house.store.user_count(app.key).await.unwrap(), users);
    }
}

/// The rule, for one request.
fn expected(token: &Token, takes: Takes, scope: Option<usize>) -> Verdict {
    match (token.of, scope) {
        (Some(of), Some(scope)) if of != scope => OTHER_APP,
        _ => match takes {
            Takes::Access => token.access,
            Takes::Refresh => token.refresh,
        },
    }
}

#[tokio::test]
async fn a_retired_key_verifies_nothing_any_more() {
    let town = Town::open().await;
    let app = &town.apps[0];
    let old = town.log_in(0).await;
    let profile = |token: String| {
        let town = &town;
        async move {
            town.ask("GET", "/api/client/v2.0/auth/profile", Some(&format!("Bearer {token}"))).await.status
        }
    };
    let key = claims_key(&old.access);
    let auth = &town.house.auth;
    auth.rotate_key(app, KeyPurpose::AccessStandard).await.unwrap();
    let app = auth.app(app.client_app_id.as_str()).unwrap();
    let new = town.log_in(0).await;
    assert_ne!(claims_key(&new.access), key);
    assert_eq!((profile(old.access.clone()).await, profile(new.access.clone()).await), (200, 200));

    auth.retire_key(&app, &key, false).await.unwrap();

    // It was found good a moment ago; that counts no more.
    let said =
        town.ask("GET", "/api/client/v2.0/auth/profile", Some(&format!("Bearer {}", old.access))).await;
    said.compare("an access token of a retired key", ACCESS_BAD, None, Some(&app));
    assert_eq!(profile(new.access.clone()).await, 200);
    assert!(town.house.refreshes(&app, &old.of_house).await, "its session goes on");

    let refresh_key = app.signing_keys().into_iter().find(|k| k.purpose == KeyPurpose::Refresh).unwrap().id;
    auth.rotate_key(&app, KeyPurpose::Refresh).await.unwrap();
    let app = auth.app(app.client_app_id.as_str()).unwrap();
    let newest = town.log_in(0).await;
    auth.retire_key(&app, &refresh_key, true).await.unwrap();
    let target = "/api/client/v2.0/auth/session";
    let said = town.ask("POST", target, Some(&format!("Bearer {}", old.of_house.refresh))).await;
    said.compare("a refresh token of a retired key", REFRESH_BAD, None, Some(&app));
    assert_eq!(
        town.ask("POST", target, Some(&format!("Bearer {}", newest.of_house.refresh))).await.status,
        201
    );
}

#[tokio::test]
async fn a_token_is_over_to_the_second() {
    let town = Town::open().await;
    let guest = town.log_in(0).await;
    let app = Some(&*town.apps[0]);
    let (access, refresh) =
        (format!("Bearer {}", guest.access), format!("Bearer {}", guest.of_house.refresh));
    let profile = |at: Timestamp| {
        town.house.clock.set(at);
        town.ask("GET", "/api/client/v2.0/auth/profile", Some(&access))
    };
    assert_eq!(profile(BEGINNING.plus(ACCESS_SECS - 1)).await.status, 200);
    profile(BEGINNING.plus(ACCESS_SECS)).await.compare("an access token", ACCESS_OVER, None, app);
    let session = |at: Timestamp| {
        town.house.clock.set(at);
        town.ask("POST", "/api/client/v2.0/auth/session", Some(&refresh))
    };
    assert_eq!(session(BEGINNING.plus(REFRESH_SECS - 1)).await.status, 201);
    session(BEGINNING.plus(REFRESH_SECS)).await.compare("a refresh token", REFRESH_OVER, None, app);
}

/// `kid` of a token.
fn claims_key(token: &str) -> String {
    header(token)["kid"].as_str().expect("a key id").to_owned()
}
