//! A directory on its way to a desk.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::changes::Told;
use super::desk::Desk;
use super::failure::CliError;
use super::print;
use crate::appdir::{Change, Tree};
use crate::model::{ClientAppId, DeploymentId};
use crate::server::Directory;

/// A directory that was read, found valid, and addressed.
pub(super) struct Shipment {
    directory: Directory,
    /// The app that it is, when somebody said.
    app: Option<ClientAppId>,
    /// The app that its files say.
    named: Option<ClientAppId>,
}

/// What became of it, as far as people are told.
#[derive(Deserialize)]
pub(super) struct Imported {
    pub(super) client_app_id: ClientAppId,
    pub(super) created: bool,
    pub(super) changed: bool,
    pub(super) warnings: Vec<Finding>,
    pub(super) ignored: Vec<String>,
}

/// A warning, in one line.
#[derive(Deserialize)]
pub(super) struct Finding {
    pub(super) text: String,
}

/// What would become of it.
pub(super) struct Preview {
    /// Absent when the app would get a new id.
    pub(super) client_app_id: Option<ClientAppId>,
    pub(super) created: bool,
    pub(super) changed: bool,
    pub(super) replaces: Option<DeploymentId>,
    pub(super) secrets: Vec<String>,
    pub(super) files: Vec<Change>,
    /// As the server told them.
    pub(super) warnings: Vec<Value>,
    pub(super) ignored: Vec<String>,
}

#[derive(Deserialize)]
struct ToldPreview {
    client_app_id: Option<ClientAppId>,
    created: bool,
    changed: bool,
    replaces: Option<DeploymentId>,
    secrets: Vec<String>,
    files: Vec<Told>,
    warnings: Vec<Value>,
    ignored: Vec<String>,
}

impl Preview {
    /// Says what is to be known of it.
    pub(super) fn warn(&self) {
        for warning in &self.warnings {
            print::warning(warning["text"].as_str().unwrap_or_default());
        }
    }
}

impl Shipment {
    /// Reads a directory. One that is not valid is refused before any desk is asked.
    pub(super) fn load(directory: &Path, app: Option<ClientAppId>) -> Result<Shipment, CliError> {
        let directory = Directory::load(directory)?;
        let named = directory.import()?.client_app_id;
        Ok(Shipment { directory, app, named })
    }

    /// Asks what it would change.
    pub(super) async fn preview(&self, desk: &Desk) -> Result<Preview, CliError> {
        let told: ToldPreview = self.send(desk, "diff", None).await?;
        let files = told.files.into_iter().map(Change::try_from).collect::<Result<_, _>>()?;
        let ToldPreview { client_app_id, created, changed, replaces, secrets, warnings, ignored, .. } = told;
        Ok(Preview { client_app_id, created, changed, replaces, secrets, files, warnings, ignored })
    }

    /// Has it become live: over that deployment, or over whichever is live. What the server answers comes back as it is.
    pub(super) async fn deliver(
        &self,
        desk: &Desk,
        replaces: Option<DeploymentId>,
    ) -> Result<Value, CliError> {
        let answer = self.send(desk, "import", replaces).await;
        answer.map_err(|error: CliError| match error.is(StatusCode::CONFLICT) {
            true => error.hinting("run the same command again"),
            false => error,
        })
    }

    /// To a server elsewhere: the path means nothing there, so the app must have an id, and be there.
    async fn send_away<T: serde::de::DeserializeOwned>(
        &self,
        desk: &Desk,
        what: &str,
        request: &Value,
    ) -> Result<T, CliError> {
        let Some(app) = self.app.as_ref().or(self.named.as_ref()) else {
            return Err(CliError::Usage(
                "the directory does not say which app it is: name it with --app".to_owned(),
            ));
        };
        desk.post(&desk.app(app).await?.ours(&format!("/{what}")), request).await
    }

    async fn send<T: serde::de::DeserializeOwned>(
        &self,
        desk: &Desk,
        what: &str,
        replaces: Option<DeploymentId>,
    ) -> Result<T, CliError> {
        let mut request = request(&self.directory.tree);
        request["replaces"] = json!(replaces);
        if matches!(desk, Desk::Remote(_)) {
            return self.send_away(desk, what, &request).await;
        }
        request["path"] = json!(self.directory.path);
        request["client_app_id"] = json!(self.app);
        desk.order(&format!("/{what}"), &request).await
    }
}

/// The body that brings a directory's files.
pub(super) fn request(tree: &Tree) -> Value {
    let files = tree.0.iter().map(|(path, bytes)| (path.clone(), Value::String(STANDARD.encode(bytes))));
    json!({ "files": files.collect::<Map<_, _>>() })
}

/// What the server answered, as far as people are told.
pub(super) fn imported(answer: Value) -> Result<Imported, CliError> {
    serde_json::from_value(answer).map_err(|error| CliError::Lost(error.into()))
}
