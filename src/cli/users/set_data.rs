//! `passerby users set-data`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use http::Method;
use serde_json::{Map, Value};

use super::user_id;
use crate::cli::desk::{Desk, Need};
use crate::cli::failure::CliError;
use crate::cli::{At, client_app_id, print};
use crate::model::{ClientAppId, UserId};

#[derive(Args)]
pub(in crate::cli) struct SetDataArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The user.
    #[arg(value_parser = user_id)]
    user: UserId,
    /// A file with a JSON object of at most 16 KiB; `-` for standard input.
    #[arg(required_unless_present = "remove")]
    file: Option<PathBuf>,
    /// Removes what is kept.
    #[arg(long, conflicts_with = "file")]
    remove: bool,
    #[command(flatten)]
    at: At,
}

pub(in crate::cli) async fn set_data(file: Option<&PathBuf>, args: SetDataArgs) -> Result<(), CliError> {
    let data = args.file.as_deref().map(read).transpose()?;
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.ours(&format!("/users/{}/custom_data", args.user));
    let (method, body, done) = match data {
        Some(data) => (Method::PUT, Value::Object(data), "Set"),
        None => (Method::DELETE, Value::Null, "Removed"),
    };
    let acted = desk.act(method, &path, &body).await;
    acted.map_err(|error| error.hinting(format!("it was {} of {}", args.user, args.app)))?;
    print::out(&format!("{done} the custom data of {}; its next access token tells.\n", args.user));
    Ok(())
}

fn read(file: &Path) -> Result<Map<String, Value>, CliError> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let shown = file.display();
    let text = text.map_err(|error| CliError::Usage(format!("failed to read {shown}: {error}")))?;
    serde_json::from_str(&text)
        .map_err(|error| CliError::Usage(format!("failed to understand {shown} as a JSON object: {error}")))
}
