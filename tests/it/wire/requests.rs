//! Random requests: nearly right ones, since those come far, and wrong ones of every kind.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// A request, before tokens and ids are filled in.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// With `{app}`, `{other}`, `{user}`, `{group}` and `{app_id}` for what the server knows.
    pub(super) target: String,
    pub(super) version: &'static str,
    pub(super) credential: Option<Credential>,
    pub(super) origin: Option<&'static str>,
    /// Other headers.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) chunked: bool,
}

/// What stands behind `Bearer`.
#[derive(Clone, Debug)]
pub(super) enum Credential {
    /// A good token, by its place among those that the case was given.
    Good(usize),
    /// A good token with a byte changed.
    Changed(usize, usize, u8),
    /// A good token, cut short.
    Cut(usize, usize),
    /// One token's head with another's signature.
    Crossed(usize, usize),
    /// Claims as JSON text, with a header of an algorithm, and no good signature.
    Made(&'static str, String),
    /// A whole header value, as bytes.
    Header(Vec<u8>),
}

/// How many good tokens a case is given: access and refresh, of two apps.
pub(super) const TOKENS: usize = 4;

pub(super) fn client() -> impl Strategy<Value = Request> {
    request(
        select(vec![
            "/api/client/v2.0/app/{app}/location",
            "/api/client/v2.0/app/{app}/auth/providers/anon-user/login",
            "/api/client/v2.0/app/{app}/auth/providers/anon-user/login?link=true",
            "/api/client/v2.0/app/{app}/auth/providers/local-userpass/login",
            "/api/client/v2.0/app/{app}/auth/providers/local-userpass/register",
            "/api/client/v2.0/app/{app}/auth/providers/nobody/login",
            "/api/client/v2.0/app/{app}/auth/providers/oauth2-google/login?link=true&x=%00",
            "/api/client/v2.0/auth/session",
            "/api/client/v2.0/auth/profile",
            "/api/client/v2.0/auth/delete",
            "/api/client/v2.0/auth/api_keys",
            "/api/client/v2.0/auth/api_keys/{user}",
            "/api/client/v2.0/auth/api_keys/{user}/enable",
            "/api/client/v2.0/app/{app}/auth/session",
            "/api/client/v2.0/app/{app}/auth/profile",
            "/api/client/v2.0/app/{other}/auth/profile",
            "/api/client/v2.0/app/{app}/auth/delete",
            "/api/client/v2.0/app/{app}/auth/api_keys",
            "/api/client/v2.0/app/{app}/functions/call",
            "/api/client/v2.0/app/{app}/functions/call?baas_request=e30%3D&baas_at=x",
            "/api/client/v2.0/app/{app}/push/providers/gcm/registration",
            "/api/client/v2.0/app/{app}/realm-sync",
            "/api/client/v2.0/app/{app}/.well-known/jwks.json",
            "/api/client/v2.0/app/{app}/.well-known/openid-configuration",
            "/api/client/v2.0/app/nobody-aaaaa/auth/providers/anon-user/login",
            "/api/client/v2.0/auth/callback",
            "/api/client/v2.0",
            "/api/client/v1.0/app/{app}/location",
            "/api/admin/v3.0/auth/providers/local-userpass/login",
            "/api/admin/v3.0/groups/{group}/apps",
            "/api/passerby/v1/apps",
            "/metrics",
            "/healthz",
            "/readyz",
            "/",
        ]),
        login_body(),
    )
}

pub(super) fn desk() -> impl Strategy<Value = Request> {
    request(
        select(vec![
            "/api/admin/v3.0/groups/{group}/apps",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}",
            "/api/admin/v3.0/groups/{app_id}/apps/{group}",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}/users",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}/users?limit=3&after={user}",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}/users?limit=-1&status=odd&provider_types=x,,",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}/users_count",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}/users/{user}",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}/users/{user}/enable",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}/users/{user}/disable",
            "/api/admin/v3.0/groups/{group}/apps/{app_id}/users/{user}/logout",
            "/api/passerby/v1/apps",
            "/api/passerby/v1/apps/{app}",
            "/api/passerby/v1/apps/{app}/export",
            "/api/passerby/v1/apps/{app}/export?version=20180301",
            "/api/passerby/v1/apps/{app}/keys",
            "/api/passerby/v1/apps/{app}/keys/rotate",
            "/api/passerby/v1/apps/{app}/keys/retire",
            "/api/passerby/v1/apps/{app}/users/{user}",
            "/api/passerby/v1/apps/{app}/expiring?limit=10",
            "/api/passerby/v1/apps/{app}/expire",
            "/api/passerby/v1/import",
            "/api/passerby/v1/backup",
            "/api/passerby/v1/examine",
            "/healthz",
            "/readyz",
        ]),
        desk_body(),
    )
}

