//! Values on their way in and out.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::stage::{Stage, message, result, value};

#[tokio::test]
async fn values_pass_through_unchanged() {
    let values = [
        json!(null),
        json!(true),
        json!("tëxt \u{1f600} \u{0} \n"),
        json!({ "$numberInt": "-2147483648" }),
        json!({ "$numberInt": "2147483647" }),
        json!({ "$numberLong": "2147483648" }),
        json!({ "$numberLong": "-9007199254740991" }),
        json!({ "$numberLong": "9007199254740993" }),
        json!({ "$numberLong": "9223372036854775807" }),
        json!({ "$numberLong": "-9223372036854775808" }),
        json!({ "$numberDouble": "1.5" }),
        json!({ "$numberDouble": "-0.0" }),
        json!({ "$numberDouble": "NaN" }),
        json!({ "$numberDouble": "Infinity" }),
        json!({ "$numberDouble": "-Infinity" }),
        json!({ "$numberDouble": "5e-324" }),
        json!({ "$numberDecimal": "1.50" }),
        json!({ "$numberDecimal": "1234567890123456789012345678901234" }),
        json!({ "$numberDecimal": "-1E+6111" }),
        json!({ "$numberDecimal": "NaN" }),
        json!({ "$oid": "655f0a0b0c0d0e0f10111213" }),
        json!({ "$date": { "$numberLong": "1795501800123" } }),
        json!({ "$date": { "$numberLong": "-62135596800000" } }),
        json!({ "$binary": { "base64": "AAECAw==", "subType": "00" } }),
        json!({ "$binary": { "base64": "c//SZESzTGmQ6OfR38A11A==", "subType": "04" } }),
        json!({ "$binary": { "base64": "", "subType": "80" } }),
        json!({ "$timestamp": { "t": 42, "i": 4294967295_u32 } }),
        json!({ "$regularExpression": { "pattern": "a/b(?i)", "options": "ix" } }),
        json!({ "$symbol": "s" }),
        json!({ "$code": "function() {}" }),
        json!({ "$code": "function() {}", "$scope": { "a": { "$numberInt": "1" } } }),
        json!({ "$minKey": 1 }),
        json!({ "$maxKey": 1 }),
        json!({ "$undefined": true }),
        json!({ "$ref": "users", "$id": { "$oid": "655f0a0b0c0d0e0f10111213" }, "$db": "news" }),
        json!({ "a": { "b": [{}, [], { "c": { "$numberInt": "1" } }] }, "": "", "__proto__": { "x": true }, "toJSON": "x" }),
        json!({ "$oid": { "not": "one" } }),
        json!({ "$set": { "name": "x" }, "$inc": { "n": { "$numberInt": "1" } } }),
    ];
    let stage =
        Stage::new(&[("same", "exports = (value) => value"), ("later", "exports = async (value) => value")]);
    for value in values {
        for name in ["same", "later"] {
            assert_eq!(stage.result(name, json!([value])).await, value);
            let nested = stage.result(name, json!([{ "inside": [value] }])).await;
            assert_eq!(nested, json!({ "inside": [value] }));
        }
    }
}

#[tokio::test]
async fn relaxed_values_come_out_canonical() {
    let cases = [
        (json!(5), json!({ "$numberInt": "5" })),
        (json!(-3_000_000_000_i64), json!({ "$numberLong": "-3000000000" })),
        (json!(9_007_199_254_740_993_i64), json!({ "$numberLong": "9007199254740993" })),
        (json!(2.5), json!({ "$numberDouble": "2.5" })),
        (json!(1e300), json!({ "$numberDouble": "1e+300" })),
        (json!({ "$numberDouble": "3.0" }), json!({ "$numberInt": "3" })),
        (
            json!({ "$date": "2020-01-02T03:04:05.678Z" }),
            json!({ "$date": { "$numberLong": "1577934245678" } }),
        ),
        (
            json!({ "$date": "2020-01-02T03:04:05+01:00" }),
            json!({ "$date": { "$numberLong": "1577930645000" } }),
        ),
        (
            json!({ "$uuid": "73ffd264-44b3-4c69-90e8-e7d1dfc035d4" }),
            json!({ "$binary": { "base64": "c//SZESzTGmQ6OfR38A11A==", "subType": "04" } }),
        ),
        (
            json!({ "$binary": "AAECAw==", "$type": "00" }),
            json!({ "$binary": { "base64": "AAECAw==", "subType": "00" } }),
        ),
    ];
    let stage = Stage::new(&[("same", "exports = (value) => value")]);
    for (given, expected) in cases {
        assert_eq!(stage.result("same", json!([given])).await, expected);
    }
}

