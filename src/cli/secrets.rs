//! `passerby secrets`.

use std::io::Read;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde_json::json;

use super::desk::{Desk, Need};
use super::failure::CliError;
use super::{At, client_app_id, print};
use crate::model::ClientAppId;

#[derive(Subcommand)]
pub(super) enum SecretsCommand {
    /// Lists the names of an app's secrets. Their values are never shown.
    List(ListArgs),
    /// Sets a secret, from a file or from standard input: a value on the command line would be seen by others.
    Set(SetArgs),
    /// Removes a secret.
    Delete(DeleteArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// Prints an array of names.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct SetArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The secret's name.
    name: String,
    /// The file with its value; standard input when absent. A line break at the end does not count.
    #[arg(long)]
    file: Option<PathBuf>,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct DeleteArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The secret's name.
    name: String,
    #[command(flatten)]
    at: At,
}

pub(super) async fn secrets(file: Option<&PathBuf>, command: SecretsCommand) -> Result<(), CliError> {
    match command {
        SecretsCommand::List(args) => list(file, args).await,
        SecretsCommand::Set(args) => set(file, args).await,
        SecretsCommand::Delete(args) => delete(file, args).await,
    }
}

async fn list(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let names: Vec<String> = desk.get(&desk.app(&args.app).await?.ours("/secrets")).await?;
    if args.json {
        print::json(&json!(names));
    } else {
        print::out(&names.into_iter().map(|name| name + "\n").collect::<String>());
    }
    Ok(())
}

async fn set(file: Option<&PathBuf>, args: SetArgs) -> Result<(), CliError> {
    let mut value = match &args.file {
        Some(path) => std::fs::read_to_string(path),
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        }
    }
    .map_err(|error| CliError::Usage(format!("failed to read the secret's value: {error}")))?;
    value.truncate(value.trim_end_matches(['\r', '\n']).len());
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.ours("/secrets");
    desk.act(Method::POST, &path, &json!({ "name": args.name, "value": value })).await?;
    print::out(&format!("Set the secret {} of {}.\n", args.name, args.app));
    Ok(())
}

async fn delete(file: Option<&PathBuf>, args: DeleteArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.ours("/secrets/delete");
    let deleted = desk.act(Method::POST, &path, &json!({ "name": args.name })).await;
    deleted.map_err(|error| {
        error.hinting_if_absent(format!("`passerby secrets list {}` shows which there are", args.app))
    })?;
    print::out(&format!("Removed the secret {} of {}.\n", args.name, args.app));
    Ok(())
}
