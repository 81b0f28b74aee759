//! Custom Function Authentication: which function says who it is.

use maud::Markup;

use super::record::Record;
use crate::http::console::choices::Choices;
use crate::http::console::fields::typed_or_null;
use crate::http::console::place::Place;
use crate::http::form::Fields;

const FUNCTION: &str = "authFunctionName";

pub(super) fn fields(place: &Place, record: &Record, choices: &Choices) -> Markup {
    let help = "It gets what the client sends, must check it, and returns an id, or { id, name }. It may be private.";
    choices.function(place, FUNCTION, "Authentication Function", help, record.config_text(FUNCTION))
}

pub(super) fn read(fields: &Fields, record: &mut Record) {
    record.set_in("config", FUNCTION, typed_or_null(fields, FUNCTION));
}
