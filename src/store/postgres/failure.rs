//! Why this engine could not do a thing, and how a driver's error becomes the store's.

use std::sync::Arc;

use tokio_postgres::error::{DbError, SqlState};

use crate::model::with_causes;
use crate::store::{Error, Taken};

/// The source of an [`Error::Unavailable`].
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("too much waits for the database")]
    QueueFull,
    #[error("the store is closed")]
    Closed,
    #[error("the database did not answer in time")]
    Late,
    #[error("the database cannot be reached")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    #[error("the connection to the database was lost")]
    Lost(#[source] Said),
    #[error("a commit may not be on every replica that it is to be on")]
    Doubtful,
    #[error("the answer to a commit was lost")]
    Unanswered,
    #[error("another act came between")]
    Raced,
    #[error("the database refused")]
    Refused(#[source] Said),
    #[error("the act stumbled")]
    Panicked,
    #[error("the row is missing")]
    Empty,
    #[error("a move to or from the store has begun")]
    Moving,
    #[error("a text holds U+0000")]
    Nul,
    #[error("a store in PostgreSQL is backed up with pg_dump")]
    BackedUpElsewhere,
}

/// What the database or the driver said. The details of the database are left out: they quote the row.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{said}")]
pub(super) struct Said {
    code: Option<SqlState>,
    said: String,
}

impl From<&tokio_postgres::Error> for Said {
    fn from(error: &tokio_postgres::Error) -> Said {
        let said = match error.as_db_error() {
            Some(told) => {
                let remedy = remedy(told.code());
                format!("{} {}: {}{remedy}", told.severity(), told.code().code(), told.message())
            }
            None => with_causes(error, ": "),
        };
        Said { code: error.code().cloned(), said }
    }
}

/// What an operator does about it, where the code tells: a prepared statement is another session's, or nobody's, when a
/// pooler hands out a session for each transaction.
fn remedy(code: &SqlState) -> &'static str {
    match [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT].contains(code) {
        true => "; set `store_pooler` to true if a pooler in transaction mode stands before the database",
        false => "",
    }
}

impl Failure {
    /// Whether the whole act may be tried again at once: nothing of it was done.
    pub(super) fn passes(&self) -> bool {
        match self {
            Failure::Raced => true,
            Failure::Refused(said) => said.code.as_ref().is_some_and(|code| {
                [
                    SqlState::T_R_SERIALIZATION_FAILURE,
                    SqlState::T_R_DEADLOCK_DETECTED,
                    SqlState::LOCK_NOT_AVAILABLE,
                ]
                .contains(code)
            }),
            _ => false,
        }
    }

    /// Whether the connection is of no use any more.
    pub(super) fn ends_connection(&self) -> bool {
        matches!(self, Failure::Lost(_) | Failure::Late | Failure::Doubtful)
    }

    /// Whether another act, or this one before, has the id of a row.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self, Failure::Refused(said) if said.code == Some(SqlState::UNIQUE_VIOLATION))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        Error::Unavailable(Box::new(failure))
    }
}

/// What the driver could not do. A server that was made a replica, or is going away, is as good as lost.
impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        let gone = error.is_closed()
            || error.code().is_none_or(|code| {
                let is_of = |class| code.code().starts_with(class);
                is_of("08")
                    || is_of("57") && *code != SqlState::QUERY_CANCELED
                    || *code == SqlState::READ_ONLY_SQL_TRANSACTION
                    || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            });
        let said = Said::from(&error);
        if gone { Failure::Lost(said) } else { Failure::Refused(said) }
    }
}

/// What this engine itself said, if it is why the store is unavailable.
pub(super) fn of(error: &Error) -> Option<&Failure> {
    match error {
        Error::Unavailable(source) => source.downcast_ref(),
        Error::Held | Error::Conflict(_) | Error::Corrupt { .. } => None,
    }
}

/// Whether a role may not do what it tried.
pub(super) fn is_denied(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| {
        let denied = Some(&SqlState::INSUFFICIENT_PRIVILEGE);
        let told = cause.downcast_ref::<DbError>().is_some_and(|told| Some(told.code()) == denied);
        told || cause.downcast_ref::<Said>().is_some_and(|said| said.code.as_ref() == denied)
    })
}

/// Says that an id is taken, when that is why no row was inserted: every such insert is `on conflict do nothing`, since
/// an error would end the whole transaction.
pub(super) fn unless_taken(inserted: u64) -> Result<(), Error> {
    if inserted == 0 { Err(Error::Conflict(Taken::Id)) } else { Ok(()) }
}

/// Refuses what PostgreSQL cannot hold in a text.
pub(super) fn refuse_nul<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
    if texts.into_iter().any(|text| text.contains('\0')) { Err(Failure::Nul.into()) } else { Ok(()) }
}
