//! `passerby users disable|enable|revoke`.

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

/// What becomes of a user.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Disable,
    Enable,
    Revoke,
}

impl Change {
    fn request(self) -> (Method, &'static str) {
        match self {
            Change::Disable => (Method::PUT, "/disable"),
            Change::Enable => (Method::PUT, "/enable"),
            Change::Revoke => (Method::PUT, "/logout"),
        }
    }

    fn done(self) -> &'static str {
        match self {
            Change::Disable => "Disabled",
            Change::Enable => "Enabled",
            Change::Revoke => "Ended every session of",
        }
    }
}

/// One user after the other; the first that fails ends it, and those before stay done.
pub(super) async fn change(file: Option<&PathBuf>, args: ChangeArgs, change: Change) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
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
