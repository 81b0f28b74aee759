//! Snapshots of configuration: of deployments, and of drafts.

use crate::store::postgres::bind::params;
use aws_lc_rs::digest;

use crate::model::{AppKey, DeploymentId, DraftId, ObjectId, Timestamp};
use crate::store::postgres::failure::{refuse_nul, unless_taken};
use crate::store::postgres::writer::{Act, Desk, Hold};
use crate::store::postgres::{row, sql};
use crate::store::{DEPLOYMENTS_KEPT, Error, File, Listed, PutDraft, Result, Taken};

/// How many snapshots go with a new one: more than one comes, so that what gathered goes in time.
const OLD_SNAPSHOTS: u32 = 8;

/// The SHA-256 of each file, reckoned before the writer sees them.
pub(super) fn hashes(files: &[File]) -> Vec<[u8; 32]> {
    files.iter().map(|file| sha256(&file.bytes)).collect()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

pub(super) async fn insert_snapshot(
    desk: &Desk,
    app: AppKey,
    id: DeploymentId,
    now: Timestamp,
    config: &str,
    files: &[File],
    hashes: &[[u8; 32]],
) -> Result<()> {
    unless_taken(desk.run(sql::INSERT_SNAPSHOT, params![app.0, id.0.0, now.0, config]).await?)?;
    for (file, hash) in files.iter().zip(hashes) {
        desk.run(sql::INSERT_FILE, params![hash, file.bytes]).await?;
        desk.run(sql::INSERT_DEPLOYMENT_FILE, params![app.0, id.0.0, file.path, hash]).await?;
    }
    Ok(())
}

/// Counts a deployment, and puts it into the history if it is to be there; the draft that it was goes.
pub(super) async fn list(
    desk: &Desk,
    app: AppKey,
    deployment: DeploymentId,
    listed: Option<&Listed>,
) -> Result<()> {
    let draft = listed.and_then(|listed| listed.draft);
    let id = draft.map(|(id, _)| id.0.0);
    let name = listed.and_then(|listed| listed.name.as_deref());
    let admin = listed.map(|listed| listed.admin.0);
    let origin = listed.map(|listed| listed.origin.as_str());
    desk.run(sql::LIST_DEPLOYMENT, params![app.0, deployment.0.0, name, id, admin, origin]).await?;
    let Some((id, snapshot)) = draft else { return Ok(()) };
    if !desk.exists(sql::DRAFT_HAS, params![app.0, id.0.0, snapshot.0.0]).await? {
        return Err(Error::Conflict(Taken::Draft));
    }
    delete_draft(desk, app, id).await.map(|_| ())
}

/// Lets the deployments go that are too old to be listed.
pub(super) async fn drop_old_snapshots(desk: &Desk, app: AppKey) -> Result<()> {
    let params = params![app.0, DEPLOYMENTS_KEPT, OLD_SNAPSHOTS];
    let old = row::all(desk.connection(), sql::OLD_SNAPSHOTS, params, |row| {
        row::Cells::new(row, "deployments", 0).object_id(0)
    })
    .await?;
    for id in old {
        delete_snapshot(desk, app, id).await?;
    }
    Ok(())
}

/// Deletes a snapshot, and the files that only it has.
pub(super) async fn delete_snapshot(desk: &Desk, app: AppKey, id: ObjectId) -> Result<()> {
    for statement in [sql::DELETE_FILES_OF_SNAPSHOT, sql::DELETE_PATHS_OF_SNAPSHOT, sql::DELETE_SNAPSHOT] {
        desk.run(statement, params![app.0, id.0]).await?;
    }
    Ok(())
}

async fn delete_draft(desk: &Desk, app: AppKey, draft: DraftId) -> Result<bool> {
    let snapshot = row::one(desk.connection(), sql::DELETE_DRAFT, params![app.0, draft.0.0], |row| {
        row::Cells::new(row, "drafts", 0).object_id(0)
    })
    .await?;
    let Some(snapshot) = snapshot else { return Ok(false) };
    delete_snapshot(desk, app, snapshot).await?;
    Ok(true)
}

/// A draft with the hash of each of its files, reckoned before the writer sees it.
pub(in crate::store::postgres) struct SealedDraft {
    act: PutDraft,
    hashes: Vec<[u8; 32]>,
}

impl SealedDraft {
    pub(in crate::store::postgres) fn new(act: PutDraft) -> Result<SealedDraft> {
        let paths = act.files.iter().map(|file| file.path.as_str());
        refuse_nul(paths.chain([act.config.as_str(), act.draft.origin.as_str()]))?;
        let hashes = hashes(&act.files);
        Ok(SealedDraft { act, hashes })
    }
}

impl Act for SealedDraft {
    type Done = ();
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<()> {
        let PutDraft { app, ref draft, replaces, now, .. } = self.act;
        if desk.exists(sql::DRAFT_HAS, params![app.0, draft.id.0.0, draft.snapshot.0.0]).await? {
            return Ok(());
        }
        if !desk.exists(sql::APP_EXISTS, params![app.0]).await? {
            return Err(Error::Conflict(Taken::Draft));
        }
        insert_snapshot(desk, app, draft.snapshot, now, &self.act.config, &self.act.files, &self.hashes)
            .await?;
        let Some(old) = replaces else { return self.insert(desk).await };
        let params = params![app.0, draft.id.0.0, old.0.0, draft.snapshot.0.0];
        if desk.run(sql::MOVE_DRAFT, params).await? == 0 {
            return Err(Error::Conflict(Taken::Draft));
        }
        delete_snapshot(desk, app, old.0).await
    }
}

impl SealedDraft {
    async fn insert(&self, desk: &Desk) -> Result<()> {
        let PutDraft { app, ref draft, .. } = self.act;
        let inserted = desk
            .run(
                sql::INSERT_DRAFT,
                params![
                    app.0,
                    draft.id.0.0,
                    draft.admin.0,
                    draft.origin,
                    draft.created.0,
                    draft.base.0.0,
                    draft.snapshot.0.0
                ],
            )
            .await?;
        if inserted > 0 { Ok(()) } else { Err(Error::Conflict(Taken::Draft)) }
    }
}

/// Discards a draft.
pub(in crate::store::postgres) struct DeleteDraft {
    pub(in crate::store::postgres) app: AppKey,
    pub(in crate::store::postgres) draft: DraftId,
}

impl Act for DeleteDraft {
    type Done = bool;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        delete_draft(desk, self.app, self.draft).await
    }
}

/// Sets how an app deploys.
pub(in crate::store::postgres) struct SetDeployConfig {
    pub(in crate::store::postgres) app: AppKey,
    pub(in crate::store::postgres) config: String,
}

impl Act for SetDeployConfig {
    type Done = bool;
    const SAME_AGAIN: bool = true;

    fn holds(&self) -> Hold {
        Hold::Server
    }

    async fn perform(&self, desk: &Desk) -> Result<bool> {
        refuse_nul([self.config.as_str()])?;
        Ok(desk.run(sql::SET_DEPLOY_CONFIG, params![self.app.0, self.config]).await? > 0)
    }
}
