//! Whether a directory changed, without reading its files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::disk::{DEEPEST, MOST_ENTRIES, top_of};
use super::layout::{Part, holds_parts, part};

/// The files of an app directory, each with when it was written and how long it is. Equal stamps: nothing was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(BTreeMap<String, (Option<SystemTime>, u64)>);

/// Looks at the files of a directory that are parts of an app. More than an app may have are not looked at: reading
/// such a directory says what is wrong with it.
pub fn stamp(dir: &Path) -> io::Result<Stamp> {
    let mut stamp = Stamp::default();
    look(dir, "", 0, &mut stamp)?;
    Ok(stamp)
}

fn look(dir: &Path, inside: &str, depth: usize, stamp: &mut Stamp) -> io::Result<()> {
    let entries: Vec<PathBuf> = fs::read_dir(dir)?.flatten().map(|entry| entry.path()).collect();
    for path in entries {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let inside = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
        // What is gone again by now is not there.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            if holds_parts(top_of(&inside)) && depth < DEEPEST {
                look(&path, &inside, depth + 1, stamp).or_else(gone)?;
            }
        } else if part(&inside) != Part::Stranger && stamp.0.len() < MOST_ENTRIES {
            stamp.0.insert(inside, (metadata.modified().ok(), metadata.len()));
        }
    }
    Ok(())
}

fn gone(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
