//! The BSON types, with and without `new`.

use serde_json::{Value, json};

use super::stage::value;

#[tokio::test]
async fn bson_types_work_as_their_documentation_says() {
    let oid = "'655f0a0b0c0d0e0f10111213'";
    let cases: Vec<(String, Value)> = vec![
        (format!("BSON.ObjectId({oid}).toHexString()"), json!("655f0a0b0c0d0e0f10111213")),
        (format!("String(new BSON.ObjectID({oid}))"), json!("655f0a0b0c0d0e0f10111213")),
        (format!("`${{new BSON.ObjectId({oid})}}`"), json!("655f0a0b0c0d0e0f10111213")),
        (format!("new BSON.ObjectId({oid}).equals({oid}) && BSON.ObjectId({oid}).equals(BSON.ObjectId({oid}))"), json!(true)),
        (format!("new BSON.ObjectId({oid}).equals(new BSON.ObjectId())"), json!(false)),
        (format!("new BSON.ObjectId({oid}) instanceof BSON.ObjectId"), json!(true)),
        (format!("new BSON.ObjectId({oid}).getTimestamp().toISOString()"), json!("2023-11-23T08:15:07.000Z")),
        (format!("[BSON.ObjectId.isValid({oid}), BSON.ObjectId.isValid('x'), BSON.ObjectId.isValid(undefined)]"), json!([true, false, false])),
        ("new BSON.ObjectId().toString() < new BSON.ObjectId().toString()".into(), json!(true)),
        ("new BSON.ObjectId().toString().slice(0, 8)".into(), json!("6b052ee8")),
        ("(() => { try { BSON.ObjectId('short') } catch (e) { return e.name } })()".into(), json!("TypeError")),
        ("BSON.Int32(5)".into(), json!({ "$numberInt": "5" })),
        ("new BSON.Int32('7') + 1".into(), json!({ "$numberInt": "8" })),
        ("BSON.Double(5)".into(), json!({ "$numberDouble": "5.0" })),
        ("[new BSON.Double(-0), BSON.Double(1e21), BSON.Double(NaN)]".into(), json!([{ "$numberDouble": "-0.0" }, { "$numberDouble": "1e+21" }, { "$numberDouble": "NaN" }])),
        ("BSON.Long(5)".into(), json!({ "$numberLong": "5" })),
        ("BSON.Long(-1, 0)".into(), json!({ "$numberLong": "4294967295" })),
        ("BSON.Long(0, 1)".into(), json!({ "$numberLong": "4294967296" })),
        ("BSON.Long.fromString('9223372036854775807').add(1)".into(), json!({ "$numberLong": "-9223372036854775808" })),
        ("BSON.Long.fromNumber(7).multiply(BSON.Long(6)).toNumber()".into(), json!({ "$numberInt": "42" })),
        ("[BSON.Long(7).div(2).toString(), BSON.Long.fromInt(-7).mod(4).toString(), BSON.Long(1).shl(40).toString()]".into(), json!(["3", "-3", "1099511627776"])),
        ("[BSON.Long(1).lt(2), BSON.Long(2).eq(2), BSON.Long(3).compare(2), BSON.Long.MAX_VALUE.gt(0)]".into(), json!([true, true, { "$numberInt": "1" }, true])),
        ("BSON.Long.fromNumber(1e300).eq(BSON.Long.MAX_VALUE)".into(), json!(true)),
        ("BSON.Long.fromString('-ff', 16).toNumber()".into(), json!({ "$numberInt": "-255" })),
        ("BSON.Long(5) + 1".into(), json!({ "$numberInt": "6" })),
        ("BSON.Decimal128.fromString('10.50')".into(), json!({ "$numberDecimal": "10.50" })),
        ("BSON.Decimal128('1e3').toString()".into(), json!("1E+3")),
        ("BSON.Decimal128.fromString('-0.000001234').toString()".into(), json!("-0.000001234")),
        ("BSON.Decimal128.fromString('0.0000001').toString()".into(), json!("1E-7")),
        ("BSON.Decimal128.fromString('-inf').toString()".into(), json!("-Infinity")),
        ("new BSON.Decimal128(BSON.Decimal128.fromString('-123.456').bytes).toString()".into(), json!("-123.456")),
        ("BSON.Decimal128.fromString('1').bytes.toHex()".into(), json!("01000000000000000000000000004030")),
        ("(() => { try { BSON.Decimal128.fromString('1.' + '1'.repeat(40)) } catch (e) { return e.name } })()".into(), json!("TypeError")),
        ("BSON.Binary.fromBase64('aGk=', 0).text()".into(), json!("hi")),
        ("BSON.Binary.fromHex('6869').toBase64()".into(), json!("aGk=")),
        ("new BSON.Binary(new Uint8Array([104, 105]), 5)".into(), json!({ "$binary": { "base64": "aGk=", "subType": "05" } })),
        ("new BSON.UUID('73ffd264-44b3-4c69-90e8-e7d1dfc035d4').toString()".into(), json!("73ffd264-44b3-4c69-90e8-e7d1dfc035d4")),
        ("/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/.test(new BSON.UUID())".into(), json!(true)),
        ("new BSON.Timestamp({ t: 42, i: 1 })".into(), json!({ "$timestamp": { "t": 42, "i": 1 } })),
        ("BSON.Timestamp(1, 42).t".into(), json!({ "$numberInt": "42" })),
        ("[BSON.MinKey(), new BSON.MaxKey()]".into(), json!([{ "$minKey": 1 }, { "$maxKey": 1 }])),
        ("BSON.BSONRegExp('a', 'xi')".into(), json!({ "$regularExpression": { "pattern": "a", "options": "ix" } })),
        ("BSON.Symbol('s')".into(), json!({ "$symbol": "s" })),
        ("new BSON.Code('f()', { a: 1 })".into(), json!({ "$code": "f()", "$scope": { "a": { "$numberInt": "1" } } })),
        (format!("new BSON.DBRef('users', BSON.ObjectId({oid}))"), json!({ "$ref": "users", "$id": { "$oid": "655f0a0b0c0d0e0f10111213" } })),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(&expression).await, expected, "{expression}");
    }
}
