//! Why this engine could not do a thing, and how a driver's error becomes the store's.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::store::{Error, Taken};

/// The source of an [`Error::Unavailable`].
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the writer's queue is full")]
    QueueFull,
    #[error("the store moves to another place, and takes nothing more here")]
    Held,
    #[error("the store is closed")]
    Closed,
    #[error("the shared commit failed")]
    Commit(#[source] Arc<rusqlite::Error>),
    #[error("an error undid the shared transaction")]
    Undone,
    #[error("the writer stumbled")]
    Panicked,
    #[error("the row is missing")]
    Empty,
    #[error("a text holds U+0000")]
    Nul,
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    #[error("the path `{0}` is no UTF-8")]
    Path(PathBuf),
    #[error("failed to write `{0}`")]
    Write(PathBuf, #[source] Arc<io::Error>),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        match failure {
            Failure::Held => Error::Held,
            failure => Error::Unavailable(Box::new(failure)),
        }
    }
}

/// What the engine itself refused: full disk, failing disk, no memory.
impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        Error::Unavailable(Box::new(error))
    }
}

/// Whether a row with this key is there already.
pub(super) fn is_taken(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// Says that an id is taken, when that is why a row was not inserted.
pub(super) fn unless_taken(inserted: rusqlite::Result<usize>) -> Result<(), Error> {
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => Err(Error::Conflict(Taken::Id)),
        Err(error) => Err(error.into()),
    }
}

/// Refuses what a twin engine cannot hold in a text.
pub(super) fn refuse_nul<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
    if texts.into_iter().any(|text| text.contains('\0')) { Err(Failure::Nul.into()) } else { Ok(()) }
}
