//! The small stand-ins for Node's modules and the browser's globals.

use serde_json::{Value, json};

use super::stage::value;

fn int(n: i32) -> Value {
    json!({ "$numberInt": n.to_string() })
}

async fn check(cases: Vec<(&str, Value)>) {
    for (expression, expected) in cases {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn crypto_hashes_and_draws() {
    check(vec![
        ("require('crypto').createHash('sha256').update('a').update('bc').digest('hex')", json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        ("require('node:crypto').createHash('md5').update('abc').digest('hex')", json!("900150983cd24fb0d6963f7d28e17f72")),
        ("require('crypto').createHash('sha1').update(Buffer.from('616263', 'hex')).digest('base64')", json!("qZk+NkcGgWq6PiVxeFDCbJzQ2J0=")),
        ("require('crypto').createHmac('sha256', 'key').update('text').digest('hex')", json!("6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6")),
        ("require('crypto').randomBytes(16).length", int(16)),
        ("/^[0-9a-f-]{36}$/.test(require('crypto').randomUUID())", json!(true)),
        ("require('crypto').timingSafeEqual(Buffer.from('a'), Buffer.from('a'))", json!(true)),
        ("(() => { const n = require('crypto').randomInt(3, 5); return n === 3 || n === 4 })()", json!(true)),
        ("crypto.getRandomValues(new Uint8Array(4)).length", int(4)),
        ("Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'))).toString('hex').slice(0, 8)", json!("ba7816bf")),
        ("(() => { try { require('crypto').scryptSync('a', 'b', 1) } catch (e) { return e.message } })()", json!("crypto.scryptSync is not available in functions; see utils.crypto and utils.jwt")),
        ("(() => { try { require('crypto').createHash('whirlpool').update('').digest() } catch (e) { return e.message } })()", json!("the hash function 'whirlpool' is not available")),
    ])
    .await;
}

#[tokio::test]
async fn utils_crypto_and_jwt_work_as_documented() {
    check(vec![
        ("utils.crypto.hash('sha256', 'abc').toHex().slice(0, 16)", json!("ba7816bf8f01cfea")),
        ("utils.crypto.hash('md5', BSON.Binary.fromBase64('YWJj', 0)).toBase64()", json!("kAFQmDzST7DWlj99KOF/cg==")),
        ("utils.crypto.hmac('text', 'key', 'sha256', 'hex')", json!("6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6")),
        ("utils.crypto.decrypt('aes', utils.crypto.encrypt('aes', 'secret ü', 'k'.repeat(32)), 'k'.repeat(32)).text()", json!("secret ü")),
        ("(() => { try { utils.crypto.decrypt('aes', utils.crypto.encrypt('aes', 'x', 'k'.repeat(32)), 'l'.repeat(32)) } catch (e) { return e.message } })()",
            json!("failed to decrypt: another key, or not the bytes that were encrypted")),
        ("utils.jwt.encode('HS256', { sub: '1234567890', name: 'John Doe', iat: 1516239022 }, 'your-256-bit-secret')",
            json!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")),
        ("utils.jwt.decode(utils.jwt.encode('HS512', { a: 'ü' }, 'secret', { kid: '1' }), 'secret', true)", json!({ "header": { "kid": "1", "alg": "HS512", "typ": "JWT" }, "payload": { "a": "ü" } })),
    ])
    .await;
    for (expression, expected) in [
        (
            "utils.jwt.decode(utils.jwt.encode('HS256', {}, 'a'), 'b')",
            "the signature of the token is invalid",
        ),
        ("utils.jwt.decode(utils.jwt.encode('HS256', { exp: 1 }, 'a'), 'a')", "the token is expired"),
        (
            "utils.jwt.decode(utils.jwt.encode('HS256', { nbf: 1e12 }, 'a'), 'a')",
            "the token is not valid yet",
        ),
        (
            "utils.jwt.decode(utils.jwt.encode('HS256', {}, 'a'), 'a', false, ['RS256'])",
            "the token is signed with 'HS256', which is not accepted",
        ),
        ("utils.jwt.decode('e30.e30.', 'a')", "the signature algorithm 'undefined' is not available"),
        (
            "utils.jwt.decode('eyJhbGciOiJub25lIn0.e30.', 'a')",
            "the signature algorithm 'none' is not available",
        ),
        (
            "utils.jwt.decode(utils.jwt.encode('HS256', {}, '-----BEGIN PUBLIC KEY-----'), '-----BEGIN PUBLIC KEY-----')",
            "the token is signed with 'HS256', which needs a secret and not a key pair",
        ),
    ] {
        let caught =
            format!("(() => {{ try {{ return {expression} }} catch (error) {{ return error.message }} }})()");
        assert_eq!(value(&caught).await, json!(expected), "{expression}");
    }
}

#[tokio::test]
async fn rsa_and_ecdsa_signatures_hold() {
    let rsa = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let ec = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let cases = [("RS256", &rsa), ("PS256", &rsa), ("RS512", &rsa), ("ES256", &ec)];
    for (algorithm, pair) in cases {
        let (private, public) = (json!(pair.serialize_pem()), json!(pair.public_key_pem()));
        let expression = format!(
            "(() => {{ const token = utils.jwt.encode('{algorithm}', {{ a: 1 }}, {private}); const bad = token.slice(0, -8) + 'AAAAAAAA';
               let refused; try {{ utils.jwt.decode(bad, {public}) }} catch (e) {{ refused = e.message }}
               return [utils.jwt.decode(token, {public}).a, utils.jwt.decode(token, {public}.replaceAll('\\n', '\\\\n')).a, refused] }})()"
        );
        assert_eq!(
            value(&expression).await,
            json!([int(1), int(1), "the signature of the token is invalid"]),
            "{algorithm}"
        );
    }
    let (private, public) = (json!(rsa.serialize_pem()), json!(rsa.public_key_pem()));
    for scheme in ["pss", "pkcs1v15"] {
        let expression = format!(
            "(() => {{ const s = utils.crypto.sign('rsa', 'text', {private}, '{scheme}');
               return [utils.crypto.verify('rsa', 'text', {public}, s, '{scheme}'), utils.crypto.verify('rsa', 'test', {public}, s, '{scheme}')] }})()"
        );
        assert_eq!(value(&expression).await, json!([true, false]), "{scheme}");
    }
}

