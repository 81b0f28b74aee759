//! `passerby projects`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{Desk, Need, segment};
use super::failure::CliError;
use super::{At, print};

#[derive(Subcommand)]
pub(super) enum ProjectsCommand {
    /// Lists the projects, the server's own first.
    List(ListArgs),
    /// Makes a project.
    Create(CreateArgs),
    /// Gives a project another name.
    Rename(RenameArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Prints an array of `{_id, name}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// Its name.
    name: String,
    /// Prints `{_id, name}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct RenameArgs {
    /// The project's id.
    project: String,
    /// Its new name.
    name: String,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Project {
    #[serde(rename = "_id")]
    id: String,
    name: String,
}

pub(super) async fn projects(file: Option<&PathBuf>, command: ProjectsCommand) -> Result<(), CliError> {
    match command {
        ProjectsCommand::List(args) => list(file, args).await,
        ProjectsCommand::Create(args) => create(file, args).await,
        ProjectsCommand::Rename(args) => rename(file, args).await,
    }
}

async fn list(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    if args.json {
        print::json(&desk.ours::<Value>("/projects").await?);
        return Ok(());
    }
    let rows = desk.ours::<Vec<Project>>("/projects").await?.into_iter().map(|p| [p.id, p.name]);
    print::out(&print::table(["PROJECT", "NAME"], rows.collect()));
    Ok(())
}

async fn create(file: Option<&PathBuf>, args: CreateArgs) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    let made: Value = desk.order("/projects", &json!({ "name": args.name })).await?;
    if args.json {
        print::json(&made);
        return Ok(());
    }
    let made: Project = serde_json::from_value(made).map_err(|error| CliError::Lost(error.into()))?;
    print::out(&format!("Made the project {}.\n", made.id));
    Ok(())
}

async fn rename(file: Option<&PathBuf>, args: RenameArgs) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    let path = format!("/api/passerby/v1/projects/{}", segment(&args.project));
    let renamed = desk.act(Method::PUT, &path, &json!({ "name": args.name })).await;
    renamed.map_err(|error| error.hinting_if_absent("`passerby projects list` shows which there are"))?;
    print::out(&format!("{} is called {} from now on.\n", args.project, print::plain(&args.name)));
    Ok(())
}
