//! Changes that wait: begun, looked at, discarded, deployed. Nothing of a draft reaches clients before it is deployed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::history::Deployed;
use super::{Author, Snapshot};
use crate::auth::deploy::{give_ids, written};
use crate::auth::{App, Auth, Error, Result};
use crate::model::{AdminId, AppConfig, DeploymentId, DraftId, Provider};
use crate::store::{self, Deploy, DraftRecord, File, PutDraft, Taken};

/// How often a deployment is made anew when others were faster.
const ATTEMPTS: u32 = 100;

/// A draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// Whose it is.
    pub admin: AdminId,
}

impl Draft {
    fn of(record: &DraftRecord) -> Draft {
        Draft { id: record.id, admin: AdminId(record.admin) }
    }
}

impl Auth {
    /// The admin's draft of an app, whatever it was begun with: one or none.
    pub async fn drafts(&self, app: &Arc<App>, author: Author) -> Result<Vec<Draft>> {
        let drafts = self.store().drafts(app.key).await?;
        Ok(drafts.iter().filter(|draft| draft.admin == author.admin.0).map(Draft::of).collect())
    }

    /// A draft of the admin's by its id.
    pub async fn draft(&self, app: &Arc<App>, author: Author, id: DraftId) -> Result<Draft> {
        self.draft_record(app, author, id).await.map(|record| Draft::of(&record))
    }

    /// Begins a draft of what is live.
    pub async fn begin_draft(&self, app: &Arc<App>, author: Author) -> Result<Draft> {
        let now = self.clock().now();
        let live = self.store().app(app.key).await?;
        let live = live.ok_or_else(|| Error::AdminAppNotFound(app.id.to_string()))?;
        let files = self.store().files(app.key).await?;
        let draft = DraftRecord { base: live.deployment, ..self.new_draft(app, author) };
        let begun = Draft::of(&draft);
        let act = PutDraft { app: app.key, draft, replaces: None, config: live.config, files, now };
        match self.store().put_draft(act).await {
            Err(store::Error::Conflict(Taken::Draft)) => Err(Error::DraftExists),
            other => Ok(other.map(|()| begun)?),
        }
    }

    /// What a draft started from, and what it has become.
    pub async fn draft_and_base(
        &self,
        app: &Arc<App>,
        author: Author,
        id: DraftId,
    ) -> Result<(Snapshot, Snapshot)> {
        let draft = self.draft_record(app, author, id).await?;
        let base = DraftRecord { snapshot: draft.base, ..draft.clone() };
        Ok((self.draft_snapshot(app, &base).await?, self.draft_snapshot(app, &draft).await?))
    }

    /// Discards a draft.
    pub async fn discard_draft(&self, app: &Arc<App>, author: Author, id: DraftId) -> Result<()> {
        let draft = self.draft_record(app, author, id).await?;
        let gone = self.store().delete_draft(app.key, draft.id).await?;
        if gone { Ok(()) } else { Err(Error::DraftNotFound) }
    }

    /// Makes a draft live, in one act with its end. What others deployed since it was begun stays, except where the
    /// draft changed the same.
    pub async fn deploy_draft(
        &self,
        app: &Arc<App>,
        author: Author,
        id: DraftId,
        name: Option<String>,
    ) -> Result<Deployed> {
        for _ in 0..ATTEMPTS {
            let draft = self.draft_record(app, author, id).await?;
            let live = self.app_by_id(app.id).ok_or_else(|| Error::AdminAppNotFound(app.id.to_string()))?;
            let wanted = self.draft_snapshot(app, &draft).await?;
            let merged = if live.deployment == draft.base {
                wanted
            } else {
                let base = DraftRecord { snapshot: draft.base, ..draft.clone() };
                rebased(&self.draft_snapshot(app, &base).await?, wanted, self.live(&live).await?)
            };
            let now = self.clock().now();
            let mut config = merged.config;
            give_ids(&mut config, Some(&live.config), self.dice(), now);
            let deployment = DeploymentId(self.dice().object_id(now));
            let deploy = Deploy {
                app: app.key,
                new: None,
                replaces: Some(live.deployment),
                deployment,
                config: written(&config)?,
                files: merged.files.into_iter().map(|(path, bytes)| File { path, bytes }).collect(),
                secrets: Vec::new(),
                directory: None,
                listed: Some(author.listed_as(Some((draft.id, draft.snapshot)), name.clone())),
                now,
            };
            match self.deploy(deploy).await {
                Ok(()) => return self.deployment(app, deployment).await,
                Err(Error::DeployedMeanwhile) => self.reload().await?,
                Err(other) => return Err(other),
            }
        }
        Err(Error::Busy)
    }

