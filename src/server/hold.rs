//! A data directory has one server, since it has one socket: also when the store is elsewhere.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{STORE_FILE, ServerError};

/// A data directory that nobody else serves from.
pub(super) struct Hold(File);

/// Takes the lock that a store in the directory would take, and writes into its file what is served, for commands.
pub(super) fn take(data: &Path, served: &str) -> Result<Hold, ServerError> {
    let path = path(data);
    let failed = |source| ServerError::Data { path: path.clone(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let mut file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(ServerError::Held(data.to_owned())),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).and_then(|()| file.write_all(served.as_bytes())).map_err(failed)?;
    Ok(Hold(file))
}

/// What the server that holds a data directory serves; empty for the file in it.
pub(super) fn served(data: &Path) -> String {
    std::fs::read_to_string(path(data)).unwrap_or_default()
}

fn path(data: &Path) -> PathBuf {
    data.join(format!("{STORE_FILE}.lock"))
}

impl Drop for Hold {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}
