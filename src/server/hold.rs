//! A data directory has one server, since it has one socket: also when the store is elsewhere.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{STORE_FILE, ServerError};

/// Takes the lock that a store in the directory would take. It is held until it is dropped.
pub(super) fn take(data: &Path) -> Result<File, ServerError> {
    let path = data.join(format!("{STORE_FILE}.lock"));
    let failed = |source| ServerError::Data { path: path.clone(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServerError::Held(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
