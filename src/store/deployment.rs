//! What is deployed of an app, what waits to be, and how an app goes.

use super::{File, NamedSecret, NewApp};
use crate::model::{AppKey, DeploymentId, DraftId, ObjectId, Timestamp};

/// How many deployments of an app are kept, and listed.
pub const DEPLOYMENTS_KEPT: u32 = 25;

/// Makes a configuration live.
#[derive(Clone, Debug)]
pub struct Deploy {
    /// The app.
    pub app: AppKey,
    /// Present when the app is new. Conflicts: `AppKey`, `ClientAppId`.
    pub new: Option<NewApp>,
    /// The live deployment that this one was made from; `None` for a new app. Conflict: `Deployment`.
    pub replaces: Option<DeploymentId>,
    /// The new deployment.
    pub deployment: DeploymentId,
    /// JSON of `model::AppConfig`.
    pub config: String,
    /// The files that are kept as they are.
    pub files: Vec<File>,
    /// Secrets that are set with it, each under the id that its name has, or else this one.
    pub secrets: Vec<NamedSecret>,
    /// Where it came from: the canonical path, and what tells whether its content changed since.
    pub directory: Option<(String, Vec<u8>)>,
    /// How it came about; `None` when it is not to be listed.
    pub listed: Option<Listed>,
    /// The present.
    pub now: Timestamp,
}

/// How a deployment came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Who did it; zeros for the owner of the data.
    pub admin: ObjectId,
    /// With what, in the protocol's words.
    pub origin: String,
    /// What it is called, if it was given a name.
    pub name: Option<String>,
    /// The draft that it was, with the snapshot that was looked at. Conflict: `Draft`. The draft goes with it.
    pub draft: Option<(DraftId, DeploymentId)>,
}

/// A deployment as the history has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentRecord {
    /// Its id.
    pub id: DeploymentId,
    /// When it was made.
    pub created: Timestamp,
    /// Who did it; zeros for the owner of the data.
    pub admin: ObjectId,
    /// With what.
    pub origin: String,
    /// What it is called.
    pub name: Option<String>,
    /// The draft that it was.
    pub draft: Option<DraftId>,
}

/// What a deployment or a draft holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRecord {
    /// JSON of `model::AppConfig`.
    pub config: String,
    /// The files, by path.
    pub files: Vec<File>,
}

/// Changes that wait to be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRecord {
    /// Its id.
    pub id: DraftId,
    /// Whose it is; zeros for the owner of the data. Nobody has two of one app.
    pub admin: ObjectId,
    /// With what it was begun.
    pub origin: String,
    /// When.
    pub created: Timestamp,
    /// The deployment that was live then.
    pub base: DeploymentId,
    /// The snapshot that holds what it has become.
    pub snapshot: DeploymentId,
}

/// Begins a draft, or changes one.
#[derive(Clone, Debug)]
pub struct PutDraft {
    /// The app.
    pub app: AppKey,
    /// The draft, with its new snapshot. Conflict: `Id`, of the snapshot.
    pub draft: DraftRecord,
    /// The snapshot that this one was made from; `None` for a new draft. Conflict: `Draft`, also when its admin has
    /// another one.
    pub replaces: Option<DeploymentId>,
    /// JSON of `model::AppConfig`.
    pub config: String,
    /// The files.
    pub files: Vec<File>,
    /// The present.
    pub now: Timestamp,
}
