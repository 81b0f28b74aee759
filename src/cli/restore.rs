//! `passerby restore`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::failure::CliError;
use super::progress::Progress;
use super::{Database, print, wait};
use crate::config::{Config, Settings};
use crate::server;

#[derive(Args)]
pub(super) struct RestoreArgs {
    /// A file that `passerby backup` wrote.
    file: PathBuf,
    /// An empty data directory, or one that does not exist yet.
    #[arg(long, value_name = "DIR", env = "PASSERBY_DATA", hide_env_values = true)]
    data: Option<PathBuf>,
    #[command(flatten)]
    database: Database,
    /// Prints what was restored: `{data, bytes, apps, users}`.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Restored {
    data: PathBuf,
    bytes: u64,
    apps: u64,
    users: u64,
}

pub(super) fn restore(file: Option<&PathBuf>, args: RestoreArgs) -> Result<(), CliError> {
    let config = Config::load(file, Settings { data: args.data, ..args.database.settings() })?;
    if config.store.is_some() {
        return Err(CliError::InDatabase(
            "a backup becomes the store of a data directory, and the settings name a database",
        ));
    }
    let progress = Progress::bytes(format!("restoring {}", args.file.display()));
    let whole = wait(async {
        let restored = server::restore(&args.file, &config.data, |done, all| progress.at(done, all)).await;
        Ok(restored?)
    })?;
    drop(progress);
    let server::Restored { bytes, apps, users } = whole;
    if args.json {
        print::json(&Restored { data: config.data, bytes, apps, users });
        return Ok(());
    }
    let (apps, users, data) = (print::count(apps, "app"), print::count(users, "user"), config.data.display());
    print::out(&format!("Restored {apps} with {users} into {data} ({}).\n", print::size(bytes)));
    print::note(&format!("`passerby serve --data {data}` serves them."));
    Ok(())
}
