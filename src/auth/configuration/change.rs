//! One change of a configuration: of the author's open draft, or of what is live.
//!
//! A change is a function from what there is to what shall be, so that it can be made again on what somebody else made
//! meanwhile: of changes that are made at the same time none is lost and none is refused for the others' sake.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Author;
use crate::auth::deploy::{give_ids, written};
use crate::auth::{App, Auth, Error, Result};
use crate::model::{AppConfig, DeploymentId, DraftId, RequestOrigin, Secret};
use crate::store::{self, Deploy, DraftRecord, File, PutDraft, SnapshotRecord, Taken};

/// How often a change is made anew when others were faster. Each time somebody got through.
const ATTEMPTS: u32 = 1_000;

/// What is configured: settings and files.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The configuration.
    pub config: AppConfig,
    /// The files that are kept as they are, by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Secrets that are set with it, by name. They are no part of a draft.
    pub secrets: Vec<(String, Secret<String>)>,
}

/// What an author sees of an app.
pub struct Shown {
    /// What is configured.
    pub snapshot: Snapshot,
    /// The draft that holds it; `None` when it is live.
    pub draft: Option<DraftId>,
}

/// Where a change goes.
enum Place {
    Live(Arc<App>),
    Draft(DraftRecord),
    /// A draft that is begun with this change.
    NewDraft(Arc<App>),
}

impl Auth {
    /// What the author sees of an app: its open draft, or what is live.
    pub async fn shown(&self, app: &Arc<App>, author: Author) -> Result<Shown> {
        match self.own_draft(app, author).await? {
            Some(draft) => {
                let snapshot = self.draft_snapshot(app, &draft).await?;
                Ok(Shown { snapshot, draft: Some(draft.id) })
            }
            None => Ok(Shown { snapshot: self.live(app).await?, draft: None }),
        }
    }

    /// Changes the configuration of an app. `change` makes of what there is what shall be, and may be called again on
    /// something newer; what it refuses changes nothing.
    pub async fn change<T, E: From<Error>>(
        &self,
        app: &Arc<App>,
        author: Author,
        change: impl Fn(&mut Snapshot) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        for _ in 0..ATTEMPTS {
            let place = self.place_of_change(app, author).await?;
            let before = match &place {
                Place::Live(app) | Place::NewDraft(app) => self.live(app).await?,
                Place::Draft(draft) => self.draft_snapshot(app, draft).await?,
            };
            let mut after = before.clone();
            let done = change(&mut after)?;
            self.give_names(&mut after, &before);
            if after == before {
                return Ok(done);
            }
            let kept = match place {
                Place::Live(live) => self.make_live(&live, author, after).await,
                Place::Draft(draft) => {
                    let old = draft.snapshot;
                    self.keep_draft(app, draft, Some(old), after).await
                }
                Place::NewDraft(live) => {
                    let draft = self.new_draft(&live, author);
                    self.keep_draft(app, draft, None, after).await
                }
            };
            match kept {
                Ok(()) => return Ok(done),
                Err(Error::DeployedMeanwhile) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::Busy.into())
    }

    async fn place_of_change(&self, app: &Arc<App>, author: Author) -> Result<Place> {
        if let Some(draft) = self.own_draft(app, author).await? {
            return Ok(Place::Draft(draft));
        }
        let live = self.app_by_id(app.id).ok_or_else(|| Error::AdminAppNotFound(app.id.to_string()))?;
        if author.origin == RequestOrigin::Ui && !self.deploy_config(app).await?.ui_drafts_disabled {
            return Ok(Place::NewDraft(live));
        }
        Ok(Place::Live(live))
    }

    pub(super) async fn live(&self, app: &Arc<App>) -> Result<Snapshot> {
        // Configuration and files of one deployment, whatever is deployed meanwhile.
        match self.store().snapshot(app.key, app.deployment).await? {
            Some(record) => read(app, record),
            None => Err(Error::DeployedMeanwhile),
        }
    }

    pub(super) async fn draft_snapshot(&self, app: &Arc<App>, draft: &DraftRecord) -> Result<Snapshot> {
        match self.store().snapshot(app.key, draft.snapshot).await? {
            Some(record) => read(app, record),
            None => Err(Error::DeployedMeanwhile),
        }
    }

    fn give_names(&self, after: &mut Snapshot, before: &Snapshot) {
        give_ids(&mut after.config, Some(&before.config), self.dice(), self.clock().now());
    }

    pub(super) async fn make_live(&self, app: &Arc<App>, author: Author, after: Snapshot) -> Result<()> {
        let now = self.clock().now();
        let deploy = Deploy {
            app: app.key,
            new: None,
            replaces: Some(app.deployment),
            deployment: DeploymentId(self.dice().object_id(now)),
            config: written(&after.config)?,
            files: files(after.files),
            secrets: self.sealed(app.key, &after.secrets)?,
            directory: None,
            listed: Some(author.listed()),
            now,
        };
        let deployed = self.deploy(deploy).await;
        if matches!(deployed, Err(Error::DeployedMeanwhile)) {
            // Whoever was faster may not have read it yet.
            self.reload().await?;
        }
        deployed
    }

    pub(super) async fn keep_draft(
        &self,
        app: &Arc<App>,
        draft: DraftRecord,
        replaces: Option<DeploymentId>,
        after: Snapshot,
    ) -> Result<()> {
        let now = self.clock().now();
        let draft = DraftRecord { snapshot: DeploymentId(self.dice().object_id(now)), ..draft };
        for (name, value) in &after.secrets {
            self.set_secret(app, name, value).await?;
        }
        let config = written(&after.config)?;
        let act = PutDraft { app: app.key, draft, replaces, config, files: files(after.files), now };
        match self.store().put_draft(act).await {
            Err(store::Error::Conflict(Taken::Draft)) => Err(Error::DeployedMeanwhile),
            other => Ok(other?),
        }
    }
}

fn read(app: &App, record: SnapshotRecord) -> Result<Snapshot> {
    let config = serde_json::from_str(&record.config)
        .map_err(|_| Error::Unreadable(format!("a configuration of {}", app.client_app_id)))?;
    let files = record.files.into_iter().map(|file| (file.path, file.bytes)).collect();
    Ok(Snapshot { config, files, secrets: Vec::new() })
}

fn files(files: BTreeMap<String, Vec<u8>>) -> Vec<File> {
    files.into_iter().map(|(path, bytes)| File { path, bytes }).collect()
}
