//! A recorded request, sent, and its answer, compared.

use std::io::{Cursor, Read, Write};

use serde_json::{Map, Value};
use zip::write::SimpleFileOptions;

use super::memory::{Difference, Memory, different};
use crate::support::{Reply, Server, md5};

/// The headers of an answer that are recorded; one that is not in a recording must not be there.
const ANSWER_HEADERS: [&str; 3] = ["content-type", "content-disposition", "www-authenticate"];

/// Sends a recorded request.
pub(super) fn send(server: &Server, memory: &Memory, request: &Value) -> Result<Reply, Difference> {
    let method = text(&request["method"]);
    let target = memory.filled(text(&request["target"]))?;
    let mut headers = Vec::new();
    for (name, value) in request["headers"].as_object().expect("headers") {
        let value = text(value);
        let value =
            if value.starts_with("Digest ") { signed(memory, method, value) } else { memory.filled(value) };
        headers.push((name.as_str(), value?));
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Ok(server.request(method, &target, &headers, &body(memory, request)?))
}

/// An `Authorization` for the challenge that came last, signed with the first administrator's key pair.
fn signed(memory: &Memory, method: &str, header: &str) -> Result<String, Difference> {
    let (before, after) = header.split_once("{{digest}}").expect("a place for the digest");
    let (before, after) = (memory.filled(before)?, memory.filled(after)?);
    let header = format!("{before}{after}");
    let value = |name: &str| {
        let parts = header.trim_start_matches("Digest ").split(", ").filter_map(|part| part.split_once('='));
        let found = parts.into_iter().find(|(found, _)| *found == name);
        found.unwrap_or_else(|| panic!("no `{name}` in {header}")).1.trim_matches('"')
    };
    let key = memory.known("private_key")?;
    let who = md5(&format!("{}:{}:{key}", value("username"), value("realm")));
    let what = md5(&format!("{method}:{}", value("uri")));
    let [nonce, nc, cnonce, qop] = ["nonce", "nc", "cnonce", "qop"].map(value);
    let digest = md5(&format!("{who}:{nonce}:{nc}:{cnonce}:{qop}:{what}"));
    Ok(format!("{before}{digest}{after}"))
}

/// The body of a request, or the content of a part of a form.
fn body(memory: &Memory, message: &Value) -> Result<Vec<u8>, Difference> {
    if let Some(value) = message.get("json") {
        return Ok(memory.filled_value(value)?.to_string().into_bytes());
    }
    if let Some(entries) = message.get("zip") {
        return Ok(zipped(entries.as_object().expect("entries")));
    }
    if let Some(parts) = message.get("form") {
        return form(memory, parts.as_array().expect("parts"));
    }
    Ok(memory.filled(message.get("text").map_or("", text))?.into_bytes())
}

fn form(memory: &Memory, parts: &[Value]) -> Result<Vec<u8>, Difference> {
    let fence = format!("--{}", memory.known("boundary")?);
    let mut form = Vec::new();
    for part in parts {
        let head: Vec<&str> = part["head"].as_array().expect("lines").iter().map(text).collect();
        form.extend(format!("{fence}\r\n{}\r\n\r\n", head.join("\r\n")).into_bytes());
        form.extend(body(memory, part)?);
        form.extend(b"\r\n");
    }
    form.extend(format!("{fence}--\r\n").into_bytes());
    Ok(form)
}

fn zipped(entries: &Map<String, Value>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        archive.start_file(name, SimpleFileOptions::default()).expect("an entry");
        archive.write_all(text(content).as_bytes()).expect("its content");
    }
    archive.finish().expect("an archive").into_inner()
}

/// Compares an answer with a recorded one, and learns from it.
pub(super) fn compare(reply: &Reply, wanted: &Value, memory: &mut Memory) -> Result<(), Difference> {
    let said = String::from_utf8_lossy(&reply.body);
    if reply.status != wanted["status"] {
        return different("the status", &wanted["status"], format!("{} {said}", reply.status));
    }
    for name in ANSWER_HEADERS {
        match (reply.header(name), wanted["headers"].get(name).map(text)) {
            (None, None) => {}
            (Some(found), Some(wanted)) => memory.agree_text(found, wanted, name)?,
            (found, wanted) => return different(name, wanted.unwrap_or("none"), found.unwrap_or("none")),
        }
    }
    if let Some(entries) = wanted.get("zip") {
        return memory.agree(&unzipped(&reply.body), entries, "$");
    }
    if let Some(value) = wanted.get("json") {
        return match serde_json::from_slice(&reply.body) {
            Ok(found) => memory.agree(&found, value, "$"),
            Err(_) => different("$", value, said),
        };
    }
    memory.agree_text(&said, wanted.get("text").map_or("", text), "the body")
}

/// An archive as its entries by name, anything else as text.
fn unzipped(bytes: &[u8]) -> Value {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return String::from_utf8_lossy(bytes).into();
    };
    let count = archive.len();
    let entry = |n: usize| {
        let mut entry = archive.by_index(n).expect("an entry");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        (entry.name().expect("its name").into_owned(), unzipped(&content))
    };
    (0..count).map(entry).collect::<Map<_, _>>().into()
}

/// What must be text in a recording.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a recording has {value} where text should be"))
}
