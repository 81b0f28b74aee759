//! Files that change their place together, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::layout::{Part, part};
use super::tree::check_path;

/// What one thing of an app becomes elsewhere.
#[derive(Default)]
pub(super) struct Move {
    /// The files that are taken away.
    pub(super) gone: Vec<String>,
    /// The files that stand in their stead.
    pub(super) new: Vec<(String, Vec<u8>)>,
}

impl Move {
    /// Takes the file at `from` to `to`.
    pub(super) fn file(&mut self, files: &BTreeMap<String, Vec<u8>>, from: &str, to: String) {
        if let Some(bytes) = files.get(from) {
            self.gone.push(from.to_owned());
            self.new.push((to, bytes.clone()));
        }
    }
}

/// Makes every move that can be made, each whole, and says of each whether it was. A move is refused whose new places
/// are taken, would have to be a file and a directory at once, or could not be an app's.
pub(super) fn make(files: &mut BTreeMap<String, Vec<u8>>, moves: Vec<Move>) -> Vec<bool> {
    let mut made: Vec<bool> =
        moves.iter().map(|one| one.new.iter().all(|(path, _)| is_place(path))).collect();
    loop {
        let refused = clashes(files, &moves, &made);
        if refused.is_empty() {
            break;
        }
        for index in refused {
            made[index] = false;
        }
    }
    let chosen: Vec<Move> =
        moves.into_iter().zip(&made).filter(|(_, made)| **made).map(|(one, _)| one).collect();
    for path in chosen.iter().flat_map(|one| &one.gone) {
        files.remove(path);
    }
    files.extend(chosen.into_iter().flat_map(|one| one.new));
    made
}

fn is_place(path: &str) -> bool {
    check_path(path).is_ok() && part(path) == Part::Section
}

/// Which of the moves that are still to be made stand in the way of what stays, or of an earlier one.
fn clashes(files: &BTreeMap<String, Vec<u8>>, moves: &[Move], made: &[bool]) -> Vec<usize> {
    let chosen = || moves.iter().enumerate().filter(|(index, _)| made[*index]);
    let gone: BTreeSet<&str> = chosen().flat_map(|(_, one)| &one.gone).map(String::as_str).collect();
    let mut taken: BTreeSet<&str> =
        files.keys().map(String::as_str).filter(|path| !gone.contains(path)).collect();
    let mut refused = Vec::new();
    for (index, one) in chosen() {
        let before = refused.len();
        for (path, _) in &one.new {
            if !taken.insert(path) && refused.len() == before {
                refused.push(index);
            }
        }
    }
    for (index, one) in chosen() {
        if !refused.contains(&index) && one.new.iter().any(|(path, _)| is_crossed(&taken, path)) {
            refused.push(index);
        }
    }
    refused
}

/// Whether a file stands where `path` needs a directory, or the other way round.
fn is_crossed(taken: &BTreeSet<&str>, path: &str) -> bool {
    let below = format!("{path}/");
    let next = taken.range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded)).next();
    next.is_some_and(|next| next.starts_with(&below))
        || path.match_indices('/').any(|(end, _)| taken.contains(&path[..end]))
}
