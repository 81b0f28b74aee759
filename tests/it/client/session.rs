//! Sessions: refreshed, logged out, deleted; and the store that remembers them.

use serde_json::{Value, json};

use super::claims;
use crate::support::{Server, example};

const SESSION: &str = "/api/client/v2.0/auth/session";
const PROFILE: &str = "/api/client/v2.0/auth/profile";
const NOT_FOUND: &str = "invalid session: failed to find refresh token";

struct Guest {
    access: String,
    refresh: String,
}

fn guest(server: &Server) -> Guest {
    let login = server.log_in("news-aaaaa");
    let token = |name: &str| login[name].as_str().unwrap().to_owned();
    Guest { access: token("access_token"), refresh: token("refresh_token") }
}

fn news(data: &std::path::Path) -> Server {
    Server::start(data, &[example("news").to_str().unwrap()])
}

fn refusal(server: &Server, method: &str, target: &str, token: &str) -> (u16, Value, Value) {
    let reply = server.with_token(method, target, token);
    let said = reply.json();
    (reply.status, said["error"].clone(), said["error_code"].clone())
}

#[test]
fn a_refresh_gives_an_access_token_and_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    let server = news(data.path());
    let guest = guest(&server);
    for target in [SESSION, "/api/client/v2.0/app/news-aaaaa/auth/session"] {
        let reply = server.with_token("POST", target, &guest.refresh);
        assert_eq!((reply.status, reply.header("content-type")), (201, Some("application/json")));
        assert_eq!(reply.header("cache-control"), Some("no-cache, no-store, must-revalidate"));
        let said = reply.json();
        assert_eq!(said.as_object().unwrap().len(), 1);
        let fresh = said["access_token"].as_str().unwrap();
        assert_eq!(claims(&json!(fresh))["sid"], claims(&json!(guest.access))["sid"]);
        assert_eq!(server.with_token("GET", PROFILE, fresh).status, 200);
    }
}

#[test]
fn a_logged_out_session_is_over_at_once_and_others_are_not() {
    let data = tempfile::tempdir().unwrap();
    let server = news(data.path());
    let (one, other) = (guest(&server), guest(&server));
    let reply = server.with_token("DELETE", SESSION, &one.refresh);
    assert_eq!((reply.status, reply.header("content-type"), reply.body.len()), (204, None, 0));
    assert_eq!(
        refusal(&server, "POST", SESSION, &one.refresh),
        (401, json!(NOT_FOUND), json!("InvalidSession"))
    );
    assert_eq!(
        refusal(&server, "DELETE", SESSION, &one.refresh),
        (401, json!(NOT_FOUND), json!("InvalidSession"))
    );
    assert_eq!(
        refusal(&server, "GET", PROFILE, &one.access),
        (401, json!("unauthorized"), json!("InvalidSession"))
    );
    assert_eq!(server.with_token("POST", SESSION, &other.refresh).status, 201);
}

#[test]
fn a_deleted_user_is_gone_with_its_sessions() {
    let data = tempfile::tempdir().unwrap();
    let server = news(data.path());
    let guest = guest(&server);
    let reply = server.with_token("DELETE", "/api/client/v2.0/auth/delete", &guest.access);
    assert_eq!((reply.status, reply.header("content-type"), reply.body.len()), (204, None, 0));
    assert_eq!(
        refusal(&server, "DELETE", SESSION, &guest.refresh),
        (401, json!(NOT_FOUND), json!("InvalidSession"))
    );
    let again = refusal(&server, "DELETE", "/api/client/v2.0/auth/delete", &guest.access);
    assert_eq!(again, (401, json!("unauthorized"), json!("InvalidSession")));
}

#[test]
fn guests_and_their_sessions_survive_a_crash_and_a_stop() {
    let data = tempfile::tempdir().unwrap();
    let server = news(data.path());
    assert_eq!(server.ready["apps"][0]["created"], true);
    let guest = guest(&server);
    let server = server.restart();
    assert_eq!(server.ready["apps"][0]["created"], false);
    assert_eq!(
        server.with_token("GET", PROFILE, &guest.access).status,
        200,
        "the host of the issuer may change"
    );
    assert_eq!(server.with_token("POST", SESSION, &guest.refresh).status, 201);
    assert_eq!(server.stop(), 0);
    let server = news(data.path());
    assert_eq!(server.with_token("POST", SESSION, &guest.refresh).status, 201);
}

#[test]
fn what_a_guest_cannot_do_is_said_at_once() {
    let data = tempfile::tempdir().unwrap();
    let server = news(data.path());
    let guest = guest(&server);
    let app = "/api/client/v2.0/app/news-aaaaa";
    let link = format!("{app}/auth/providers/anon-user/login?link=true");
    let no_link = json!("linking an anonymous identity is not allowed");
    assert_eq!(refusal(&server, "POST", &link, &guest.access), (500, no_link, json!("InternalServerError")));
    let link = format!("{app}/auth/providers/local-userpass/login?link=true");
    let (status, error, code) = refusal(&server, "POST", &link, &guest.access);
    assert_eq!(
        (status, code),
        (401, json!("AuthError")),
        "realm-web loops on InvalidSession and on bare `unauthorized`"
    );
    assert_ne!(error, "unauthorized");

    let keys = refusal(&server, "GET", "/api/client/v2.0/auth/api_keys", &guest.refresh);
    assert_eq!((keys.0, keys.2), (403, json!("BadRequest")));
    let call = refusal(&server, "POST", &format!("{app}/functions/call"), &guest.access);
    assert_eq!(call, (404, json!("function not found"), json!("FunctionNotFound")));
    let push = refusal(&server, "PUT", &format!("{app}/push/providers/gcm/registration"), &guest.access);
    assert_eq!(push, (404, json!("service not found: 'gcm'"), json!("ServiceNotFound")));
    let register =
        server.request("POST", &format!("{app}/auth/providers/local-userpass/register"), &[], b"{}");
    assert_eq!(
        (register.status, register.json()["error_code"].clone()),
        (404, json!("AuthProviderNotFound"))
    );

    let stream =
        server.with_token("GET", &format!("{app}/functions/call?baas_request=e30%3D"), &guest.access);
    assert_eq!((stream.status, stream.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(
        String::from_utf8(stream.body).unwrap(),
        "event: error\ndata: {\"error\":\"function not found\",\"error_code\":\"FunctionNotFound\"}\n\n"
    );
    let bad = server.with_token("GET", &format!("{app}/functions/call?baas_request=e30x"), &guest.access);
    assert_eq!(
        String::from_utf8(bad.body).unwrap(),
        "event: error\ndata: {\"error\":\"bad argument: 'baas_request' is not an object in base64\",\"error_code\":\"BadRequest\"}\n\n"
    );
    let in_query = format!("{app}/functions/call?baas_request=e30%3D&baas_at={}", guest.access);
    assert_eq!(server.request("GET", &in_query, &[], b"").status, 200);
    let sync = server.with_token("GET", &format!("{app}/realm-sync"), &guest.access);
    assert_eq!((sync.status, sync.body.as_slice()), (404, b"404 page not found\n".as_slice()));
}
