//! An issuer that stands in for Google, Facebook and Apple, and does what it is told: also what a real one would not.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::{APP, AUTH, Person, Town};
use crate::support::Reply;

/// The page that wants browsers back.
pub(super) const PAGE: &str = "https://people.example/done";
/// The issuer's name in tokens.
pub(super) const ISSUER: &str = "https://issuer.example";
/// The apps' ids at the issuer.
pub(super) const CLIENT: &str = "us-at-the-issuer";

static OWN: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
static OTHER: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

/// A running issuer. Its thread ends with the process.
pub(super) struct Issuer {
    authority: String,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    /// The ID tokens for codes.
    codes: HashMap<String, String>,
    /// For which app Facebook says that an access token is.
    facebook_app: String,
    asked: Vec<String>,
}

impl Issuer {
    pub(super) fn start() -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let told = Arc::new(Mutex::new(Told::default()));
        let for_thread = Arc::clone(&told);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = answer(stream, &for_thread);
            }
        });
        Issuer { authority, told }
    }

    /// A code for which the issuer gives an ID token with these claims.
    pub(super) fn code(&self, claims: &Value) -> String {
        let mut told = self.told.lock().unwrap();
        let code = format!("code-{}", told.codes.len());
        told.codes.insert(code.clone(), id_token(claims));
        code
    }

    pub(super) fn facebook_tokens_are_for(&self, app: &str) {
        self.told.lock().unwrap().facebook_app = app.to_owned();
    }

    /// The paths that were asked for until now.
    pub(super) fn asked(&self) -> Vec<String> {
        self.told.lock().unwrap().asked.clone()
    }

    /// A server whose Google, Facebook and Apple are this issuer. `patch` changes the providers.
    pub(super) fn town(&self, userpass: &Value, patch: impl FnOnce(&mut Map<String, Value>)) -> Town {
        let town = Town::built(&json!({}), userpass, |app| {
            self.build(app, patch);
            let issuers = app.join("../issuers.toml");
            let at = &self.authority;
            let text = format!(
                "[oauth2-google]\nissuer = \"{ISSUER}\"\nauthorize = \"http://{at}/authorize\"\n\
                 token = \"http://{at}/token\"\njwks = \"http://{at}/jwks\"\n\
                 [oauth2-apple]\nissuer = \"{ISSUER}\"\ntoken = \"http://{at}/token\"\njwks = \"http://{at}/jwks\"\n\
                 [oauth2-facebook]\ngraph = \"http://{at}\"\n"
            );
            std::fs::write(&issuers, text).unwrap();
            let args =
                ["--issuers-file", issuers.to_str().unwrap(), "--outbound-allow", &format!("http://{at}")];
            args.map(str::to_owned).to_vec()
        });
        town.set_secret("oauthSecret", "a secret that the issuer gave");
        town
    }

    fn build(&self, app: &Path, patch: impl FnOnce(&mut Map<String, Value>)) {
        let file = app.join("auth/providers.json");
        let mut providers: Map<String, Value> =
            serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for kind in ["oauth2-google", "oauth2-facebook", "oauth2-apple"] {
            let provider = json!({
                "name": kind, "type": kind, "disabled": false,
                "config": {"clientId": CLIENT}, "secret_config": {"clientSecret": "oauthSecret"},
                "metadata_fields": [{"name": "email", "required": true}, {"name": "name", "required": true}],
                "redirect_uris": [PAGE],
            });
            providers.insert(kind.to_owned(), provider);
        }
        patch(&mut providers);
        std::fs::write(file, Value::Object(providers).to_string()).unwrap();
    }
}

/// The claims of a good ID token.
pub(super) fn id_claims(subject: &str, email: &str) -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": subject, "exp": 4_102_444_800_i64,
        "email": email, "email_verified": true, "name": subject,
    })
}

/// A token that the issuer signed.
pub(super) fn id_token(claims: &Value) -> String {
    signed(&OWN, &json!({"alg": "RS256", "kid": "k"}), claims)
}

/// A token with a header of one's own, signed by somebody else.
pub(super) fn forged(header: &Value, claims: &Value) -> String {
    signed(&OTHER, header, claims)
}

