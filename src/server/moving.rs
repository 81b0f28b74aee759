//! A store moves between a data directory and a database.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde::{Deserialize, Serialize};

use super::house::make_data_directory;
use super::{STORE_FILE, ServerError};
use crate::auth::{Auth, Destination, MoveAnswer, MoveState, MoveStep, MovedTable, Mover};
use crate::config::StoreUrl;
use crate::model::{Secret, with_causes};
use crate::store::copying::Copying;
use crate::store::moving::{Move, MoveError, Progress, Same, Task};
use crate::store::postgres::{self, Address};
use crate::store::sqlite;
use crate::store::{Hold, Store};

/// Where a store is, or is to be.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file in a data directory.
    Directory(PathBuf),
    /// A database in PostgreSQL.
    Database {
        /// Where it is, and who we are there.
        url: StoreUrl,
        /// The file with the password.
        password_file: Option<PathBuf>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Directory(path) => path.display().fmt(f),
            Place::Database { url, .. } => match Address::new(url.expose(), None, |_| None) {
                Ok(address) => address.fmt(f),
                Err(_) => f.write_str("the database"),
            },
        }
    }
}

/// Why a store was not moved, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    /// There is no store in the data directory.
    #[error("there is no store in {0}")]
    NoStore(PathBuf),
    /// A place cannot be opened.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// It may not be moved, or the move broke off.
    #[error(transparent)]
    Move(#[from] MoveError),
}

impl NotMoved {
    /// What to do next.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            NotMoved::Server(error) if error.is_in_use() => {
                Some("stop the servers on it first, end other sessions, or let the other move end")
            }
            NotMoved::Move(MoveError::Taken(_) | MoveError::Others { .. }) => {
                Some("nothing was changed: name an empty database, or a data directory without a store")
            }
            NotMoved::Move(MoveError::Busy(_)) => {
                Some("nothing was changed: stop the servers on it, and end other sessions")
            }
            NotMoved::Move(MoveError::Copy(_)) => Some(
                "nothing was changed: serve the one that people used last, or make the database (or the data directory) \
                 anew and move once more",
            ),
            NotMoved::Move(MoveError::Stale { .. }) => Some(
                "nothing was changed: `passerby move --reopen DIR|URL`, if it is this one that is to be moved all the same",
            ),
            NotMoved::Move(MoveError::Half { .. }) => {
                Some("that move, run again, goes on where it broke off")
            }
            NotMoved::Move(
                MoveError::Differs { .. } | MoveError::Failed { .. } | MoveError::Unwell { .. },
            ) => Some("the source is as it was; a move that is not finished goes on when it is run again"),
            _ => None,
        }
    }
}

/// A table that both stores have alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameTable {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256 of the rows in the order of their keys, whichever engine keeps them.
    pub sha256: String,
}

/// How far a move has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, such as `copying`.
    pub doing: &'static str,
    /// With which table.
    pub table: &'static str,
    /// Rows that were passed, of all that are to be: each several times.
    pub done: u64,
    /// As far as is known.
    pub all: u64,
}

impl From<Progress> for Step {
    fn from(Progress { task, table, done, all }: Progress) -> Step {
        let doing = match task {
            Task::Clear => "comparing",
            Task::Copy => "copying",
            Task::Verify => "verifying",
        };
        Step { doing, table, done, all }
    }
}

/// Moves a store that nobody serves, and compares what came with what was there; or, with `only_compare`, does nothing
/// but that. `heard` is told how far it has come.
pub async fn move_store(
    from: &Place,
    to: &Place,
    only_compare: bool,
    heard: &(dyn Fn(Step) + Send + Sync),
) -> Result<Vec<SameTable>, NotMoved> {
    let source = source(from, only_compare).await?;
    let target = target(to, only_compare).await?;
    let heard = |progress: Progress| heard(progress.into());
    if only_compare {
        return Ok(shown(Move::compare(&*source, &*target, &heard).await?));
    }
    let mut whole = Move::begin(&*source, &*target, &heard).await?;
    whole.bring().await?;
    let same = whole.verify().await?;
    whole.finish().await?;
    Ok(shown(same))
}

