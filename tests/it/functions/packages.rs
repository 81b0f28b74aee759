//! What functions may require.

use passerby::functions::{Limits, Program};
use serde_json::json;

use super::stage::{Stage, message};

/// A package in the shape that many have on the registry.
const FILES: &[(&str, &str)] = &[
    ("functions/package.json", r#"{"dependencies": {"greeter": "1"}}"#),
    ("functions/node_modules/greeter/package.json", r#"{"name": "greeter", "main": "dist/index.js"}"#),
    (
        "functions/node_modules/greeter/dist/index.js",
        "'use strict';\nObject.defineProperty(exports, '__esModule', { value: true });\n\
         const words = require('./words');\nconst { shout } = require('loud/shout');\n\
         exports.greet = (name) => shout(`${words.hello} ${name}`);\nexports.file = [__filename, __dirname];\n\
         exports.loads = (globalThis.loads = (globalThis.loads ?? 0) + 1);",
    ),
    ("functions/node_modules/greeter/dist/words.json", r#"{"hello": "hello"}"#),
    (
        "functions/node_modules/loud/package.json",
        r#"{"exports": {"./*": {"import": "./esm/*.mjs", "default": "./*.js"}}}"#,
    ),
    (
        "functions/node_modules/loud/shout.js",
        "module.exports = { shout: (text) => require('util').format('%s!', text.toUpperCase()) }",
    ),
    (
        "functions/node_modules/round/index.js",
        "exports.early = 1; const other = require('round/other'); exports.late = other.seen;",
    ),
    ("functions/node_modules/round/other.js", "exports.seen = require('./index.js').early;"),
    ("functions/node_modules/modern/package.json", r#"{"type": "module", "main": "index.js"}"#),
    ("functions/node_modules/modern/index.js", "export default 1;"),
    ("functions/node_modules/broken/index.js", "module.exports = (;"),
    ("functions/node_modules/throws/index.js", "throw new Error('while loading')"),
    ("functions/node_modules/needy/index.js", "module.exports = require('net');"),
];

async fn end(source: &str) -> String {
    let stage = Stage::with(&[("f", source)], FILES, Limits::default());
    match stage.call("f", json!([])).await {
        Ok(outcome) => outcome.result.to_string(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn packages_of_the_app_can_be_required() {
    let found = end("const { greet, file, loads } = require('greeter'); exports = () => [greet('ada'), file, require('greeter').loads === loads]").await;
    assert_eq!(
        found,
        r#"["HELLO ADA!",["functions/node_modules/greeter/dist/index.js","functions/node_modules/greeter/dist"],true]"#
    );
    assert_eq!(end("exports = async () => require('round').late").await, r#"{"$numberInt":"1"}"#);
    assert_eq!(end("exports = () => typeof require('greeter/dist/words.json').hello").await, r#""string""#);
}

#[tokio::test]
async fn what_cannot_be_required_is_named_with_the_function() {
    let cases = [
        (
            "nodemailer",
            "Error: function 'f' requires 'nodemailer', which did not come with the app in functions/node_modules",
        ),
        ("fs", "Error: function 'f' requires 'fs', which needs a whole Node.js"),
        (
            "node:child_process",
            "Error: function 'f' requires 'node:child_process', which needs a whole Node.js",
        ),
        ("needy", "Error: function 'f' requires 'net', which needs a whole Node.js"),
        (
            "./other",
            "Error: function 'f' requires './other', which did not come with the app in functions/node_modules",
        ),
        (
            "../../etc/passwd",
            "Error: function 'f' requires '../../etc/passwd', which did not come with the app in functions/node_modules",
        ),
        (
            "modern",
            "Error: function 'f' requires 'functions/node_modules/modern/index.js', an ES module: only CommonJS can be required",
        ),
        ("broken", "SyntaxError: unexpected token in expression: ';'"),
        ("throws", "Error: while loading"),
    ];
    for (request, expected) in cases {
        assert_eq!(end(&format!("exports = () => require('{request}')")).await, expected, "{request}");
    }
    assert_eq!(message("const mail = require('nodemailer'); exports = () => 1").await, cases[0].1);
}

/// The packages above, packed as people pack them.
fn packed() -> Vec<u8> {
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, text) in FILES {
        let Some(path) = path.strip_prefix("functions/") else { continue };
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    let mut command = tar::Header::new_gnu();
    command.set_entry_type(tar::EntryType::Symlink);
    command.set_size(0);
    archive.append_link(&mut command, "node_modules/.bin/greet", "../greeter/dist/index.js").unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}

/// What a function says, with files beside it that need not be text, and what was found in them.
async fn end_with(source: &str, files: Vec<(String, Vec<u8>)>) -> (String, Vec<String>) {
    let mut all = vec![
        ("functions/config.json".to_owned(), br#"[{"name": "f"}]"#.to_vec()),
        ("functions/f.js".to_owned(), source.as_bytes().to_vec()),
    ];
    all.extend(files);
    let (program, findings) = Program::read(&all);
    let ended = match Stage::of(program, Limits::default()).call("f", json!([])).await {
        Ok(outcome) => outcome.result.to_string(),
        Err(error) => error.to_string(),
    };
    (ended, findings.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn packages_in_an_archive_are_as_good_as_files() {
    let archive = ("functions/node_modules.tar.gz".to_owned(), packed());
    for source in [
        "const { greet, file } = require('greeter'); exports = () => [greet('ada'), file]",
        "exports = () => require('round').late",
        "exports = () => require('greeter/dist/words.json').hello",
        "exports = () => require('modern')",
        "exports = () => require('needy')",
        "exports = () => require('broken')",
    ] {
        let (found, findings) = end_with(source, vec![archive.clone()]).await;
        assert_eq!((found, findings), (end(source).await, Vec::new()), "{source}");
    }
    // A file of the folder stands above the archive's.
    let own =
        ("functions/node_modules/greeter/dist/words.json".to_owned(), br#"{"hello": "good day"}"#.to_vec());
    let source = "exports = () => require('greeter').greet('ada')";
    assert_eq!(end_with(source, vec![own, archive]).await.0, r#""GOOD DAY ADA!""#);
}

#[tokio::test]
async fn an_archive_that_cannot_be_read_is_named() {
    let archive = ("functions/node_modules.zip".to_owned(), b"no archive".to_vec());
    let (found, findings) = end_with("exports = () => require('uuid')", vec![archive.clone()]).await;
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    let why = finding.strip_prefix("functions/node_modules.zip: the archive cannot be read: ").unwrap();
    assert_eq!(
        found,
        format!(
            "Error: function 'f' requires 'uuid', which did not come with the app in functions/node_modules, \
             and functions/node_modules.zip cannot be read: {why}"
        )
    );
    // The other functions, and the stand-ins, work.
    assert_eq!(
        end_with("exports = () => typeof require('crypto').createHash", vec![archive]).await.0,
        r#""function""#
    );
}

#[tokio::test]
async fn native_code_is_named() {
    let native = "exports = () => require('fast/build/Release/fast.node')";
    assert_eq!(
        message(native).await,
        "Error: function 'f' requires 'fast/build/Release/fast.node', which is native code: only JavaScript can be required"
    );
}
