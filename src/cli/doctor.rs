//! `passerby doctor`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::desk::{Desk, Need};
use super::failure::CliError;
use super::progress::Progress;
use super::{At, print};
use crate::server::{self, STORE_FILE};

#[derive(Args)]
pub(super) struct DoctorArgs {
    /// Prints an array of `{name, finding, well}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Serialize, Deserialize)]
struct Finding {
    name: String,
    finding: String,
    well: bool,
}

pub(super) async fn doctor(file: Option<&PathBuf>, args: DoctorArgs) -> Result<(), CliError> {
    let place = args.at.place(file)?;
    let config = place.here()?;
    let desk = Desk::here(config, Need::Store).await?;
    let progress = Progress::spinner("examining the store");
    let mut findings = vec![runs(&desk).await];
    let is_elsewhere = matches!(desk, Desk::Server(_)) && server::serves_database(&config.data);
    if config.store.is_none() && !is_elsewhere {
        findings.push(mode(&config.data.join(STORE_FILE)));
    }
    findings.extend(desk.ours::<Vec<Finding>>("/examine").await?);
    drop(progress);
    let unwell = findings.iter().filter(|finding| !finding.well).count();
    if args.json {
        print::json(&findings);
    } else {
        let rows = findings.iter().map(|f| [mark(f.well), f.name.clone(), f.finding.clone()]);
        print::out(&print::table(["", "WHAT", "FINDING"], rows.collect()));
    }
    if unwell == 0 { Ok(()) } else { Err(CliError::Unwell(unwell)) }
}

fn mark(well: bool) -> String {
    (if well { "ok" } else { "!!" }).to_owned()
}

/// Where the store of a server is on its way, if it moves.
#[derive(Deserialize)]
struct Move {
    to: String,
    moved: bool,
}

async fn runs(desk: &Desk) -> Finding {
    let (said, well) = match desk {
        Desk::Server(_) => match desk.ours::<Option<Move>>("/move").await {
            Ok(Some(Move { to, moved: true })) => {
                (format!("runs, but its store has moved to {to}: stop it, and start one there"), false)
            }
            Ok(Some(Move { to, moved: false })) => (format!("runs, and its store moves to {to}"), true),
            // One of another version may not say it so.
            Ok(None) | Err(_) => ("runs and answers at its socket".to_owned(), true),
        },
        Desk::House(_) | Desk::Remote(_) => ("none runs on this data directory".to_owned(), true),
    };
    Finding { name: "server".to_owned(), finding: said, well }
}

/// The store holds signing keys, so nobody but its owner may read it.
fn mode(store: &Path) -> Finding {
    let name = "store file".to_owned();
    match store.metadata() {
        Ok(metadata) => {
            let mode = metadata.mode() & 0o777;
            let well = mode & 0o077 == 0;
            let advice = if well { "" } else { ": others can read the signing keys; chmod 600" };
            Finding { name, finding: format!("{} (mode {mode:o}){advice}", store.display()), well }
        }
        Err(error) => Finding { name, finding: format!("{}: {error}", store.display()), well: false },
    }
}
