//! `passerby backup`.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{Desk, Need};
use super::failure::CliError;
use super::progress::Progress;
use super::{At, print};

#[derive(Args)]
pub(super) struct BackupArgs {
    /// A new file. It holds the signing keys: keep it as safe as the data directory.
    file: PathBuf,
    /// Prints what was written: `{path, bytes}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct BackedUp {
    bytes: u64,
}

pub(super) async fn backup(file: Option<&PathBuf>, args: BackupArgs) -> Result<(), CliError> {
    let place = args.at.place(file)?;
    let config = place.here()?;
    if config.store.is_some() {
        return Err(CliError::InDatabase("the store is a database, which has backups of its own"));
    }
    let failed = |source| CliError::Write { path: args.file.clone(), source };
    // The server may have another working directory.
    let path = std::path::absolute(&args.file).map_err(failed)?;
    let desk = Desk::here(config, Need::Store).await?;
    let progress = Progress::spinner(format!("backing up to {}", args.file.display()));
    let answer: Value = desk.order("/backup", &json!({ "path": path })).await?;
    drop(progress);
    // A service with a /tmp of its own, or one in a container, wrote where nobody will look, and where it may not last.
    if !path.is_file() {
        return Err(CliError::Elsewhere(path));
    }
    if args.json {
        print::json(&answer);
        return Ok(());
    }
    let done: BackedUp = serde_json::from_value(answer).map_err(|error| CliError::Lost(error.into()))?;
    print::out(&format!("Backed up to {}: {}.\n", args.file.display(), print::size(done.bytes)));
    Ok(())
}