fn request(
    template: impl Strategy<Value = &'static str> + 'static,
    body: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Request> {
    let head = (method(), target(template), prop_oneof![9 => Just("HTTP/1.1"), 1 => Just("HTTP/1.0")]);
    let who = (option::weighted(0.7, credential()), option::weighted(0.5, origin()));
    let rest = (headers(), body, any::<bool>());
    (head, who, rest).prop_map(
        |((method, target, version), (credential, origin), (headers, body, chunked))| Request {
            method,
            target,
            version,
            credential,
            origin,
            headers,
            body,
            // HTTP/1.0 knows no chunks.
            chunked: chunked && version == "HTTP/1.1",
        },
    )
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => select(vec!["GET", "POST", "PUT", "DELETE"]).prop_map(str::to_owned),
        4 => select(vec!["OPTIONS", "HEAD", "PATCH", "TRACE", "PROPFIND", "get", "M-SEARCH"]).prop_map(str::to_owned),
        1 => "[!-~]{1,20}",
    ]
}

/// A known path, mostly as it is; else with something odd at some place.
fn target(template: impl Strategy<Value = &'static str> + 'static) -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        6 => select(vec![
            "/", "//", "///", "/../", "/./", "%2e%2e%2f", "%2f", "%00", "%", "%zz", "%ff", "%c3%28", "?", "&", "=",
            "#", "\\", ";", "{app}", "*", "'", "\"", "<script>", "a".repeat(3_000).leak(),
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,10}",
        1 => "\\PC{0,6}",
    ];
    let put = |(template, at, odd): (&str, prop::sample::Index, String)| {
        let at = at.index(template.len() + 1);
        format!("{}{odd}{}", &template[..at], &template[at..])
    };
    let plain = template.prop_map(str::to_owned).boxed();
    let twisted = (plain.clone(), any::<prop::sample::Index>(), odd)
        .prop_map(move |(template, at, odd)| put((&template, at, odd)));
    let cut = (plain.clone(), any::<prop::sample::Index>())
        .prop_map(|(template, at)| template[..at.index(template.len()).max(1)].to_owned());
    prop_oneof![12 => plain, 6 => twisted, 2 => cut]
}

fn credential() -> impl Strategy<Value = Credential> {
    let token = 0..TOKENS;
    let algorithm = select(vec!["none", "HS256", "ES256", "RS256", ""]);
    prop_oneof![
        8 => token.clone().prop_map(Credential::Good),
        3 => (token.clone(), 0..600_usize, any::<u8>()).prop_map(|(t, at, byte)| Credential::Changed(t, at, byte)),
        1 => (token.clone(), 0..600_usize).prop_map(|(t, at)| Credential::Cut(t, at)),
        1 => (token.clone(), token).prop_map(|(a, b)| Credential::Crossed(a, b)),
        2 => (algorithm, claims()).prop_map(|(a, claims)| Credential::Made(a, claims)),
        1 => vec(any::<u8>().prop_filter("no line ends", |b| !matches!(b, b'\r' | b'\n')), 0..40)
            .prop_map(Credential::Header),
        1 => Just(Credential::Header(b"Bearer ".iter().copied().chain([b'a'; 40_000]).collect())),
        1 => Just(Credential::Header(b"Bearer".to_vec())),
    ]
}

/// Claims that are nearly those of a token.
fn claims() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("\"access\"".to_owned()),
        Just("\"refresh\"".to_owned()),
        Just("\"{user}\"".to_owned()),
        Just("9999999999".to_owned()),
        Just("-1".to_owned()),
        Just("1e400".to_owned()),
        Just("18446744073709551616".to_owned()),
        Just("null".to_owned()),
        json_text(),
    ];
    let name =
        select(vec!["typ", "sub", "exp", "iat", "iss", "aud", "sid", "baas_id", "baas_domain_id", "x"]);
    vec((name, value), 0..8).prop_map(|claims| {
        let claims: Vec<String> = claims.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", claims.join(","))
    })
}

fn origin() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just("https://shop.example"),
        3 => Just("https://evil.example"),
        1 => select(vec!["null", "", "*", "https://shop.example/", "HTTPS://SHOP.EXAMPLE", "file://", "x y"]),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let types = select(vec![
        "application/json",
        "application/json;charset=utf-8",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
        "\u{7f}",
    ]);
    let header = prop_oneof![
        4 => types.prop_map(|t| ("Content-Type", t.to_owned())),
        1 => Just(("Accept", "text/event-stream".to_owned())),
        1 => Just(("Expect", "100-continue".to_owned())),
        1 => Just(("Connection", "Upgrade".to_owned())),
        1 => Just(("Upgrade", "websocket".to_owned())),
        1 => Just(("Accept-Encoding", "gzip, br".to_owned())),
        1 => Just(("Content-Encoding", "gzip".to_owned())),
        1 => Just(("Access-Control-Request-Headers", "x, \u{e9}".to_owned())),
        1 => Just(("Access-Control-Request-Method", "DELETE".to_owned())),
        1 => Just(("X-Forwarded-For", "203.0.113.7, \u{e9}".to_owned())),
        1 => Just(("Forwarded", "for=\"[::1\"".to_owned())),
        1 => Just(("Cookie", "a=b".repeat(500))),
        1 => Just(("X-HTTP-Method-Override", "DELETE".to_owned())),
        1 => Just(("Origin", "https://second.example".to_owned())),
        1 => Just(("Authorization", "Bearer second".to_owned())),
    ];
    vec(header, 0..4)
}

