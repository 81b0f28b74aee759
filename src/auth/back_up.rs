//! A copy of everything, while the server goes on.

use std::path::PathBuf;

use super::{Auth, Error, Result};
use crate::model::with_causes;
use crate::store;

impl Auth {
    /// Writes a consistent copy of the store to a new file and says its size in bytes. It holds the signing keys.
    ///
    /// The path is absolute: whoever asks may have another working directory.
    pub async fn back_up(&self, to: PathBuf) -> Result<u64> {
        if !to.is_absolute() {
            return Err(Error::BadParameter(format!("expected an absolute path, found `{}`", to.display())));
        }
        match self.store().back_up(to).await {
            Ok(done) => Ok(done.bytes),
            // The operator who asked needs the cause, which is the path's or the disk's.
            Err(store::Error::Unavailable(cause)) => Err(Error::NotBackedUp(with_causes(&*cause, ": "))),
            Err(other) => Err(other.into()),
        }
    }
}
