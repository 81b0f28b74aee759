//! Sources in the shapes that people's functions have.

use serde_json::{Value, json};

use super::stage::{Stage, lines, message, result};

/// A source, its arguments and its result.
struct Case(&'static str, Value, Value);

#[tokio::test]
async fn every_form_of_exports_makes_a_function() {
    let cases = [
        Case("exports = function(name) { return `hi ${name}`; };", json!(["Ada"]), json!("hi Ada")),
        Case("exports = async function(name) { return 'hi ' + name; };", json!(["Ada"]), json!("hi Ada")),
        Case("exports = function greet(name) { return name }", json!(["Ada"]), json!("Ada")),
        Case("exports = name => name.length", json!(["Ada"]), json!({ "$numberInt": "3" })),
        Case("exports = async ({ a, b = 2 }) => a + b;", json!([{ "a": 1 }]), json!({ "$numberInt": "3" })),
        Case("exports = (...all) => all.length", json!([1, 2, 3]), json!({ "$numberInt": "3" })),
        Case("exports=async()=>null", json!([]), Value::Null),
        Case("exports = function() {};", json!([]), json!({ "$undefined": true })),
        Case("exports = function() { return undefined }", json!([1]), json!({ "$undefined": true })),
        Case(
            "const helper = (n) => n * 2;\nexports = function(n) { return helper(n); };",
            json!([4]),
            json!({ "$numberInt": "8" }),
        ),
        Case(
            "exports = function(n) { return helper(n); };\nfunction helper(n) { return n * 2 }",
            json!([4]),
            json!({ "$numberInt": "8" }),
        ),
        Case(
            "exports = function() { return 1; }; exports = async function() { return 2; };",
            json!([]),
            json!({ "$numberInt": "2" }),
        ),
        Case("module.exports = () => 'module'", json!([]), json!("module")),
        Case(
            "// a comment\n/* and another */\nexports = () => 'end' // and a last one",
            json!([]),
            json!("end"),
        ),
        Case("'use strict';\nexports = function() { return this === undefined }", json!([]), json!(true)),
        Case("exports = function() { counter = 1; return counter }", json!([]), json!({ "$numberInt": "1" })),
        Case("const context = 'mine';\nexports = () => context", json!([]), json!("mine")),
        Case("var require, BSON = 5;\nexports = () => BSON", json!([]), json!({ "$numberInt": "5" })),
        Case("\u{feff}exports = () => 'with a mark'", json!([]), json!("with a mark")),
        Case("exports = function* () { yield 1 }", json!([]), json!({})),
    ];
    for Case(source, arguments, expected) in cases {
        assert_eq!(result(source, arguments).await, expected, "{source}");
    }
}

#[tokio::test]
async fn modern_syntax_works() {
    let source = r#"
        class Account {
            #balance = 0;
            static of(n) { const a = new Account(); a.#balance = n; return a; }
            get balance() { return this.#balance; }
            static { Account.made = true; }
        }
        exports = async function(user) {
            const { name: { first, ...others } = {}, tags = [] } = user ?? {};
            const missing = user?.address?.street?.toUpperCase() ?? 'none';
            let total = 0;
            for await (const n of (async function* () { yield* [1, 2, 3]; })()) total += n;
            total **= 2;
            user.flag ||= 'set';
            const settled = await Promise.allSettled([Promise.resolve(1), Promise.reject(new Error('x'))]);
            return {
                first, others, missing, total, flag: user.flag,
                balance: Account.of(1_000).balance, made: Account.made,
                grouped: Object.fromEntries(Object.entries({ b: 1, a: 2 }).sort()),
                last: [1, 2, 3].at(-1), flat: [[1], [2, [3]]].flat(Infinity),
                named: 'a-b'.replaceAll('-', '+'), match: 'k=v'.match(/(?<key>\w)=(?<value>\w)/).groups.key,
                settled: settled.map(s => s.status), padded: '7'.padStart(3, '0'), tags: [...new Set(tags)],
                any: await Promise.any([Promise.reject(0), 5]), sorted: [3, 1, 2].toSorted(),
            };
        };"#;
    let found =
        result(source, json!([{ "name": { "first": "Ada", "last": "L" }, "tags": ["x", "x"] }])).await;
    let int = |n: i32| json!({ "$numberInt": n.to_string() });
    assert_eq!(
        found,
        json!({
            "first": "Ada", "others": { "last": "L" }, "missing": "none", "total": int(36), "flag": "set",
            "balance": int(1000), "made": true, "grouped": { "a": int(2), "b": int(1) }, "last": int(3),
            "flat": [int(1), int(2), int(3)], "named": "a+b", "match": "k", "settled": ["fulfilled", "rejected"],
            "padded": "007", "tags": ["x"], "any": int(5), "sorted": [int(1), int(2), int(3)],
        })
    );
}

#[tokio::test]
async fn errors_are_worded_as_the_original_worded_them() {
    let cases = [
        ("exports = () => unknown", "ReferenceError: 'unknown' is not defined"),
        ("exports = async () => unknown.call()", "ReferenceError: 'unknown' is not defined"),
        ("exports = () => { throw new Error('not today') }", "Error: not today"),
        ("exports = async () => { throw new Error('not today') }", "Error: not today"),
        ("exports = async () => { await null; throw new TypeError('later') }", "TypeError: later"),
        ("exports = () => { throw 'just text' }", "just text"),
        ("exports = () => { throw { code: 5 } }", r#"{"code":5}"#),
        ("exports = () => { throw { message: 'like an error' } }", "Error: like an error"),
        ("exports = () => { throw undefined }", "undefined"),
        ("exports = () => { throw 5 }", "5"),
        ("exports = () => Promise.reject(new RangeError('far'))", "RangeError: far"),
        ("exports = () => { throw new Error() }", "Error"),
        (
            "exports = () => { class Denied extends Error { name = 'Denied' } throw new Denied('no') }",
            "Denied: no",
        ),
        ("exports = () => { let a; return a.b }", "TypeError: Cannot access member 'b' of undefined"),
        ("exports = () => null.b", "TypeError: Cannot access member 'b' of null"),
        ("throw new Error('while loading'); exports = () => 1", "Error: while loading"),
        ("const nothing = 1;", "TypeError: function 'f' sets exports to no function"),
        ("exports = { f: () => 1 }", "TypeError: function 'f' sets exports to no function"),
        (
            "exports = () => { throw { get message() { throw 1 } } }",
            "Error: the thrown value cannot be shown",
        ),
        ("exports = () => eval('1 +')", "SyntaxError: unexpected token in expression: ''"),
    ];
    for (source, expected) in cases {
        assert_eq!(message(source).await, expected, "{source}");
    }
}

#[tokio::test]
async fn the_log_comes_with_results_and_with_errors() {
    let stage = Stage::new(&[
        (
            "good",
            "exports = () => {
                console.log('text', 1, { a: [1, null], b: new Date(0) }, undefined, [new BSON.ObjectId('655f0a0b0c0d0e0f10111213')]);
                console.error(new TypeError('bad'));
                console.warn(); console.info(true); console.debug(() => 1); console.log(10n, Symbol('s'), null);
                console.assert(true, 'fine'); console.assert(false, 'not fine');
            }",
        ),
        ("bad", "exports = () => { console.log('before'); throw new Error('x') }"),
    ]);
    let outcome = stage.call("good", json!([])).await.unwrap();
    assert_eq!(
        lines(&outcome.logs),
        [
            r#"text 1 {"a":[1,null],"b":{"$date":"1970-01-01T00:00:00Z"}} undefined [{"$oid":"655f0a0b0c0d0e0f10111213"}]"#,
            "TypeError: bad",
            "",
            "true",
            "() => 1",
            "10 Symbol(s) null",
            "Assertion failed: not fine",
        ]
    );
    assert_eq!(
        outcome.logs.iter().map(|line| line.is_error).collect::<Vec<_>>(),
        [false, true, true, false, false, false, true]
    );
    let Err(passerby::functions::FunctionError::Threw(threw)) = stage.call("bad", json!([])).await else {
        panic!("it throws")
    };
    assert_eq!((threw.message.as_str(), lines(&threw.logs)), ("Error: x", vec!["before"]));
}

#[tokio::test]
async fn timers_and_promises_run_in_order() {
    let source = r"
        exports = async function() {
            const seen = [];
            const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
            setTimeout((a, b) => seen.push(a + b), 20, 'late', '!');
            const never = setTimeout(() => seen.push('never'), 5);
            clearTimeout(never);
            const ticking = setInterval(() => { seen.push('tick'); if (seen.length > 3) clearInterval(ticking) }, 1);
            queueMicrotask(() => seen.push('micro'));
            queueMicrotask(() => { throw new Error('nor this') });
            setImmediate(() => { throw new Error('nobody catches this') });
            seen.push('now');
            await sleep(50);
            return seen;
        }";
    let stage = Stage::new(&[("f", source)]);
    let outcome = stage.call("f", json!([])).await.unwrap();
    assert_eq!(outcome.result, json!(["now", "micro", "tick", "tick", "late!"]));
    assert_eq!(
        lines(&outcome.logs),
        ["uncaught in a microtask: nor this", "uncaught in a timer: Error: nobody catches this"]
    );
}
