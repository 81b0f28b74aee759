//! Anonymous login, in every form that clients send it.

use serde_json::{Value, json};

use super::{app_directory, claims, header};
use crate::support::{Server, example};

type Headers<'a> = &'a [(&'a str, &'a str)];

const LOGIN: &str = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";

fn news() -> (tempfile::TempDir, Server) {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[example("news").to_str().unwrap()]);
    (data, server)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn anonymous_login_creates_one_user() {
    let (_data, server) = news();
    let login = server.log_in("news-aaaaa");
    let mut keys: Vec<&String> = login.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["access_token", "device_id", "refresh_token", "user_id"]);
    assert_eq!(login["device_id"], "0".repeat(24));

    let profile = server.with_token("GET", "/api/client/v2.0/auth/profile", text(&login["access_token"]));
    assert_eq!((profile.status, profile.header("content-type")), (200, Some("application/json")));
    let said = profile.json();
    let claims = claims(&login["access_token"]);
    assert_eq!(
        said,
        json!({
            "user_id": login["user_id"],
            "domain_id": claims["baas_domain_id"],
            "identities": [{
                "id": said["identities"][0]["id"],
                "provider_type": "anon-user",
                "provider_id": said["identities"][0]["provider_id"],
            }],
            "data": {},
            "type": "normal",
        })
    );
    let identity = text(&said["identities"][0]["id"]);
    let (oid, letters) = identity.split_once('-').unwrap();
    assert_eq!((oid.len(), letters.len()), (24, 24));
    assert!(oid.bytes().all(|b| b.is_ascii_hexdigit()) && letters.bytes().all(|b| b.is_ascii_lowercase()));
}

