//! `passerby users expire`.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::list::print_expiring;
use crate::cli::desk::{Desk, Need};
use crate::cli::failure::CliError;
use crate::cli::progress::Progress;
use crate::cli::{At, client_app_id, print};
use crate::model::ClientAppId;

#[derive(Args)]
pub(in crate::cli) struct ExpireArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// Removes nobody, and lists who would go now.
    #[arg(long)]
    dry_run: bool,
    /// Says that the clock is right, after it went further than is believed.
    #[arg(long, conflicts_with = "dry_run")]
    accept_clock: bool,
    /// Prints what was done: `{removed}`; with --dry-run an array of users as `users list` prints them.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Gone {
    removed: u64,
}

pub(super) async fn expire(file: Option<&PathBuf>, args: ExpireArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    if args.dry_run {
        let count = print_expiring(&desk, &app, args.json).await?;
        print::note(&format!("{} of {} would go now.", print::count(count, "guest"), args.app));
        return Ok(());
    }
    let progress = Progress::spinner(format!("removing guests of {}", args.app));
    let request = json!({ "accept_clock": args.accept_clock });
    let answer: Result<Value, CliError> = desk.post(&app.ours("/expire"), &request).await;
    let answer = answer.map_err(|error| {
        error.confirmed_by("see who would go with --dry-run; --accept-clock says that the clock is right")
    })?;
    drop(progress);
    if args.json {
        print::json(&answer);
        return Ok(());
    }
    let gone: Gone = serde_json::from_value(answer).map_err(|error| CliError::Lost(error.into()))?;
    print::out(&format!("Removed {} of {}.\n", print::count(gone.removed, "guest"), args.app));
    Ok(())
}
