//! Named secrets: set, listed by name, removed; never shown, never exported.

use std::sync::Arc;

use super::{App, Auth, Error, Result};
use crate::model::{AppKey, Secret, check_secret};
use crate::store::SetSecret;

/// What a sealed secret is bound to.
fn about(app: AppKey, name: &str) -> String {
    format!("the secret {name} of app {}", app.0)
}

impl Auth {
    /// Sets a secret of an app, in place of the one of this name.
    pub async fn set_secret(&self, app: &Arc<App>, name: &str, value: &Secret<String>) -> Result<()> {
        let material = self.sealed_secret(app.key, name, value)?;
        let act = SetSecret { app: app.key, name: name.to_owned(), material: Some(material) };
        self.changing(async { Ok(self.store().set_secret(act).await?) }).await.map(|_| ())
    }

    /// How a secret of an app is stored.
    pub(super) fn sealed_secret(
        &self,
        app: AppKey,
        name: &str,
        value: &Secret<String>,
    ) -> Result<Secret<Vec<u8>>> {
        check_secret(name, value.expose()).map_err(|rule| Error::BadParameter(rule.to_owned()))?;
        self.parts.sealer.seal(self.dice(), &about(app, name), value.expose().as_bytes())
    }

    /// Removes a secret.
    pub async fn delete_secret(&self, app: &Arc<App>, name: &str) -> Result<()> {
        let act = SetSecret { app: app.key, name: name.to_owned(), material: None };
        let removed = self.changing(async { Ok(self.store().set_secret(act).await?) }).await?;
        if removed { Ok(()) } else { Err(Error::SecretNotFound(name.to_owned())) }
    }

    /// The value of a secret, if the app has it.
    pub(super) fn secret(&self, app: &App, name: &str) -> Result<Option<Secret<String>>> {
        let Some(material) = app.secrets.get(name) else { return Ok(None) };
        let opened = self.parts.sealer.open(&about(app.key, name), material.expose())?;
        let text = String::from_utf8(opened.expose().clone());
        text.map(|text| Some(Secret::new(text))).map_err(|_| Error::Unreadable(about(app.key, name)))
    }
}

impl App {
    /// The names of the app's secrets, in order.
    pub fn secret_names(&self) -> Vec<&str> {
        self.secrets.keys().map(String::as_str).collect()
    }
}