fn signed(pair: &KeyPair, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn answer(mut stream: TcpStream, told: &Mutex<Told>) -> std::io::Result<()> {
    let (path, body) = read(&mut stream)?;
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let mut told = told.lock().unwrap();
    told.asked.push(path.to_owned());
    let field = |text: &str, name: &str| {
        let mut pairs = url::form_urlencoded::parse(text.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let found = match path {
        "/jwks" => Some(json!({"keys": [jwk(&OWN)]})),
        "/token" => told.codes.get(&field(&body, "code")).map(|token| json!({"id_token": token})),
        "/debug_token" => {
            let user = field(query, "input_token");
            Some(json!({"data": {"app_id": told.facebook_app, "user_id": user, "is_valid": true}}))
        }
        "/me" => Some(json!({"id": field(query, "access_token")})),
        _ => None,
    };
    let (status, text) = match found {
        Some(value) => ("200 OK", value.to_string()),
        None => ("400 Bad Request", json!({"error": "invalid_grant"}).to_string()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n");
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes())
}

/// The target and the body of a request.
fn read(stream: &mut TcpStream) -> std::io::Result<(String, String)> {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    loop {
        let count = stream.read(&mut bytes)?;
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>())
        });
        if body.len() >= length.and_then(Result::ok).unwrap_or(0) || count == 0 {
            let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
            return Ok((target, body.to_owned()));
        }
    }
}

fn jwk(pair: &KeyPair) -> Value {
    // SEQUENCE { INTEGER n of 257 bytes, INTEGER 65537 }.
    let der = pair.public_key().as_ref();
    let n = URL_SAFE_NO_PAD.encode(&der[9..265]);
    json!({"kty": "RSA", "kid": "k", "use": "sig", "alg": "RS256", "n": n, "e": "AQAB"})
}

/// A browser that was sent to the issuer.
pub(super) struct Away {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) redirect_uri: String,
    /// What binds a link to the browser, as `name=value`.
    pub(super) cookie: Option<String>,
}

impl Town {
    /// Sends a browser to Google: to log in, or to link to somebody.
    pub(super) fn depart(&self, linking: Option<&Person>, headers: &[(&str, &str)]) -> Away {
        let login = format!("/api/client/v2.0/app/{APP}/auth/providers/oauth2-google/login");
        let page: String = url::form_urlencoded::byte_serialize(PAGE.as_bytes()).collect();
        let link = if linking.is_some() { "&link=true&providerRedirectHeader=true" } else { "" };
        let token = linking.map(|person| format!("Bearer {}", person.access));
        let mut headers = headers.to_vec();
        headers.extend(token.as_deref().map(|token| ("Authorization", token)));
        let reply =
            self.server.request("GET", &format!("{login}?redirect={page}&state=x{link}"), &headers, b"");
        let to = reply.header("location").or(reply.header("x-baas-location"));
        let to = url::Url::parse(to.unwrap_or_else(|| panic!("not sent away: {reply:?}"))).unwrap();
        let value = |name: &str| to.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let cookie = reply.header("set-cookie").map(|cookie| cookie.split(';').next().unwrap().to_owned());
        Away { state: value("state"), nonce: value("nonce"), redirect_uri: value("redirect_uri"), cookie }
    }

    /// A browser comes back from the issuer, showing the cookie if it has it.
    pub(super) fn come_back(&self, away: &Away, code: &str, cookie: Option<&str>) -> Reply {
        let target = format!("{AUTH}/callback?state={}&code={code}", away.state);
        let headers: Vec<(&str, &str)> = cookie.map(|cookie| ("Cookie", cookie)).into_iter().collect();
        self.server.request("GET", &target, &headers, b"")
    }
}

/// What the page reads behind the `#`: who came, or why nobody did.
pub(super) fn told(reply: &Reply) -> Result<Person, String> {
    let to = reply.header("location").unwrap_or_else(|| panic!("not sent back: {reply:?}"));
    let (_, fragment) = to.split_once('#').unwrap();
    let value = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(fragment.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    match value("_baas_ua") {
        None => Err(value("_baas_error").unwrap()),
        Some(tokens) => {
            let parts: Vec<&str> = tokens.split('$').collect();
            Ok(Person { access: parts[0].to_owned(), refresh: parts[1].to_owned(), id: parts[2].to_owned() })
        }
    }
}
