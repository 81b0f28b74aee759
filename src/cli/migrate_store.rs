//! `passerby migrate-store`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::failure::CliError;
use super::{Database, print};
use crate::config::Config;
use crate::server::{self, StoreSchema};

#[derive(Args)]
pub(super) struct MigrateStoreArgs {
    #[command(flatten)]
    database: Database,
    /// A role that servers have: it may read and write the store from now on, and not change its schema. Can be
    /// repeated.
    #[arg(long, value_name = "ROLE")]
    grant: Vec<String>,
    /// Changes nothing; fails when there is something to bring up to date.
    #[arg(long, conflicts_with = "grant")]
    check: bool,
    /// Prints `{store, from, to, granted}`, or with --check `{store, schema, known}`.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Done {
    store: String,
    from: u32,
    to: u32,
    granted: Vec<String>,
}

#[derive(Serialize)]
struct Found {
    store: String,
    schema: u32,
    known: u32,
}

pub(super) async fn migrate_store(file: Option<&PathBuf>, args: MigrateStoreArgs) -> Result<(), CliError> {
    let config = Config::load(file, args.database.settings())?;
    let Some(settings) = &config.store else {
        return Err(CliError::Usage(
            "the store is a file, whose schema a server brings up to date by itself: name a database with --store"
                .to_owned(),
        ));
    };
    if args.check {
        let StoreSchema { address, schema, known } = server::store_schema(&config, settings).await?;
        return check(&Found { store: address, schema, known }, args.json);
    }
    let server::Migrated { address, schema } = server::migrate_store(&config, settings, &args.grant).await?;
    let done = Done { store: address, from: schema.from, to: schema.to, granted: args.grant };
    if args.json {
        print::json(&done);
        return Ok(());
    }
    let Done { store, from, to, granted } = done;
    print::out(&match from {
        0 => format!("Made the store {store}, with schema {to}.\n"),
        from if from == to => format!("The store {store} has schema {to} already.\n"),
        from => format!("Brought the store {store} from schema {from} to {to}.\n"),
    });
    for role in granted {
        print::out(&format!("{role} may read and write it, and not change its schema.\n"));
    }
    Ok(())
}

fn check(found: &Found, json: bool) -> Result<(), CliError> {
    let (schema, known) = (found.schema, found.known);
    if json {
        print::json(found);
    }
    if schema < known {
        return Err(CliError::Older { schema, known });
    }
    if !json {
        print::out(&format!("The store {} has schema {schema}: there is nothing to do.\n", found.store));
    }
    Ok(())
}
