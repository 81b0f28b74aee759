//! How functions speak to others.

use std::sync::Arc;

use passerby::functions::HttpRequest;
use serde_json::{Value, json};

use super::stage::{Echo, Stage, lines, message, scene};

fn int(n: i32) -> Value {
    json!({ "$numberInt": n.to_string() })
}

/// The result of a source in a network that echoes, and what it asked.
async fn asked(source: &str) -> (Value, Vec<HttpRequest>) {
    let echo = Arc::new(Echo::default());
    let mut stage = Stage::new(&[("f", source)]);
    stage.scene = scene(echo.clone());
    let result = stage.call("f", json!([])).await.unwrap_or_else(|error| panic!("{error}: {source}")).result;
    let requests = std::mem::take(&mut *echo.asked.lock().unwrap());
    (result, requests)
}

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> HttpRequest {
    HttpRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.as_bytes().to_vec(),
        follows_redirects: false,
    }
}

#[tokio::test]
async fn context_http_asks_and_answers_as_the_original() {
    let source = "exports = async () => {
        const response = await context.http.get({ url: 'https://x.test/a?b=c', headers: { 'X-One': ['1'], 'X-Two': '2' } });
        const { status, statusCode, headers, contentLength, cookies, body } = response;
        return { status, statusCode, headers, contentLength, cookie: cookies.a.value, body, text: body.text(),
            parsed: EJSON.parse(body.text()).naïve[1], json: JSON.parse(response.body.text()) };
    }";
    let (result, requests) = asked(source).await;
    assert_eq!(requests, [request("GET", "https://x.test/a?b=c", &[("X-One", "1"), ("X-Two", "2")], "")]);
    let double = json!({ "$numberDouble": "2.5" });
    assert_eq!(
        result,
        json!({
            "status": "201 Created", "statusCode": int(201),
            "headers": { "Content-Type": ["application/json"], "Set-Cookie": ["a=b; Path=/"], "X-Many": ["1", "2"] },
            "contentLength": int(20), "cookie": "b",
            "body": { "$binary": { "base64": "eyJuYcOvdmUiOiBbMSwgMi41XX0=", "subType": "00" } },
            "text": "{\"naïve\": [1, 2.5]}", "parsed": double, "json": { "naïve": [int(1), double] },
        })
    );
}

