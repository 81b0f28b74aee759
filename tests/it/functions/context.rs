//! What a function finds around it.

use passerby::functions::{Caller, FunctionError, Limits, Program};
use serde_json::{Value, json};

use super::stage::{NOW_MS, Stage, message, result, value};

fn int(n: i32) -> Value {
    json!({ "$numberInt": n.to_string() })
}

#[tokio::test]
async fn the_context_shows_user_values_environment_request_and_app() {
    let source = "exports = () => {
        const { user, values, environment, request, app } = context;
        return {
            id: user.id, type: user.type, data: user.data, since: user.custom_data.since instanceof Date,
            identity: user.identities[0].provider_type, same: context.user === user,
            greeting: values.get('greeting'), most: values.get('limits').most, list: values.get('list'), off: values.get('off'),
            missing: values.get('missing') === undefined, proto: values.get('__proto__') === undefined,
            tag: environment.tag, base: environment.values.base,
            address: request.remoteIPAddress, method: request.httpMethod, app: app.clientAppId,
            system: context.runningAsSystem(),
        }
    }";
    assert_eq!(
        result(source, json!([])).await,
        json!({
            "id": "655f0a0b0c0d0e0f10111213", "type": "normal", "data": { "name": "Ada" }, "since": true,
            "identity": "anon-user", "same": true, "greeting": "hello", "most": int(5), "list": [int(1), int(2)],
            "off": false, "missing": true, "proto": true, "tag": "testing", "base": "https://x.test",
            "address": "198.51.100.4", "method": "POST", "app": "news-abcde", "system": false,
        })
    );
}

#[tokio::test]
async fn time_is_the_call_s_own() {
    let source = "exports = async () => {
        const begin = Date.now();
        await new Promise((resolve) => setTimeout(resolve, 30));
        const later = new Date();
        return [new Date(begin).toISOString().slice(0, 16), later instanceof Date, later - begin >= 30 && later - begin < 5000,
            new Date(0).toISOString(), new Date(2020, 1, 3).getMonth(), Date.UTC(2020, 1), typeof Date(),
            Date.prototype.constructor === Date, Object.prototype.toString.call(later), new (class extends Date {})().getTime() >= begin];
    }";
    assert_eq!(
        result(source, json!([])).await,
        json!([
            "2026-11-24T06:30", true, true, "1970-01-01T00:00:00.000Z", int(1), { "$numberLong": "1580515200000" },
            "string", true, "[object Date]", true
        ])
    );
    assert_eq!(NOW_MS / 60_000 * 60_000, 1_795_501_800_000);
}

#[tokio::test]
async fn chance_comes_from_the_seed() {
    let source = "exports = () => [Math.random(), new BSON.ObjectId().toHexString(), crypto.randomUUID(), require('crypto').randomBytes(4).toString('hex')]";
    let mut stage = Stage::new(&[("f", source)]);
    let first = stage.result("f", json!([])).await;
    assert_eq!(stage.result("f", json!([])).await, first);
    stage.scene.seed = [8; 32];
    assert_ne!(stage.result("f", json!([])).await, first);
    let many = "exports = () => { const seen = Array.from({ length: 1000 }, Math.random); return [seen.every((n) => n >= 0 && n < 1), new Set(seen).size > 990] }";
    assert_eq!(result(many, json!([])).await, json!([true, true]));
}

