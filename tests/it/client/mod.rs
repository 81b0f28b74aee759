//! What clients see, as a black box: the client API, and the server around it.

mod directories;
mod login;
mod operation;
mod session;
mod tls;

use serde_json::Value;

/// The claims of a token, unverified.
fn claims(token: &Value) -> Value {
    part(token, 1)
}

/// The header of a token.
fn header(token: &Value) -> Value {
    part(token, 0)
}

fn part(token: &Value, place: usize) -> Value {
    use base64::Engine;
    let token = token.as_str().expect("a token");
    let part = token.split('.').nth(place).expect("three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Writes a small app directory: one file, and `passerby.json` when there is something to say.
fn app_directory(path: &std::path::Path, disabled: bool, settings: Option<&str>) {
    std::fs::create_dir_all(path.join("auth_providers")).expect("a directory");
    let provider = format!(r#"{{"name": "anon-user", "type": "anon-user", "disabled": {disabled}}}"#);
    std::fs::write(path.join("auth_providers/anon-user.json"), provider).expect("a file");
    if let Some(settings) = settings {
        std::fs::write(path.join("passerby.json"), settings).expect("a file");
    }
}
