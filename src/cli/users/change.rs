//! `passerby users disable|enable|revoke|delete`.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde_json::Value;

use super::user_id;
use crate::cli::desk::{Desk, Need};
use crate::cli::failure::CliError;
use crate::cli::{At, client_app_id, print};
use crate::model::{ClientAppId, UserId};

#[derive(Args)]
pub(in crate::cli) struct ChangeArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The users.
    #[arg(value_name = "USER", required = true, value_parser = user_id)]
    users: Vec<UserId>,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(in crate::cli) struct DeleteArgs {
    /// Does not ask first.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What becomes of a user.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Disable,
    Enable,
    Revoke,
    Delete,
}

impl Change {
    fn request(self) -> (Method, &'static str) {
        match self {
            Change::Disable => (Method::PUT, "/disable"),
            Change::Enable => (Method::PUT, "/enable"),
            Change::Revoke => (Method::PUT, "/logout"),
            Change::Delete => (Method::DELETE, ""),
        }
    }

    fn done(self) -> &'static str {
        match self {
            Change::Disable => "Disabled",
            Change::Enable => "Enabled",
            Change::Revoke => "Ended every session of",
            Change::Delete => "Deleted",
        }
    }
}

/// One user after the other; the first that fails ends it, and those before stay done.
pub(super) async fn change(file: Option<&PathBuf>, args: ChangeArgs, change: Change) -> Result<(), CliError> {
    let desk = Desk::open(&args.at.config(file)?, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    let (method, rest) = change.request();
    for user in args.users {
        let path = app.admin(&format!("/users/{user}{rest}"));
        let done = desk.act(method.clone(), &path, &Value::Null).await;
        done.map_err(|error| error.hinting(format!("it was {user} of {}", args.app)))?;
        print::out(&format!("{} {user}.\n", change.done()));
    }
    Ok(())
}

pub(super) async fn delete(file: Option<&PathBuf>, args: DeleteArgs) -> Result<(), CliError> {
    if !args.yes {
        confirm(&args.change)?;
    }
    change(file, args.change, Change::Delete).await
}

/// Asks whoever sits at the terminal; where nobody does, `--yes` must say it.
fn confirm(args: &ChangeArgs) -> Result<(), CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::Usage(
            "deleting cannot be undone, and nobody can be asked here: say --yes".to_owned(),
        ));
    }
    let users = print::count(args.users.len() as u64, "user");
    let mut screen = std::io::stderr();
    let _ = write!(screen, "Delete {users} of {} for good? [y/N] ", args.app);
    let _ = screen.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match (read, answer.trim().to_ascii_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Ok(()),
        _ => Err(CliError::Unconfirmed),
    }
}