#[tokio::test]
async fn buffers_know_the_usual_encodings() {
    check(vec![
        ("Buffer.from('héllo').toString('hex')", json!("68c3a96c6c6f")),
        ("Buffer.from('aMOpbGxv', 'base64').toString()", json!("héllo")),
        ("Buffer.from('_-8', 'base64url').toString('base64')", json!("/+8=")),
        ("Buffer.from([1, 2, 3]).slice(1).toJSON()", json!({ "type": "Buffer", "data": [int(2), int(3)] })),
        ("Buffer.concat([Buffer.from('a'), Buffer.from('b')]).equals(Buffer.from('ab'))", json!(true)),
        ("Buffer.alloc(4).fill('ab').toString()", json!("abab")),
        ("Buffer.byteLength('ü')", int(2)),
        ("Buffer.from('abc').indexOf('c')", int(2)),
        ("[Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1)), Buffer.isEncoding('utf-8')]", json!([true, false, true])),
        ("(() => { const b = Buffer.alloc(8); b.writeUInt32BE(0xdeadbeef, 0); return [b.readUInt16BE(0), b.readUInt8(3), b.toString('hex')] })()",
            json!([int(57005), int(239), "deadbeef00000000"])),
        ("require('buffer').Buffer === Buffer", json!(true)),
        ("Buffer.from('ÿ', 'latin1').length", int(1)),
        ("[atob('aGk='), btoa('hi')]", json!(["hi", "aGk="])),
    ])
    .await;
}

#[tokio::test]
async fn addresses_are_read_and_written() {
    check(vec![
        ("new URL('HTTPS://user:pa%20ss@Example.com:443/a/../b c?q=1&q=2#h').href", json!("https://user:pa%20ss@example.com/b%20c?q=1&q=2#h")),
        ("new URL('/x?y', 'https://a.test/b/c').href", json!("https://a.test/x?y")),
        ("new URL('../d', 'https://a.test:8080/b/c/').href", json!("https://a.test:8080/b/d")),
        ("new URL('https://a.test/p?q=a+b').searchParams.get('q')", json!("a b")),
        ("(() => { const u = new URL('https://a.test'); u.searchParams.append('k', 'ü&'); u.searchParams.set('z', 1); return u.href })()", json!("https://a.test/?k=%C3%BC%26&z=1")),
        ("[new URL('https://a.test:8443/x').host, new URL('https://a.test/x').origin, new URL('mailto:a@b').pathname]", json!(["a.test:8443", "https://a.test", "a@b"])),
        ("URL.canParse('no address')", json!(false)),
        ("new URLSearchParams('?a=1&b=2&a=3').getAll('a')", json!(["1", "3"])),
        ("String(new URLSearchParams({ a: 'x y', b: ['1', '2'] }))", json!("a=x+y&b=1&b=2")),
        ("[...new URLSearchParams([['a', '1']])]", json!([["a", "1"]])),
        ("require('url').parse('https://a.test:1/p?x=y#z', true).query", json!({ "x": "y" })),
        ("require('url').parse('/only/path?x').pathname", json!("/only/path")),
        ("require('url').format({ protocol: 'https', hostname: 'a.test', pathname: '/p', query: { x: 1 } })", json!("https://a.test/p?x=1")),
        ("require('querystring').stringify({ a: 'x y', b: ['1', '2'], c: true, d: null })", json!("a=x%20y&b=1&b=2&c=true&d=")),
        ("require('querystring').parse('a=1&a=2&b=x+y&c')", json!({ "a": ["1", "2"], "b": "x y", "c": "" })),
    ])
    .await;
}

#[tokio::test]
async fn text_util_and_clones_work() {
    check(vec![
        ("new TextDecoder().decode(new TextEncoder().encode('h\u{e9}\u{1f600}'))", json!("hé😀")),
        ("new TextDecoder().decode(new Uint8Array([0xff, 0x41, 0xe2, 0x82]))", json!("\u{fffd}A\u{fffd}")),
        ("require('util').format('%s is %d and %j%%', 'a', '5', { b: 1 }, 'more')", json!("a is 5 and {\"b\":1}% more")),
        ("await require('util').promisify((a, done) => done(null, a + 1))(1)", int(2)),
        ("require('util').inspect({ a: [1] })", json!("{\"a\":[1]}")),
        ("require('util').isDeepStrictEqual({ a: [1] }, { a: [1] })", json!(true)),
        ("(() => { const a = { d: new Date(5), m: new Map([[1, { x: 1 }]]) }; a.self = a; const b = structuredClone(a); return [b.self === b, b !== a, b.d.getTime(), b.m.get(1).x] })()",
            json!([true, true, int(5), int(1)])),
        ("global === globalThis", json!(true)),
    ])
    .await;
}
