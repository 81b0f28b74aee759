//! `passerby access-list`: from where an app's clients may come.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{AppPath, Desk, Need};
use super::failure::CliError;
use super::{At, client_app_id, print};
use crate::model::{ClientAppId, Network};

#[derive(Subcommand)]
pub(super) enum AccessListCommand {
    /// Lists the addresses and networks from which an app's clients may come.
    List(ListArgs),
    /// Lets clients come from an address or a network too. `0.0.0.0/0` is everywhere.
    Add(AddArgs),
    /// Takes an entry from the list. Without any, nobody may come.
    Delete(DeleteArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// Prints an array of `{_id, address, comment, includes_current}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct AddArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// An IP address, or a network such as 192.0.2.0/24 or 2001:db8::/32.
    #[arg(value_parser = network)]
    address: String,
    /// What it is.
    #[arg(long, default_value = "")]
    comment: String,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct DeleteArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The entry's address as it is listed, or its id.
    entry: String,
    #[command(flatten)]
    at: At,
}

fn network(text: &str) -> Result<String, String> {
    text.parse::<Network>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
struct AccessList {
    allowed_ips: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "_id")]
    id: String,
    address: String,
    comment: String,
}

const PATH: &str = "/security/access_list";

pub(super) async fn access_list(file: Option<&PathBuf>, command: AccessListCommand) -> Result<(), CliError> {
    match command {
        AccessListCommand::List(args) => list(file, args).await,
        AccessListCommand::Add(args) => add(file, args).await,
        AccessListCommand::Delete(args) => delete(file, args).await,
    }
}

async fn list(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let AccessList { allowed_ips } = desk.get(&desk.app(&args.app).await?.admin(PATH)).await?;
    if args.json {
        print::json(&allowed_ips);
        return Ok(());
    }
    let entries = entries(allowed_ips)?;
    if entries.is_empty() {
        print::note("Nobody may come: the list is empty.");
        return Ok(());
    }
    let rows = entries.into_iter().map(|entry| [entry.id, entry.address, entry.comment]);
    print::out(&print::table(["ENTRY", "ADDRESS", "COMMENT"], rows.collect()));
    Ok(())
}

fn entries(values: Vec<Value>) -> Result<Vec<Entry>, CliError> {
    let entries: Result<Vec<Entry>, _> = values.into_iter().map(serde_json::from_value).collect();
    entries.map_err(|error| CliError::Lost(error.into()))
}

async fn add(file: Option<&PathBuf>, args: AddArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.admin(PATH);
    let entry = json!({ "address": args.address, "comment": args.comment });
    desk.act(Method::POST, &path, &entry).await?;
    print::out(&format!("Clients of {} may come from {}.\n", args.app, args.address));
    Ok(())
}

async fn delete(file: Option<&PathBuf>, args: DeleteArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let app: AppPath = desk.app(&args.app).await?;
    let AccessList { allowed_ips } = desk.get(&app.admin(PATH)).await?;
    let known = entries(allowed_ips)?.into_iter().find(|entry| entry.address == args.entry);
    let (id, address) = known.map_or((args.entry.clone(), args.entry), |entry| (entry.id, entry.address));
    let gone = desk.act(Method::DELETE, &app.admin(&format!("{PATH}/{id}")), &Value::Null).await;
    gone.map_err(|error| {
        error.hinting(format!("`passerby access-list list {}` shows which there are", args.app))
    })?;
    print::out(&format!("Clients of {} may no longer come from {address}.\n", args.app));
    Ok(())
}
