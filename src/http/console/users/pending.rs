//! Pending: addresses that registered and are nobody yet.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{PAGE, head};
use crate::http::console::api::Refusal;
use crate::http::console::json::{items, text};
use crate::http::console::page::{self, Here};
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::console::trouble::Trouble;
use crate::http::form::encoded;

/// `GET …/users/pending`: the oldest first.
pub(super) async fn list(place: Place) -> Result<Response, Trouble> {
    let after =
        place.visit.query.get("after").map(|id| format!("&after={}", encoded(id))).unwrap_or_default();
    let path = format!("/user_registrations/pending_users?limit={}{after}", PAGE + 1);
    let found = place.get(&path).await?;
    let all = items(&found);
    let shown = &all[..all.len().min(PAGE)];
    let content = html! {
        (head(&place, true))
        @if shown.is_empty() {
            (pieces::empty("No registration waits.", &html! {
                p { "Whoever registers with an e-mail address is listed here until their first login." }
            }))
        } @else {
            div class="scroll" tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { "Name" } th scope="col" { "Id" } th scope="col" { "User Status" }
                        th scope="col" { "Actions" }
                    } }
                    tbody id="rows" { @for one in shown { (line(&place, one)) } }
                }
            }
        }
        @if all.len() > PAGE && let Some(last) = shown.last() {
            p class="actions" {
                a class="button" data-more
                    href=(place.page(&format!("/users/pending?after={}", encoded(text(last, "_id"))))) { "Load more" }
            }
        }
    };
    Ok(page::of_app(&place, Here::Users, "Pending users", &content))
}

fn line(place: &Place, one: &Value) -> Markup {
    let (id, login) = (text(one, "_id"), &one["login_ids"][0]);
    let confirmed = login["confirmed"] == true;
    let path = |act: &str| place.page(&format!("/users/pending/{}/{act}", encoded(id)));
    html! {
        tr {
            td class="name" { (text(login, "id")) }
            td { (pieces::copyable(id)) }
            td { (if confirmed { "Pending User Login" } else { "Pending Confirmation" }) }
            td {
                @if place.is_owner {
                    div class="actions tight" {
                        @if !confirmed {
                            (pieces::form(&place.visit, &path("confirm"), &html! { button { "Confirm User" } }))
                            a class="button" href=(path("run")) { "Run user confirmation" }
                        }
                        a class="button" href=(path("delete")) { "Delete" }
                    }
                }
            }
        }
    }
}

/// The registration of an id, and its address.
async fn found(place: &Place, id: &str) -> Result<String, Refusal> {
    let before = place.get("/user_registrations/pending_users?limit=1000").await?;
    let registration = items(&before).iter().find(|one| text(one, "_id") == id);
    let email = registration.map(|one| text(&one["login_ids"][0], "id").to_owned());
    email.ok_or_else(|| Refusal::of_us(StatusCode::NOT_FOUND, "this registration is gone".to_owned()))
}

/// `GET …/users/pending/{registration}/{run|delete}`: asks first.
pub(super) async fn ask(
    place: Place,
    Path((_, _, id, act)): Path<(String, String, String, String)>,
) -> Result<Response, Trouble> {
    let email = found(&place, &id).await?;
    let action = place.page(&format!("/users/pending/{}/{}", encoded(&id), encoded(&act)));
    let back = place.page("/users/pending");
    let visit = &place.visit;
    let content = match act.as_str() {
        "run" => pieces::ask(
            visit,
            &action,
            "Run user confirmation?",
            &html! { p { "The app's function is asked about " strong { (email) } " once more, or a new mail is due." } },
            "Run user confirmation",
            &back,
        ),
        "delete" => pieces::ask(
            visit,
            &action,
            "Delete this registration?",
            &html! { p { strong { (email) } " may register again. There is no user yet, so nothing else goes." } },
            "Delete",
            &back,
        ),
        _ => return Err(no_act(&act)),
    };
    Ok(page::of_app(&place, Here::Users, "Pending user", &content))
}

/// `POST …/users/pending/{registration}/{confirm|run|delete}`.
pub(super) async fn act(
    place: Place,
    Path((_, _, id, act)): Path<(String, String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    place.visit.form(body).await?;
    let by_id = format!("/user_registrations/by_id/{}", encoded(&id));
    let done = match act.as_str() {
        "confirm" => {
            place.send(Method::POST, &format!("{by_id}/confirm"), &json!({})).await?;
            "confirmed"
        }
        "run" => {
            let by_email = encoded(&found(&place, &id).await?);
            let path = format!("/user_registrations/by_email/{by_email}/run_confirm");
            place.send(Method::POST, &path, &json!({})).await?;
            "ran"
        }
        "delete" => {
            place.send(Method::DELETE, &by_id, &json!({})).await?;
            "deleted"
        }
        _ => return Err(no_act(&act)),
    };
    Ok(page::go(&place.page(&format!("/users/pending?done={done}"))))
}

fn no_act(act: &str) -> Trouble {
    Refusal::of_us(StatusCode::NOT_FOUND, format!("a registration cannot be {act:?}")).into()
}
