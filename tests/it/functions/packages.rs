//! What functions may require.

use passerby::functions::Limits;
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
