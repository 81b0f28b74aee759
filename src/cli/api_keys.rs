//! `passerby api-keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{Desk, Need};
use super::failure::CliError;
use super::{At, client_app_id, print};
use crate::model::{ApiKeyId, ClientAppId};

#[derive(Subcommand)]
pub(super) enum ApiKeysCommand {
    /// Makes a key with a server user of its own, and prints it: this once and never again.
    Create(CreateArgs),
    /// Lists an app's server keys, without their values.
    List(ListArgs),
    /// Refuses logins with a key; sessions that it opened go on.
    Disable(OneArgs),
    /// Allows logins with a key again.
    Enable(OneArgs),
    /// Removes a key for good, with its user and all sessions.
    Delete(OneArgs),
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The key's name: ASCII letters, digits, `_`, `-`. It becomes the `name` of its user.
    name: String,
    /// Prints `{_id, key, name, disabled}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// Prints an array of `{_id, name, disabled}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct OneArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The key's id, as `api-keys list` shows it.
    #[arg(value_name = "KEY", value_parser = key_id)]
    key: ApiKeyId,
    #[command(flatten)]
    at: At,
}

fn key_id(text: &str) -> Result<ApiKeyId, String> {
    text.parse().map_err(|_| "expected an id of 24 hex digits, not a name or the key itself".to_owned())
}

#[derive(Deserialize)]
struct Key {
    #[serde(rename = "_id")]
    id: ApiKeyId,
    name: String,
    disabled: bool,
}

pub(super) async fn api_keys(file: Option<&PathBuf>, command: ApiKeysCommand) -> Result<(), CliError> {
    match command {
        ApiKeysCommand::Create(args) => create(file, args).await,
        ApiKeysCommand::List(args) => list(file, args).await,
        ApiKeysCommand::Disable(args) => act(file, args, Method::PUT, "/disable", "Disabled").await,
        ApiKeysCommand::Enable(args) => act(file, args, Method::PUT, "/enable", "Enabled").await,
        ApiKeysCommand::Delete(args) => act(file, args, Method::DELETE, "", "Deleted").await,
    }
}

async fn create(file: Option<&PathBuf>, args: CreateArgs) -> Result<(), CliError> {
    #[derive(Deserialize)]
    struct Made {
        #[serde(flatten)]
        shown: Key,
        key: String,
    }
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.admin("/api_keys");
    let answer: Result<Value, CliError> = desk.post(&path, &json!({ "name": args.name })).await;
    let answer = answer.map_err(|error| {
        error.hinting_if_absent("enable the provider `api-key` in the app directory, and import it")
    })?;
    if args.json {
        print::json(&answer);
        return Ok(());
    }
    let Made { shown, key } = serde_json::from_value(answer).map_err(|error| CliError::Lost(error.into()))?;
    print::out(&format!("{key}\n"));
    let told = format!("This is {} of {}, {}: it is not shown again.", shown.name, args.app, shown.id);
    print::note(&told);
    Ok(())
}

async fn list(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.admin("/api_keys");
    if args.json {
        print::json(&desk.get::<Value>(&path).await?);
        return Ok(());
    }
    let keys: Vec<Key> = desk.get(&path).await?;
    if keys.is_empty() {
        print::note("No server has a key.");
        return Ok(());
    }
    let rows = keys.into_iter().map(|key| {
        let state = if key.disabled { "disabled" } else { "enabled" };
        [key.id.to_string(), key.name, print::time(key.id.0.created().0), state.to_owned()]
    });
    print::out(&print::table(["KEY", "NAME", "CREATED", "STATE"], rows.collect()));
    Ok(())
}

async fn act(
    file: Option<&PathBuf>,
    args: OneArgs,
    method: Method,
    rest: &str,
    done: &str,
) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.admin(&format!("/api_keys/{}{rest}", args.key));
    desk.act(method, &path, &Value::Null).await.map_err(|error| {
        error.hinting_if_absent(format!("`passerby api-keys list {}` shows which there are", args.app))
    })?;
    print::out(&format!("{done} {} of {}.\n", args.key, args.app));
    Ok(())
}