    pub(super) async fn own_draft(&self, app: &Arc<App>, author: Author) -> Result<Option<DraftRecord>> {
        Ok(self.store().drafts(app.key).await?.into_iter().find(|draft| author.has(draft)))
    }

    /// Whoever begins a draft deploys it, from anywhere.
    async fn draft_record(&self, app: &Arc<App>, author: Author, id: DraftId) -> Result<DraftRecord> {
        let drafts = self.store().drafts(app.key).await?;
        let own = drafts.into_iter().find(|draft| draft.id == id && draft.admin == author.admin.0);
        own.ok_or(Error::DraftNotFound)
    }

    pub(super) fn new_draft(&self, app: &Arc<App>, author: Author) -> DraftRecord {
        let now = self.clock().now();
        DraftRecord {
            id: DraftId(self.dice().object_id(now)),
            admin: author.admin.0,
            origin: author.origin.as_str().to_owned(),
            created: now,
            base: app.deployment,
            snapshot: DeploymentId(self.dice().object_id(now)),
        }
    }
}

/// What a draft changed since `base`, on what is live now.
fn rebased(base: &Snapshot, draft: Snapshot, live: Snapshot) -> Snapshot {
    let AppConfig { format, name, allowed_request_origins, deployment_model, location, .. } = live.config;
    let (old, new) = (&base.config, draft.config);
    let config = AppConfig {
        format: chosen(&old.format, new.format, format),
        name: chosen(&old.name, new.name, name),
        allowed_request_origins: chosen(
            &old.allowed_request_origins,
            new.allowed_request_origins,
            allowed_request_origins,
        ),
        deployment_model: chosen(&old.deployment_model, new.deployment_model, deployment_model),
        location: chosen(&old.location, new.location, location),
        root: merged(&by_key(&old.root), by_key(&new.root), by_key(&live.config.root)).into_iter().collect(),
        providers: providers(&old.providers, new.providers, live.config.providers),
        settings: chosen(&old.settings, new.settings, live.config.settings),
        ids: new.ids.into_iter().chain(live.config.ids).collect(),
    };
    Snapshot { config, files: merged(&base.files, draft.files, live.files), secrets: Vec::new() }
}

fn by_key(map: &serde_json::Map<String, serde_json::Value>) -> BTreeMap<String, serde_json::Value> {
    map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What the draft says where it says something new, else what is live.
fn chosen<T: PartialEq>(base: &T, draft: T, live: T) -> T {
    if draft == *base { live } else { draft }
}

fn merged<T: PartialEq>(
    base: &BTreeMap<String, T>,
    mut draft: BTreeMap<String, T>,
    live: BTreeMap<String, T>,
) -> BTreeMap<String, T> {
    let mut merged = BTreeMap::new();
    for (key, live) in live {
        let (old, new) = (base.get(&key), draft.remove(&key));
        match (old, new) {
            (Some(old), Some(new)) if *old != new => merged.insert(key, new),
            (None, Some(new)) => merged.insert(key, new),
            // The draft removed it.
            (Some(old), None) if *old == live => None,
            _ => merged.insert(key, live),
        };
    }
    // What is left is not live: made by the draft, or removed by others unless the draft changed it.
    merged.extend(draft.into_iter().filter(|(key, new)| base.get(key) != Some(new)));
    merged
}

fn providers(base: &[Provider], draft: Vec<Provider>, live: Vec<Provider>) -> Vec<Provider> {
    let order: Vec<_> = live.iter().chain(&draft).map(|provider| provider.kind).collect();
    let named = |list: Vec<Provider>| list.into_iter().map(|p| (p.kind.to_string(), p)).collect();
    let mut merged = merged(&named(base.to_vec()), named(draft), named(live));
    order.into_iter().filter_map(|kind| merged.remove(kind.as_str())).collect()
}
