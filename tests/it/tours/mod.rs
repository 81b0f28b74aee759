//! Tours of the original's command line, replayed: what the unmodified realm-cli asked, in its order, and what it was
//! answered when it was content. `scripts/tour-realm-cli` records them, and says how.

mod exchange;
mod memory;
mod pieces;

use std::path::Path;

use serde_json::Value;

use crate::support::Server;
use exchange::{compare, send, text};
use memory::Memory;

#[test]
fn the_older_command_line_is_answered_as_on_its_tour() {
    replay(include_str!("../../wire/realm-cli-1.jsonl"));
}

#[test]
fn the_newer_command_line_is_answered_as_on_its_tour() {
    replay(include_str!("../../wire/realm-cli-2.jsonl"));
}

/// Asks a new server everything that a recording asks, one after the other, and stops at the first difference.
fn replay(recording: &str) {
    let place = tempfile::tempdir().expect("a directory");
    let server = Server::start(place.path(), &[]);
    let mut memory = first_memory(&server, place.path());
    let mut step = String::new();
    for (n, line) in recording.lines().enumerate() {
        let exchange: Value = serde_json::from_str(line).expect("a line is JSON");
        if let Some(begun) = exchange.get("step") {
            step = text(begun).to_owned();
        }
        let (request, wanted) = (&exchange["request"], &exchange["answer"]);
        let asked = format!("{} {}", text(&request["method"]), text(&request["target"]));
        let at = format!("exchange {}, of the step `{step}`: {asked}", n + 1);
        let reply = send(&server, &memory, request).unwrap_or_else(|missing| panic!("{at}\n{missing}"));
        if let Err(difference) = compare(&reply, wanted, &mut memory) {
            panic!("{at}\n{difference}\n\nThe server's log:\n{}", server.log());
        }
    }
}

/// What is known before the first answer.
fn first_memory(server: &Server, data: &Path) -> Memory {
    let pair = std::fs::read(data.join("admin-key.json")).expect("the first administrator's key pair");
    let pair: Value = serde_json::from_slice(&pair).expect("JSON");
    let key = |name: &str| pair[name].as_str().expect("text").to_owned();
    Memory::new([
        ("url", format!("http://{}", server.authority())),
        ("public_key", key("public_key")),
        ("private_key", key("private_key")),
        // What a client chooses.
        ("boundary", "3d0f7a5c2b".to_owned()),
        ("cnonce", "9f1c6e04".to_owned()),
    ])
}
