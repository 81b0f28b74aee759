//! Named secrets: set, listed by name, removed; never shown, never exported.

use std::sync::Arc;

use super::{App, Auth, Error, Result};
use crate::model::{AppKey, Secret, SecretId, check_secret, check_secret_name};
use crate::store::{ChangedSecret, NamedSecret, PutSecret};

/// What a sealed secret is bound to.
fn about(app: AppKey, name: &str) -> String {
    format!("the secret {name} of app {}", app.0)
}

/// A secret as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretName {
    /// Its id.
    pub id: SecretId,
    /// Its name.
    pub name: String,
}

impl Auth {
    /// Sets a secret of an app, in place of the one of this name.
    pub async fn set_secret(&self, app: &Arc<App>, name: &str, value: &Secret<String>) -> Result<()> {
        let secret = self.new_secret(app.key, name, value)?;
        let act = PutSecret { app: app.key, secret };
        self.changing(async { Ok(self.store().set_secret(act).await?) }).await
    }

    /// Makes a secret of a name that none has. Without a value it is there, and whatever refers to it is refused.
    pub async fn make_secret(
        &self,
        app: &Arc<App>,
        name: &str,
        value: &Secret<String>,
    ) -> Result<SecretName> {
        let id = SecretId(self.dice().object_id(self.clock().now()));
        let secret = self.named_secret(app.key, id, name, value)?;
        let act = PutSecret { app: app.key, secret };
        if self.changing(async { Ok(self.store().make_secret(act).await?) }).await? {
            Ok(SecretName { id, name: name.to_owned() })
        } else {
            Err(Error::SecretExists(name.to_owned()))
        }
    }

    /// Gives a secret another name, another value, or both; what is absent stays. `id` may be any text.
    pub async fn change_secret(
        &self,
        app: &Arc<App>,
        id: &str,
        name: Option<&str>,
        value: Option<&Secret<String>>,
    ) -> Result<()> {
        let gone = || Error::NoSecretOfId(id.to_owned());
        let known = app.secret_of_id(id).ok_or_else(gone)?;
        let kept = match value {
            Some(_) => None,
            None => Some(self.opened(app.key, known)?),
        };
        let value = value.or(kept.as_ref()).ok_or_else(gone)?;
        let name = name.unwrap_or(&known.name);
        let secret = self.named_secret(app.key, known.id, name, value)?;
        let act = PutSecret { app: app.key, secret };
        match self.changing(async { Ok(self.store().change_secret(act).await?) }).await? {
            ChangedSecret::Changed => Ok(()),
            ChangedSecret::NameTaken => Err(Error::SecretExists(name.to_owned())),
            ChangedSecret::Gone => Err(gone()),
        }
    }

    /// A secret that is to be stored, with an id of its own.
    pub(super) fn new_secret(&self, app: AppKey, name: &str, value: &Secret<String>) -> Result<NamedSecret> {
        check_secret(name, value.expose()).map_err(|rule| Error::BadParameter(rule.to_owned()))?;
        self.named_secret(app, SecretId(self.dice().object_id(self.clock().now())), name, value)
    }

    fn named_secret(
        &self,
        app: AppKey,
        id: SecretId,
        name: &str,
        value: &Secret<String>,
    ) -> Result<NamedSecret> {
        let text = value.expose();
        let checked = if text.is_empty() { check_secret_name(name) } else { check_secret(name, text) };
        checked.map_err(|rule| Error::BadParameter(rule.to_owned()))?;
        let material = self.parts.sealer.seal(self.dice(), &about(app, name), text.as_bytes())?;
        Ok(NamedSecret { id, name: name.to_owned(), material })
    }

    /// Removes the secret of a name.
    pub async fn delete_secret(&self, app: &Arc<App>, name: &str) -> Result<()> {
        let gone = || Error::SecretNotFound(name.to_owned());
        let id = app.secrets.iter().find(|secret| secret.name == name).map(|secret| secret.id);
        self.remove_secret(app, id.ok_or_else(gone)?, gone).await
    }

    /// Removes the secret of an id, which may be any text.
    pub async fn delete_secret_of_id(&self, app: &Arc<App>, id: &str) -> Result<()> {
        let gone = || Error::NoSecretOfId(id.to_owned());
        self.remove_secret(app, app.secret_of_id(id).ok_or_else(gone)?.id, gone).await
    }

    async fn remove_secret(&self, app: &App, id: SecretId, gone: impl Fn() -> Error) -> Result<()> {
        let removed = self.changing(async { Ok(self.store().delete_secret(app.key, id).await?) }).await?;
        if removed { Ok(()) } else { Err(gone()) }
    }

    /// The value of a secret, if the app has it and it has one.
    pub(super) fn secret(&self, app: &App, name: &str) -> Result<Option<Secret<String>>> {
        let Some(secret) = app.secrets.iter().find(|secret| secret.name == name) else { return Ok(None) };
        self.opened(app.key, secret).map(|value| Some(value).filter(|value| !value.expose().is_empty()))
    }

    fn opened(&self, app: AppKey, secret: &NamedSecret) -> Result<Secret<String>> {
        let about = about(app, &secret.name);
        let opened = self.parts.sealer.open(&about, secret.material.expose())?;
        let text = String::from_utf8(opened.expose().clone());
        text.map(Secret::new).map_err(|_| Error::Unreadable(about))
    }
}

impl App {
    /// The app's secrets, in the order in which they came.
    pub fn secrets(&self) -> Vec<SecretName> {
        let shown = |secret: &NamedSecret| SecretName { id: secret.id, name: secret.name.clone() };
        self.secrets.iter().map(shown).collect()
    }

    /// The names of the app's secrets, in order.
    pub fn secret_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.secrets.iter().map(|secret| secret.name.as_str()).collect();
        names.sort_unstable();
        names
    }

    fn secret_of_id(&self, id: &str) -> Option<&NamedSecret> {
        let id: SecretId = id.parse().ok()?;
        self.secrets.iter().find(|secret| secret.id == id)
    }
}
