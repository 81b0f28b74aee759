//! `passerby audit`: what administrators did, the newest first.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use super::desk::{Desk, Need, segment};
use super::failure::CliError;
use super::{At, print};

#[derive(Args)]
pub(super) struct AuditArgs {
    /// At most so many lines, up to 1000.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Only what is older than the line of this id.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// Prints an array of `{_id, at, admin_id, who, project, what, target, origin, address, status}`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Deserialize)]
struct Line {
    at: String,
    who: String,
    what: String,
    target: String,
    address: Option<String>,
    status: u16,
}

pub(super) async fn audit(file: Option<&PathBuf>, args: AuditArgs) -> Result<(), CliError> {
    let desk = Desk::open(args.at.place(file)?, Need::Store).await?;
    let after = segment(args.after.as_deref().unwrap_or_default());
    let path = format!("/audit?limit={}&after={after}", args.limit);
    if args.json {
        print::json(&desk.ours::<Value>(&path).await?);
        return Ok(());
    }
    let rows = desk.ours::<Vec<Line>>(&path).await?.into_iter().map(|line| {
        let method = line.what.split(' ').next().unwrap_or_default().to_owned();
        let address = line.address.unwrap_or_else(|| "socket".to_owned());
        [line.at, line.who, format!("{method} {}", line.target), line.status.to_string(), address]
    });
    print::out(&print::table(["WHEN", "WHO", "WHAT", "STATUS", "FROM"], rows.collect()));
    Ok(())
}
