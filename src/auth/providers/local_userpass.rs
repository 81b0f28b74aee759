//! `local-userpass`: an e-mail address and a password. The credential stands apart from any user: it is registered
//! first, and becomes somebody's identity at its first login or link.

use serde_json::Value;

use crate::auth::link::Proved;
use crate::auth::log_in::required;
use crate::auth::{App, Auth, Error, Login, Result};
use crate::model::ProviderType;

/// How an address is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// At once. Proves nothing about the address.
    Automatic,
    /// By a function of the app.
    Function(String),
    /// By a link in a mail.
    Mail(MailLink),
}

/// How a password is reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    /// By a function of the app.
    Function(String),
    /// By a link in a mail.
    Mail(MailLink),
}

/// What a mail needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MailLink {
    /// The page that the link leads to; empty when it is not configured.
    pub(crate) url: String,
    /// The subject; `None` for our own.
    pub(crate) subject: Option<String>,
}

/// The app's way to confirm. The switch of a way counts, not the other ways' leftover fields.
pub(crate) fn confirmation(app: &App) -> Confirmation {
    if flag(app, "autoConfirm") {
        Confirmation::Automatic
    } else if flag(app, "runConfirmationFunction") {
        Confirmation::Function(text(app, "confirmationFunctionName"))
    } else {
        Confirmation::Mail(link(app, "emailConfirmationUrl", "confirmEmailSubject"))
    }
}

/// The app's way to reset a password.
pub(crate) fn reset(app: &App) -> Reset {
    if flag(app, "runResetFunction") {
        Reset::Function(text(app, "resetFunctionName"))
    } else {
        Reset::Mail(link(app, "resetPasswordUrl", "resetPasswordSubject"))
    }
}

fn link(app: &App, url: &str, subject: &str) -> MailLink {
    MailLink { url: text(app, url), subject: Some(text(app, subject)).filter(|s| !s.is_empty()) }
}

fn flag(app: &App, key: &str) -> bool {
    option(app, key).and_then(Value::as_bool).unwrap_or(false)
}

fn text(app: &App, key: &str) -> String {
    option(app, key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn option<'a>(app: &'a App, key: &str) -> Option<&'a Value> {
    app.config.provider(ProviderType::LocalUserpass)?.rest.get("config")?.get(key)
}

/// An unknown address and a wrong password take the same time and look alike; that an address waits for its
/// confirmation is told only to who knows the password.
pub(crate) async fn prove(auth: &Auth, app: &App, login: &Login) -> Result<Proved> {
    let email = required(&login.body, "username")?;
    let password = required(&login.body, "password")?;
    auth.tries.admit(app, email, login.address, auth.clock().now())?;
    let credential = auth.store().credential(app.key, email).await?;
    if !auth.passwords.verify(password, credential.as_ref().map(|c| &c.hash)).await? {
        return Err(Error::InvalidPassword);
    }
    let credential = credential.ok_or(Error::InvalidPassword)?;
    if !credential.confirmed {
        return Err(Error::BadCredential("confirmation required".to_owned()));
    }
    let data = [("email".to_owned(), credential.email.into())].into_iter().collect();
    let mut proved = Proved::person(ProviderType::LocalUserpass, credential.id.to_string(), data);
    proved.claim.password = Some(credential.hash);
    Ok(proved)
}
