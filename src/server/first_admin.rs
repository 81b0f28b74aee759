//! Whenever there is no administrator, one is made, and its key pair written where only the owner of the data reads it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::ServerError;
use crate::auth::{Auth, KeyPair};
use crate::model::Secret;

/// The key pair of a first administrator, and the file that holds it.
#[derive(Debug)]
pub struct FirstAdmin {
    /// The file.
    pub path: PathBuf,
    /// The public key.
    pub public_key: String,
    /// The private key; for a terminal, never for a log.
    pub private_key: Secret<String>,
}

/// Makes the first administrator, if there is none. The file is whole and durable before the key pair is good, so that
/// a crash in between leaves none that nobody knows; only its name comes afterwards.
pub(super) async fn make(auth: &Auth, data: &Path) -> Result<Option<FirstAdmin>, ServerError> {
    if !auth.has_no_admin().await? {
        return Ok(None);
    }
    let pair = auth.first_key()?;
    let unfinished = data.join(format!("admin-key-{}.unfinished", pair.key.public_key));
    let failed = |source| ServerError::Data { path: unfinished.clone(), source };
    write(&unfinished, &pair).map_err(failed)?;
    let path = match auth.make_first_admin(&pair).await? {
        true => Some(name(data, &unfinished).map_err(failed)?),
        false => None,
    };
    std::fs::remove_file(&unfinished).map_err(failed)?;
    File::open(data).and_then(|directory| directory.sync_all()).map_err(failed)?;
    let KeyPair { private_key, key } = pair;
    Ok(path.map(|path| FirstAdmin { path, public_key: key.public_key, private_key }))
}

fn write(path: &Path, pair: &KeyPair) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let (public_key, private_key) = (&pair.key.public_key, pair.private_key.expose());
    let text = serde_json::json!({ "public_key": public_key, "private_key": private_key });
    writeln!(file, "{text}")?;
    file.sync_all()
}

/// The first free name: a file that is there already belongs to somebody, and is never written over.
fn name(data: &Path, finished: &Path) -> io::Result<PathBuf> {
    let names =
        std::iter::once("admin-key.json".to_owned()).chain((2..).map(|n| format!("admin-key-{n}.json")));
    for name in names {
        let path = data.join(name);
        match std::fs::hard_link(finished, &path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
