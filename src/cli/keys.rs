//! `passerby keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{Desk, Need};
use super::failure::CliError;
use super::{At, client_app_id, print};
use crate::auth::KeyPurpose;
use crate::model::ClientAppId;

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Lists an app's signing keys, without showing one.
    List(ListArgs),
    /// Starts a new key; the old ones go on verifying until they are retired.
    Rotate(RotateArgs),
    /// Removes a key that no longer signs: its tokens stop being good at once.
    Retire(RetireArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// Prints an array of `{id, purpose, algorithm, created, signs}`, oldest first of each purpose.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct RotateArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// What the key is for: `access`, `access-original` (for access tokens of the original form) or `refresh`.
    purpose: KeyPurpose,
    /// Prints the new key, as `keys list` does.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct RetireArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The key's id, as `keys list` shows it. It may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    id: String,
    /// Agrees that every session that a refresh key signed ends, although guests cannot log in again.
    #[arg(long)]
    end_sessions: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Key {
    id: String,
    purpose: String,
    algorithm: String,
    created: i64,
    signs: bool,
}

pub(super) async fn keys(file: Option<&PathBuf>, command: KeysCommand) -> Result<(), CliError> {
    match command {
        KeysCommand::List(args) => list(file, args).await,
        KeysCommand::Rotate(args) => rotate(file, args).await,
        KeysCommand::Retire(args) => retire(file, args).await,
    }
}

async fn list(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.ours("/keys");
    if args.json {
        print::json(&desk.get::<Value>(&path).await?);
        return Ok(());
    }
    let keys: Vec<Key> = desk.get(&path).await?;
    let rows = keys.into_iter().map(|key| {
        let does = if key.signs { "signs and verifies" } else { "verifies" };
        [key.id, key.purpose, key.algorithm, does.to_owned(), print::time(key.created)]
    });
    print::out(&print::table(["ID", "PURPOSE", "ALGORITHM", "DOES", "CREATED"], rows.collect()));
    Ok(())
}

async fn rotate(file: Option<&PathBuf>, args: RotateArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.ours("/keys/rotate");
    let answer: Value = desk.post(&path, &json!({ "purpose": args.purpose.as_str() })).await?;
    if args.json {
        print::json(&answer);
        return Ok(());
    }
    let key: Key = serde_json::from_value(answer).map_err(|error| CliError::Lost(error.into()))?;
    let (app, purpose) = (&args.app, args.purpose);
    print::out(&format!("New {purpose} tokens of {app} are signed with {} from now on.\n", key.id));
    print::note(&format!(
        "The old keys go on verifying. `passerby keys list {app}` shows them; retire one when its \
        tokens are over."
    ));
    Ok(())
}

async fn retire(file: Option<&PathBuf>, args: RetireArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.ours("/keys/retire");
    let request = json!({ "id": args.id, "end_sessions": args.end_sessions });
    let retired = desk.act(Method::POST, &path, &request).await;
    retired.map_err(|error| {
        error
            .hinting_if_absent(format!("`passerby keys list {}` shows which there are", args.app))
            .confirmed_by("--end-sessions says so")
    })?;
    print::out(&format!("Retired {} of {}: what it signed is no longer good.\n", args.id, args.app));
    Ok(())
}
