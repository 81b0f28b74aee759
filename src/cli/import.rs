//! `passerby import`.

use std::path::PathBuf;

use clap::Args;

use super::desk::{Desk, Need};
use super::failure::CliError;
use super::progress::Progress;
use super::shipment::{Shipment, imported};
use super::{At, client_app_id, print};
use crate::model::ClientAppId;

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

pub(super) async fn import(file: Option<&PathBuf>, args: ImportArgs) -> Result<(), CliError> {
    let place = args.at.place(file)?;
    let shown = args.directory.display().to_string();
    let progress = Progress::spinner(format!("reading {shown}"));
    // Refused before a store is made for it, or a server asked.
    let shipment = Shipment::load(&args.directory, args.app)?;
    let desk = Desk::open(place, Need::Nothing).await?;
    progress.say(format!("importing {shown}"));
    let answer = shipment.deliver(&desk, None).await?;
    drop(progress);
    if args.json {
        print::json(&answer);
        return Ok(());
    }
    let imported = imported(answer)?;
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
