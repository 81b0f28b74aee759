//! What somebody should hear of a configuration before a login meets it: providers that will refuse everybody,
//! functions that cannot run, names that lead nowhere.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::behaviour::{Behaviour, CUSTOM_USER_DATA, NamedValue};
use super::custom_token::{BadCustomToken, CustomToken};
use super::oauth::{BadOAuth, Endpoints, Kind, OAuth};
use super::{App, Auth, Result, letter};
use crate::functions::Program;
use crate::model::{AppConfig, Format, Provider, ProviderType, Secret};

/// The longest subject of a mail, in characters.
const LONGEST_SUBJECT: usize = 256;
/// In place of a secret that is not known, so that the rest of a configuration is looked at all the same.
const STAND_IN: &str = "0123456789abcdef0123456789abcdef";

/// One thing to know, and where it stands in the app's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// Where in the JSON value, such as `$.custom-token`.
    pub json_path: Option<String>,
    /// What it is, and what it does to people.
    pub message: String,
    /// Whether something does not work, rather than works in a way to know of.
    pub is_broken: bool,
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(path) = &self.json_path {
            write!(f, ": {path}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// What is known beside the configuration.
pub struct Surroundings<'a> {
    /// The value of a secret.
    pub secret: &'a dyn Fn(&str) -> Option<Secret<String>>,
    /// Whether those are all; otherwise a store may have others.
    pub knows_all_secrets: bool,
    /// Whether mails leave this machine; `None` when nobody knows yet.
    pub mails: Option<bool>,
}

impl Auth {
    /// What is to know of an app as it is live.
    pub async fn concerns(&self, app: &Arc<App>) -> Result<Vec<Concern>> {
        let files = self.store().files(app.key).await?;
        let files: Vec<(String, Vec<u8>)> = files.into_iter().map(|file| (file.path, file.bytes)).collect();
        let secret = |name: &str| self.secret(app, name).ok().flatten();
        let mails = Some(self.parts.mail.leaves_this_machine());
        Ok(concerns(&app.config, &files, &Surroundings { secret: &secret, knows_all_secrets: true, mails }))
    }
}

/// What is to know of a configuration and its files. Disabled providers are nobody's concern.
pub fn concerns(config: &AppConfig, files: &[(String, Vec<u8>)], around: &Surroundings<'_>) -> Vec<Concern> {
    let (behaviour, findings) = Behaviour::read(config, files);
    let mut look = Look { config, around, program: &behaviour.program, found: Vec::new() };
    for provider in config.providers.iter().filter(|provider| !provider.disabled) {
        match provider.kind {
            ProviderType::AnonUser | ProviderType::ApiKey => {}
            ProviderType::LocalUserpass => look.local_userpass(provider),
            ProviderType::CustomToken => look.custom_token(provider),
            ProviderType::CustomFunction => look.custom_function(provider),
            ProviderType::Google | ProviderType::Facebook | ProviderType::Apple => look.oauth(provider),
        }
    }
    look.behaviour(&behaviour);
    let of_files = findings.into_iter().map(|finding| Concern {
        file: finding.file,
        line: finding.line,
        json_path: None,
        message: finding.message,
        is_broken: true,
    });
    look.found.into_iter().chain(of_files).collect()
}

struct Look<'a> {
    config: &'a AppConfig,
    around: &'a Surroundings<'a>,
    program: &'a Program,
    found: Vec<Concern>,
}

