//! A backup becomes the store of an empty data directory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::house::make_data_directory;
use super::{STORE_FILE, ServerError};
use crate::store::sqlite::{OpenError, Options, Sqlite};
use crate::store::{self, Ask, PutGuestDeletion, Store};

/// Bytes between two reports of progress.
const CHUNK: usize = 1 << 20;

/// Why nothing was restored. The data directory is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is something in the data directory.
    #[error("{0} is not empty: a backup goes into an empty data directory, or one that does not exist yet")]
    NotEmpty(PathBuf),
    /// The file belongs to a server that runs, or that did not end well.
    #[error(
        "{0} has a log beside it, so it is a store in use rather than a backup: make one with `passerby backup`"
    )]
    InUse(PathBuf),
    /// The file cannot be read, or the copy not written.
    #[error("failed to copy {path}")]
    Copy {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The data directory cannot be made.
    #[error(transparent)]
    Server(Box<ServerError>),
    /// The file is something else.
    #[error("{0} is no backup: `passerby backup` did not write it")]
    NoBackup(PathBuf),
    /// The file is a newer server's, or a damaged store.
    #[error("failed to open {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// The file is an empty store, or a damaged one.
    #[error("{path} is not a whole store: {finding}")]
    NotWhole {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        finding: String,
    },
    /// The copy cannot be read as a store.
    #[error("failed to read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: store::Error,
    },
}

/// What was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The file's size.
    pub bytes: u64,
    /// How many apps are in it.
    pub apps: u64,
    /// How many users they have together.
    pub users: u64,
}

/// Copies a backup into an empty data directory, opens the copy and has it checked, and only then gives it its name:
/// nobody sees half a store, and none is ever overwritten. `progress` hears of bytes done, and of all.
pub async fn restore(
    file: &Path,
    data: &Path,
    progress: impl Fn(u64, u64),
) -> Result<Restored, RestoreError> {
    refuse_used(file)?;
    if data.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(RestoreError::NotEmpty(data.to_owned()));
    }
    let there = data.is_dir();
    make_data_directory(data).map_err(|error| RestoreError::Server(Box::new(error)))?;
    let unfinished = data.join(format!("{STORE_FILE}.unfinished"));
    let restored = match copy(file, &unfinished, progress) {
        Ok(()) => finish(file, &unfinished, data).await,
        Err(source) => Err(RestoreError::Copy { path: file.to_owned(), source }),
    };
    for leftover in ["", "-wal", "-shm", ".lock"] {
        let mut name = unfinished.clone().into_os_string();
        name.push(leftover);
        let _ = fs::remove_file(name);
    }
    if restored.is_err() && !there {
        let _ = fs::remove_dir(data);
    }
    restored
}

/// A store that is open has part of what it knows in its log.
fn refuse_used(file: &Path) -> Result<(), RestoreError> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    match fs::metadata(log) {
        Ok(metadata) if metadata.len() > 0 => Err(RestoreError::InUse(file.to_owned())),
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path, progress: impl Fn(u64, u64)) -> io::Result<()> {
    let mut from = File::open(from)?;
    let all = from.metadata()?.len();
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let (mut chunk, mut done) = (vec![0; CHUNK], 0);
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        to.write_all(&chunk[..read])?;
        done += read as u64;
        progress(done, all);
    }
    to.sync_all()
}

async fn finish(file: &Path, unfinished: &Path, data: &Path) -> Result<Restored, RestoreError> {
    let restored = examine(file, unfinished).await?;
    let failed = |source| RestoreError::Copy { path: file.to_owned(), source };
    let name = data.join(STORE_FILE);
    // A link, unlike a rename, never takes the place of a store that somebody made meanwhile. Some file systems have
    // none.
    match fs::hard_link(unfinished, &name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(RestoreError::NotEmpty(data.to_owned()));
        }
        Err(_) => fs::rename(unfinished, &name).map_err(failed)?,
        Ok(()) => {}
    }
    File::open(data).and_then(|directory| directory.sync_all()).map_err(failed)?;
    Ok(restored)
}

/// Opens the copy as a server would, and has the engine look at all of it.
async fn examine(file: &Path, unfinished: &Path) -> Result<Restored, RestoreError> {
    let path = || file.to_owned();
    let not_whole = |finding: &str| RestoreError::NotWhole { path: path(), finding: finding.to_owned() };
    // The engine would make a new store of an empty file.
    if unfinished.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        return Err(not_whole("it is empty"));
    }
    let store = Sqlite::open(Options::new(unfinished)).map_err(|source| match source {
        OpenError::Foreign(_) => RestoreError::NoBackup(path()),
        source => RestoreError::Open { path: path(), source },
    })?;
    let read = |source| RestoreError::Read { path: path(), source };
    let findings = store.examine().await.map_err(read)?;
    if let Some(damage) = findings.iter().find(|finding| finding.name == "integrity" && !finding.well) {
        return Err(not_whole(&damage.finding));
    }
    if store.group().await.map_err(read)?.is_none() {
        return Err(not_whole("no server ever used it"));
    }
    // Guests may be what the backup is brought back for.
    for (app, text) in store.guest_deletions().await.map_err(read)? {
        let nothing = PutGuestDeletion { app, was: Some(text), becomes: None };
        store.put_guest_deletion(nothing).await.map_err(read)?;
    }
    let (mut apps, mut users) = (0, 0);
    for app in store.apps().await.map_err(read)? {
        apps += 1;
        users += store.user_count(app.key).await.map_err(read)?;
    }
    store.close().await.map_err(read)?;
    let bytes = unfinished.metadata().map_err(|source| RestoreError::Copy { path: path(), source })?.len();
    Ok(Restored { bytes, apps, users })
}
