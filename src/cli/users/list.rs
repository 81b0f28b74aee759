//! `passerby users list`, and the rows that other commands share.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::filter::Filter;
use crate::cli::desk::{AppPath, Desk, Need};
use crate::cli::failure::CliError;
use crate::cli::{At, client_app_id, print};
use crate::model::{ClientAppId, UserId};

/// The largest page that is asked for.
const PAGE: u64 = 1000;

#[derive(Args)]
pub(in crate::cli) struct ListArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Only those after this user.
    #[arg(long, value_name = "USER", value_parser = super::user_id)]
    after: Option<UserId>,
    #[command(flatten)]
    filter: Filter,
    /// All of them.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Prints an array of users as the Admin API shows them: `{_id, domain_id, identities, type, creation_date,
    /// last_authentication_date, sessions_valid_since, disabled, data}`, dates in seconds.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "type")]
    kind: String,
    identities: Vec<Identity>,
    creation_date: i64,
    last_authentication_date: i64,
    disabled: bool,
    data: Map<String, Value>,
}

#[derive(Deserialize)]
struct Identity {
    provider_type: String,
}

pub(in crate::cli) async fn list(file: Option<&PathBuf>, args: ListArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    let path = app.admin(&format!("/users?{}", args.filter.query()));
    let most = if args.all { u64::MAX } else { args.limit };
    let pages = Pages { desk: &desk, path, most, after: args.after.map(|user| user.to_string()), print_rows };
    let printed = pages.print(args.json).await?;
    if args.json {
        return Ok(());
    }
    match printed {
        (0, _) => print::note("No users."),
        (count, Some(last)) if count == most => {
            print::note(&format!("There may be more: passerby users list {} --after {last}", args.app));
        }
        _ => {}
    }
    Ok(())
}

/// Prints whom the policy would let go now, and says how many they are.
pub(super) async fn print_expiring(desk: &Desk, app: &AppPath, json: bool) -> Result<u64, CliError> {
    let pages = Pages { desk, path: app.ours("/expiring?"), most: u64::MAX, after: None, print_rows };
    Ok(pages.print(json).await?.0)
}

/// Prints whom a filter meets, and says how many they are.
pub(super) async fn print_met(
    desk: &Desk,
    app: &AppPath,
    filter: &Filter,
    json: bool,
) -> Result<u64, CliError> {
    let path = app.admin(&format!("/users?{}", filter.query()));
    let pages = Pages { desk, path, most: u64::MAX, after: None, print_rows };
    Ok(pages.print(json).await?.0)
}

/// A list that comes in pages: printed page by page, since there may be millions.
pub(super) struct Pages<'a> {
    pub(super) desk: &'a Desk,
    /// With `?`, and `&` after each parameter.
    pub(super) path: String,
    pub(super) most: u64,
    pub(super) after: Option<String>,
    /// Prints a page that is not empty; with a header when it is the first.
    pub(super) print_rows: fn(Vec<Value>, bool) -> Result<(), CliError>,
}

impl Pages<'_> {
    /// Prints all of it and says how many there were, and who was the last.
    pub(super) async fn print(mut self, json: bool) -> Result<(u64, Option<String>), CliError> {
        let mut printed = 0;
        if json {
            print::out("[");
        }
        loop {
            let limit = PAGE.min(self.most.saturating_sub(printed));
            let after = self.after.as_ref().map(|after| format!("&after={after}")).unwrap_or_default();
            let page: Vec<Value> = self.desk.get(&format!("{}limit={limit}{after}", self.path)).await?;
            let count = page.len() as u64;
            if let Some(last) = page.last().and_then(|user| user["_id"].as_str()) {
                self.after = Some(last.to_owned());
            }
            match json {
                true => print_values(&page, printed == 0),
                false if page.is_empty() => {}
                false => (self.print_rows)(page, printed == 0)?,
            }
            printed += count;
            if count < limit || printed >= self.most {
                break;
            }
        }
        if json {
            print::out("]\n");
        }
        Ok((printed, self.after))
    }
}

fn print_values(page: &[Value], first: bool) {
    for (place, value) in page.iter().enumerate() {
        let comma = if first && place == 0 { "" } else { "," };
        print::out(&format!("{comma}{}", print::json_text(value)));
    }
}

fn print_rows(page: Vec<Value>, first: bool) -> Result<(), CliError> {
    let rows: Result<Vec<Row>, _> = page.into_iter().map(serde_json::from_value).collect();
    let rows = rows.map_err(|error| CliError::Lost(error.into()))?.into_iter().map(|user| {
        let providers: Vec<String> =
            user.identities.into_iter().map(|identity| identity.provider_type).collect();
        let email = user.data.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
        let state = if user.disabled { "disabled" } else { "enabled" }.to_owned();
        let active = match user.last_authentication_date {
            0 => "never".to_owned(),
            at => print::day(at),
        };
        [user.id, user.kind, providers.join(", "), email, print::time(user.creation_date), active, state]
    });
    let header = ["USER", "TYPE", "PROVIDERS", "E-MAIL", "CREATED", "LAST ACTIVE", "STATE"];
    print::out(below_header(&print::table(header, rows.collect()), first));
    Ok(())
}

/// A table as it is, or below the header that was printed before.
pub(super) fn below_header(table: &str, first: bool) -> &str {
    if first { table } else { table.split_once('\n').map_or("", |(_, rows)| rows) }
}
