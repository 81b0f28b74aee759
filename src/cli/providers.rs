//! `passerby providers`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::desk::{Desk, Need};
use super::export::{Fetched, fetch};
use super::failure::CliError;
use super::shipment::{imported, request};
use super::{At, client_app_id, print};
use crate::appdir::Tree;
use crate::model::{ClientAppId, Format, ProviderType};

/// The providers of the newer versions.
const PROVIDERS: &str = "auth/providers.json";

#[derive(Subcommand)]
pub(super) enum ProvidersCommand {
    /// Lists an app's providers.
    List(ListArgs),
    /// Lets people in through a provider: adds it if need be.
    Enable(SetArgs),
    /// Lets nobody in through a provider any more. Its settings stay.
    Disable(SetArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// Prints an array of `{name, disabled}`.
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
    /// The provider, such as anon-user.
    #[arg(value_parser = provider_type)]
    provider: ProviderType,
    #[command(flatten)]
    at: At,
}

fn provider_type(text: &str) -> Result<ProviderType, String> {
    let all = ProviderType::ALL.map(|kind| kind.to_string()).join(", ");
    text.parse().map_err(|_| format!("expected one of {all}"))
}

pub(super) async fn providers(file: Option<&PathBuf>, command: ProvidersCommand) -> Result<(), CliError> {
    match command {
        ProvidersCommand::List(args) => list(file, args).await,
        ProvidersCommand::Enable(args) => set(file, args, false).await,
        ProvidersCommand::Disable(args) => set(file, args, true).await,
    }
}

async fn list(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    let providers = read(&fetch(&desk, &app, Some(Format::V20210101)).await?.tree)?;
    let pairs = providers.iter().map(|(name, provider)| (name, provider["disabled"] == json!(true)));
    if args.json {
        let list: Vec<_> =
            pairs.map(|(name, disabled)| json!({ "name": name, "disabled": disabled })).collect();
        print::json(&list);
        return Ok(());
    }
    let word = |disabled| if disabled { "disabled" } else { "enabled" };
    let rows: Vec<_> = pairs.map(|(name, disabled)| [name.clone(), word(disabled).to_owned()]).collect();
    if rows.is_empty() {
        let app = &args.app;
        print::note(&format!(
            "{app} has no provider yet. `passerby providers enable {app} anon-user` lets guests in."
        ));
        return Ok(());
    }
    print::out(&print::table(["PROVIDER", "STATE"], rows));
    Ok(())
}

/// Takes the app out, changes one word, and brings it back over the deployment that it was taken from.
async fn set(file: Option<&PathBuf>, args: SetArgs, disabled: bool) -> Result<(), CliError> {
    let SetArgs { app: id, provider, at } = args;
    let desk = Desk::open(at.place(file)?, Need::Store).await?;
    let app = desk.app(&id).await?;
    let mut fetched = fetch(&desk, &app, None).await?;
    let state = if disabled { "disabled" } else { "enabled" };
    match change(&mut fetched, provider, disabled)? {
        Changed::Absent => {
            let text = format!("{id} has no provider {provider}");
            let hint = Some(format!("`passerby providers list {id}` shows which it has"));
            let (problems, status) = (Vec::new(), StatusCode::NOT_FOUND);
            return Err(CliError::Refused { status, text, problems, hint, unconfirmed: false });
        }
        Changed::Not => {
            print::out(&format!("{provider} of {id} is {state} already.\n"));
            return Ok(());
        }
        Changed::Yes => {}
    }
    let mut body = request(&fetched.tree);
    body["replaces"] = json!(fetched.deployment);
    let answer: Result<Value, CliError> = desk.post(&app.ours("/import"), &body).await;
    let done = imported(answer.map_err(|error| match error.is(StatusCode::CONFLICT) {
        true => error.hinting("run the same command again"),
        false => error,
    })?)?;
    done.warnings.iter().for_each(|warning| print::warning(&warning.text));
    let did = if disabled { "Disabled" } else { "Enabled" };
    print::out(&format!("{did} {provider} of {id}.\n"));
    Ok(())
}

enum Changed {
    Yes,
    Not,
    Absent,
}

fn change(fetched: &mut Fetched, kind: ProviderType, disabled: bool) -> Result<Changed, CliError> {
    let older = fetched.config_version < Format::V20210101.number();
    let path = if older { format!("auth_providers/{kind}.json") } else { PROVIDERS.to_owned() };
    let mut whole = fetched.tree.0.get(&path).map(|bytes| object(bytes)).transpose()?.unwrap_or_default();
    let provider = if older {
        (!whole.is_empty()).then_some(&mut whole)
    } else {
        whole.get_mut(kind.as_str()).and_then(Value::as_object_mut)
    };
    match provider {
        Some(provider) if provider.get("disabled") == Some(&json!(disabled)) => return Ok(Changed::Not),
        Some(provider) => {
            provider.insert("disabled".to_owned(), json!(disabled));
        }
        None if disabled => return Ok(Changed::Absent),
        None => {
            let new = json!({ "name": kind, "type": kind, "disabled": false });
            match (older, new) {
                (true, Value::Object(new)) => whole = new,
                (_, new) => {
                    whole.insert(kind.to_string(), new);
                }
            }
        }
    }
    fetched.tree.0.insert(path, Value::Object(whole).to_string().into_bytes());
    Ok(Changed::Yes)
}

fn read(tree: &Tree) -> Result<Map<String, Value>, CliError> {
    Ok(tree.0.get(PROVIDERS).map(|bytes| object(bytes)).transpose()?.unwrap_or_default())
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, CliError> {
    serde_json::from_slice(bytes).map_err(|error| CliError::Lost(error.into()))
}
