//! `passerby admins`: who may administer, with which key pairs, and where.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{Desk, Need, segment};
use super::failure::CliError;
use super::{At, print};
use crate::model::Role;

#[derive(Subcommand)]
pub(super) enum AdminsCommand {
    /// Lists the administrators.
    List(ListArgs),
    /// Makes an administrator.
    Create(CreateArgs),
    /// Keeps an administrator out: its sessions end, its keys are good for nothing.
    Disable(NameArgs),
    /// Lets an administrator in again.
    Enable(NameArgs),
    /// Removes an administrator with its keys and sessions.
    Delete(NameArgs),
    /// Gives an administrator a role in a project, or takes it away.
    Roles(RolesArgs),
    /// Key pairs, with which tools sign in.
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Prints an array of `{_id, email, password, disabled, created, roles, keys}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// The e-mail address; without one it signs in with key pairs only.
    email: Option<String>,
    /// A file with its password, `-` for standard input. A line break at the end does not count.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// What it may: `owner` or `read-only`.
    #[arg(long, default_value = "owner")]
    role: Role,
    /// A project in which it may; the server's own when absent.
    #[arg(long = "project", value_name = "ID")]
    projects: Vec<String>,
    /// Prints the administrator, as `admins list` does.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct NameArgs {
    /// Its id, e-mail address, or a public key of it.
    admin: String,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct RolesArgs {
    /// Its id, e-mail address, or a public key of it.
    admin: String,
    /// The project.
    project: String,
    /// `owner`, `read-only` or `none`.
    role: String,
    #[command(flatten)]
    at: At,
}

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Makes a key pair. Its private key is shown once.
    Create(CreateKeyArgs),
    /// Lists key pairs, without showing a private key.
    List(ListArgs),
    /// Revokes a key pair: the sessions that it opened end.
    Revoke(RevokeArgs),
}

#[derive(Args)]
pub(super) struct CreateKeyArgs {
    /// Whose: id, e-mail address, or a public key. The oldest administrator's who is let in when absent.
    admin: Option<String>,
    /// What people call it.
    #[arg(long, default_value = "")]
    name: String,
    /// Prints `{public_key, private_key}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct RevokeArgs {
    /// The public key.
    public_key: String,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Seen {
    #[serde(rename = "_id")]
    id: String,
    email: Option<String>,
    disabled: bool,
    created: i64,
    roles: Vec<SeenRole>,
    keys: Vec<SeenKey>,
}

#[derive(Deserialize)]
struct SeenRole {
    project: String,
    role: String,
}

#[derive(Deserialize)]
struct SeenKey {
    public_key: String,
    name: String,
    created: i64,
}

#[derive(Deserialize)]
struct Pair {
    public_key: String,
    private_key: String,
}

pub(super) async fn admins(file: Option<&PathBuf>, command: AdminsCommand) -> Result<(), CliError> {
    match command {
        AdminsCommand::List(args) => list(file, args).await,
        AdminsCommand::Create(args) => create(file, args).await,
        AdminsCommand::Disable(args) => change(file, args, Method::PUT, "/disable", "Disabled").await,
        AdminsCommand::Enable(args) => change(file, args, Method::PUT, "/enable", "Enabled").await,
        AdminsCommand::Delete(args) => change(file, args, Method::DELETE, "", "Removed").await,
        AdminsCommand::Roles(args) => roles(file, args).await,
        AdminsCommand::Keys(KeysCommand::Create(args)) => create_key(file, args).await,
        AdminsCommand::Keys(KeysCommand::List(args)) => list_keys(file, args).await,
        AdminsCommand::Keys(KeysCommand::Revoke(args)) => revoke(file, args).await,
    }
}

async fn list(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    if args.json {
        print::json(&desk.ours::<Value>("/admins").await?);
        return Ok(());
    }
    let rows = desk.ours::<Vec<Seen>>("/admins").await?.into_iter().map(|admin| {
        let roles: Vec<String> = admin.roles.iter().map(|r| format!("{} of {}", r.role, r.project)).collect();
        let state = if admin.disabled { "disabled" } else { "enabled" };
        let email = admin.email.unwrap_or_default();
        let keys = admin.keys.len().to_string();
        [admin.id, email, roles.join(", "), keys, print::time(admin.created), state.to_owned()]
    });
    print::out(&print::table(["ADMIN", "E-MAIL", "ROLES", "KEYS", "CREATED", "STATE"], rows.collect()));
    Ok(())
}

async fn create(file: Option<&PathBuf>, args: CreateArgs) -> Result<(), CliError> {
    let password = args.password_file.as_ref().map(password).transpose()?;
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    let new = json!({
        "email": args.email, "password": password, "role": args.role.as_str(), "projects": args.projects,
    });
    let made: Value = desk.order("/admins", &new).await?;
    if args.json {
        print::json(&made);
        return Ok(());
    }
    let made: Seen = serde_json::from_value(made).map_err(|error| CliError::Lost(error.into()))?;
    print::out(&format!("Made the administrator {}.\n", made.id));
    print::note(&format!("`passerby admins keys create {}` gives it a key pair for tools.", made.id));
    Ok(())
}

/// A password on the command line would be seen by others.
fn password(path: &PathBuf) -> Result<String, CliError> {
    let mut text = String::new();
    let read = match path.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(path).map(|read| text = read),
    };
    read.map_err(|error| CliError::Usage(format!("failed to read {}: {error}", path.display())))?;
    Ok(text.strip_suffix('\n').map(|t| t.strip_suffix('\r').unwrap_or(t)).unwrap_or(&text).to_owned())
}

async fn change(
    file: Option<&PathBuf>,
    args: NameArgs,
    method: Method,
    end: &str,
    done: &str,
) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    let path = format!("/api/passerby/v1/admins/{}{end}", segment(&args.admin));
    desk.act(method, &path, &Value::Null).await.map_err(hinted)?;
    print::out(&format!("{done} {}.\n", print::plain(&args.admin)));
    Ok(())
}

