//! `passerby watch`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::time::MissedTickBehavior;

use super::changes;
use super::desk::{Desk, Need};
use super::failure::CliError;
use super::push::push_first;
use super::shipment::Shipment;
use super::{At, client_app_id, print};
use crate::appdir::{Stamp, stamp};
use crate::model::{ClientAppId, with_causes};

/// How often to look whether something was saved.
const PERIOD: Duration = Duration::from_millis(250);

#[derive(Args)]
pub(super) struct WatchArgs {
    /// The app directory.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// The app that the directory is, when its files do not say, or say another.
    #[arg(long, value_name = "CLIENT_APP_ID", value_parser = client_app_id)]
    app: Option<ClientAppId>,
    /// Does not ask before the first push.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    at: At,
}

/// Pushes once, as `push` does, and then whenever something was saved, until somebody ends it. What is wrong with a
/// save is said, and the next save is waited for.
pub(super) async fn watch(file: Option<&PathBuf>, args: WatchArgs) -> Result<(), CliError> {
    let place = args.at.place(file)?;
    let before = look(&args.directory);
    let desk = Desk::open(place, Need::Store).await?;
    if matches!(desk, Desk::House(_)) {
        return Err(CliError::NoServer);
    }
    let app = push_first(&desk, &args.directory, args.app, args.yes).await?;
    print::note(&format!("Watching {} for {app}. Ctrl-C ends it.", args.directory.display()));
    let mut watch =
        Watch { desk, directory: args.directory, app, pushed: before, seen: None, said: String::new() };
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        watch.step().await;
    }
}

struct Watch {
    desk: Desk,
    directory: PathBuf,
    app: ClientAppId,
    /// The directory as it was last pushed, or refused for good.
    pushed: Option<Stamp>,
    /// The directory at the last look: editors write several files, and not at once.
    seen: Option<Stamp>,
    /// What was said last of a push that is tried again and again.
    said: String,
}

impl Watch {
    async fn step(&mut self) {
        let now = look(&self.directory);
        let settled = self.seen == now;
        self.seen = now.clone();
        if now == self.pushed || !settled {
            return;
        }
        match self.push().await {
            Ok(said) => {
                print::out(&said);
                self.said.clear();
                self.pushed = now;
            }
            Err(error) => {
                let text = with_causes(&error, ": ");
                if text != self.said {
                    print::error(&error);
                }
                self.said = text;
                // What a server did not take may be taken at the next try; what is wrong in a file will not.
                if !matches!(error, CliError::Lost(_) | CliError::Unreachable { .. }) {
                    self.pushed = now;
                }
            }
        }
    }

    async fn push(&self) -> Result<String, CliError> {
        let shipment = Shipment::load(&self.directory, Some(self.app.clone()))?;
        let preview = shipment.preview(&self.desk).await?;
        preview.warn();
        if !preview.changed {
            return Ok("Saved: nothing changed.\n".to_owned());
        }
        shipment.deliver(&self.desk, None).await?;
        let summary = changes::summary(&preview.files, preview.secrets.len());
        let files: String = preview
            .files
            .iter()
            .map(|change| format!("  {} {}\n", change.word(), print::plain(&change.path)))
            .collect();
        Ok(format!("Pushed to {}: {summary}\n{files}", self.app))
    }
}

/// `None` while there is no such directory.
fn look(directory: &Path) -> Option<Stamp> {
    stamp(directory).ok()
}
