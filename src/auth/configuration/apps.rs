//! An app is made, an app goes.

use std::sync::Arc;

use crate::auth::deploy::{Arrival, Arrived};
use crate::auth::{App, Auth, Error, Result};
use crate::expiry::Rests;
use crate::model::{AppConfig, Format, GroupId, Provider, ProviderType, Settings};

/// How many rows of each kind go at once, so that logins in other apps do not wait.
const BITE: u32 = 250;

/// An app that is to be made.
#[derive(Clone, Debug)]
pub struct FreshApp {
    /// The project.
    pub group_id: GroupId,
    /// Its name.
    pub name: String,
    /// Where the original would run it.
    pub location: String,
    /// `GLOBAL` or `LOCAL`.
    pub deployment_model: String,
    /// What else its root file says.
    pub root: serde_json::Map<String, serde_json::Value>,
}

impl Auth {
    /// Makes an app with nothing in it but the provider of API keys, disabled.
    pub async fn create_app(&self, fresh: FreshApp) -> Result<Arc<App>> {
        let config = AppConfig {
            format: Format::V20210101,
            name: fresh.name,
            allowed_request_origins: Vec::new(),
            deployment_model: fresh.deployment_model,
            location: fresh.location,
            root: fresh.root,
            providers: vec![Provider::new(ProviderType::ApiKey, true)],
            settings: Settings::default(),
            ids: std::collections::BTreeMap::new(),
        };
        let arrival = Arrival {
            client_app_id: None,
            app_id: None,
            domain_id: None,
            config,
            settings_given: true,
            files: Vec::new(),
            secrets: Vec::new(),
            directory: None,
            group: Some(fresh.group_id),
            author: None,
            replaces: None,
        };
        let Arrived { app, .. } = self.arrive(arrival).await?;
        Ok(app)
    }

    /// Takes an app away: once this returns, nobody finds it, and no token of it is good. What it leaves goes with
    /// [`Auth::clear_departed`].
    pub async fn delete_app(&self, app: &Arc<App>) -> Result<()> {
        let gone = self.changing(async { Ok(self.store().delete_app(app.key).await?) }).await?;
        self.departed.notify_one();
        if gone { Ok(()) } else { Err(Error::AdminAppNotFound(app.id.to_string())) }
    }

    /// Removes what apps left that were taken away, in bites.
    pub async fn clear_departed(&self) -> Result<()> {
        if self.store().is_departing().await? {
            let mut rests = Rests::taken();
            while self.store().clear_departed(BITE).await? {
                rests.rest().await;
            }
        }
        Ok(())
    }

    /// Done when an app was taken away. For one waiter.
    pub async fn departed(&self) {
        self.departed.notified().await;
    }
}