#[tokio::test]
async fn javascript_s_own_values_have_their_ejson() {
    let cases = [
        ("new Date(5)", json!({ "$date": { "$numberLong": "5" } })),
        ("new Date(NaN)", json!(null)),
        ("/a.b/gi", json!({ "$regularExpression": { "pattern": "a.b", "options": "i" } })),
        ("12n", json!({ "$numberLong": "12" })),
        ("new Uint8Array([1, 2])", json!({ "$binary": { "base64": "AQI=", "subType": "00" } })),
        ("Buffer.from('hi')", json!({ "$binary": { "base64": "aGk=", "subType": "00" } })),
        ("new Map([['a', 1]])", json!({ "a": { "$numberInt": "1" } })),
        ("new Set(['a'])", json!(["a"])),
        ("[, 'a', undefined]", json!([{ "$undefined": true }, "a", { "$undefined": true }])),
        ("({ a: undefined, f() {}, [Symbol('s')]: 1 })", json!({ "a": { "$undefined": true } })),
        (
            "new (class Point { x = 1; #y = 2; get z() { return 3 } })()",
            json!({ "x": { "$numberInt": "1" } }),
        ),
        ("new RangeError('far')", json!({ "name": "RangeError", "message": "far" })),
        (
            "Object.assign(new Error('x'), { code: 'E1' })",
            json!({ "name": "Error", "message": "x", "code": "E1" }),
        ),
        ("[new Number(1), new String('a'), new Boolean(false)]", json!([{ "$numberInt": "1" }, "a", false])),
        ("({ toBSON() { return 'mine' } })", json!("mine")),
        ("() => 1", json!({ "$undefined": true })),
        ("'\\ud800x'", json!("\u{fffd}x")),
        ("Object.create({ inherited: 1 })", json!({})),
        ("(function() { return arguments })(1)", json!({ "0": { "$numberInt": "1" } })),
        ("new Proxy({ a: 1 }, { get: () => 2 })", json!({ "a": { "$numberInt": "2" } })),
        ("BSON.MinKey", json!({ "$minKey": 1 })),
        ("({ a: BSON.MaxKey })", json!({ "a": { "$maxKey": 1 } })),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_an_error() {
    let cases = [
        (
            "exports = () => { const a = {}; a.a = a; return a }",
            "TypeError: a value that holds itself cannot be written as EJSON",
        ),
        ("exports = () => 2n ** 64n", "RangeError: 18446744073709551616 does not fit 64 bits"),
        ("exports = () => ({ get a() { throw new Error('trap') } })", "Error: trap"),
        ("exports = () => new Proxy({}, { ownKeys() { throw 'trapped' } })", "trapped"),
    ];
    for (source, expected) in cases {
        assert_eq!(message(source).await, expected, "{source}");
    }
    let shared = "exports = () => { const a = { x: 1 }; return [a, a] }";
    assert_eq!(
        result(shared, json!([])).await,
        json!([{ "x": { "$numberInt": "1" } }, { "x": { "$numberInt": "1" } }])
    );
}

#[tokio::test]
async fn the_ejson_global_reads_and_writes() {
    let cases = [
        (
            "EJSON.stringify({ a: 1, b: new Date(0), c: new BSON.ObjectId('655f0a0b0c0d0e0f10111213'), d: undefined, e: BSON.Long(5), f: 1.5 })",
            r#"{"a":1,"b":{"$date":"1970-01-01T00:00:00Z"},"c":{"$oid":"655f0a0b0c0d0e0f10111213"},"d":null,"e":5,"f":1.5}"#,
        ),
        (
            "EJSON.stringify({ a: 1, b: 1.5, c: new Date(0) }, { relaxed: false })",
            r#"{"a":{"$numberInt":"1"},"b":{"$numberDouble":"1.5"},"c":{"$date":{"$numberLong":"0"}}}"#,
        ),
        ("EJSON.stringify({ a: [1], b: 2 }, null, 2)", "{\n  \"a\": [\n    1\n  ],\n  \"b\": 2\n}"),
        ("EJSON.stringify({ a: 1, b: 2 }, ['b'])", r#"{"b":2}"#),
        (
            "EJSON.stringify(EJSON.parse('{\"a\":{\"$oid\":\"655f0a0b0c0d0e0f10111213\"},\"n\":{\"$numberLong\":\"7\"}}'))",
            r#"{"a":{"$oid":"655f0a0b0c0d0e0f10111213"},"n":7}"#,
        ),
        ("EJSON.parse('{\"$date\":\"2020-01-01T00:00:00Z\"}').toISOString()", "2020-01-01T00:00:00.000Z"),
        ("EJSON.parse('{\"$numberInt\":\"5\"}', { relaxed: false })._bsontype", "Int32"),
        (
            "JSON.stringify({ id: new BSON.ObjectId('655f0a0b0c0d0e0f10111213') })",
            r#"{"id":"655f0a0b0c0d0e0f10111213"}"#,
        ),
        (
            "JSON.stringify(EJSON.serialize(new Date(1), { relaxed: false }))",
            r#"{"$date":{"$numberLong":"1"}}"#,
        ),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression).await, json!(expected), "{expression}");
    }
}

fn ejson() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<i32>().prop_map(|n| json!({ "$numberInt": n.to_string() })),
        any::<i64>()
            .prop_filter("fits 32 bits", |n| i32::try_from(*n).is_err())
            .prop_map(|n| json!({ "$numberLong": n.to_string() })),
        any::<f64>()
            .prop_filter("is whole", |n| n.fract() != 0.0 && n.is_finite())
            .prop_map(|n| json!({ "double": n })),
        (0..8_640_000_000_000_000_i64).prop_map(|n| json!({ "$date": { "$numberLong": n.to_string() } })),
        "[0-9a-f]{24}".prop_map(|hex| json!({ "$oid": hex })),
    ];
    leaf.prop_recursive(4, 24, 5, |inside| {
        prop_oneof![
            prop::collection::vec(inside.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_][ -~]{0,6}", inside, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// With the doubles, which were bare numbers, as they come out.
fn came_out(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(came_out).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, inside)| (key.clone(), came_out(inside))).collect())
        }
        Value::Number(number) => json!({ "double": number.as_f64() }),
        other => other.clone(),
    }
}

/// With the doubles read from their text.
fn read(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(read).collect(),
        Value::Object(map) => match map.get("$numberDouble").and_then(Value::as_str) {
            Some(text) => json!({ "double": text.parse::<f64>().unwrap() }),
            None => Value::Object(map.iter().map(|(key, inside)| (key.clone(), read(inside))).collect()),
        },
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_value_passes_through_unchanged(value in ejson()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let stage = Stage::new(&[("same", "exports = (value) => value")]);
        let found = runtime.block_on(stage.result("same", json!([value])));
        prop_assert_eq!(read(&found), came_out(&value));
    }
}
