//! `passerby pull`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::changes::{self, ChangeView};
use super::confirm::confirm;
use super::desk::{Desk, Need};
use super::export::fetch;
use super::failure::CliError;
use super::{At, client_app_id, print};
use crate::appdir::{self, Change, Tree};
use crate::model::{ClientAppId, Format};
use crate::server::DirectoryError;

#[derive(Args)]
pub(super) struct PullArgs {
    /// The directory: a new one, or one whose files are replaced by the app's.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// The app.
    #[arg(long, value_name = "CLIENT_APP_ID", value_parser = client_app_id)]
    app: ClientAppId,
    /// The version to write: 20180301, 20200603, 20210101 or 20230101. Default: the one that came.
    #[arg(long, value_name = "VERSION")]
    version: Option<Format>,
    /// Shows what would change, and changes nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Does not ask before files are replaced or removed.
    #[arg(long)]
    yes: bool,
    /// Prints `{client_app_id, directory, changed, pulled, files}`: each file as `{path, change, diff}` with `added`,
    /// `changed` or `removed`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

/// What a pull did, or would do, for programs.
#[derive(Serialize)]
struct PullView<'a> {
    client_app_id: &'a ClientAppId,
    directory: &'a PathBuf,
    changed: bool,
    pulled: bool,
    files: Vec<ChangeView<'a>>,
}

pub(super) async fn pull(file: Option<&PathBuf>, args: PullArgs) -> Result<(), CliError> {
    let place = args.at.place(file)?;
    let before = match args.directory.exists() {
        true => appdir::load(&args.directory).map_err(DirectoryError::from)?,
        false => Tree::default(),
    };
    let desk = Desk::open(place, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    let after = fetch(&desk, &app, args.version).await?.tree;
    let changes = compare(before, after);
    let pulled = !changes.is_empty() && !args.dry_run;
    // Nothing is lost by files that come where none were.
    let loses = changes.iter().any(|change| change.before.is_some());
    if !args.json && (loses || args.dry_run) {
        print::out(&changes::shown(&changes));
    }
    if pulled && loses && !args.yes {
        let summary = changes::summary(&changes, 0);
        confirm(&format!("Pull {} into {} ({summary})?", args.app, args.directory.display()))?;
    }
    if pulled {
        write(&changes, &args.directory)?;
    }
    if args.json {
        print::json(&PullView {
            client_app_id: &args.app,
            directory: &args.directory,
            changed: !changes.is_empty(),
            pulled,
            files: changes.iter().map(Change::view).collect(),
        });
    } else {
        print::out(&said(&args.app, &args.directory, &changes, pulled));
    }
    Ok(())
}

fn said(app: &ClientAppId, directory: &Path, changes: &[Change], pulled: bool) -> String {
    let directory = directory.display();
    if changes.is_empty() {
        return format!("Nothing to pull: {directory} is what {app} has.\n");
    }
    let did = if pulled { "Pulled" } else { "Would pull" };
    format!("{did} {app} into {directory}: {}.\n", changes::summary(changes, 0))
}

/// How the directory's parts of the app would change. What else lies in it, secrets and noted ids too, is let alone.
fn compare(before: Tree, after: Tree) -> Vec<Change> {
    let parts = before.0.into_iter().filter(|(path, _)| appdir::belongs(path)).collect();
    let mut changes = appdir::changes(Tree(parts), after);
    changes.retain(|change| change.after.is_some() || !change.path.starts_with(".mdb/"));
    changes
}

fn write(changes: &[Change], directory: &Path) -> Result<(), CliError> {
    let written = changes.iter().filter_map(|c| Some((c.path.clone(), c.after.clone()?)));
    let gone: Vec<String> = changes.iter().filter(|c| c.after.is_none()).map(|c| c.path.clone()).collect();
    Ok(appdir::overwrite(&Tree(written.collect()), &gone, directory)?)
}
