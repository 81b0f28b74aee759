//! Opening a file: whose it is, which schema it has, and the connections to it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{copying, sql};
use crate::store::copying::Mark;

/// What the schema is made of, forward only: a database at version `n` has seen the first `n` of them. The length of
/// this list is the schema that this server knows.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_init.sql"),
    include_str!("../../../migrations/sqlite/0002_become_someone.sql"),
    include_str!("../../../migrations/sqlite/0003_admins.sql"),
    include_str!("../../../migrations/sqlite/0004_logs.sql"),
    include_str!("../../../migrations/sqlite/0005_users.sql"),
    include_str!("../../../migrations/sqlite/0006_drafts.sql"),
    include_str!("../../../migrations/sqlite/0007_tallies.sql"),
    include_str!("../../../migrations/sqlite/0008_guest_deletions.sql"),
];

/// `PRAGMA application_id` of our files: "PsBy".
const APPLICATION_ID: i32 = 0x5073_4279;

/// Only the owner may read a store: it holds signing keys.
pub(super) const MODE: u32 = 0o600;

/// To what size the log is cut back after a long reader, such as a backup, let it grow: 64 MiB.
const LOG_LIMIT_BYTES: u32 = 64 << 20;

/// More than there are statements, so that none is ever prepared twice.
const STATEMENTS: usize = 300;

/// How a file is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database file. Its directory must exist; the file is made when it does not.
    pub path: PathBuf,
    /// Page cache of the writing connection, in KiB. It never needs more: logins write at the right edge.
    pub writer_cache_kib: u32,
    /// Page cache of each reading connection, in KiB.
    pub reader_cache_kib: u32,
    /// How many connections answer point asks; as many as threads ask at once, at least 1.
    pub readers: usize,
    /// How many acts may wait for the writer; one more is `Unavailable` at once.
    pub queue: usize,
}

impl Options {
    /// What fits two cores and 64 MiB.
    pub fn new(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            writer_cache_kib: 8 << 10,
            reader_cache_kib: 2 << 10,
            readers: 4,
            queue: 8_192,
        }
    }
}

/// Why a file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it, or this one has it open already.
    #[error("another passerby is using `{}`", .0.display())]
    Locked(PathBuf),
    /// A newer server made the schema into something that this one does not understand.
    #[error(
        "the store has schema {schema} and needs a server that knows schema {min_server}; this one knows {known}"
    )]
    Newer {
        /// The schema that the file has.
        schema: u32,
        /// The oldest schema whose server can live with it.
        min_server: u32,
        /// The schema that this server knows.
        known: u32,
    },
    /// It is no SQLite database, or one of another program.
    #[error("`{}` is not a passerby store", .0.display())]
    Foreign(PathBuf),
    /// It is being filled from another store.
    #[error("`{}` is not whole: a move from {from} is not finished", .path.display())]
    Filling {
        /// The file.
        path: PathBuf,
        /// From where.
        from: String,
    },
    /// It was moved elsewhere.
    #[error("`{}` was moved to {to}", .path.display())]
    Moved {
        /// The file.
        path: PathBuf,
        /// Where it is now.
        to: String,
    },
    /// The file system refused.
    #[error("failed to open `{}`", .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// SQLite refused.
    #[error("failed to open `{}`", .0.display())]
    Sqlite(PathBuf, #[source] rusqlite::Error),
}

/// A file that is ours alone.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) lock: File,
    pub(super) writer: Connection,
    pub(super) point: Vec<Connection>,
    pub(super) long: Connection,
}

pub(super) fn open(options: Options) -> Result<Opened, OpenError> {
    let opened = open_marked(options)?;
    let path = opened.path.clone();
    match copying::mark(&opened.writer).map_err(|error| refusal(&path, error))? {
        None => Ok(opened),
        Some(Mark::Filling { from, .. }) => Err(OpenError::Filling { path, from }),
        Some(Mark::Moved { to }) => Err(OpenError::Moved { path, to }),
    }
}

