//! `passerby import`.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::desk::{Desk, Need};
use super::failure::CliError;
use super::progress::Progress;
use super::{At, client_app_id, print};
use crate::model::ClientAppId;
use crate::server::Directory;

#[derive(Args)]
pub(super) struct ImportArgs {
    /// The app directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The app that the directory is, when its files do not say, or say another.
    #[arg(long, value_name = "CLIENT_APP_ID", value_parser = client_app_id)]
    app: Option<ClientAppId>,
    /// Lists the files that are no part of the app.
    #[arg(long)]
    verbose: bool,
    /// Prints what became of it: `{client_app_id, name, config_version, created, changed, warnings, ignored}`, each
    /// warning as `{file, line, column, json_path, message, hint, text}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Imported {
    client_app_id: String,
    created: bool,
    changed: bool,
    warnings: Vec<Warning>,
    ignored: Vec<String>,
}

#[derive(Deserialize)]
struct Warning {
    text: String,
}

pub(super) async fn import(file: Option<&PathBuf>, args: ImportArgs) -> Result<(), CliError> {
    let config = args.at.config(file)?;
    let shown = args.directory.display().to_string();
    let progress = Progress::spinner(format!("reading {shown}"));
    let directory = Directory::load(&args.directory)?;
    // Refused before a store is made for it, or a server asked.
    directory.import()?;
    let desk = Desk::open(&config, Need::Nothing).await?;
    progress.say(format!("importing {shown}"));
    let files =
        directory.tree.0.iter().map(|(path, bytes)| (path.clone(), Value::String(STANDARD.encode(bytes))));
    let request = json!({
        "path": directory.path, "client_app_id": args.app, "files": files.collect::<Map<_, _>>(),
    });
    let answer: Result<Value, CliError> = desk.order("/import", &request).await;
    let answer = answer.map_err(|error| match error.is(StatusCode::CONFLICT) {
        true => error.hinting("run the same command again"),
        false => error,
    })?;
    drop(progress);
    if args.json {
        print::json(&answer);
        return Ok(());
    }
    let imported: Imported = serde_json::from_value(answer).map_err(|error| CliError::Lost(error.into()))?;
    imported.warnings.iter().for_each(|warning| print::warning(&warning.text));
    let became = match (imported.created, imported.changed) {
        (true, _) => "a new app",
        (false, true) => "changed",
        (false, false) => "nothing changed",
    };
    print::out(&format!("Imported {shown} as {}: {became}.\n", imported.client_app_id));
    print::out(&ignored(&imported.ignored, args.verbose));
    if matches!(desk, Desk::House(_)) {
        print::note("No server runs on this data directory; `passerby serve` starts one.");
    }
    Ok(())
}

/// Which files of a directory are no part of the app, a line each or all in one; nothing when there are none.
pub(super) fn ignored(paths: &[String], verbose: bool) -> String {
    match paths {
        [] => String::new(),
        paths if verbose => paths.iter().map(|path| format!("  ignored: {}\n", print::plain(path))).collect(),
        [_] => "  1 file is no part of the app; --verbose names it\n".to_owned(),
        paths => format!("  {} files are no part of the app; --verbose names them\n", paths.len()),
    }
}
