//! `passerby apps`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::Value;

use super::desk::{Desk, Need};
use super::failure::CliError;
use super::{At, print};
use crate::model::{AnonymousUserExpiration, ExpiryClock};

#[derive(Subcommand)]
pub(super) enum AppsCommand {
    /// Lists the apps, with how many users each has.
    List(ListArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Prints an array of `{client_app_id, name, _id, group_id, config_version, providers, anonymous_user_expiration,
    /// created, users}`; `providers` are the enabled ones, `created` is in seconds.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Summary {
    client_app_id: String,
    name: String,
    providers: Vec<String>,
    anonymous_user_expiration: AnonymousUserExpiration,
    created: i64,
    users: u64,
}

pub(super) async fn apps(file: Option<&PathBuf>, command: AppsCommand) -> Result<(), CliError> {
    let AppsCommand::List(args) = command;
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    if args.json {
        print::json(&desk.ours::<Value>("/apps").await?);
        return Ok(());
    }
    let apps: Vec<Summary> = desk.ours("/apps").await?;
    if apps.is_empty() {
        print::note("There is no app yet. `passerby import DIR` takes one in.");
        return Ok(());
    }
    let rows = apps.into_iter().map(|app| {
        let providers = if app.providers.is_empty() { "none".to_owned() } else { app.providers.join(", ") };
        let expiry = expiry(app.anonymous_user_expiration);
        [app.client_app_id, app.name, providers, app.users.to_string(), expiry, print::time(app.created)]
    });
    print::out(&print::table(
        ["APP", "NAME", "PROVIDERS", "USERS", "GUESTS EXPIRE", "CREATED"],
        rows.collect(),
    ));
    Ok(())
}

fn expiry(policy: AnonymousUserExpiration) -> String {
    let days = print::count(u64::from(policy.days), "day");
    match policy.clock {
        ExpiryClock::Inactivity => format!("after {days} of inactivity"),
        ExpiryClock::Age => format!("{days} after they came"),
        ExpiryClock::Never => "never".to_owned(),
    }
}