#[test]
fn every_form_of_an_anonymous_login_makes_somebody_new() {
    let (_data, server) = news();
    let json = [("Content-Type", "application/json")];
    let forms: [(Headers, &[u8]); 9] = [
        (&[], b""),
        (&[("Content-Type", "application/json;charset=utf-8")], b""),
        (&json, b"{}"),
        (&[], b"{}"),
        (&[("Content-Type", "text/plain")], br#"{"provider":"anon-user"}"#),
        (&[("Content-Type", "application/x-www-form-urlencoded")], b"{}"),
        (&json, b" null\n"),
        (
            &[("Content-Type", "application/json")],
            br#"{"options":{"device":null},"unknown":{"$numberInt":"1"}}"#,
        ),
        (&[("Content-Type", "???")], br#"{"options":{"device":{"platform":7}}}"#),
    ];
    let mut users = std::collections::HashSet::new();
    for (headers, body) in forms {
        let reply = server.request("POST", LOGIN, headers, body);
        assert_eq!(reply.status, 200, "{headers:?} {reply:?}");
        users.insert(text(&reply.json()["user_id"]).to_owned());
    }
    // Core before 14.10.1 with a base URL that ends in a slash.
    let reply = server.request("POST", &format!("/{LOGIN}"), &[], b"");
    users.insert(text(&reply.json()["user_id"]).to_owned());
    assert_eq!(users.len(), 10);
}

#[test]
fn a_device_keeps_its_id_and_gets_one_when_it_has_none() {
    let (_data, server) = news();
    let device = |body: Value| {
        let reply = server.request("POST", LOGIN, &[], body.to_string().as_bytes()).json();
        assert_eq!(claims(&reply["access_token"])["baas_device_id"], reply["device_id"]);
        assert_eq!(claims(&reply["refresh_token"])["stitch_devId"], reply["device_id"]);
        text(&reply["device_id"]).to_owned()
    };
    let known = "636a9db3bdeec4a0374030d8";
    assert_eq!(device(json!({"options": {"device": {"deviceId": {"$oid": known}}}})), known);
    assert_eq!(device(json!({"options": {"device": {"deviceId": known}}})), known);
    let made = device(json!({"options": {"device": {"platform": "node", "deviceId": "0".repeat(24)}}}));
    assert!(made != "0".repeat(24) && made.len() == 24, "{made}");
}

#[test]
fn tokens_have_the_claims_of_their_form() {
    let data = tempfile::tempdir().unwrap();
    let (standard, original) = (data.path().join("standard"), data.path().join("original"));
    app_directory(&standard, false, None);
    app_directory(&original, false, Some(r#"{"access_token": {"form": "original", "minutes": 10}}"#));
    let args =
        [standard.to_str().unwrap(), original.to_str().unwrap(), "--public-url", "https://auth.example/x/"];
    let server = Server::start(&data.path().join("data"), &args);
    assert_eq!(server.ready["client_url"], "https://auth.example/x");
    let authority = server.own_authority();

    let app = server.app(0).to_owned();
    let login = server.log_in_at(&authority, &app);
    let access = claims(&login["access_token"]);
    let (session, domain) = (access["sid"].clone(), access["baas_domain_id"].clone());
    let iat = access["iat"].as_i64().unwrap();
    let zeros = "0".repeat(24);
    assert_eq!(
        access,
        json!({
            "aud": app, "baas_device_id": zeros, "baas_domain_id": domain, "exp": iat + 1800, "iat": iat,
            "iss": format!("https://auth.example/x/api/client/v2.0/app/{app}"), "sid": session,
            "stitch_devId": zeros, "stitch_domainId": domain, "sub": login["user_id"], "typ": "access",
        })
    );
    let access_header = header(&login["access_token"]);
    assert_eq!(access_header, json!({"alg": "ES256", "kid": access_header["kid"], "typ": "JWT"}));

    let app = server.app(1).to_owned();
    let login = server.log_in_at(&authority, &app);
    let access = claims(&login["access_token"]);
    let (session, domain) = (access["iss"].clone(), access["baas_domain_id"].clone());
    let iat = access["iat"].as_i64().unwrap();
    assert_eq!(
        access,
        json!({
            "baas_device_id": zeros, "baas_domain_id": domain, "exp": iat + 600, "iat": iat, "iss": session,
            "stitch_devId": zeros, "stitch_domainId": domain, "sub": login["user_id"], "typ": "access",
        })
    );
    assert_eq!(header(&login["access_token"]), json!({"alg": "HS256", "typ": "JWT"}));
    let refresh = claims(&login["refresh_token"]);
    let identity = json!({
        "id": refresh["baas_identity"]["id"], "provider_type": "anon-user",
        "provider_id": refresh["baas_identity"]["provider_id"],
    });
    assert_eq!(
        refresh,
        json!({
            "baas_data": null, "baas_device_id": zeros, "baas_domain_id": domain, "baas_id": session,
            "baas_identity": identity, "exp": iat + 1_576_800_000, "iat": iat, "stitch_data": null,
            "stitch_devId": zeros, "stitch_domainId": domain, "stitch_id": session, "stitch_ident": identity,
            "sub": login["user_id"], "typ": "refresh",
        })
    );
    let keys: Vec<String> = refresh.as_object().unwrap().keys().cloned().collect();
    assert!(keys.is_sorted(), "the original sorted its claims: {keys:?}");
}

#[test]
fn what_is_no_login_is_refused_in_the_words_of_the_original() {
    let (_data, server) = news();
    let app = "/api/client/v2.0/app/news-aaaaa/auth/providers";
    let refused = |method: &str, target: &str, body: &[u8]| {
        let reply = server.request(method, target, &[], body);
        assert_eq!(reply.header("content-type"), Some("application/json"), "{reply:?}");
        let mut said = reply.json();
        if let Some(link) = said.as_object_mut().unwrap().remove("link") {
            let base = server.ready["client_url"].as_str().unwrap();
            let co_id = reply.header("x-appservices-request-id").unwrap();
            assert!(text(&link).starts_with(&format!("{base}/groups/")), "{link}");
            assert!(text(&link).ends_with(&format!("/logs?co_id={co_id}")), "{link}");
            said["linked"] = json!(true);
        }
        (reply.status, said)
    };
    assert_eq!(
        refused("POST", "/api/client/v2.0/app/nobody-zzzzz/auth/providers/anon-user/login", b""),
        (404, json!({"error": "cannot find app using Client App ID 'nobody-zzzzz'"}))
    );
    assert_eq!(
        refused("POST", &format!("{app}/nonsense/login"), b""),
        (
            404,
            json!({"error": "auth provider not found: 'nonsense'", "error_code": "AuthProviderNotFound", "linked": true})
        )
    );
    assert_eq!(
        refused("POST", &format!("{app}/local-userpass/login"), br#"{"username":"a","password":"b"}"#),
        (401, json!({"error": "unauthorized", "error_code": "InvalidSession", "linked": true}))
    );
    assert_eq!(
        refused("POST", LOGIN, b"[]"),
        (
            400,
            json!({"error": "bad argument: the body is not a JSON object", "error_code": "BadRequest", "linked": true})
        )
    );
    let (status, said) = refused("POST", LOGIN, b"user=me");
    assert_eq!((status, &said["error_code"]), (400, &json!("BadRequest")));
    let by_get = server.request("GET", LOGIN, &[], b"");
    assert_eq!((by_get.status, by_get.header("allow")), (405, Some("POST")));
}

#[test]
fn location_says_where_everything_is() {
    let (_data, server) = news();
    let base = server.ready["client_url"].as_str().unwrap();
    let reply = server.request("GET", "/api/client/v2.0/app/news-aaaaa/location", &[], b"");
    assert_eq!(
        (reply.status, reply.json()),
        (
            200,
            json!({
                "deployment_model": "GLOBAL", "location": "US-VA", "hostname": base,
                "ws_hostname": base.replace("http://", "ws://"),
            })
        )
    );
}

#[test]
fn a_login_by_get_is_for_apps_that_ask_for_it() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("old");
    app_directory(&dir, false, Some(r#"{"compat": {"get_login": true}}"#));
    let server = Server::start(&data.path().join("data"), &[dir.to_str().unwrap()]);
    let target = format!("/api/client/v2.0/app/{}/auth/providers/anon-user/login", server.app(0));
    let reply = server.request("GET", &target, &[], b"");
    assert_eq!(
        (reply.status, reply.header("cache-control")),
        (200, Some("no-cache, no-store, must-revalidate"))
    );
    assert!(reply.json()["user_id"].is_string());
}
