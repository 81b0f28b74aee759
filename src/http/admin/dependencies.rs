//! `…/apps/{app}/dependencies`: the packages of functions, as the one archive in which tools upload them.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::app_in_group;
use super::travel::MOST_BYTES;
use super::working::{change, shown};
use crate::appdir::Changes;
use crate::auth::{Error, PackageChange, Snapshot, Upload, unread_packages};
use crate::http::Failure;
use crate::http::call::{Answer, Call};
use crate::http::reply;
use crate::model::PACKAGE_ARCHIVES;

/// `PUT|POST …/dependencies`: a form with the archive as its `file`, in place of the one before; or with a
/// `package.json`, whose packages must be there.
pub(super) async fn upload(
    call: Call,
    headers: HeaderMap,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let upload = sent(&call, &headers, request).await?;
    let files = shown(&call, &app).await?.files;
    upload.check(files).await.map_err(|e| call.failed(e, Some(&app)))?;
    change(&call, &app, |snapshot| {
        upload.keep(&mut snapshot.files);
        Ok(())
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `GET …/dependencies/status`: what was uploaded is there at once.
pub(super) async fn status(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let files = shown(&call, &app).await?.files;
    let trouble = unread_packages(files).await.map_err(|e| call.failed(e, Some(&app)))?;
    let status = if trouble.is_some() { "failed" } else { "successful" };
    let message = trouble.unwrap_or_default();
    Ok(reply::json(StatusCode::OK, &json!({ "status": status, "status_message": message })))
}

/// `POST …/dependencies/diff`: what the upload of the same form would change.
pub(super) async fn diff(
    call: Call,
    headers: HeaderMap,
    Path((group, app)): Path<(String, String)>,
    request: Body,
) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let upload = sent(&call, &headers, request).await?;
    let files = shown(&call, &app).await?.files;
    let changes = upload.changes(files).await.map_err(|e| call.failed(e, Some(&app)))?;
    let mut told: Changes<Value> = Changes::default();
    for PackageChange { name, before, after } in changes {
        match (before, after) {
            (Some(before), Some(after)) => {
                told.modified.push(json!({ "name": name, "version": after, "previous_version": before }));
            }
            (None, after) => told.added.push(json!({ "name": name, "version": after })),
            (before, None) => told.deleted.push(json!({ "name": name, "version": before })),
        }
    }
    Ok(reply::json(StatusCode::OK, &told))
}

/// The `file` of a form.
async fn sent(call: &Call, headers: &HeaderMap, request: Body) -> Result<Upload, Failure> {
    let failed = |error| call.failed(error, None);
    let body = call.bytes_within(request, MOST_BYTES).await.map_err(failed)?;
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let missing = || failed(Error::BadBody("the form has no `file`".to_owned()));
    let (name, content) = file_of(kind, &body).ok_or_else(missing)?;
    Upload::read(&name, content.to_vec()).await.map_err(failed)
}

/// `GET …/dependencies`: their names, as far as `package.json` gives them.
pub(super) async fn list(call: Call, Path((group, app)): Path<(String, String)>) -> Answer {
    let app = app_in_group(&call, &group, &app)?;
    let snapshot = shown(&call, &app).await?;
    let package = super::working::object(&snapshot, "functions/package.json").unwrap_or_default();
    let list = package.get("dependencies").and_then(Value::as_object).cloned().unwrap_or_default();
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

fn media_type(path: &str) -> HeaderValue {
    HeaderValue::from_static(match path.rsplit('.').next() {
        Some("zip") => "application/zip",
        Some("tar") => "application/x-tar",
        _ => "application/gzip",
    })
}

/// What the part `file` of a form is called, and its content.
fn file_of<'a>(kind: &str, body: &'a [u8]) -> Option<(String, &'a [u8])> {
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
            return Some((file_name(about), &content[..end]));
        }
        rest = &content[end + 2 + fence.len()..];
    }
}

/// What the head of a part calls its file; nothing if it does not.
fn file_name(about: &[u8]) -> String {
    let about = String::from_utf8_lossy(about);
    let name = about.split_once("filename=\"").and_then(|(_, rest)| rest.split('"').next());
    name.unwrap_or_default().to_owned()
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
        assert_eq!(file_of(kind, form), Some(("m.zip".to_owned(), &b"PK\r\n\0--x"[..])));
        for cut in 0..form.len() - 9 {
            assert_eq!(file_of(kind, &form[..cut]), None, "{cut}");
        }
        assert_eq!(file_of("multipart/form-data", form), None);
        assert_eq!(file_of("multipart/form-data; boundary=", form), None);
    }
}
