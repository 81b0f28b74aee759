//! `passerby users show`.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::user_id;
use crate::cli::desk::{Desk, Need};
use crate::cli::failure::CliError;
use crate::cli::{At, client_app_id, print};
use crate::model::{ClientAppId, UserId};

#[derive(Args)]
pub(in crate::cli) struct ShowArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The user.
    #[arg(value_parser = user_id)]
    user: UserId,
    /// Prints the user as `users list` does, with `guest`, `last_active_day`, `custom_data`, `identity_data` (an object
    /// for each identity) and `sessions`, each session as `{_id, creation_date, provider_type, expires, device_id,
    /// device}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Whole {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "type")]
    kind: String,
    guest: bool,
    creation_date: i64,
    last_active_day: String,
    disabled: bool,
    identities: Vec<Identity>,
    identity_data: Vec<Map<String, Value>>,
    custom_data: Option<Map<String, Value>>,
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
struct Identity {
    id: String,
    provider_type: String,
}

#[derive(Deserialize)]
struct Session {
    #[serde(rename = "_id")]
    id: String,
    creation_date: i64,
    provider_type: String,
    device_id: Option<String>,
    device: Option<Map<String, Value>>,
}

pub(in crate::cli) async fn show(file: Option<&PathBuf>, args: ShowArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let path = desk.app(&args.app).await?.ours(&format!("/users/{}", args.user));
    let answer: Value = desk.get(&path).await?;
    if args.json {
        print::json(&answer);
        return Ok(());
    }
    let user: Whole = serde_json::from_value(answer).map_err(|error| CliError::Lost(error.into()))?;
    print::out(&head(&user));
    if user.sessions.is_empty() {
        print::out("\nNo sessions.\n");
        return Ok(());
    }
    let rows = user.sessions.into_iter().map(|session| {
        let device = device(&session);
        [session.id, print::time(session.creation_date), session.provider_type, device]
    });
    print::out(&format!("\n{}", print::table(["SESSION", "SINCE", "PROVIDER", "DEVICE"], rows.collect())));
    Ok(())
}

fn head(user: &Whole) -> String {
    let kind = if user.guest { format!("{}, guest", user.kind) } else { user.kind.clone() };
    let mut pairs = vec![
        ("user", user.id.clone()),
        ("type", kind),
        ("created", print::time(user.creation_date)),
        ("last active", format!("{} (UTC day)", user.last_active_day)),
        ("state", if user.disabled { "disabled" } else { "enabled" }.to_owned()),
    ];
    for (identity, data) in user.identities.iter().zip(&user.identity_data) {
        let told = data.iter().map(|(key, value)| format!(" {key}={value}")).collect::<String>();
        pairs.push(("identity", format!("{} {}{told}", identity.provider_type, identity.id)));
    }
    pairs
        .extend(user.custom_data.iter().map(|data| ("custom data", Value::Object(data.clone()).to_string())));
    print::pairs(&pairs)
}

/// What the device said of itself, as far as a line has room: the platform, the SDK, the app.
fn device(session: &Session) -> String {
    let Some(device) = &session.device else { return session.device_id.clone().unwrap_or_default() };
    let said = |keys: &[&str]| {
        let words: Vec<&str> =
            keys.iter().filter_map(|key| device.get(*key).and_then(Value::as_str)).collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let parts = [
        said(&["deviceName", "deviceVersion"]),
        said(&["platform", "platformVersion"]),
        said(&["sdk", "sdkVersion"]),
        said(&["appId", "appVersion"]),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
