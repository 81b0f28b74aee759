//! Email/Password: how addresses are confirmed, and passwords reset.

use maud::{Markup, html};

use super::record::Record;
use crate::http::console::choices::Choices;
use crate::http::console::fields::{radios, text, typed, typed_or_null};
use crate::http::console::place::Place;
use crate::http::form::Fields;

pub(super) fn fields(place: &Place, record: &Record, choices: &Choices) -> Markup {
    let value = |key: &str| record.config_text(key);
    let confirmation =
        match (record.config_flag("autoConfirm"), record.config_flag("runConfirmationFunction")) {
            (true, _) => "automatic",
            (false, true) => "function",
            (false, false) => "email",
        };
    let reset = if record.config_flag("runResetFunction") { "function" } else { "email" };
    html! {
        (radios("confirmation", "User Confirmation Method", confirmation, &[
            ("email", "Send a confirmation email", "The mail holds a link to a page of yours."),
            ("function", "Run a confirmation function", "A function of the app decides, or sends the link its own way."),
            ("automatic", "Automatically confirm users", "It proves nothing: whoever registers an address first has it."),
        ]))
        (text("emailConfirmationUrl", "Email Confirmation URL",
            "The page that the mail leads to; token and tokenId are added to its query.",
            value("emailConfirmationUrl")))
        (text("confirmEmailSubject", "Email Confirmation Subject", "At most 256 characters. Ours when empty.",
            value("confirmEmailSubject")))
        (choices.function(place, "confirmationFunctionName", "Confirmation Function",
            "It gets { username, token, tokenId } and returns { status }: success, pending or fail.",
            value("confirmationFunctionName")))
        (radios("reset", "Password Reset Method", reset, &[
            ("email", "Send a password reset email", "The mail holds a link to a page of yours."),
            ("function", "Run a password reset function", "Nobody checked the caller before: the function must."),
        ]))
        (text("resetPasswordUrl", "Password Reset URL",
            "The page that the mail leads to; token and tokenId are added to its query.",
            value("resetPasswordUrl")))
        (text("resetPasswordSubject", "Password Reset Email Subject", "At most 256 characters. Ours when empty.",
            value("resetPasswordSubject")))
        (choices.function(place, "resetFunctionName", "Reset Function",
            "It gets { username, password, token, tokenId, currentPasswordValid } and what the client adds.",
            value("resetFunctionName")))
    }
}

pub(super) fn read(fields: &Fields, record: &mut Record) {
    let confirmation = typed(fields, "confirmation");
    record.set_in("config", "autoConfirm", (confirmation == "automatic").into());
    for key in ["emailConfirmationUrl", "confirmEmailSubject"] {
        record.set_in("config", key, typed_or_null(fields, key));
    }
    record.set_in("config", "runConfirmationFunction", (confirmation == "function").into());
    let key = "confirmationFunctionName";
    record.set_in("config", key, typed_or_null(fields, key));
    for key in ["resetPasswordUrl", "resetPasswordSubject"] {
        record.set_in("config", key, typed_or_null(fields, key));
    }
    record.set_in("config", "runResetFunction", (typed(fields, "reset") == "function").into());
    let key = "resetFunctionName";
    record.set_in("config", key, typed_or_null(fields, key));
}