/// Bodies of logins, and others.
fn login_body() -> impl Strategy<Value = Vec<u8>> {
    let id = select(vec![
        "{\"$oid\":\"636a9db3bdeec4a0374030d8\"}",
        "{\"$oid\":\"000000000000000000000000\"}",
        "\"636a9db3bdeec4a0374030d8\"",
        "{\"$oid\":7}",
        "\"x\\u0000\"",
        "null",
    ]);
    let device = (id, json_text()).prop_map(|(id, other)| {
        let long = "\\u00e9\\u0000".repeat(200);
        format!(
            "{{\"options\":{{\"device\":{{\"deviceId\":{id},\"platform\":{other},\"appId\":\"{long}\"}}}}}}"
        )
    });
    prop_oneof![
        3 => Just(Vec::new()),
        3 => Just(b"{}".to_vec()),
        4 => device.prop_map(String::into_bytes),
        2 => (json_text(), json_text()).prop_map(|(n, s)| format!("{{\"name\":{n},\"service\":{s}}}").into_bytes()),
        4 => any_body(),
    ]
}

/// Bodies of what administrators ask. Paths lead nowhere: a backup that is made here would stay.
fn desk_body() -> impl Strategy<Value = Vec<u8>> {
    let path =
        select(vec!["", "/", "relative", "/nowhere/at/all", "/nowhere/\\u0000", "/dev/null", "a/../b"]);
    let name = select(vec![
        "auth_providers/anon-user.json",
        "stitch.json",
        "realm_config.json",
        "auth/providers.json",
        "passerby.json",
        "../x",
        "/x",
        "",
        "a\\u0000b",
        "hosting/files/x",
        "config.json",
    ]);
    let content = select(vec![
        "",
        "e30=",
        "eyJuYW1lIjoiYW5vbi11c2VyIn0=",
        "bnVsbA==",
        "/w==",
        "not base64",
        "W1tbW1s=",
    ]);
    let files = vec((name, content), 0..4).prop_map(|files| {
        let files: Vec<String> = files.iter().map(|(n, c)| format!("\"{n}\":\"{c}\"")).collect();
        files.join(",")
    });
    let app = select(vec!["null", "\"shop-aaaaa\"", "\"nobody-aaaaa\"", "\"..\"", "7"]);
    let purpose = select(vec!["access", "access-original", "refresh", "", "nobody"]);
    prop_oneof![
        2 => Just(Vec::new()),
        2 => Just(b"{}".to_vec()),
        2 => path.clone().prop_map(|path| format!("{{\"path\":\"{path}\"}}").into_bytes()),
        4 => (path, app, files).prop_map(|(path, app, files)| {
            format!("{{\"path\":\"{path}\",\"client_app_id\":{app},\"files\":{{{files}}}}}").into_bytes()
        }),
        2 => purpose.prop_map(|purpose| format!("{{\"purpose\":\"{purpose}\"}}").into_bytes()),
        1 => any::<bool>().prop_map(|end| format!("{{\"id\":\"x\",\"end_sessions\":{end}}}").into_bytes()),
        1 => any::<bool>().prop_map(|accept| format!("{{\"accept_clock\":{accept}}}").into_bytes()),
        4 => any_body(),
    ]
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => json_text().prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..200),
        1 => (1..2_000_usize).prop_map(|depth| "[".repeat(depth).into_bytes()),
        1 => (1..300_usize).prop_map(|depth| format!("{}{}", "{\"a\":".repeat(depth), "}".repeat(depth)).into_bytes()),
        1 => Just(vec![b' '; 2 << 20]),
        1 => Just([b"{\"a\":\"".as_slice(), &[b'x'; 900_000], b"\"}"].concat()),
        1 => Just(b"\xef\xbb\xbf{}".to_vec()),
        1 => Just(b"{\"a\":\xff}".to_vec()),
        1 => Just(b"{\"a\":1,\"a\":2}".to_vec()),
    ]
}

/// JSON text, also of the extended kind.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        "\\PC{0,12}".prop_map(|s| serde_json::Value::String(s).to_string()),
        select(vec![
            "{\"$numberInt\":\"1\"}",
            "{\"$numberLong\":\"x\"}",
            "{\"$oid\":\"636a9db3bdeec4a0374030d8\"}",
            "{\"$date\":{\"$numberLong\":\"1\"}}",
            "{\"$undefined\":true}",
            "\"\\ud800\"",
            "\"\\u0000\"",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            vec(("[a-z$]{0,6}", inner), 0..4).prop_map(|object| {
                let object: Vec<String> = object.iter().map(|(n, v)| format!("\"{n}\":{v}")).collect();
                format!("{{{}}}", object.join(","))
            }),
        ]
    })
}
