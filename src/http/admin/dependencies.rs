//! `…/apps/{app}/dependencies`: the packages of functions, as the one archive in which tools upload them.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::app_in_group;
use super::travel::MOST_BYTES;
use super::working::{change, shown};
use crate::auth::{Error, Snapshot};
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::PACKAGE_ARCHIVES;

/// `PUT|POST …/dependencies`: a form with the archive as its `file`, in place of the one before.
pub(super) async fn upload(
    call: Call,
    headers: HeaderMap,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let body = call.bytes_within(request, MOST_BYTES).await.map_err(|e| call.failed(e, Some(&app)))?;
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let missing = || call.failed(Error::BadBody("the form has no `file`".to_owned()), Some(&app));
    let archive = file_of(kind, &body).ok_or_else(missing)?;
    change(&call, &app, |snapshot| {
        snapshot.files.retain(|path, _| !is_packages(path));
        snapshot.files.insert(place(archive), archive.to_vec());
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GET …/dependencies/status`: what was uploaded is there at once.
pub(super) async fn status(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    app_in_group(&call, &group, &app)?;
    Ok(reply::json(StatusCode::OK, &json!({ "status": "successful", "status_message": "" })))
}

/// `POST …/dependencies/diff`: archives are not looked into, so nothing is told.
pub(super) async fn diff(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    app_in_group(&call, &group, &app)?;
    Ok(reply::json(StatusCode::OK, &json!({ "added": [], "deleted": [], "modified": [] })))
}

/// `GET …/dependencies`: their names, as far as `package.json` gives them.
pub(super) async fn list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let package = super::working::object(&snapshot, "functions/package.json").unwrap_or_default();
    let list =
        package.get("dependencies").and_then(serde_json::Value::as_object).cloned().unwrap_or_default();
    let list: Vec<_> =
        list.iter().map(|(name, version)| json!({ "name": name, "version": version })).collect();
    let location = stored(&snapshot).map(|(path, _)| path).unwrap_or_default();
    Ok(reply::json(StatusCode::OK, &json!({ "location": location, "dependencies_list": list })))
}

/// `GET …/dependencies/archive`, `…/export`: what was uploaded.
pub(super) async fn download(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let none = || call.failed(Error::NoDependencies, Some(&app));
    let (path, bytes) = stored(&snapshot).ok_or_else(none)?;
    let name = path.trim_start_matches("functions/");
    let mut response = Response::new(Body::from(bytes.to_vec()));
    response.headers_mut().insert(CONTENT_TYPE, media_type(path));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn stored(snapshot: &Snapshot) -> Option<(&'static str, &[u8])> {
    PACKAGE_ARCHIVES.into_iter().find_map(|path| Some((path, snapshot.files.get(path)?.as_slice())))
}

/// Whether a file belongs to what an upload takes the place of.
fn is_packages(path: &str) -> bool {
    path.starts_with("functions/node_modules/") || path.starts_with("functions/node_modules.")
}

/// Where an archive stands says its kind.
fn place(archive: &[u8]) -> String {
    let kind = match archive {
        [b'P', b'K', ..] => "zip",
        [0x1f, 0x8b, ..] => "tar.gz",
        _ => "tar",
    };
    format!("functions/node_modules.{kind}")
}

fn media_type(path: &str) -> HeaderValue {
    HeaderValue::from_static(match path.rsplit('.').next() {
        Some("zip") => "application/zip",
        Some("tar") => "application/x-tar",
        _ => "application/gzip",
    })
}

/// The content of the part `file` of a form.
fn file_of<'a>(kind: &str, body: &'a [u8]) -> Option<&'a [u8]> {
    let boundary = kind.split_once("boundary=")?.1.split(';').next()?.trim().trim_matches('"');
    if boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let fence = format!("--{boundary}");
    let mut rest = &body[find(body, fence.as_bytes())? + fence.len()..];
    loop {
        let head = find(rest, b"\r\n\r\n")?;
        let (about, content) = (&rest[..head], &rest[head + 4..]);
        let end = find(content, format!("\r\n{fence}").as_bytes())?;
        if find(about, b"name=\"file\"").is_some() {
            return Some(&content[..end]);
        }
        rest = &content[end + 2 + fence.len()..];
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut at = 0;
    while let Some(step) = text[at..].iter().position(|byte| *byte == first) {
        at += step;
        if text[at..].starts_with(what) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_gives_its_file_to_the_byte() {
        let kind = "multipart/form-data; boundary=\"x-y\"";
        let form =
            b"--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x-y\r\nContent-Disposition: \
                     form-data; name=\"file\"; filename=\"m.zip\"\r\n\r\nPK\r\n\0--x\r\n--x-y--\r\n";
        assert_eq!(file_of(kind, form), Some(&b"PK\r\n\0--x"[..]));
        for cut in 0..form.len() - 9 {
            assert_eq!(file_of(kind, &form[..cut]), None, "{cut}");
        }
        assert_eq!(file_of("multipart/form-data", form), None);
        assert_eq!(file_of("multipart/form-data; boundary=", form), None);
    }
}
