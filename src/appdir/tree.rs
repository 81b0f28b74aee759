//! An app directory in memory.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};

use super::layout::{Part, part};
use super::problem::{Findings, Problem};

/// An app directory in memory: relative paths with `/` between their segments, and the files' bytes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<String, Vec<u8>>);

/// With the files as text, which nearly all are; secrets are shown to nobody.
impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |path: &str, bytes| match part(path) {
            Part::Secrets => "…".into(),
            _ => String::from_utf8_lossy(bytes),
        };
        f.debug_map().entries(self.0.iter().map(|(path, bytes)| (path, shown(path, bytes)))).finish()
    }
}

impl Tree {
    /// SHA-256 over the paths and bytes of what an import would take. Strangers leave it alone, so that a changed
    /// README, or a data directory beside the app, does not make the app look changed; secrets do, since the hash is
    /// kept in the open.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        for (path, bytes) in &self.0 {
            if matches!(part(path), Part::Stranger | Part::Secrets) {
                continue;
            }
            // Lengths go first, so that no two trees run together into the same bytes.
            for piece in [path.as_bytes(), bytes] {
                context.update(&(piece.len() as u64).to_be_bytes());
                context.update(piece);
            }
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }

    /// Reports every path that could not safely be a file below a directory.
    pub(super) fn check_paths(&self, findings: &mut Findings) {
        for path in self.0.keys() {
            if let Err(reason) = check_path(path) {
                findings.error(Problem::of_file(
                    path,
                    format!("expected a path inside the directory, found {reason}"),
                ));
            } else if let Some(file) = self.file_above(path) {
                findings.error(Problem::of_file(
                    path,
                    format!("expected `{file}` to be a directory, found a file"),
                ));
            }
        }
    }

    /// The file that stands where `path` needs a directory.
    pub(super) fn file_above<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.match_indices('/').map(|(end, _)| &path[..end]).find(|parent| self.0.contains_key(*parent))
    }
}

/// The longest path, in bytes: as the original's hosting had it, and what every store can find.
const LONGEST_PATH: usize = 1_024;

/// Whether a path stays inside its directory on every system; the error says what is wrong with it.
pub(super) fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("an empty path");
    }
    if path.len() > LONGEST_PATH {
        return Err("one of more than 1024 bytes");
    }
    if path.contains('\0') {
        return Err("a NUL");
    }
    if path.contains('\\') {
        return Err("a backslash");
    }
    if path.starts_with('/') {
        return Err("an absolute path");
    }
    for segment in path.split('/') {
        match segment {
            "" => return Err("an empty segment"),
            "." | ".." => return Err("a segment of dots"),
            _ => {}
        }
    }
    Ok(())
}

/// The SHA-256 of a path, of which an id can be made for what has none of its own.
pub fn path_hash(path: &str) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(path.as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
