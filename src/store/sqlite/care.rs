//! What an operator does to the file: back it up and examine it. Each on a connection of its own, since both may
//! take long.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use super::failure::Failure;
use super::writer::{Act, Desk};
use super::{open, row, sql};
use crate::store::{BackedUp, Finding, Result};

/// The cache of a connection that passes over everything once, in KiB.
const PASSING_CACHE_KIB: u32 = 2 << 10;

/// Copies the store as it is at one moment to a new file. Nobody sees the file before it is whole and durable.
pub(super) fn back_up(from: &Path, to: &Path) -> Result<BackedUp> {
    if to.try_exists().map_err(|error| failed(to, error))? {
        return Err(Failure::Exists(to.to_owned()).into());
    }
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let file = claim(&unfinished)?;
    let copied = copy(from, &unfinished, &file).and_then(|done| {
        publish(&unfinished, to)?;
        Ok(done)
    });
    // Whether it became the backup or not, its unfinished name goes.
    let _ = fs::remove_file(&unfinished);
    let done = copied?;
    open::sync_directory(to).map_err(|error| failed(to, error))?;
    Ok(done)
}

/// Makes the unfinished file, which is always a new one: the backup holds the signing keys, so it must not be written
/// through somebody's link, nor into a file that somebody else made. What a crash left goes first, but not what
/// another backup is writing, which the lock tells.
fn claim(path: &Path) -> Result<File> {
    let io = |error| failed(path, error);
    let make = || OpenOptions::new().write(true).create_new(true).mode(open::MODE).open(path);
    let file = match make() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let _left = lock_leftover(path)?;
            fs::remove_file(path).map_err(io)?;
            make()
        }
        made => made,
    };
    let file = file.map_err(io)?;
    lock(&file, path)?;
    // Between the two steps above somebody may have taken the new file for a leftover.
    let named = fs::symlink_metadata(path).map_err(io)?;
    let made = file.metadata().map_err(io)?;
    if (named.dev(), named.ino()) == (made.dev(), made.ino()) {
        Ok(file)
    } else {
        Err(Failure::Exists(path.to_owned()).into())
    }
}

/// The lock on a file that a crash left; none on a link or a pipe, which nobody writes a backup to.
fn lock_leftover(path: &Path) -> Result<Option<File>> {
    let io = |error| failed(path, error);
    if !fs::symlink_metadata(path).map_err(io)?.is_file() {
        return Ok(None);
    }
    let left = File::open(path).map_err(io)?;
    lock(&left, path)?;
    Ok(Some(left))
}

fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Failure::Exists(path.to_owned()).into()),
        Err(TryLockError::Error(error)) => Err(failed(path, error)),
    }
}

/// Fills the file, which is empty: SQLite would let everybody read one that it makes.
fn copy(from: &Path, to: &Path, file: &File) -> Result<BackedUp> {
    let name = to.to_str().ok_or_else(|| Failure::Path(to.to_owned()))?;
    let connection = open::connect(from, PASSING_CACHE_KIB)?;
    connection.execute(sql::VACUUM_INTO, [name])?;
    file.sync_all().map_err(|error| failed(to, error))?;
    Ok(BackedUp { bytes: file.metadata().map_err(|error| failed(to, error))?.len() })
}

/// Gives the finished file its name, unless somebody took the name meanwhile.
fn publish(finished: &Path, to: &Path) -> Result<()> {
    match fs::hard_link(finished, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Failure::Exists(to.to_owned()).into())
        }
        // Some file systems have no links.
        Err(_) => fs::rename(finished, to).map_err(|error| failed(to, error)),
    }
}

fn failed(path: &Path, error: io::Error) -> crate::store::Error {
    Failure::Write(path.to_owned(), Arc::new(error)).into()
}

/// Asks the writing connection how it writes: `synchronous` belongs to the connection, not to the file.
pub(super) struct HowItWrites;

impl Act for HowItWrites {
    type Done = (String, i64);

    fn perform(&self, desk: &mut Desk) -> Result<(String, i64)> {
        let connection = desk.connection();
        let journal = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        Ok((journal, connection.pragma_query_value(None, "synchronous", |row| row.get(0))?))
    }
}

pub(super) fn examine(path: &Path, how_it_writes: Result<(String, i64)>) -> Result<Vec<Finding>> {
    let connection = open::connect_reader(path, PASSING_CACHE_KIB)?;
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let version = row::one(&connection, sql::SQLITE_VERSION, (), |row| Ok(row.get::<_, String>(0)?))?;
    let mut findings = vec![finding("engine", format!("SQLite {}", version.unwrap_or_default()), true)];
    match how_it_writes {
        Ok((journal, synchronous)) => {
            let durable = synchronous >= 2;
            let said =
                if durable { "full" } else { "not full: a crash of the machine loses what was answered" };
            findings.push(finding("journal mode", journal.clone(), journal == "wal"));
            findings.push(finding("synchronous", said.to_owned(), durable));
        }
        Err(error) => findings.push(finding("writer", error.to_string(), false)),
    }
    let schema = number("user_version")?;
    let known = i64::from(open::known());
    let wanted = format!("{schema} (this server knows {known})");
    findings.push(finding("schema", wanted, schema == known));
    findings.push(finding("database", format!("{} bytes", size(path)), true));
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    findings.push(finding("log", format!("{} bytes", size(Path::new(&log))), true));
    let free = number("freelist_count")?.saturating_mul(number("page_size")?);
    findings.push(finding("free pages", format!("{free} bytes, used again before the file grows"), true));
    findings.push(integrity(&connection)?);
    Ok(findings)
}

fn integrity(connection: &Connection) -> Result<Finding> {
    let said = row::all(connection, sql::QUICK_CHECK, (), |row| Ok(row.get::<_, String>(0)?))?;
    let well = said == ["ok"];
    Ok(finding("integrity", said.join("; "), well))
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn finding(name: &str, finding: String, well: bool) -> Finding {
    Finding { name: name.to_owned(), finding, well }
}