async fn roles(file: Option<&PathBuf>, args: RolesArgs) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    let (admin, project) = (segment(&args.admin), segment(&args.project));
    let role = (args.role != "none").then_some(args.role.as_str());
    let path = format!("/api/passerby/v1/admins/{admin}/roles/{project}");
    desk.act(Method::PUT, &path, &json!({ "role": role })).await.map_err(hinted)?;
    print::out(&format!("{} has the role {} in {}.\n", print::plain(&args.admin), args.role, args.project));
    Ok(())
}

async fn create_key(file: Option<&PathBuf>, args: CreateKeyArgs) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    let request = json!({ "admin": args.admin, "name": args.name });
    let pair: Value = desk.order("/admin_keys", &request).await.map_err(hinted)?;
    if args.json {
        print::json(&pair);
        return Ok(());
    }
    let pair: Pair = serde_json::from_value(pair).map_err(|error| CliError::Lost(error.into()))?;
    print::out(&print::pairs(&[("public key", pair.public_key), ("private key", pair.private_key)]));
    if std::io::stdout().is_terminal() {
        print::note("The private key is not shown again.");
    }
    Ok(())
}

async fn list_keys(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    let admins = desk.ours::<Vec<Seen>>("/admins").await?;
    let keys =
        admins.into_iter().flat_map(|admin| admin.keys.into_iter().map(move |k| (admin.id.clone(), k)));
    if args.json {
        let keys: Vec<Value> = keys
            .map(|(admin, k)| {
                json!({ "public_key": k.public_key, "admin": admin, "name": k.name, "created": k.created })
            })
            .collect();
        print::json(&keys);
        return Ok(());
    }
    let rows = keys.map(|(admin, key)| [key.public_key, admin, key.name, print::time(key.created)]);
    print::out(&print::table(["PUBLIC KEY", "ADMIN", "NAME", "CREATED"], rows.collect()));
    Ok(())
}

async fn revoke(file: Option<&PathBuf>, args: RevokeArgs) -> Result<(), CliError> {
    let desk = Desk::here(args.at.place(file)?.here()?, Need::Store).await?;
    let path = format!("/api/passerby/v1/admin_keys/{}", segment(&args.public_key));
    let revoked = desk.act(Method::DELETE, &path, &Value::Null).await;
    revoked.map_err(|error| error.hinting_if_absent("`passerby admins keys list` shows which there are"))?;
    print::out(&format!("Revoked {}.\n", print::plain(&args.public_key)));
    Ok(())
}

fn hinted(error: CliError) -> CliError {
    error.hinting_if_absent("`passerby admins list` and `passerby projects list` show which there are")
}
