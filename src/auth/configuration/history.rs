//! Deployments: which there were, and back to an old one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Author, Snapshot};
use crate::auth::deploy::give_ids;
use crate::auth::{App, Auth, Error, Result};
use crate::model::{AdminId, DeploymentId, DraftId, Timestamp};
use crate::store::{DeploymentRecord, DraftRecord};

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Its id.
    pub id: DeploymentId,
    /// What it is called; empty when nobody said.
    pub name: String,
    /// The draft that it was.
    pub draft: Option<DraftId>,
    /// Who did it; `None` for the owner of the data.
    pub admin: Option<AdminId>,
    /// With what, in the protocol's words.
    pub origin: String,
    /// When.
    pub at: Timestamp,
}

/// How an app deploys. What the original deployed from a repository by itself is kept, and does nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeployConfig {
    /// Whether changes in the console are live at once.
    pub ui_drafts_disabled: bool,
    /// Kept for the console.
    pub automatic_deployment: serde_json::Map<String, serde_json::Value>,
    /// When it was changed last, in seconds.
    pub last_modified: i64,
}

impl Auth {
    /// The deployments of an app, the newest first: those that are kept.
    pub async fn deployments(&self, app: &Arc<App>) -> Result<Vec<Deployed>> {
        let records = self.store().deployments(app.key).await?;
        Ok(records.into_iter().map(deployed).collect())
    }

    /// One of them.
    pub async fn deployment(&self, app: &Arc<App>, id: DeploymentId) -> Result<Deployed> {
        let found = self.deployments(app).await?.into_iter().find(|deployed| deployed.id == id);
        found.ok_or(Error::DeploymentNotFound)
    }

    /// What a deployment was.
    pub async fn deployed_snapshot(&self, app: &Arc<App>, id: DeploymentId) -> Result<Snapshot> {
        self.deployment(app, id).await?;
        let record =
            DraftRecord { base: id, snapshot: id, ..self.new_draft(app, Author::owner_of_the_data()) };
        match self.draft_snapshot(app, &record).await {
            // It went meanwhile.
            Err(Error::DeployedMeanwhile) => Err(Error::DeploymentNotFound),
            other => other,
        }
    }

    /// Makes an old deployment live again, as a new one, in one act. Secrets stay as they are.
    pub async fn redeploy_old(&self, app: &Arc<App>, author: Author, id: DeploymentId) -> Result<()> {
        let old = self.deployed_snapshot(app, id).await?;
        loop {
            let live = self.app_by_id(app.id).ok_or_else(|| Error::AdminAppNotFound(app.id.to_string()))?;
            let mut again = old.clone();
            give_ids(&mut again.config, Some(&live.config), self.dice(), self.clock().now());
            match self.make_live(&live, author, again).await {
                Err(Error::DeployedMeanwhile) => {}
                other => return other,
            }
        }
    }

    /// How an app deploys.
    pub async fn deploy_config(&self, app: &Arc<App>) -> Result<DeployConfig> {
        let text = self.store().deploy_config(app.key).await?;
        let read = text.map(|text| serde_json::from_str(&text)).transpose();
        let read = read.map_err(|_| Error::Unreadable(format!("how {} deploys", app.client_app_id)))?;
        Ok(read.unwrap_or_default())
    }

    /// Sets how an app deploys.
    pub async fn set_deploy_config(&self, app: &Arc<App>, config: DeployConfig) -> Result<()> {
        let config = DeployConfig { last_modified: self.clock().now().0, ..config };
        let text = serde_json::to_string(&config)
            .map_err(|_| Error::Unreadable("how an app is to deploy".to_owned()))?;
        let there = self.store().set_deploy_config(app.key, text).await?;
        if there { Ok(()) } else { Err(Error::AdminAppNotFound(app.id.to_string())) }
    }
}

fn deployed(record: DeploymentRecord) -> Deployed {
    Deployed {
        id: record.id,
        name: record.name.unwrap_or_default(),
        draft: record.draft,
        admin: Some(AdminId(record.admin)).filter(|admin| *admin != crate::auth::AdminCaller::OWNER),
        origin: record.origin,
        at: record.created,
    }
}