#[tokio::test]
async fn functions_execute_each_other_even_private_ones() {
    let files = [
        (
            "functions/config.json",
            r#"[{"name": "outer"}, {"name": "users/find", "private": true}, {"name": "count"}, {"name": "system", "run_as_system": true},
                {"name": "who"}, {"name": "fails"}, {"name": "catches"}, {"name": "misses"}]"#,
        ),
        (
            "functions/outer.js",
            "exports = async (a) => ({ found: await context.functions.execute('users/find', a), counted: context.functions.execute('count') + context.functions.execute('count') })",
        ),
        ("functions/users/find.js", "exports = async ({ id }) => ({ id, by: context.user.id })"),
        ("functions/count.js", "let calls = 0; exports = () => ++calls"),
        (
            "functions/system.js",
            "exports = () => [context.runningAsSystem(), context.functions.execute('who')]",
        ),
        ("functions/who.js", "exports = () => context.runningAsSystem()"),
        ("functions/fails.js", "exports = async () => { throw new RangeError('inner') }"),
        (
            "functions/catches.js",
            "exports = async () => { try { return await context.functions.execute('fails') } catch (e) { return [e instanceof RangeError, e.message] } }",
        ),
        ("functions/misses.js", "exports = () => context.functions.execute('nobody')"),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let (program, findings) = Program::read(&files);
    assert_eq!(findings, []);
    let stage = Stage::of(program, Limits::default());
    let id = json!({ "$oid": "655f0a0b0c0d0e0f10111213" });
    assert_eq!(
        stage.result("outer", json!([{ "id": id }])).await,
        json!({ "found": { "id": id, "by": "655f0a0b0c0d0e0f10111213" }, "counted": int(2) })
    );
    assert_eq!(stage.result("system", json!([])).await, json!([true, true]));
    assert_eq!(stage.result("who", json!([])).await, json!(false));
    assert_eq!(stage.result("catches", json!([])).await, json!([true, "inner"]));
    let missed = stage.call("misses", json!([])).await.unwrap_err();
    assert_eq!(missed.to_string(), "Error: function not found: 'nobody'");
    assert_eq!(stage.call_as(Caller::Client, "users/find", json!([{}])).await, Err(FunctionError::Private));
    assert_eq!(stage.call("nobody", json!([])).await, Err(FunctionError::NotFound));
}

#[tokio::test]
async fn executing_each_other_without_end_ends() {
    let stage = Stage::new(&[
        ("a", "exports = () => context.functions.execute('b')"),
        ("b", "exports = () => context.functions.execute('a')"),
        ("c", "exports = async () => await context.functions.execute('c')"),
    ]);
    for name in ["a", "c"] {
        let error = stage.call(name, json!([])).await.unwrap_err().to_string();
        assert!(error.starts_with("Error: functions executed each other more than 32 deep"), "{error}");
    }
}

#[tokio::test]
async fn services_say_what_is_missing_when_they_are_used() {
    let unused = "exports = async () => { const db = context.services.get('mongodb-atlas'); return [typeof db, await db === db] }";
    assert_eq!(result(unused, json!([])).await, json!(["object", true]));
    let used =
        "exports = () => context.services.get('mongodb-atlas').db('news').collection('users').findOne({})";
    assert_eq!(
        message(used).await,
        "Error: service 'mongodb-atlas' is not linked: no data source answers 'db'"
    );
}

#[tokio::test]
async fn nothing_of_one_call_is_left_for_the_next() {
    let stage = Stage::new(&[
        (
            "dirty",
            "exports = () => {
                globalThis.left = 1; Array.prototype.left = 1; Object.prototype.toJSON = () => 'mine'; context.user.id = 'other';
                JSON.stringify = () => 'mine'; Promise.prototype.then = () => {}; String.prototype.toWellFormed = () => 'mine';
                return 'done';
            }",
        ),
        ("clean", "exports = () => ({ global: typeof left, array: [].left === undefined, id: context.user.id })"),
    ]);
    for _ in 0..5 {
        let _ = stage.call("dirty", json!([])).await;
        assert_eq!(
            stage.result("clean", json!([])).await,
            json!({ "global": "undefined", "array": true, "id": "655f0a0b0c0d0e0f10111213" })
        );
    }
}

#[tokio::test]
async fn there_is_no_way_out() {
    let absent = "['std', 'os', 'scriptArgs', 'print', 'load', 'Deno', 'Bun', 'bjson', 'Worker', 'host', 'piece', 'importScripts', 'XMLHttpRequest', 'WebSocket'].filter((name) => name in globalThis)";
    assert_eq!(value(absent).await, json!([]));
    assert_eq!(value("Object.keys(process.env).length").await, int(0));
    for source in [
        "exports = () => import('fs')",
        "exports = () => import('std')",
        "exports = () => import('./secrets.json')",
    ] {
        let error = message(source).await;
        assert!(error.contains("module"), "{error}");
    }
    let made = "[new Function('return typeof host')(), (0, eval)('typeof host'), eval('1 + 1'), Function('a', 'return a * 2')(2)]";
    assert_eq!(value(made).await, json!(["undefined", "undefined", int(2), int(4)]));
    assert_eq!(
        message("exports = () => { const local = 1; return eval('local') }").await,
        "ReferenceError: 'local' is not defined"
    );
    let kin = "[async () => {}, function* () {}, async function* () {}].map((f) => f.constructor('return 1')).map((f) => f instanceof Function)";
    assert_eq!(value(kin).await, json!([true, true, true]));
}
