//! A guest becomes someone, as a black box: every provider, and every way in which it does not happen.

mod accounts;
mod advisories;
mod api_keys;
mod arrivals;
mod busy;
mod events;
mod issuer;
mod matrix;
mod migrated;
mod operator;
mod prehijacking;
mod races;
mod secrets;
mod server_keys;
mod tokens;

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ran, Reply, Server, passerby};

/// The app of these tests.
const APP: &str = "people-abcde";
const AUTH: &str = "/api/client/v2.0/auth";

/// 64 hex digits: a key that HS256 tokens are signed with.
const KEY: &str = "3c6e0b8a9c15224a8228b9a98ca1531d3c6e0b8a9c15224a8228b9a98ca1531d";

/// Writes an app directory with every provider that needs nobody outside.
fn people(path: &Path, settings: &Value, userpass: &Value) {
    let file = |name: &str, value: &Value| {
        let path = path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value.to_string()).unwrap();
    };
    file("realm_config.json", &json!({"config_version": 20210101, "app_id": APP, "name": "people"}));
    let provider = |kind: &str, more: Value| {
        let mut all = json!({"name": kind, "type": kind, "disabled": false});
        all.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        (kind.to_owned(), all)
    };
    let custom_token = json!({
        "config": {"audience": [], "signingAlgorithm": "HS256", "useJWKURI": false},
        "secret_config": {"signingKeys": ["jwtKey"]},
        "metadata_fields": [{"required": false, "name": "user.name", "field_name": "name"}],
    });
    let providers: serde_json::Map<String, Value> = [
        provider("anon-user", json!({})),
        provider("api-key", json!({})),
        provider("local-userpass", json!({"config": userpass})),
        provider("custom-token", custom_token),
        provider("custom-function", json!({"config": {"authFunctionName": "whoIs"}})),
        provider("oauth2-google", json!({"disabled": true, "config": {"clientId": "x"}})),
    ]
    .into_iter()
    .collect();
    file("auth/providers.json", &Value::Object(providers));
    file(
        "functions/config.json",
        &json!([{"name": "whoIs", "private": true}, {"name": "confirm", "private": true},
        {"name": "reset", "private": true}, {"name": "sum"}, {"name": "secretSum", "private": true}]),
    );
    let source = |name: &str, source: &str| {
        std::fs::create_dir_all(path.join("functions")).unwrap();
        std::fs::write(path.join(format!("functions/{name}.js")), source).unwrap();
    };
    source(
        "whoIs",
        "exports = async function ({ id }) { if (id === 'nobody') throw new Error('go away'); return id; };",
    );
    source(
        "confirm",
        "exports = ({ username, token, tokenId }) => { \
           if (username.startsWith('yes')) return { status: 'success' }; \
           if (username.startsWith('later')) return { status: 'pending' }; \
           return { status: 'fail' }; };",
    );
    source("reset", "exports = ({ username }, verdict) => ({ status: verdict });");
    source("sum", "exports = function (...numbers) { return numbers.reduce((a, b) => a + b, 0); };");
    source("secretSum", "exports = () => 1;");
    file("passerby.json", settings);
}

/// A server of the app, with the key of its custom tokens set.
struct Town {
    server: Server,
    directory: tempfile::TempDir,
}

impl Town {
    fn new() -> Town {
        Town::with(&json!({}), &json!({"autoConfirm": true}))
    }

    fn with(settings: &Value, userpass: &Value) -> Town {
        Town::built(settings, userpass, |_| Vec::new())
    }

    /// The same, with an app directory that was built upon, and more arguments for the server.
    fn built(settings: &Value, userpass: &Value, build: impl FnOnce(&Path) -> Vec<String>) -> Town {
        let directory = tempfile::tempdir().unwrap();
        let app = directory.path().join("people");
        people(&app, settings, userpass);
        let more = build(&app);
        let data = directory.path().join("data");
        let limits = ["--password-logins-per-minute", "1000", "--mails-per-hour", "1000"];
        let args = [app.to_str().unwrap()].into_iter().chain(more.iter().map(String::as_str));
        let args: Vec<&str> = args.chain(limits).collect();
        let server = Server::start(&data, &args);
        let town = Town { server, directory };
        town.set_secret("jwtKey", KEY);
        town
    }

