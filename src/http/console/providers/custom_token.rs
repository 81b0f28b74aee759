//! Custom JWT Authentication: keys, audience, and what of a token is kept.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::record::Record;
use crate::http::console::choices::{Choices, NewSecret, chosen_secret};
use crate::http::console::fields::{area, radios, text, typed, typed_lines, typed_or_null};
use crate::http::console::json::items;
use crate::http::console::pieces;
use crate::http::form::Fields;

/// A token is tried with so many keys.
const MOST_KEYS: usize = 3;
/// Rows for metadata fields that are not there yet.
const EMPTY_ROWS: usize = 3;
/// More rows are of no form of ours.
const MOST_ROWS: usize = 200;

pub(super) fn fields(record: &Record, choices: &Choices) -> Markup {
    let method = if record.config_flag("useJWKURI") { "jwk" } else { "keys" };
    let algorithm = if record.config_text("signingAlgorithm") == "RS256" { "RS256" } else { "HS256" };
    let keys = texts(&record.section("secret_config")["signingKeys"]);
    let any = if record.config_flag("requireAnyAudience") { "any" } else { "all" };
    html! {
        (radios("verification", "Verification Method", method, &[
            ("keys", "Manually specify signing keys", ""),
            ("jwk", "Use a JWK URI", "Keys are found there by the token's kid; the algorithm is RS256."),
        ]))
        (text("jwkURI", "JWK URI", "The address of your issuer's key set, https://…", record.config_text("jwkURI")))
        (pieces::row("signingAlgorithm", "Signing Algorithm", &html! { "Of keys that are given here." }, &html! {
            (pieces::select("signingAlgorithm", algorithm, &[("HS256", "HS256"), ("RS256", "RS256")]))
        }))
        @for n in 0..MOST_KEYS {
            (choices.secret(&format!("signingKey-{n}"), &format!("Signing Key {}", n + 1),
                "HS256: 32 to 512 characters. RS256: the public key in PEM. A token of any of them is good.",
                keys.get(n).map_or("", String::as_str)))
        }
        (metadata(record.section("metadata_fields")))
        (area("audience", "Audience (Optional)", "One a line. When empty, a token's aud must hold the app's id.",
            &texts(record.config("audience")).join("\n"), 3))
        (radios("requireAudience", "Require", any, &[
            ("all", "All of these audiences", ""),
            ("any", "Any one of these audiences", ""),
        ]))
    }
}

fn metadata(fields: &Value) -> Markup {
    let fields = items(fields);
    let text = |n: usize, key: &str| fields.get(n).and_then(|field| field[key].as_str()).unwrap_or_default();
    html! {
        fieldset class="choice" {
            legend { "Metadata Fields" }
            p class="help" {
                "Claims that are copied into the user's data. A path has dots, and \\. for a dot of a key. The field name is \
                 by default the path's last part. Empty rows count for nothing; more appear when you save."
            }
            div class="scroll" tabindex="0" {
                table class="inputs" {
                    thead { tr { th scope="col" { "Required" } th scope="col" { "Path" } th scope="col" { "Field Name" } } }
                    tbody {
                        @for n in 0..fields.len() + EMPTY_ROWS {
                            @let required = fields.get(n).is_some_and(|field| field["required"] == true);
                            tr {
                                td { input type="checkbox" name=(format!("required-{n}")) value="true" checked[required]
                                    aria-label=(format!("Required, row {}", n + 1)); }
                                td { input type="text" name=(format!("path-{n}")) value=(text(n, "name")) autocomplete="off"
                                    spellcheck="false" aria-label=(format!("Path, row {}", n + 1)); }
                                td { input type="text" name=(format!("field-{n}")) value=(text(n, "field_name"))
                                    autocomplete="off" spellcheck="false" aria-label=(format!("Field name, row {}", n + 1)); }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn read(fields: &Fields, record: &mut Record, new: &mut Vec<NewSecret>) {
    record.set_in("config", "audience", json!(typed_lines(fields, "audience")));
    record.set_in("config", "requireAnyAudience", (typed(fields, "requireAudience") == "any").into());
    record.set_in("config", "signingAlgorithm", typed_or_null(fields, "signingAlgorithm"));
    record.set_in("config", "useJWKURI", (typed(fields, "verification") == "jwk").into());
    record.set_in("config", "jwkURI", typed_or_null(fields, "jwkURI"));
    let keys = (0..MOST_KEYS).map(|n| chosen_secret(fields, &format!("signingKey-{n}"), new));
    let keys: Vec<String> = keys.filter(|name| !name.is_empty()).collect();
    record.set_in("secret_config", "signingKeys", json!(keys));
    record.set("metadata_fields", metadata_of(fields));
}

/// The rows that say something.
fn metadata_of(fields: &Fields) -> Value {
    let is_there = |n: &usize| fields.has(&format!("path-{n}"));
    let rows = (0..MOST_ROWS).take_while(is_there).filter_map(|n| {
        let (path, name) = (typed(fields, &format!("path-{n}")), typed(fields, &format!("field-{n}")));
        let mut row = Map::new();
        row.insert("required".to_owned(), fields.has(&format!("required-{n}")).into());
        row.insert("name".to_owned(), path.into());
        if !name.is_empty() {
            row.insert("field_name".to_owned(), name.into());
        }
        (!path.is_empty() || !name.is_empty()).then_some(Value::Object(row))
    });
    Value::Array(rows.collect())
}

/// A list of texts, or one text with commas.
fn texts(value: &Value) -> Vec<String> {
    let texts: Vec<&str> = match value {
        Value::String(text) => text.split(',').map(str::trim).collect(),
        other => items(other).iter().filter_map(Value::as_str).collect(),
    };
    texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect()
}
