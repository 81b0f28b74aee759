//! The store moves to a database, while the server goes on as long as it can.

use std::future::Future;
use std::pin::Pin;

use super::{Auth, Error, Result};
use crate::model::Secret;

/// The database that a store moves to.
pub struct Destination {
    /// Its URL, which may hold a password.
    pub url: Secret<String>,
    /// The password that whoever asks has found.
    pub password: Option<Secret<String>>,
}

/// A table that is the same in both places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedTable {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256 of the rows in the order of their keys.
    pub sha256: String,
}

/// How far a move has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveStep {
    /// What it does, such as `copying`.
    pub doing: &'static str,
    /// With which table.
    pub table: &'static str,
    /// Rows that were passed, of all that are to be: each several times.
    pub done: u64,
    /// As far as is known.
    pub all: u64,
}

/// Where a store is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveState {
    /// It moves.
    Moving {
        /// To where, as people name it.
        to: String,
        /// How far it has come.
        step: MoveStep,
    },
    /// It has moved, and takes nothing more here.
    Moved {
        /// Where it is now.
        to: String,
    },
}

/// What a mover answers, later: why not, in words for the operator.
pub type MoveAnswer = Pin<Box<dyn Future<Output = std::result::Result<Vec<MovedTable>, String>> + Send>>;

/// Who moves the store.
pub trait Mover: Send + Sync {
    /// Copies everything, refuses writes for the last of it, compares both, and goes on refusing them until the server is
    /// stopped. When that fails, writes are taken again. It goes on when nobody waits for its answer any more.
    fn move_to(&self, to: Destination) -> MoveAnswer;

    /// How far it has come; `None` when nothing moves.
    fn state(&self) -> Option<MoveState>;
}

impl Auth {
    /// Says who moves the store. Only the first word counts.
    pub fn moved_by(&self, mover: Box<dyn Mover>) {
        let _ = self.mover.set(mover);
    }

    /// Moves the store to a database.
    pub async fn move_store(&self, to: Destination) -> Result<Vec<MovedTable>> {
        let mover =
            self.mover.get().ok_or_else(|| Error::NotMoved("no server runs that could move".to_owned()))?;
        mover.move_to(to).await.map_err(Error::NotMoved)
    }

    /// How far the store has come on its way.
    pub fn move_state(&self) -> Option<MoveState> {
        self.mover.get().and_then(|mover| mover.state())
    }

    /// Whether the store has moved, and takes nothing more here.
    pub fn has_moved(&self) -> bool {
        matches!(self.move_state(), Some(MoveState::Moved { .. }))
    }
}
