//! The few paths of Atlas that tools ask, with HTTP digest authentication: projects, and clusters, of which we have none.

use axum::extract::Path;
use axum::response::Response;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{Method, StatusCode, Uri};
use serde_json::{Value, json};

use crate::auth::{Access, AdminCaller, DigestClaim, DigestRefusal, REALM};
use crate::http::call::{Answer, Call};
use crate::http::{Failure, reply};
use crate::model::GroupId;

/// `GET /api/public/v1.0`: whether somebody is there.
pub(super) async fn status(call: Call, method: Method, uri: Uri) -> Answer {
    match signed(&call, &method, &uri).await? {
        Ok(_) => Ok(reply::json(StatusCode::OK, &json!({ "appName": "Passerby" }))),
        Err(challenge) => Ok(challenge),
    }
}

/// `GET /api/public/v1.0/groups`: the caller's projects, on one page.
pub(super) async fn groups(call: Call, method: Method, uri: Uri) -> Answer {
    let admin = match signed(&call, &method, &uri).await? {
        Ok(admin) => admin,
        Err(challenge) => return Ok(challenge),
    };
    let results = projects(&call, &admin).await?;
    let page = json!({ "links": [], "results": results, "totalCount": results.len() });
    Ok(reply::json(StatusCode::OK, &page))
}

/// `GET /api/public/v1.0/groups/byName/{name}`.
pub(super) async fn by_name(call: Call, method: Method, uri: Uri, Path(name): Path<String>) -> Answer {
    let admin = match signed(&call, &method, &uri).await? {
        Ok(admin) => admin,
        Err(challenge) => return Ok(challenge),
    };
    let found = projects(&call, &admin).await?.into_iter().find(|project| project["name"] == name.as_str());
    Ok(match found {
        Some(project) => reply::json(StatusCode::OK, &project),
        None => said(StatusCode::NOT_FOUND, "GROUP_NAME_NOT_FOUND", "No project has this name."),
    })
}

/// `GET /api/atlas/v1.0/groups/{group}/clusters|serverless|dataLakes`: none.
pub(super) async fn none(
    call: Call,
    method: Method,
    uri: Uri,
    Path((group, kind)): Path<(String, String)>,
) -> Answer {
    let admin = match signed(&call, &method, &uri).await? {
        Ok(admin) => admin,
        Err(challenge) => return Ok(challenge),
    };
    let may = |group: GroupId| admin.check(group, Access::Read).is_ok();
    if !group.parse().is_ok_and(may) {
        return Ok(said(StatusCode::FORBIDDEN, "USER_UNAUTHORIZED", "You have no role in this project."));
    }
    Ok(match kind.as_str() {
        "clusters" | "serverless" => {
            reply::json(StatusCode::OK, &json!({ "links": [], "results": [], "totalCount": 0 }))
        }
        "dataLakes" => reply::json(StatusCode::OK, &json!([])),
        _ => said(StatusCode::NOT_FOUND, "RESOURCE_NOT_FOUND", "There is no such path here."),
    })
}

async fn projects(call: &Call, admin: &AdminCaller) -> Result<Vec<Value>, Failure> {
    let projects = call.auth().projects().await.map_err(|e| call.failed(e, None))?;
    let own = projects.into_iter().filter(|project| admin.role_in(project.id).is_some());
    Ok(own.map(|project| json!({ "id": project.id.to_string(), "name": project.name })).collect())
}

/// Who signed the request; otherwise what asks for a signature.
async fn signed(call: &Call, method: &Method, uri: &Uri) -> Result<Result<AdminCaller, Response>, Failure> {
    let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let Some(claim) = call.authorization().and_then(claim) else { return Ok(Err(challenge(call, false))) };
    match call.auth().admin_by_digest(&claim, method.as_str(), target, call.address).await {
        Ok(admin) => Ok(Ok(admin)),
        Err(DigestRefusal::Wrong) => Ok(Err(challenge(call, false))),
        Err(DigestRefusal::Stale) => Ok(Err(challenge(call, true))),
        Err(DigestRefusal::Failed(error)) => Err(call.failed(error, None)),
    }
}

fn challenge(call: &Call, stale: bool) -> Response {
    let detail = "You are not authorized for this resource.";
    let mut response = said(StatusCode::UNAUTHORIZED, "NOT_AUTHORIZED", detail);
    let nonce = call.auth().digest_nonce();
    let text = format!(
        "Digest realm=\"{REALM}\", domain=\"\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\", stale={stale}"
    );
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}

fn said(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = json!({ "detail": detail, "error": status.as_u16(), "errorCode": code, "reason": status.canonical_reason() });
    reply::json(status, &body)
}

/// Takes a `Digest` header apart; `None` for any other.
fn claim(header: &str) -> Option<DigestClaim> {
    let (scheme, mut rest) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("digest") {
        return None;
    }
    let mut claim = DigestClaim::default();
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if rest.is_empty() {
            return Some(claim);
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after)?;
        rest = after;
        let into = match name.trim().to_ascii_lowercase().as_str() {
            "username" => &mut claim.username,
            "realm" => &mut claim.realm,
            "nonce" => &mut claim.nonce,
            "uri" => &mut claim.uri,
            "qop" => &mut claim.qop,
            "nc" => &mut claim.nc,
            "cnonce" => &mut claim.cnonce,
            "response" => &mut claim.response,
            _ => continue,
        };
        *into = value;
    }
}

/// A quoted string, or a token, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some((value, &quoted[at + 1..])),
            c => {
                value.push(c);
                escaped = false;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_header_is_taken_apart() {
        let read = claim(
            r#"Digest username="ab\"c", realm="R, s",nonce="n", uri="/x?a=b", qop=auth, nc=00000001,cnonce="c",response="r",opaque="",algorithm=MD5"#,
        )
        .unwrap();
        assert_eq!(
            (
                read.username.as_str(),
                read.realm.as_str(),
                read.uri.as_str(),
                read.qop.as_str(),
                read.nc.as_str()
            ),
            ("ab\"c", "R, s", "/x?a=b", "auth", "00000001")
        );
        for none in ["Basic abc", "Digest", "Digest x", "Digest username=\"a"] {
            assert!(claim(none).is_none(), "{none}");
        }
    }
}
