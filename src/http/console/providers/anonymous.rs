//! The anonymous provider: beside its switch, when guests expire.

use http::Method;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::http::console::api::Refusal;
use crate::http::console::dashboard;
use crate::http::console::fields::typed_whole;
use crate::http::console::json::{number, text};
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::form::{Fields, encoded};

/// What the days are counted from.
const CLOCKS: [(&str, &str); 3] =
    [("inactivity", "after they were last active"), ("age", "after their first login"), ("never", "never")];

/// When guests expire, and below it who would go.
pub(super) async fn form_and_preview(
    place: &Place,
    typed: Option<&Fields>,
) -> Result<(Markup, Markup), Refusal> {
    let settings = place.visit.api.get(&place.ours("/settings")).await?;
    let policy = &settings["anonymous_user_expiration"];
    Ok((fields(policy, typed), preview(place, policy).await))
}

/// When guests expire, as it is or as it was typed.
fn fields(policy: &Value, typed: Option<&Fields>) -> Markup {
    let (stored_days, stored_clock) = (number(policy, "days").to_string(), text(policy, "clock"));
    let (clock, days) = match typed {
        Some(fields) => (fields.get("clock").unwrap_or_default(), fields.get("days").unwrap_or_default()),
        None => (stored_clock, stored_days.as_str()),
    };
    html! {
        (pieces::row("clock", "Guests expire", &html! {
            "A guest who was never linked is deleted; documents they made stay. Linking ends the clock for good."
        }, &html! {
            input type="number" id="days" name="days" min="1" max="36500" value=(days) aria-label="Days";
            " days "
            (pieces::select("clock", clock, &CLOCKS))
        }))
    }
}

/// Who would go, and when: by what is asked for in the query, or else as it stands in the form.
async fn preview(place: &Place, policy: &Value) -> Markup {
    let asked = |name: &str, or: String| place.visit.query.get(name).map_or(or, str::to_owned);
    let clock = asked("clock", text(policy, "clock").to_owned());
    let days = asked("days", number(policy, "days").to_string());
    let path = format!("/expiry/preview?clock={}&days={}", encoded(&clock), encoded(&days));
    let found = place.visit.api.get(&place.ours(&path)).await;
    html! {
        h2 { "Who would go" }
        p { "A preview. Nothing is deleted by looking at it, and nothing is saved." }
        form class="filters" method="get" action=(place.page("/auth/providers/anon-user")) {
            label { "Days" input type="number" name="days" min="1" max="36500" value=(days); }
            label { "Counted from"
                select name="clock" {
                    @for (value, words) in CLOCKS { option value=(value) selected[value == clock] { (words) } }
                }
            }
            button { "Preview" }
        }
        @match &found {
            Ok(preview) => (dashboard::expiries(preview)),
            Err(refusal) => (pieces::said_no(refusal)),
        }
    }
}

/// Keeps it.
pub(super) async fn keep(place: &Place, fields: &Fields) -> Result<(), Refusal> {
    let policy = json!({ "clock": fields.get("clock"), "days": typed_whole(fields, "days") });
    let settings = json!({ "anonymous_user_expiration": policy });
    place.visit.api.send(Method::PATCH, &place.ours("/settings"), Some(&settings)).await?;
    Ok(())
}
