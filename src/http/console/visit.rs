//! Who looks, and what they send.
//!
//! The cookie holds the refresh token of a session of administrators like any tool's: it is opened at sign-in, never
//! before, and ended at sign-out, so nobody can be given a session that another one knows.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::extract::{FromRequestParts, OriginalUri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::{COOKIE, HOST, HeaderName, HeaderValue, ORIGIN};
use http::request::Parts;

use super::Console;
use super::api::Api;
use super::trouble::Trouble;
use crate::auth::{AdminProfile, AdminSessionCaller};
use crate::http::call::Call;
use crate::http::form::Fields;
use crate::model::{GroupId, Role, Timestamp};

/// The cookie over plain HTTP, on this machine or behind a proxy that does not say better.
const COOKIE_NAME: &str = "passerby_console";
/// The cookie over HTTPS: such a name holds only with `Secure`, for this host alone and the whole of it.
const SECURE_COOKIE_NAME: &str = "__Host-passerby_console";
/// The field of the token that each form carries.
pub(super) const FORM_TOKEN: &str = "form_token";

/// An administrator who looks at a page.
pub(super) struct Visit {
    /// The session.
    pub(super) session: AdminSessionCaller,
    /// Who they are.
    pub(super) profile: AdminProfile,
    /// The Admin API, as them.
    pub(super) api: Api,
    /// What their forms carry.
    pub(super) form_token: String,
    /// The path and query that they look at.
    pub(super) target: String,
    /// The fields of the query.
    pub(super) query: Fields,
    call: Call,
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Visit, Trouble> {
        let auth = &console.http.auth;
        // Below a nested route, the plain URI lacks what led there.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let back = if parts.method.is_safe() { target.clone() } else { "/apps".to_owned() };
        let is_https = is_https(&parts.headers, auth.public_url());
        let Some(token) = cookie(&parts.headers, is_https) else { return Err(Trouble::SignedOut(back)) };
        let Ok(session) = auth.admin_refresh(Some(&token)).await else {
            return Err(Trouble::SignedOut(back));
        };
        let Ok(call) = Call::from_request_parts(parts, &console.http).await;
        let access = auth.admin_access_token(&session).map_err(|error| call.failed(error, None))?;
        Ok(Visit {
            profile: auth.admin_profile(&session),
            session,
            api: Api::of(console, &call, &access),
            form_token: form_token(&token),
            query: Fields::read(parts.uri.query().unwrap_or_default()),
            target,
            call,
        })
    }
}

impl Visit {
    /// The fields of a form of the console.
    pub(super) async fn form(&self, body: Body) -> Result<Fields, Trouble> {
        let fields = Fields::read(&self.call.text(body).await?);
        let sent = fields.get(FORM_TOKEN).unwrap_or_default();
        match verify_slices_are_equal(sent.as_bytes(), self.form_token.as_bytes()) {
            Ok(()) => Ok(fields),
            Err(_) => {
                Err(Trouble::Forged("It belongs to another session. Load the page again and repeat it."))
            }
        }
    }

    /// Whether they may change what is in a project.
    pub(super) fn owns(&self, group: GroupId) -> bool {
        self.profile.roles.contains(&(group, Role::Owner))
    }

    /// The projects that they have a role in: id, name, and which role.
    pub(super) async fn projects(&self) -> Result<Vec<(GroupId, String, Role)>, Trouble> {
        let all = self.call.auth().projects().await.map_err(|error| self.call.failed(error, None))?;
        let role =
            |id: GroupId| self.profile.roles.iter().find(|(group, _)| *group == id).map(|(_, role)| *role);
        Ok(all.into_iter().filter_map(|found| Some((found.id, found.name, role(found.id)?))).collect())
    }

    /// The present.
    pub(super) fn now(&self) -> Timestamp {
        self.call.auth().clock().now()
    }

    /// Where clients reach their apps.
    pub(super) fn client_url(&self) -> &str {
        self.call.auth().public_url()
    }

    /// Ends the session.
    pub(super) async fn end_session(&self) -> Result<(), Trouble> {
        let ended = self.call.auth().log_out_admin(&self.session).await;
        ended.map_err(|error| self.call.failed(error, None).into())
    }
}

/// Whether the browser speaks HTTPS, with us or with a proxy before us: the origin of its form says so, or it asked for
/// the host of a public URL that is one.
pub(super) fn is_https(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let public_host = public_url.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    text(ORIGIN).is_some_and(|origin| origin.starts_with("https:"))
        || public_host.is_some_and(|host| text(HOST) == Some(host))
}

/// The refresh token of the session, if a cookie has one.
///
/// Pages of other hosts of the domain, and of other ports of the host, may set cookies that are sent to us, but none
/// whose name begins with `__Host-`. So over HTTPS no other counts, and of two of a name nobody knows whose is whose.
fn cookie(headers: &HeaderMap, is_https: bool) -> Option<String> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<(&str, &str)> =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect();
    let values = |name: &str| -> Vec<&str> {
        pairs.iter().filter(|(n, _)| *n == name).map(|(_, value)| *value).collect()
    };
    let mut found = values(SECURE_COOKIE_NAME);
    if found.is_empty() && !is_https {
        found = values(COOKIE_NAME);
    }
    match found[..] {
        [value] if !value.is_empty() => Some(value.to_owned()),
        _ => None,
    }
}

/// Sets the session's cookie.
pub(super) fn set_cookie(token: &str, is_https: bool) -> HeaderValue {
    let (name, secure) = if is_https { (SECURE_COOKIE_NAME, "; Secure") } else { (COOKIE_NAME, "") };
    sensitive(&format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"))
}

/// Takes the session's cookie away, whichever it was.
pub(super) fn forget_cookie() -> [HeaderValue; 2] {
    [(SECURE_COOKIE_NAME, "; Secure"), (COOKIE_NAME, "")].map(|(name, secure)| {
        sensitive(&format!("{name}=; Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age=0"))
    })
}

fn sensitive(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// What the forms of a session carry: a page that knows it was sent to whoever holds the cookie, and it gives the
/// cookie away to nobody.
fn form_token(token: &str) -> String {
    let hash = digest(&SHA256, format!("passerby console form {token}").as_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}
