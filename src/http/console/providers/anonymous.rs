//! The anonymous provider: beside its switch, when guests expire.

use http::Method;
use maud::{Markup, html};
use serde_json::json;

use crate::http::console::api::Refusal;
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::console::settings::whole;
use crate::http::form::Fields;

/// When guests expire, as it is or as it was typed.
pub(super) async fn fields(place: &Place, typed: Option<&Fields>) -> Result<Markup, Refusal> {
    let settings = place.visit.api.get(&place.ours("/settings")).await?;
    let policy = &settings["anonymous_user_expiration"];
    let (stored_days, stored_clock) =
        (policy["days"].to_string(), policy["clock"].as_str().unwrap_or_default());
    let (clock, days) = match typed {
        Some(fields) => (fields.get("clock").unwrap_or_default(), fields.get("days").unwrap_or_default()),
        None => (stored_clock, stored_days.as_str()),
    };
    let options = [
        ("inactivity", "after they were last active"),
        ("age", "after their first login"),
        ("never", "never"),
    ];
    Ok(html! {
        (pieces::row("clock", "Guests expire", &html! {
            "A guest who was never linked is deleted; documents they made stay. Linking ends the clock for good."
        }, &html! {
            input type="number" id="days" name="days" min="1" max="36500" value=(days) aria-label="Days";
            " days "
            (pieces::select("clock", clock, &options))
        }))
    })
}

/// Keeps it.
pub(super) async fn keep(place: &Place, fields: &Fields) -> Result<(), Refusal> {
    let policy = json!({ "clock": fields.get("clock"), "days": whole(fields, "days") });
    let settings = json!({ "anonymous_user_expiration": policy });
    place.visit.api.send(Method::PATCH, &place.ours("/settings"), Some(&settings)).await?;
    Ok(())
}
