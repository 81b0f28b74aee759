//! The server as an attacker meets it: nonsense, confusion, slowness, excess.

mod browsers;
mod forge;
mod forgeries;
mod limits;
mod random;
mod requests;
mod tokens;
mod town;
mod verdict;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::Reply;

/// Writes an app directory with anonymous authentication.
fn app_directory(
    parent: &Path,
    client_app_id: &str,
    origins: &[&str],
    settings: &serde_json::Value,
) -> PathBuf {
    let path = parent.join(client_app_id);
    std::fs::create_dir_all(path.join("auth")).expect("a directory");
    let write = |name: &str, content: &serde_json::Value| {
        std::fs::write(path.join(name), content.to_string()).expect("a file");
    };
    let root = json!({
        "config_version": 20_210_101, "app_id": client_app_id, "name": "app",
        "allowed_request_origins": origins,
    });
    write("realm_config.json", &root);
    write(
        "auth/providers.json",
        &json!({ "anon-user": { "name": "anon-user", "type": "anon-user", "disabled": false } }),
    );
    write("passerby.json", settings);
    path
}

fn login_target(app: &str) -> String {
    format!("/api/client/v2.0/app/{app}/auth/providers/anon-user/login")
}

/// Status, content type and JSON body.
fn said(reply: &Reply) -> (u16, Option<&str>, serde_json::Value) {
    (reply.status, reply.header("content-type"), reply.json())
}
