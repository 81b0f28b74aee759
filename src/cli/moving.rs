//! `passerby move`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::desk::Desk;
use super::failure::CliError;
use super::progress::Progress;
use super::{print, wait};
use crate::config::StoreUrl;
use crate::model::Secret;
use crate::server::{self, Place, SameTable, Step};

#[derive(Args)]
pub(super) struct MoveArgs {
    /// Where the store is: a data directory, or a database as postgres://OWNER@HOST/DATABASE.
    #[arg(long, value_name = "DIR|URL", required_unless_present = "reopen")]
    from: Option<String>,
    /// Where it is to be: a database if it is in a data directory, and the other way around. It must hold no other store.
    #[arg(long, value_name = "DIR|URL", required_unless_present = "reopen")]
    to: Option<String>,
    /// A file with the password for the database, which nobody but its owner can read.
    #[arg(long, value_name = "FILE", env = "PASSERBY_STORE_PASSWORD_FILE", hide_env_values = true)]
    store_password_file: Option<PathBuf>,
    /// Moves nothing: only compares what is in both, row by row.
    #[arg(long)]
    verify: bool,
    /// Moves nothing: has a store be served again that was moved away.
    #[arg(long, value_name = "DIR|URL", conflicts_with_all = ["from", "to", "verify"])]
    reopen: Option<String>,
    /// Prints `{from, to, rows, tables: [{table, rows, sha256}]}`.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Done {
    from: String,
    to: String,
    rows: u64,
    tables: Vec<SameTable>,
}

pub(super) fn move_store(args: MoveArgs) -> Result<(), CliError> {
    let place = |text: &str| place(text, args.store_password_file.as_ref());
    if let Some(reopened) = &args.reopen {
        return reopen(&place(reopened), args.json);
    }
    let (from, to) = (args.from.unwrap_or_default(), args.to.unwrap_or_default());
    let (from, to) = (place(&from), place(&to));
    if matches!(
        (&from, &to),
        (Place::Directory(_), Place::Directory(_)) | (Place::Database { .. }, Place::Database { .. })
    ) {
        return Err(CliError::Usage(
            "one of --from and --to is a data directory, the other a database: `passerby backup` and `passerby restore` \
             copy a directory, pg_dump and pg_restore a database"
                .to_owned(),
        ));
    }
    let bar = Progress::timed("looking at both stores");
    let mut live = false;
    let said = std::sync::Mutex::new(None);
    let heard = |step: Step| {
        let mut said = said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let says = Some((step.doing, step.table));
        if *said != says {
            bar.say(format!("{} {}", step.doing, step.table));
            *said = says;
        }
        bar.at(step.done, step.all);
    };
    let tables = wait(async {
        match (&from, &to) {
            (Place::Directory(data), Place::Database { url, password_file }) if !args.verify => {
                let Some(desk) = Desk::of_server(data).await? else {
                    return Ok(server::move_store(&from, &to, false, &heard).await?);
                };
                if server::serves_database(data) {
                    let said =
                        "is in a database: to move what else lies in the directory, stop that server first";
                    return Err(CliError::Usage(format!("the store of the server on {from} {said}")));
                }
                live = true;
                through(&desk, url, password_file.as_ref(), &bar).await
            }
            _ => Ok(server::move_store(&from, &to, args.verify, &heard).await?),
        }
    })?;
    drop(bar);
    let rows = tables.iter().map(|table| table.rows).sum();
    let done = Done { from: from.to_string(), to: to.to_string(), rows, tables };
    if args.json {
        print::json(&done);
        return Ok(());
    }
    print::out(&table(&done.tables));
    let rows = print::count(rows, "row");
    if args.verify {
        print::out(&format!("\nBoth stores are the same, row by row: {rows}.\n"));
        return Ok(());
    }
    print::out(&format!("\nMoved {rows} from {from} to {to}, and compared them row by row.\n"));
    if live {
        print::note(
            "The server still answers, but takes nothing new: stop it now. Then start one on the database.",
        );
    }
    print::note(&what_is_next(&from, &to));
    Ok(())
}

fn reopen(place: &Place, json: bool) -> Result<(), CliError> {
    let was_moved = wait(async { Ok(server::reopen_store(place).await?) })?;
    if json {
        print::json(&json!({ "reopened": place.to_string(), "was_moved": was_moved }));
    } else if was_moved {
        print::out(&format!("{place} can be served again, as it was when it was moved.\n"));
        print::note("What was written since at the place it was moved to stays there.");
    } else {
        print::out(&format!("{place} was never moved, or is open again: nothing was changed.\n"));
    }
    Ok(())
}

/// How often to ask how far it is.
const PERIOD: Duration = Duration::from_millis(250);

/// Has the server move that uses the store.
async fn through(
    desk: &Desk,
    url: &StoreUrl,
    password_file: Option<&PathBuf>,
    bar: &Progress,
) -> Result<Vec<SameTable>, CliError> {
    // The server is another user's process, in another directory: what it is to know is read here.
    let server::Carried { url, password } = server::carried(url, password_file)?;
    let body = json!({ "to": url.expose(), "password": password.as_ref().map(Secret::expose) });
    let mut moved = std::pin::pin!(desk.order::<Moved>("/move", &body));
    let mut ticks = tokio::time::interval(PERIOD);
    loop {
        tokio::select! {
            moved = &mut moved => return Ok(moved?.tables),
            _ = ticks.tick() => {
                if let Ok(Some(now)) = desk.ours::<Option<Now>>("/move").await {
                    bar.say(format!("{} {}", now.doing, now.table));
                    bar.at(now.done, now.all);
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Moved {
    tables: Vec<SameTable>,
}

#[derive(Deserialize)]
struct Now {
    doing: String,
    table: String,
    done: u64,
    all: u64,
}

/// What has `postgres://` before it is a database.
fn place(text: &str, password_file: Option<&PathBuf>) -> Place {
    match text.split_once("://") {
        Some(_) => {
            Place::Database { url: StoreUrl::from(text.to_owned()), password_file: password_file.cloned() }
        }
        None => Place::Directory(PathBuf::from(text)),
    }
}

fn table(tables: &[SameTable]) -> String {
    let row = |same: &SameTable| [same.table.clone(), same.rows.to_string(), same.sha256.clone()];
    print::table(["TABLE", "ROWS", "SHA-256 OF BOTH"], tables.iter().map(row).collect())
}

fn what_is_next(from: &Place, to: &Place) -> String {
    let key = "The file of the master key, if there is one, goes along: --master-key-file as before.";
    let left = "What was moved stays as it was, and no server opens it any more";
    match to {
        Place::Directory(data) => {
            format!("`passerby serve --data {}` serves it, without --store. {key} {left}.", data.display())
        }
        Place::Database { .. } => format!(
            "`passerby migrate-store --store URL --grant ROLE` lets the role in that is to serve, `passerby serve --store \
             URL` serves it. {key} {left}: `passerby move --reopen {from}` undoes that."
        ),
    }
}