/// The same whatever the file says of a move.
pub(super) fn open_marked(options: Options) -> Result<Opened, OpenError> {
    let path = canonical(&options.path).map_err(|error| OpenError::Io(options.path, error))?;
    let io = |error| OpenError::Io(path.clone(), error);
    let sqlite = |error| refusal(&path, error);
    // The lock comes before any look at the database: closing a descriptor of a file drops every POSIX lock that
    // this process, SQLite included, holds on it. For the same reason it is on a file beside it. That file is never
    // removed: a removed lock can be held by two.
    let lock = lock(&path)?;
    make(&path).map_err(io)?;
    let mut writer = connect(&path, options.writer_cache_kib).map_err(sqlite)?;
    let version = version(&writer, &path)?;
    set_up_writer(&writer).map_err(sqlite)?;
    migrate(&mut writer, version).map_err(sqlite)?;
    sync_directory(&path).map_err(io)?;
    let reader = || connect_reader(&path, options.reader_cache_kib);
    let point = (0..options.readers.max(1)).map(|_| reader()).collect::<Result<_, _>>().map_err(sqlite)?;
    let long = reader().map_err(sqlite)?;
    Ok(Opened { path, lock, writer, point, long })
}

fn refusal(path: &Path, error: rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::Foreign(path.to_owned()),
        _ => OpenError::Sqlite(path.to_owned(), error),
    }
}

/// The same file has one name, so that it has one lock.
fn canonical(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(error)?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Ok(parent.unwrap_or(Path::new(".")).canonicalize()?.join(name))
        }
        Err(error) => Err(error),
    }
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(MODE).open(&lock_path);
    let file = file.map_err(|error| OpenError::Io(lock_path.clone(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::Io(lock_path, error)),
    }
}

/// Makes the file, if there is none, before SQLite does: SQLite would let everybody read it. What it makes beside
/// it takes the file's mode.
fn make(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(MODE).open(path) {
        Ok(file) => {
            file.sync_all()?;
            sync_directory(path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the name of a file as durable as its content.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

pub(super) fn connect(path: &Path, cache_kib: u32) -> rusqlite::Result<Connection> {
    // Each connection is used by one thread at a time, so SQLite's own mutexes are not needed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A negative number means KiB rather than pages.
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // A plan never depends on what is bound: without this a build with STAT4 parses a statement anew for every new
    // parameter.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

pub(super) fn connect_reader(path: &Path, cache_kib: u32) -> rusqlite::Result<Connection> {
    let connection = connect(path, cache_kib)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn set_up_writer(writer: &Connection) -> rusqlite::Result<()> {
    writer.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // `Ok` means durable: every commit syncs the log.
    writer.pragma_update(None, "synchronous", "full")?;
    // The writer folds the log itself, when its callers have their answers.
    writer.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    writer.pragma_update_and_check(None, "journal_size_limit", LOG_LIMIT_BYTES, |_| Ok(()))
}

/// The schema's version: 0 for a file that is still empty. Refuses what is not ours to touch.
fn version(connection: &Connection, path: &Path) -> Result<u32, OpenError> {
    let ask = || -> rusqlite::Result<_> {
        let application_id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let tables: u32 = connection.query_row("select count(*) from sqlite_schema", (), |row| row.get(0))?;
        Ok((application_id, version, tables))
    };
    let (application_id, version, tables) = ask().map_err(|error| refusal(path, error))?;
    if (application_id, version, tables) == (0, 0, 0) {
        return Ok(0);
    }
    if application_id != APPLICATION_ID || version == 0 {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    if version > known() {
        let min_server = connection.query_row(sql::MIN_SERVER, (), |row| row.get(0));
        let min_server = min_server.map_err(|error| refusal(path, error))?;
        if min_server > known() {
            return Err(OpenError::Newer { schema: version, min_server, known: known() });
        }
    }
    Ok(version)
}

/// Brings the schema to what this server knows, each step whole or not at all.
fn migrate(writer: &mut Connection, version: u32) -> rusqlite::Result<()> {
    for (number, migration) in (1..).zip(MIGRATIONS).skip(version as usize) {
        let step = writer.transaction()?;
        step.execute_batch(migration)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", number)?;
        step.commit()?;
    }
    Ok(())
}

/// The schema that this server knows.
pub(super) fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}