fn shown(same: Vec<Same>) -> Vec<SameTable> {
    let table = |Same { table, rows, sha256 }| SameTable { table: table.to_owned(), rows, sha256 };
    same.into_iter().map(table).collect()
}

/// Lets a store be served again that a move left behind. `false` when it was never moved.
pub async fn reopen_store(place: &Place) -> Result<bool, NotMoved> {
    let store = source(place, true).await?;
    Ok(Move::reopen(&*store).await?)
}

async fn source(place: &Place, only_look: bool) -> Result<Box<dyn Copying>, NotMoved> {
    match place {
        Place::Directory(path) if !path.join(STORE_FILE).exists() => Err(NotMoved::NoStore(path.clone())),
        Place::Directory(path) => Ok(file(path)?),
        Place::Database { url, password_file } => {
            let options = database("from", url, password_file.as_ref())?;
            let opened = match only_look {
                true => postgres::Rows::open(&options).await,
                false => postgres::Rows::hold(&options).await,
            };
            Ok(Box::new(opened.map_err(|source| refused(&options, source))?))
        }
    }
}

async fn target(place: &Place, only_look: bool) -> Result<Box<dyn Copying>, NotMoved> {
    match place {
        _ if only_look => source(place, true).await,
        Place::Directory(path) => {
            make_data_directory(path)?;
            Ok(file(path)?)
        }
        Place::Database { url, password_file } => {
            let options = database("to", url, password_file.as_ref())?;
            let opened = postgres::Rows::to_fill(&options).await;
            Ok(Box::new(opened.map_err(|source| refused(&options, source))?))
        }
    }
}

fn file(data: &Path) -> Result<Box<dyn Copying>, ServerError> {
    // As whoever reads a mark later can follow it.
    let shown = std::path::absolute(data).unwrap_or_else(|_| data.to_owned()).display().to_string();
    Ok(Box::new(sqlite::Rows::open(sqlite::Options::new(data.join(STORE_FILE)), shown)?))
}

fn database(
    setting: &'static str,
    url: &StoreUrl,
    password_file: Option<&PathBuf>,
) -> Result<postgres::Options, ServerError> {
    options(setting, url.expose(), password_file, |name| std::env::var_os(name))
}

fn options(
    setting: &'static str,
    url: &str,
    password_file: Option<&PathBuf>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<postgres::Options, ServerError> {
    let address = Address::new(url, password_file.map(PathBuf::as_path), variable);
    Ok(postgres::Options::new(address.map_err(|source| ServerError::Address { setting, source })?))
}

fn refused(options: &postgres::Options, source: postgres::OpenError) -> ServerError {
    ServerError::Database { address: options.address.to_string(), source }
}

/// Moves the store of a server that runs.
pub(super) struct LiveMove {
    store: Arc<dyn Store>,
    /// Whose logs wait; it owns us.
    auth: Weak<Auth>,
    state: Arc<Mutex<Option<MoveState>>>,
}

impl LiveMove {
    pub(super) fn new(store: Arc<dyn Store>, auth: &Arc<Auth>) -> LiveMove {
        LiveMove { store, auth: Arc::downgrade(auth), state: Arc::default() }
    }

    /// Says that it moves to a place from now on, or why it does not.
    fn begin(&self, to: &Destination) -> Result<postgres::Options, String> {
        let mut state = held(&self.state);
        match &*state {
            Some(MoveState::Moving { to, step }) => return Err(under_way(to, step)),
            Some(MoveState::Moved { to }) => {
                return Err(format!("the store has moved to {to}: stop this server, and start one there"));
            }
            None => {}
        }
        let password = |name: &str| match (name, &to.password) {
            ("PGPASSWORD", Some(password)) => Some(password.expose().into()),
            _ => None,
        };
        let options = options("to", to.url.expose(), None, password);
        let options = options.map_err(|error| with_causes(&error, ": "))?;
        let step = MoveStep { doing: "looking at", table: "both stores", done: 0, all: 0 };
        *state = Some(MoveState::Moving { to: options.address.to_string(), step });
        Ok(options)
    }
}

fn under_way(to: &str, step: &MoveStep) -> String {
    let MoveStep { doing, table, done, all } = step;
    let percent = (100 * done).checked_div(*all).unwrap_or_default();
    format!(
        "the store moves already to {to}: {doing} {table}, {percent} %; the server's log tells how it ends"
    )
}

/// A database as another process is to be told of it, which has other files and another environment.
pub struct Carried {
    /// Its URL, with files by their absolute paths.
    pub url: StoreUrl,
    /// The password that is found here, if one is.
    pub password: Option<Secret<String>>,
}

/// Finds here what another process is to use.
pub fn carried(url: &StoreUrl, password_file: Option<&PathBuf>) -> Result<Carried, NotMoved> {
    let options = database("to", url, password_file)?;
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        refused(&options, postgres::OpenError::Database(error))
    };
    let password = options.address.password().map_err(|error| failed(error.into()))?;
    let url = Address::for_elsewhere(url.expose()).map_err(|error| failed(error.into()))?;
    Ok(Carried { url: url.into(), password })
}

