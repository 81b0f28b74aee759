//! `passerby users pending|confirm|pending-delete`.

use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::list::{Pages, below_header};
use crate::cli::desk::{Desk, Need, segment};
use crate::cli::failure::CliError;
use crate::cli::{At, client_app_id, print};
use crate::model::{ClientAppId, CredentialId};

#[derive(Args)]
pub(in crate::cli) struct PendingArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Only those after this registration.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// All of them.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Prints an array of registrations as the Admin API shows them: `{_id, domain_id, login_ids, user_id}`, each login
    /// id as `{id_type, id, confirmed}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(in crate::cli) struct RegistrationArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The address, or the registration's id.
    #[arg(value_name = "EMAIL|ID")]
    registration: String,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    id: CredentialId,
    login_ids: Vec<LoginId>,
}

#[derive(Deserialize)]
struct LoginId {
    id: String,
    confirmed: bool,
}

pub(in crate::cli) async fn list(file: Option<&PathBuf>, args: PendingArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.admin("/user_registrations/pending_users?");
    let most = if args.all { u64::MAX } else { args.limit };
    let pages = Pages { desk: &desk, path, most, after: args.after, print_rows };
    match pages.print(args.json).await? {
        _ if args.json => {}
        (0, _) => print::note("No registrations wait."),
        (count, Some(last)) if count == most => {
            print::note(&format!("There may be more: passerby users pending {} --after {last}", args.app));
        }
        _ => {}
    }
    Ok(())
}

fn print_rows(page: Vec<Value>, first: bool) -> Result<(), CliError> {
    let rows: Result<Vec<Row>, _> = page.into_iter().map(serde_json::from_value).collect();
    let rows = rows.map_err(|error| CliError::Lost(error.into()))?;
    let rows = rows.into_iter().flat_map(|row| {
        let registered = print::time(row.id.0.created().0);
        row.login_ids.into_iter().map(move |login| {
            let waits = if login.confirmed { "its first login" } else { "its confirmation" };
            [row.id.to_string(), login.id, registered.clone(), waits.to_owned()]
        })
    });
    let text = print::table(["REGISTRATION", "E-MAIL", "REGISTERED", "WAITS FOR"], rows.collect());
    print::out(below_header(&text, first));
    Ok(())
}

pub(in crate::cli) async fn confirm(file: Option<&PathBuf>, args: RegistrationArgs) -> Result<(), CliError> {
    let registration = act(file, args, Method::POST, "/confirm").await?;
    print::out(&format!("Confirmed {}.\n", print::plain(&registration)));
    Ok(())
}

pub(in crate::cli) async fn delete(file: Option<&PathBuf>, args: RegistrationArgs) -> Result<(), CliError> {
    let registration = act(file, args, Method::DELETE, "").await?;
    print::out(&format!("Removed the registration of {}.\n", print::plain(&registration)));
    Ok(())
}

/// Has something done to a registration, and says how it was named.
async fn act(
    file: Option<&PathBuf>,
    args: RegistrationArgs,
    method: Method,
    rest: &str,
) -> Result<String, CliError> {
    let RegistrationArgs { app, registration, at } = args;
    let desk = Desk::open(at.place(file)?, Need::Store).await?;
    let by = if registration.parse::<CredentialId>().is_ok() { "by_id" } else { "by_email" };
    let name = segment(&registration);
    let path = desk.app(&app).await?.admin(&format!("/user_registrations/{by}/{name}{rest}"));
    let done = desk.act(method, &path, &Value::Null).await;
    done.map_err(|error| error.hinting(format!("`passerby users pending {app}` shows which there are")))?;
    Ok(registration)
}