    fn set_secret(&self, name: &str, value: &str) {
        let file = self.file("secret", value);
        let ran = self.run(&["secrets", "set", APP, name, "--file", &file]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }

    /// Writes a file beside the data directory, and says where it is.
    fn file(&self, name: &str, text: &str) -> String {
        let file = self.directory.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// Runs a command beside the server.
    fn run(&self, arguments: &[&str]) -> Ran {
        let data = self.directory.path().join("data");
        passerby(arguments.iter().copied().chain(["--data", data.to_str().unwrap()]))
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        self.server.request(
            "POST",
            &format!("/api/client/v2.0/app/{APP}{path}"),
            &[],
            body.to_string().as_bytes(),
        )
    }

    /// A login that succeeds.
    fn log_in(&self, provider: &str, body: &Value) -> Person {
        let reply = self.post(&format!("/auth/providers/{provider}/login"), body);
        assert_eq!(reply.status, 200, "{provider}: {reply:?}");
        Person::of(&reply.json())
    }

    fn guest(&self) -> Person {
        self.log_in("anon-user", &json!({}))
    }

    /// Registers an address that confirms automatically.
    fn register(&self, email: &str) -> Value {
        let reply = self
            .post("/auth/providers/local-userpass/register", &json!({"email": email, "password": "secret1"}));
        assert_eq!((reply.status, reply.json()), (201, json!({})));
        json!({"username": email, "password": "secret1"})
    }

    fn link(&self, person: &Person, provider: &str, body: &Value) -> Reply {
        let target = format!("/api/client/v2.0/app/{APP}/auth/providers/{provider}/login?link=true");
        let token = format!("Bearer {}", person.access);
        self.server.request("POST", &target, &[("Authorization", &token)], body.to_string().as_bytes())
    }

    /// The `token` and `tokenId` of the last mail whose link begins as given: without a mail server, mails are printed.
    fn mailed(&self, begins: &str) -> Value {
        self.server.wait_for_log(begins);
        let log = self.server.log();
        let link = log.rsplit(begins).next().unwrap();
        let value = |name: &str| {
            let from = link.split(name).nth(1).unwrap();
            from.chars().take_while(char::is_ascii_alphanumeric).collect::<String>()
        };
        json!({"token": value("token="), "tokenId": value("tokenId=")})
    }

    /// The profile's identities as provider types, and its data.
    fn profile(&self, person: &Person) -> (Vec<String>, Value) {
        let reply = self.server.with_token("GET", &format!("{AUTH}/profile"), &person.access);
        assert_eq!(reply.status, 200, "{reply:?}");
        let said = reply.json();
        assert_eq!(said["user_id"], person.id.as_str());
        let identities = said["identities"].as_array().unwrap().iter();
        let kinds = identities.map(|identity| identity["provider_type"].as_str().unwrap().to_owned());
        (kinds.collect(), said["data"].clone())
    }

    /// Status, error code and text of a refusal.
    fn refusal(reply: &Reply) -> (u16, Value, String) {
        let said = reply.json();
        (reply.status, said["error_code"].clone(), said["error"].as_str().unwrap().to_owned())
    }
}

/// Somebody who is logged in.
struct Person {
    id: String,
    access: String,
    refresh: String,
}

impl Person {
    fn of(login: &Value) -> Person {
        let text = |name: &str| login[name].as_str().unwrap().to_owned();
        Person { id: text("user_id"), access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// A token of the app's own issuer.
fn token(claims: &Value) -> String {
    signed(claims, KEY)
}

pub(crate) fn signed(claims: &Value, key: &str) -> String {
    use aws_lc_rs::hmac;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

/// The claims of a good token.
fn claims(subject: &str) -> Value {
    json!({"sub": subject, "aud": APP, "exp": 4_102_444_800_i64, "user": {"name": subject}})
}