impl Mover for LiveMove {
    fn move_to(&self, to: Destination) -> MoveAnswer {
        let options = match self.begin(&to) {
            Ok(options) => options,
            Err(refused) => return Box::pin(std::future::ready(Err(refused))),
        };
        let (store, auth, state) = (Arc::clone(&self.store), self.auth.clone(), Arc::clone(&self.state));
        // Whoever asked may go away, and must not leave a server behind that refuses writes.
        let moving = tokio::spawn(async move {
            let to = options.address.to_string();
            let moved = move_live(&store, &auth, &options, &state).await;
            match &moved {
                Ok(_) => {
                    tracing::warn!(
                        "the store has moved to {to}: writes are refused here until this server is stopped"
                    );
                    *held(&state) = Some(MoveState::Moved { to });
                }
                Err(error) => {
                    tracing::error!(error = %with_causes(error, ": "), "the store was not moved");
                    if let Err(error) = store.hold(Hold::Nothing).await {
                        tracing::debug!(%error, "nothing was held");
                    }
                    *held(&state) = None;
                }
            }
            moved.map_err(|error| with_causes(&error, ": "))
        });
        Box::pin(async move { moving.await.unwrap_or_else(|lost| Err(lost.to_string())) })
    }

    fn state(&self) -> Option<MoveState> {
        held(&self.state).clone()
    }
}

/// Copies while people come and go; then nobody writes any more, and what changed meanwhile is copied too.
async fn move_live(
    store: &Arc<dyn Store>,
    auth: &Weak<Auth>,
    options: &postgres::Options,
    state: &Mutex<Option<MoveState>>,
) -> Result<Vec<MovedTable>, NotMoved> {
    let target = postgres::Rows::to_fill(options).await.map_err(|source| refused(options, source))?;
    let source = store.rows().await.map_err(ServerError::Store)?;
    let heard = |progress: Progress| {
        let (to, step) = (options.address.to_string(), Step::from(progress).into());
        *held(state) = Some(MoveState::Moving { to, step });
    };
    let mut whole = Move::begin(&*source, &target, &heard).await?;
    whole.bring().await?;
    store.hold(Hold::ButTelling).await.map_err(ServerError::Store)?;
    // What happened until now is to be told there.
    if let Some(auth) = auth.upgrade() {
        auth.flush_logs().await.map_err(ServerError::Auth)?;
    }
    store.hold(Hold::Everything).await.map_err(ServerError::Store)?;
    whole.bring().await?;
    let same = whole.verify().await?;
    whole.finish().await?;
    let table = |Same { table, rows, sha256 }| MovedTable { table, rows, sha256 };
    Ok(same.into_iter().map(table).collect())
}

impl From<Step> for MoveStep {
    fn from(Step { doing, table, done, all }: Step) -> MoveStep {
        MoveStep { doing, table, done, all }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
