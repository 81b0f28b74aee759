//! `passerby users delete`: those who are named, or all that a filter meets.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::Filter;
use super::list::print_met;
use super::user_id;
use crate::cli::desk::{AppPath, Desk, Need};
use crate::cli::failure::CliError;
use crate::cli::progress::Progress;
use crate::cli::{At, client_app_id, print};
use crate::model::{ClientAppId, UserId};

/// Users that are asked for at once.
const PAGE: usize = 1000;

#[derive(Args)]
pub(in crate::cli) struct DeleteArgs {
    /// The app.
    #[arg(value_parser = client_app_id)]
    app: ClientAppId,
    /// The users; instead of them, a filter.
    #[arg(value_name = "USER", value_parser = user_id)]
    users: Vec<UserId>,
    #[command(flatten)]
    filter: Filter,
    /// Removes nobody, and lists whom the filter meets.
    #[arg(long, conflicts_with_all = ["users", "yes"])]
    dry_run: bool,
    /// Does not ask first.
    #[arg(long)]
    yes: bool,
    /// Prints what was done with a filter: `{deleted}`; with --dry-run an array of users as `users list` prints them.
    #[arg(long, conflicts_with = "users")]
    json: bool,
    #[command(flatten)]
    at: At,
}

pub(in crate::cli) async fn delete(file: Option<&PathBuf>, args: DeleteArgs) -> Result<(), CliError> {
    match (args.users.is_empty(), args.filter.is_empty()) {
        (true, true) => {
            Err(usage("say whom: users, or a filter such as --provider anon-user --older-than 90d"))
        }
        (false, false) => Err(usage("say either users or a filter, not both")),
        (false, true) => named(file, args).await,
        (true, false) => met(file, args).await,
    }
}

fn usage(said: &str) -> CliError {
    CliError::Usage(said.to_owned())
}

/// One user after the other; the first that fails ends it, and those before stay done.
async fn named(file: Option<&PathBuf>, args: DeleteArgs) -> Result<(), CliError> {
    if !args.yes {
        confirm(args.users.len(), &args.app)?;
    }
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    for user in args.users {
        let done = remove(&desk, &app, &user.to_string()).await;
        done.map_err(|error| error.hinting(format!("it was {user} of {}", args.app)))?;
        print::out(&format!("Deleted {user}.\n"));
    }
    Ok(())
}

async fn met(file: Option<&PathBuf>, args: DeleteArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let app = desk.app(&args.app).await?;
    if args.dry_run {
        let count = print_met(&desk, &app, &args.filter, args.json).await?;
        print::note(&format!("{} of {} would be deleted.", print::count(count, "user"), args.app));
        return Ok(());
    }
    let users = find(&desk, &app, &args.filter).await?;
    if !args.yes && !users.is_empty() {
        confirm(users.len(), &args.app)?;
    }
    let progress = Progress::counted(format!("deleting users of {}", args.app));
    let mut deleted = 0;
    for (done, user) in users.iter().enumerate() {
        progress.at(done as u64, users.len() as u64);
        match remove(&desk, &app, user).await {
            Ok(()) => deleted += 1,
            // Gone by itself, which is what was wanted.
            Err(error) if error.is(StatusCode::NOT_FOUND) => {}
            Err(error) => {
                let before = print::count(deleted, "user");
                return Err(error.hinting(format!("{before} were deleted; say it again for the rest")));
            }
        }
    }
    drop(progress);
    match args.json {
        true => print::json(&json!({ "deleted": deleted })),
        false => print::out(&format!("Deleted {} of {}.\n", print::count(deleted, "user"), args.app)),
    }
    Ok(())
}

async fn remove(desk: &Desk, app: &AppPath, user: &str) -> Result<(), CliError> {
    desk.act(Method::DELETE, &app.admin(&format!("/users/{user}")), &Value::Null).await
}

/// All whom the filter meets now: who comes while it works was not agreed to.
async fn find(desk: &Desk, app: &AppPath, filter: &Filter) -> Result<Vec<String>, CliError> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(rename = "_id")]
        id: String,
    }
    let progress = Progress::spinner("looking for users");
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().map(|last| format!("&after={last}")).unwrap_or_default();
        let path = app.admin(&format!("/users?{}limit={PAGE}{after}", filter.query()));
        let page: Vec<Row> = desk.get(&path).await?;
        let count = page.len();
        found.extend(page.into_iter().map(|row| row.id));
        progress.say(format!("looking for users: {}", found.len()));
        if count < PAGE {
            return Ok(found);
        }
    }
}

/// Asks whoever sits at the terminal; where nobody does, `--yes` must say it.
fn confirm(users: usize, app: &ClientAppId) -> Result<(), CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(usage("deleting cannot be undone, and nobody can be asked here: say --yes"));
    }
    crate::cli::confirm::confirm(&format!("Delete {} of {app} for good?", print::count(users as u64, "user")))
}
