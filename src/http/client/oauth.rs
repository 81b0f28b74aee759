//! The redirect flow: `GET …/oauth2-*/login` sends a browser to the issuer, `/auth/callback` takes it back.

use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;
use http::header::{
    COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, ORIGIN, REFERER, REFERRER_POLICY, SET_COOKIE,
};

use crate::auth::{App, Departed, Departure, LoggedIn, Return, Returned};
use crate::http::call::{Answer, Call};
use crate::http::form::{Fields, encoded};
use crate::http::reply;

const BAAS_LOCATION: HeaderName = HeaderName::from_static("x-baas-location");
const STITCH_LOCATION: HeaderName = HeaderName::from_static("x-stitch-location");
/// Binds a link to the browser that began it.
const TICKET: &str = "passerby_link";

/// Begins a login, or with `link=true` a link.
pub(super) async fn depart(
    call: Call,
    app: &str,
    provider: &str,
    query: &str,
    headers: &HeaderMap,
) -> Answer {
    let app = call.client_app(app)?;
    let fields = Fields::read(query);
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok());
    let wish = Departure {
        provider,
        redirect: fields.get("redirect").or(referer),
        state: fields.get("state"),
        device: fields.get("device"),
        origin: headers.get(ORIGIN).map(|value| value.to_str().unwrap_or("null")),
    };
    let links = fields.get("link") == Some("true");
    let caller = if links { Some(call.access(Some(app.client_app_id.as_str())).await?) } else { None };
    let departed = call.auth().depart(&app, caller.as_ref(), wish).await;
    let departed = departed.map_err(|e| call.failed(e, Some(&app)))?;
    let by_header = fields.get("providerRedirectHeader") == Some("true");
    Ok(sent(&departed, by_header, call.auth().public_url()))
}

/// SDKs that link fetch the address with their token and open it themselves.
fn sent(departed: &Departed, by_header: bool, public_url: &str) -> Response {
    let mut response = reply::empty(if by_header { StatusCode::OK } else { StatusCode::FOUND });
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&departed.location) {
        if by_header {
            headers.insert(BAAS_LOCATION, location.clone());
            headers.insert(STITCH_LOCATION, location);
        } else {
            headers.insert(LOCATION, location);
        }
    }
    if let Some(ticket) = &departed.ticket {
        // Only a secure cookie may come from another site's fetch; without TLS, on this machine, it is a plain one.
        let secure =
            if public_url.starts_with("https://") { "SameSite=None; Secure" } else { "SameSite=Lax" };
        let cookie = format!(
            "{TICKET}={ticket}; Path=/api/client/v2.0/auth/callback; Max-Age=600; HttpOnly; {secure}"
        );
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.insert(SET_COOKIE, cookie);
        }
    }
    response
}

/// The issuer sends the browser back, by GET.
pub(super) async fn callback(call: Call, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    come_back(&call, &query.unwrap_or_default(), &headers).await
}

/// Apple sends it back by a form.
pub(super) async fn callback_form(call: Call, headers: HeaderMap, body: Body) -> Answer {
    let form = call.text(body).await?;
    come_back(&call, &form, &headers).await
}

async fn come_back(call: &Call, form: &str, headers: &HeaderMap) -> Answer {
    let fields = Fields::read(form);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies =
        cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let ticket = cookies.find(|(name, _)| *name == TICKET).map(|(_, value)| value);
    let back = Return {
        state: fields.get("state").unwrap_or_default(),
        code: fields.get("code"),
        ticket,
        address: call.address,
    };
    let returned = call.auth().come_back(back).await.map_err(|e| call.failed(e, None))?;
    let mut response = reply::empty(StatusCode::FOUND);
    let to = format!("{}#{}", returned.redirect, fragment(call, &returned));
    let headers = response.headers_mut();
    if let Ok(to) = HeaderValue::from_str(&to) {
        headers.insert(LOCATION, to);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// What the SDK in the page reads: realm-web 2.0.1 under `_baas_`, everything older under `_stitch_`.
fn fragment(call: &Call, returned: &Returned) -> String {
    let app: &App = &returned.app;
    let mut pairs = vec![("client_app_id", app.client_app_id.to_string())];
    if let Some(state) = &returned.state {
        pairs.push(("state", state.clone()));
    }
    match &returned.outcome {
        Ok(LoggedIn { access_token, refresh_token, user, device }) => {
            pairs.push(("ua", format!("{access_token}${refresh_token}${user}${device}")));
            if returned.link.is_some() {
                pairs.push(("link", "ok".to_owned()));
            }
        }
        Err(error) => pairs.push(("error", call.text_of(error))),
    }
    let mut texts: Vec<String> = Vec::new();
    for prefix in ["_baas", "_stitch"] {
        texts.extend(pairs.iter().map(|(name, value)| format!("{prefix}_{name}={}", encoded(value))));
    }
    if let Some(user) = returned.link {
        texts.push(format!("_stitch_link_user={user}"));
    }
    texts.join("&")
}
