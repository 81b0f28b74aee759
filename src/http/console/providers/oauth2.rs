//! Google, Facebook and Apple: whom the app is to them, what is asked of them, and where browsers come back to.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::record::Record;
use crate::http::console::choices::{Choices, NewSecret, chosen_secret};
use crate::http::console::fields::{area, boxes, text, typed, typed_lines, typed_or_null};
use crate::http::console::json::items;
use crate::http::console::pieces;
use crate::http::console::place::Place;
use crate::http::form::Fields;
use crate::model::ProviderType;

/// What may be asked, in the original's order: names and words.
const METADATA: [(&str, &str); 9] = [
    ("name", "Name"),
    ("first_name", "First name"),
    ("last_name", "Last name"),
    ("picture", "Picture"),
    ("gender", "Gender"),
    ("birthday", "Birthday"),
    ("min_age", "Minimum age"),
    ("max_age", "Maximum age"),
    ("email", "Email"),
];

pub(super) fn fields(place: &Place, kind: ProviderType, record: &Record, choices: &Choices) -> Markup {
    let ids = lines_of(record.config("clientId"));
    html! {
        @match kind {
            ProviderType::Facebook => {
                (text("clientId", "Client ID", "The id of your app at Facebook.", &ids))
                (choices.secret("clientSecret", "Client Secret", "Your app secret at Facebook.",
                    record.secret("clientSecret")))
            }
            ProviderType::Apple => {
                (area("clientId", "Client ID",
                    "One a line: the services id of your page first, bundle ids of apps after it.", &ids, 2))
                (choices.secret("clientSecret", "Client Secret",
                    "A token that you signed; it lapses after six months. Or choose a private key instead.",
                    record.secret("clientSecret")))
                (choices.secret("privateKey", "Private Key",
                    "The .p8 file that Apple gives. With it, client secrets are signed on demand.",
                    record.secret("privateKey")))
                (text("teamId", "Team ID", "Beside a private key.", record.config_text("teamId")))
                (text("keyId", "Key ID", "Beside a private key.", record.config_text("keyId")))
            }
            _ => {
                (area("clientId", "Client ID",
                    "One a line: a web application's first, which redirects use; other platforms' after it.", &ids, 2))
                (choices.secret("clientSecret", "Client Secret", "Of the web application.",
                    record.secret("clientSecret")))
                (pieces::switch("openId", "OpenID Connect", record.config_flag("openId"),
                    "On: ID tokens only. Off: codes and redirects."))
            }
        }
        @if has_metadata(kind) {
            (boxes("Metadata Fields", "What is asked of them, and kept in the user's data.", &ticked(record)))
        }
        (area("redirect_uris", "Redirect URIs", "One a line: the pages that may get the browser back, to the letter.",
            &lines_of(record.section("redirect_uris")), 3))
        @if has_metadata(kind) {
            (area("domain_restrictions", "Domain Restrictions",
                "One a line: only addresses of these domains come in. It needs the field Email.",
                &lines_of(record.section("domain_restrictions")), 3))
        }
        div class="row" {
            div class="row-text" {
                strong { "Callback" }
                p class="help" { "Enter it over there, as the address that people are sent back to." }
            }
            div class="row-control" {
                (pieces::copyable(&format!("{}/api/client/v2.0/auth/callback", place.visit.client_url())))
            }
        }
    }
}

pub(super) fn read(kind: ProviderType, fields: &Fields, record: &mut Record, new: &mut Vec<NewSecret>) {
    let mut ids = typed_lines(fields, "clientId");
    let id = match ids.len() {
        0 => Value::Null,
        1 => ids.remove(0).into(),
        _ => json!(ids),
    };
    record.set_in("config", "clientId", id);
    let secret = |name: &str, new: &mut Vec<NewSecret>| match chosen_secret(fields, name, new) {
        name if name.is_empty() => Value::Null,
        name => name.into(),
    };
    record.set_in("secret_config", "clientSecret", secret("clientSecret", new));
    match kind {
        ProviderType::Apple => {
            record.set_in("secret_config", "privateKey", secret("privateKey", new));
            for key in ["teamId", "keyId"] {
                record.set_in("config", key, typed_or_null(fields, key));
            }
        }
        ProviderType::Google => record.set_in("config", "openId", (typed(fields, "openId") == "true").into()),
        _ => {}
    }
    record.set("redirect_uris", json!(typed_lines(fields, "redirect_uris")));
    if has_metadata(kind) {
        let asked = METADATA.iter().filter(|(name, _)| fields.has(&format!("metadata-{name}")));
        let asked: Vec<Value> = asked.map(|(name, _)| json!({ "name": name, "required": true })).collect();
        record.set("metadata_fields", asked.into());
        record.set("domain_restrictions", json!(typed_lines(fields, "domain_restrictions")));
    }
}

fn has_metadata(kind: ProviderType) -> bool {
    kind != ProviderType::Apple
}

/// The fields that are asked for.
fn ticked(record: &Record) -> Vec<(String, &'static str, bool)> {
    let fields = items(record.section("metadata_fields"));
    let is_asked = |name: &str| fields.iter().any(|field| field["name"] == name && field["required"] == true);
    METADATA.map(|(name, words)| (format!("metadata-{name}"), words, is_asked(name))).into()
}

/// A text, or each of a list on a line.
fn lines_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => {
            let texts = items(other).iter().filter_map(Value::as_str);
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}
