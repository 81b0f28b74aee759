//! `passerby push` and `passerby diff`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::changes::{self, ChangeView};
use super::confirm::confirm;
use super::desk::{Desk, Need};
use super::failure::CliError;
use super::import::ignored;
use super::print::{self, Paint};
use super::progress::Progress;
use super::shipment::{Preview, Shipment, imported};
use super::{At, client_app_id};
use crate::appdir::Change;
use crate::model::ClientAppId;

#[derive(Args)]
pub(super) struct PushArgs {
    #[command(flatten)]
    what: What,
    /// Shows what would change, and changes nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Does not ask first.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
struct What {
    /// The app directory.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// The app that the directory is, when its files do not say, or say another.
    #[arg(long, value_name = "CLIENT_APP_ID", value_parser = client_app_id)]
    app: Option<ClientAppId>,
    /// Lists the files that are no part of the app.
    #[arg(long)]
    verbose: bool,
    /// Prints `{client_app_id, created, changed, pushed, files, secrets, warnings, ignored}`: each file as `{path, change,
    /// diff}` with `added`, `changed` or `removed`, secrets by name. An app that would be new may have no id yet.
    #[arg(long)]
    json: bool,
}

/// What a push did, or would do, for programs.
#[derive(Serialize)]
struct PushView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_app_id: Option<ClientAppId>,
    created: bool,
    changed: bool,
    pushed: bool,
    files: Vec<ChangeView<'a>>,
    secrets: &'a [String],
    warnings: &'a [Value],
    ignored: &'a [String],
}

pub(super) async fn push(file: Option<&PathBuf>, args: PushArgs) -> Result<(), CliError> {
    let need = if args.dry_run { Need::Store } else { Need::Nothing };
    let (desk, shipment, preview) = look(&args.what, args.at, file, need).await?;
    if args.dry_run || !preview.changed {
        return tell(&args.what, &preview);
    }
    if !args.what.json {
        show(&preview);
    }
    let target = target(&preview);
    if !args.yes {
        confirm(&format!("Push {} to {target}?", args.what.directory.display()))?;
    }
    let answer = shipment.deliver(&desk, preview.replaces).await?;
    let done = imported(answer)?;
    if args.what.json {
        print_view(&preview, Some(done.client_app_id), true);
        return Ok(());
    }
    let (directory, app) = (args.what.directory.display(), &done.client_app_id);
    let became = match done.created {
        true => "a new app".to_owned(),
        false => changes::summary(&preview.files, preview.secrets.len()),
    };
    let became = if became.is_empty() { "done".to_owned() } else { became };
    print::out(&format!("Pushed {directory} to {app}: {became}.\n"));
    print::out(&ignored(&done.ignored, args.what.verbose));
    if matches!(desk, Desk::House(_)) {
        print::note("No server runs on this data directory; `passerby serve` starts one.");
    }
    Ok(())
}

pub(super) async fn diff(file: Option<&PathBuf>, args: DiffArgs) -> Result<(), CliError> {
    let (_, _, preview) = look(&args.what, args.at, file, Need::Store).await?;
    tell(&args.what, &preview)
}

async fn look(
    what: &What,
    at: At,
    file: Option<&PathBuf>,
    need: Need,
) -> Result<(Desk, Shipment, Preview), CliError> {
    let place = at.place(file)?;
    let progress = Progress::spinner(format!("comparing {}", what.directory.display()));
    let shipment = Shipment::load(&what.directory, what.app.clone())?;
    let desk = Desk::open(place, need).await?;
    let preview = shipment.preview(&desk).await?;
    drop(progress);
    Ok((desk, shipment, preview))
}

/// Prints what would change, without changing it.
fn tell(what: &What, preview: &Preview) -> Result<(), CliError> {
    if what.json {
        print_view(preview, preview.client_app_id.clone(), false);
        return Ok(());
    }
    show(preview);
    print::out(&ignored(&preview.ignored, what.verbose));
    if !preview.changed {
        let app = target(preview);
        print::out(&format!("Nothing to push: {} is what {app} has.\n", what.directory.display()));
    }
    Ok(())
}

fn print_view(preview: &Preview, client_app_id: Option<ClientAppId>, pushed: bool) {
    print::json(&PushView {
        client_app_id,
        created: preview.created,
        changed: preview.changed,
        pushed,
        files: preview.files.iter().map(Change::view).collect(),
        secrets: &preview.secrets,
        warnings: &preview.warnings,
        ignored: &preview.ignored,
    });
}

/// What would change, for people.
fn show(preview: &Preview) {
    preview.warn();
    if !preview.changed {
        return;
    }
    print::out(&changes::shown(&preview.files));
    for name in &preview.secrets {
        let line = format!("Secret {}: set", print::plain(name));
        print::out(&format!("{}\n", print::paint_out(&line, Paint::Bold)));
    }
    let summary = changes::summary(&preview.files, preview.secrets.len());
    // Such as the order of keys that no export keeps.
    let summary = if summary.is_empty() { "nothing that an export shows".to_owned() } else { summary };
    print::out(&format!("{}: {summary}\n", target(preview)));
}

fn target(preview: &Preview) -> String {
    match (&preview.client_app_id, preview.created) {
        (Some(app), false) => app.to_string(),
        (Some(app), true) => format!("{app} (a new app)"),
        (None, _) => "a new app".to_owned(),
    }
}

/// What `watch` does first: a push that asks.
pub(super) async fn push_first(
    desk: &Desk,
    directory: &Path,
    app: Option<ClientAppId>,
    yes: bool,
) -> Result<ClientAppId, CliError> {
    let shipment = Shipment::load(directory, app)?;
    let preview = shipment.preview(desk).await?;
    show(&preview);
    if let (Some(app), false) = (&preview.client_app_id, preview.changed) {
        return Ok(app.clone());
    }
    if !yes {
        confirm(&format!(
            "Push {} to {}, and every save from now on?",
            directory.display(),
            target(&preview)
        ))?;
    }
    Ok(imported(shipment.deliver(desk, preview.replaces).await?)?.client_app_id)
}
