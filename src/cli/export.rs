//! `passerby export`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::desk::{AppPath, Desk, Need};
use super::failure::CliError;
use super::{At, client_app_id, print};
use crate::appdir::{self, SaveError, Tree};
use crate::model::{ClientAppId, DeploymentId, Format};

#[derive(Args)]
pub(super) struct ExportArgs {
    /// The app.
    #[arg(value_name = "APP", value_parser = client_app_id)]
    app: ClientAppId,
    /// A new or empty directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The version to write: 20180301, 20200603, 20210101 or 20230101. Default: the one that came.
    #[arg(long, value_name = "VERSION")]
    format: Option<Format>,
    /// Prints what was written: `{client_app_id, directory, config_version, files}`, the files as paths.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Exported {
    config_version: u32,
    deployment: DeploymentId,
    files: BTreeMap<String, String>,
}

/// An app as it left the server.
pub(super) struct Fetched {
    pub(super) config_version: u32,
    pub(super) deployment: DeploymentId,
    pub(super) tree: Tree,
}

#[derive(Serialize)]
struct Written<'a> {
    client_app_id: &'a ClientAppId,
    directory: &'a PathBuf,
    config_version: u32,
    files: Vec<&'a String>,
}

pub(super) async fn export(file: Option<&PathBuf>, args: ExportArgs) -> Result<(), CliError> {
    let place = args.at.place(file)?;
    if args.directory.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(SaveError::NotEmpty { path: args.directory }.into());
    }
    let desk = Desk::open(place, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    let Fetched { config_version, tree, .. } = fetch(&desk, &app, args.format).await?;
    appdir::save(&tree, &args.directory)?;
    let written = Written {
        client_app_id: &app.client_app_id,
        directory: &args.directory,
        config_version,
        files: tree.0.keys().collect(),
    };
    if args.json {
        print::json(&written);
    } else {
        let files = print::count(written.files.len() as u64, "file");
        let (app, directory, version) =
            (written.client_app_id, args.directory.display(), written.config_version);
        print::out(&format!("Exported {app} to {directory}: {files}, version {version}.\n"));
    }
    Ok(())
}

/// Asks for an app's directory. A path that no export has is refused: a server could mean to have something written
/// that is run, or read, for another reason.
pub(super) async fn fetch(desk: &Desk, app: &AppPath, format: Option<Format>) -> Result<Fetched, CliError> {
    let format = format.map(|format| format!("?format={format}")).unwrap_or_default();
    let exported: Exported = desk.get(&app.ours(&format!("/export{format}"))).await?;
    let mut files = BTreeMap::new();
    for (path, text) in exported.files {
        if !appdir::belongs(&path) {
            return Err(CliError::OddFile(path));
        }
        files.insert(path, STANDARD.decode(text).map_err(|error| CliError::Lost(error.into()))?);
    }
    let Exported { config_version, deployment, .. } = exported;
    Ok(Fetched { config_version, deployment, tree: Tree(files) })
}