#[tokio::test]
async fn every_way_of_asking_is_understood() {
    let url = "https://x.test/";
    let json_type = [("Content-Type", "application/json")];
    let form_type = [("Content-Type", "application/x-www-form-urlencoded")];
    let cases = [
        ("context.http.get('https://x.test/')", request("GET", url, &[], "")),
        (
            "context.http.get({ scheme: 'https', host: 'x.test', path: '/a b', query: { q: ['1', '&'] }, fragment: 'f' })",
            request("GET", "https://x.test/a b?q=1&q=%26#f", &[], ""),
        ),
        (
            "context.http.post({ url, body: { a: 1, id: BSON.Long(5) }, encodeBodyAsJSON: true })",
            request("POST", url, &json_type, r#"{"a":1,"id":5}"#),
        ),
        ("context.http.post({ url, body: { a: 1 } })", request("POST", url, &json_type, r#"{"a":1}"#)),
        (
            "context.http.post({ url, body: 'text', encodeBodyAsJSON: true })",
            request("POST", url, &json_type, r#""text""#),
        ),
        (
            "context.http.post({ url, body: JSON.stringify({ a: 'ü' }) })",
            request("POST", url, &[], r#"{"a":"ü"}"#),
        ),
        (
            "context.http.put({ url, body: BSON.Binary.fromBase64('aGk=', 0) })",
            request("PUT", url, &[], "hi"),
        ),
        (
            "context.http.post({ url, form: { a: 'b c', d: '&' } })",
            request("POST", url, &form_type, "a=b+c&d=%26"),
        ),
        (
            "context.http.patch({ url, headers: { 'content-type': ['text/x'] }, body: {} })",
            request("PATCH", url, &[("content-type", "text/x")], "{}"),
        ),
        (
            "context.http.delete({ url, cookies: { a: 'b' } })",
            request("DELETE", url, &[("Cookie", "a=b")], ""),
        ),
        (
            "context.http.head({ url, username: 'me', password: 'it' })",
            request("HEAD", url, &[("Authorization", "Basic bWU6aXQ=")], ""),
        ),
        ("context.http.request({ method: 'options', url })", request("OPTIONS", url, &[], "")),
        (
            "context.http.get({ url, followRedirects: true })",
            HttpRequest { follows_redirects: true, ..request("GET", url, &[], "") },
        ),
        ("fetch(url, { redirect: 'manual' })", request("GET", url, &[], "")),
        (
            "fetch(new URL(url), { method: 'post', headers: new Headers({ A: '1' }), body: new URLSearchParams({ a: 'b' }), redirect: 'error' })",
            request(
                "POST",
                url,
                &[("a", "1"), ("content-type", "application/x-www-form-urlencoded;charset=UTF-8")],
                "a=b",
            ),
        ),
        (
            "fetch(url, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{}', redirect: 'manual' })",
            request("PUT", url, &[("content-type", "application/json")], "{}"),
        ),
        (
            "fetch(url, { method: 'POST', body: new Uint8Array([104, 105]) })",
            HttpRequest { follows_redirects: true, ..request("POST", url, &[], "hi") },
        ),
    ];
    for (expression, expected) in cases {
        let source = format!("exports = async () => {{ const url = 'https://x.test/'; await {expression} }}");
        assert_eq!(asked(&source).await.1, [expected], "{expression}");
    }
}

#[tokio::test]
async fn fetch_answers_as_in_a_browser() {
    let source = "exports = async () => {
        const response = await fetch('https://x.test/');
        const copy = response.clone();
        const { ok, status, statusText, url, headers } = response;
        const seen = [];
        headers.forEach((value, name) => seen.push(`${name}=${value}`));
        return { ok, status, statusText, url, seen, type: headers.get('Content-Type'), has: headers.has('x-none'),
            json: await response.json(), text: (await copy.text()).length, again: await response.text().catch((e) => e.message) };
    }";
    let (result, _) = asked(source).await;
    assert_eq!(
        result,
        json!({
            "ok": true, "status": int(201), "statusText": "Created", "url": "https://x.test/",
            "seen": ["content-type=application/json", "set-cookie=a=b; Path=/", "x-many=1, 2"],
            "type": "application/json", "has": false, "json": { "naïve": [int(1), { "$numberDouble": "2.5" }] },
            "text": int(19), "again": "the body was read before",
        })
    );
}

#[tokio::test]
async fn requests_run_side_by_side_up_to_a_bound() {
    let many = "exports = async () => (await Promise.all(Array.from({ length: 30 }, (_, n) => context.http.get('https://x.test/' + n)))).length";
    let (result, requests) = asked(many).await;
    assert_eq!((result, requests.len()), (int(30), 30));
    let flood =
        "exports = () => Promise.all(Array.from({ length: 33 }, () => context.http.get('https://x.test/')))";
    assert_eq!(message(flood).await, "Error: more than 32 requests are under way");
}

#[tokio::test]
async fn what_the_network_refuses_can_be_caught() {
    assert_eq!(
        message("exports = () => context.http.get({ url: 'http://10.0.0.1/' })").await,
        "Error: 'http://10.0.0.1/' is not allowed"
    );
    assert_eq!(
        message("exports = () => fetch('http://10.0.0.1/')").await,
        "TypeError: fetch failed: 'http://10.0.0.1/' is not allowed"
    );
    let caught = "exports = async () => { try { await context.http.get({}) } catch (error) { console.log(error); return 'caught' } }";
    let stage = Stage::new(&[("f", caught)]);
    let outcome = stage.call("f", json!([])).await.unwrap();
    assert_eq!(
        (outcome.result, lines(&outcome.logs)),
        (json!("caught"), vec!["TypeError: an HTTP request needs a url"])
    );
}
