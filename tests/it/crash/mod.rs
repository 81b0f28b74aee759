//! What was answered is there, whatever happens to the machine: kills, syncs, a full disk.

mod guests;
mod kills;
mod postgres;
mod sqlite;

use serde_json::Value;

use crate::support::Reply;

const SESSION: &str = "/api/client/v2.0/auth/session";
const PROFILE: &str = "/api/client/v2.0/auth/profile";
const DELETE: &str = "/api/client/v2.0/auth/delete";

fn login_target(app: &str) -> String {
    format!("/api/client/v2.0/app/{app}/auth/providers/anon-user/login")
}

/// A text of a JSON answer.
fn text(reply: &Reply, field: &str) -> String {
    match &reply.json()[field] {
        Value::String(text) => text.clone(),
        other => panic!("{field} is {other}: {reply:?}"),
    }
}