impl Look<'_> {
    fn add(&mut self, kind: ProviderType, message: String, is_broken: bool) {
        let (file, json_path) = match self.config.format {
            Format::V20180301 | Format::V20200603 => (format!("auth_providers/{kind}.json"), None),
            Format::V20210101 | Format::V20230101 => {
                ("auth/providers.json".to_owned(), Some(format!("$.{kind}")))
            }
        };
        self.found.push(Concern { file, line: None, json_path, message, is_broken });
    }

    fn broken(&mut self, kind: ProviderType, message: String) {
        self.add(kind, message, true);
    }

    fn note(&mut self, kind: ProviderType, message: &str) {
        self.add(kind, message.to_owned(), false);
    }

    /// Says that a provider needs a function that is not there. `what` happens then.
    fn needs_function(&mut self, kind: ProviderType, key: &str, name: &str, what: &str) {
        if name.is_empty() {
            self.broken(kind, format!("expected `config.{key}`, found none: {what}"));
        } else if self.program.function(name).is_none() {
            self.broken(
                kind,
                format!("`config.{key}` names the function `{name}`, which is not there: {what}"),
            );
        }
    }

    fn local_userpass(&mut self, provider: &Provider) {
        let kind = provider.kind;
        let option = |key: &str| provider.rest.get("config").and_then(|config| config.get(key));
        let text = |key: &str| option(key).and_then(Value::as_str).unwrap_or_default();
        for key in ["autoConfirm", "runConfirmationFunction", "runResetFunction"] {
            if option(key).is_some_and(|value| !value.is_boolean() && !value.is_null()) {
                let message = format!(
                    "expected true or false as `config.{key}`, found something else: taken for false"
                );
                self.broken(kind, message);
            }
        }
        let on = |key: &str| option(key).and_then(Value::as_bool).unwrap_or(false);
        if on("autoConfirm") {
            if on("runConfirmationFunction") {
                let both = "`config.autoConfirm` and `config.runConfirmationFunction` are both on: the first decides";
                self.note(kind, both);
            }
            let proves_nothing = "`config.autoConfirm` proves nothing about an address: whoever registers it first has \
                                  it, its owner or not";
            self.note(kind, proves_nothing);
        } else if on("runConfirmationFunction") {
            let name = text("confirmationFunctionName");
            self.needs_function(kind, "confirmationFunctionName", name, "every registration fails");
        } else {
            self.mail_link(
                kind,
                "emailConfirmationUrl",
                text("emailConfirmationUrl"),
                "every registration fails",
            );
        }
        if on("runResetFunction") {
            self.needs_function(
                kind,
                "resetFunctionName",
                text("resetFunctionName"),
                "no password can be reset",
            );
        } else {
            self.mail_link(kind, "resetPasswordUrl", text("resetPasswordUrl"), "no password can be reset");
        }
        let by_mail = !on("autoConfirm") && !on("runConfirmationFunction");
        if by_mail && self.around.mails == Some(false) {
            let unsent = "addresses are confirmed by mail, and no mail server is set: mails are printed in the server's \
                          log; set `smtp_host`";
            self.note(kind, unsent);
        }
        for key in ["confirmEmailSubject", "resetPasswordSubject"] {
            if text(key).chars().count() > LONGEST_SUBJECT {
                let message = format!(
                    "expected at most {LONGEST_SUBJECT} characters as `config.{key}`: such mails are not sent"
                );
                self.broken(kind, message);
            }
        }
    }

    fn mail_link(&mut self, kind: ProviderType, key: &str, url: &str, what: &str) {
        if letter::link(url, "", "").is_none() {
            let found = if url.is_empty() { "none" } else { "something else" };
            self.broken(
                kind,
                format!("expected an address, https://…, as `config.{key}`, found {found}: {what}"),
            );
        }
    }

    fn custom_token(&mut self, provider: &Provider) {
        let unknown = RefCell::new(Vec::new());
        let read = CustomToken::read(&provider.rest, "", |name| Some(self.secret(name, &unknown)));
        let unknown = unknown.into_inner();
        match read {
            // A stand-in is no key.
            Err(BadCustomToken::Keys(_)) if !unknown.is_empty() => {}
            Err(bad) => self.refuses(provider.kind, &bad),
            Ok(_) => {}
        }
        self.unknown_secrets(provider.kind, unknown);
    }

    fn oauth(&mut self, provider: &Provider) {
        let Some(kind) = Kind::of(provider.kind) else { return };
        let unknown = RefCell::new(Vec::new());
        let secret = |name: &str| Some(self.secret(name, &unknown));
        let read = OAuth::read(kind, &provider.rest, secret, Endpoints::of(kind), "https://auth.example");
        let unknown = unknown.into_inner();
        match read {
            Err(BadOAuth::PrivateKey) if !unknown.is_empty() => {}
            Err(bad) => self.refuses(provider.kind, &bad),
            Ok(_) => {}
        }
        self.unknown_secrets(provider.kind, unknown);
    }

    fn custom_function(&mut self, provider: &Provider) {
        let name = provider.rest.get("config").and_then(|config| config.get("authFunctionName"));
        let name = name.and_then(Value::as_str).unwrap_or_default();
        self.needs_function(provider.kind, "authFunctionName", name, "every login is refused");
    }

    /// A secret's value; a stand-in, and its name in `unknown`, when it is not known.
    fn secret(&self, name: &str, unknown: &RefCell<Vec<String>>) -> Secret<String> {
        (self.around.secret)(name).filter(|secret| !secret.expose().is_empty()).unwrap_or_else(|| {
            unknown.borrow_mut().push(name.to_owned());
            Secret::new(STAND_IN.to_owned())
        })
    }

    fn refuses(&mut self, kind: ProviderType, bad: &dyn fmt::Display) {
        self.broken(kind, format!("{bad}: every login is refused"));
    }

    fn unknown_secrets(&mut self, kind: ProviderType, names: Vec<String>) {
        for name in names {
            if self.around.knows_all_secrets {
                let until = "every login is refused until `passerby secrets set` sets it";
                self.broken(kind, format!("there is no secret `{name}`: {until}"));
            } else {
                let message = format!(
                    "it needs the secret `{name}`, which secrets.json does not give: the store may have it"
                );
                self.add(kind, message, false);
            }
        }
    }

    /// What triggers, values and the creation of users name.
    fn behaviour(&mut self, behaviour: &Behaviour) {
        let mut add = |file: &str, message: String, is_broken: bool| {
            let file = file.to_owned();
            self.found.push(Concern { file, line: None, json_path: None, message, is_broken });
        };
        let is_missing = |name: &str| self.program.function(name).is_none();
        if let Some(name) = behaviour.on_user_creation.as_deref().filter(|name| is_missing(name)) {
            let file = match self.config.root.contains_key("custom_user_data_config") {
                true => self.config.format.root_file(),
                false => CUSTOM_USER_DATA,
            };
            let message = format!("it names the function `{name}`, which is not there: nobody new comes in");
            add(file, message, true);
        }
        for trigger in behaviour.triggers.iter().filter(|trigger| is_missing(&trigger.function)) {
            let message = format!(
                "the trigger `{}` names the function `{}`, which is not there: its events come to nothing",
                trigger.name, trigger.function
            );
            add("triggers/", message, true);
        }
        for (name, value) in &behaviour.values {
            if let NamedValue::Secret(secret) = value
                && self.around.knows_all_secrets
                && (self.around.secret)(secret).is_none()
            {
                let message = format!("the value `{name}` is of the secret `{secret}`, which is not there");
                add("values/", message, true);
            }
        }
    }
}

#[cfg(test)]
mod tests;
