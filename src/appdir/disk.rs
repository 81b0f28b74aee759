//! App directories on the disk.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::layout::{Part, holds_parts, is_doubtful_root, part};
use super::tree::{Tree, check_path};

/// Most entries (files and directories) of an app.
pub(super) const MOST_ENTRIES: usize = 20_000;
/// Most entries around an app that are looked at. Whole projects surround apps; nobody waits for all of one.
const MOST_STRANGERS: usize = 2_000;
/// Most bytes of one file.
const MOST_BYTES: u64 = 32 << 20;
/// Most bytes of all files together.
const MOST_BYTES_IN_ALL: u64 = 256 << 20;
/// Most bytes of a file around an app that may show that the app lies further down.
const MOST_BYTES_OF_STRANGER: u64 = 64 << 10;
/// Most directories inside one another; more only links can make.
pub(super) const DEEPEST: usize = 32;

/// Why a directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The disk says no.
    #[error("failed to read {}", .path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// Nothing is there.
    #[error("there is no directory {}", .path.display())]
    Absent {
        /// What should have been one.
        path: PathBuf,
    },
    /// It is a file.
    #[error("{} is not a directory", .path.display())]
    NotADirectory {
        /// What should have been one.
        path: PathBuf,
    },
    /// A link leads out of the directory, where reading must not go.
    #[error("{} is a link that leads out of the app directory", .path.display())]
    LeadsOut {
        /// The link.
        path: PathBuf,
    },
    /// Neither a file nor a directory: a pipe, a socket, a device.
    #[error("{} is neither a file nor a directory", .path.display())]
    Special {
        /// What it is called.
        path: PathBuf,
    },
    /// A name that is not UTF-8, or with a backslash, which other systems take for a separator.
    #[error("{} has a name that an app directory cannot hold: expected UTF-8 without backslashes", .path.display())]
    OddName {
        /// The file or directory.
        path: PathBuf,
    },
    /// More files than an app may have.
    #[error("{} is one too many: an app directory may hold {limit} files and directories", .path.display())]
    TooMany {
        /// The first that goes beyond.
        path: PathBuf,
        /// How many are read.
        limit: usize,
    },
    /// A file beyond the limit of size.
    #[error("{} is too large: a file may have {limit} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many bytes are read.
        limit: u64,
    },
    /// All files together are beyond the limit of size.
    #[error("{} goes beyond what an app directory may hold: {limit} bytes in all", .path.display())]
    TooMuch {
        /// The first file that goes beyond.
        path: PathBuf,
        /// How many bytes are read.
        limit: u64,
    },
    /// Directories in directories beyond measure.
    #[error("{} lies too deep: {limit} directories inside one another is the most", .path.display())]
    TooDeep {
        /// The directory.
        path: PathBuf,
        /// How deep reading goes.
        limit: usize,
    },
}

/// Why a tree could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The disk says no.
    #[error("failed to write {}", .path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// There is something in it, which might be lost.
    #[error("{} is not empty: expected a new or empty directory", .path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A path that would leave the directory. Nothing was written.
    #[error("{path:?} is no path inside a directory: it has {reason}")]
    UnsafePath {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Reads a directory. What belongs to an app is read whole, within limits. Of the rest only the names are, up to a
/// couple of thousand, without hidden directories and `node_modules`: its files have no bytes in the tree, except
/// where they may show that the app lies further down. Links are followed inside the directory only.
pub fn load(dir: &Path) -> Result<Tree, LoadError> {
    let path = || dir.to_owned();
    let root = fs::canonicalize(dir).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => LoadError::Absent { path: path() },
        _ => LoadError::Read { path: path(), source },
    })?;
    if !root.is_dir() {
        return Err(LoadError::NotADirectory { path: path() });
    }
    let mut walk =
        Walk { root, files: BTreeMap::new(), entries: 0, strangers: 0, bytes: 0, ahead: VecDeque::new() };
    walk.ahead.push_back(Directory { path: path(), inside: String::new(), depth: 0 });
    // Broadly rather than deeply, so that an app one level down is seen before the limit ends the look around.
    while let Some(directory) = walk.ahead.pop_front() {
        walk.enter(&directory)?;
    }
    Ok(Tree(walk.files))
}

/// Writes a tree into a directory, which is made if need be and must be empty. Every path is checked before the first
/// file is written.
pub fn save(tree: &Tree, dir: &Path) -> Result<(), SaveError> {
    check_paths(tree)?;
    fs::create_dir_all(dir).map_err(failed(dir))?;
    if fs::read_dir(dir).map_err(failed(dir))?.next().is_some() {
        return Err(SaveError::NotEmpty { path: dir.to_owned() });
    }
    for (path, bytes) in &tree.0 {
        let path = dir.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        // Never opens what is there already, so that no link is written through.
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed(&path))?;
        file.write_all(bytes).map_err(failed(&path))?;
    }
    Ok(())
}

/// Puts the files of a tree into a directory, which may be there, over those that are there, and removes the files
/// named by `gone`. Every path is checked and every file written beside its place before the first takes it, so that a
/// full disk changes nothing. Links are replaced, not written through.
pub fn overwrite(tree: &Tree, gone: &[String], dir: &Path) -> Result<(), SaveError> {
    check_paths(tree)?;
    let mut staged = Staged(Vec::new());
    for (path, bytes) in &tree.0 {
        let place = dir.join(path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        if place.is_dir() {
            return Err(failed(&place)(io::ErrorKind::IsADirectory.into()));
        }
        let mut beside = place.clone().into_os_string();
        beside.push(".passerby-new");
        let beside = PathBuf::from(beside);
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(&beside).map_err(failed(&beside))?;
        staged.0.push((beside, place));
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed(&dir.join(path)))?;
    }
    staged.take_place()?;
    for path in gone {
        let place = dir.join(path);
        fs::remove_file(&place).map_err(failed(&place))?;
        // Directories that held nothing else go as well; the first that is not empty stays, with those above it.
        let above = Path::new(path).ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
        for above in above {
            if fs::remove_dir(dir.join(above)).is_err() {
                break;
            }
        }
    }
    Ok(())
}

/// Files that wait beside their places; those that never take them are removed.
struct Staged(Vec<(PathBuf, PathBuf)>);

impl Staged {
    fn take_place(mut self) -> Result<(), SaveError> {
        while let Some((beside, place)) = self.0.last() {
            fs::rename(beside, place).map_err(failed(place))?;
            self.0.pop();
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (beside, _) in &self.0 {
            let _ = fs::remove_file(beside);
        }
    }
}

fn check_paths(tree: &Tree) -> Result<(), SaveError> {
    for path in tree.0.keys() {
        let unsafe_path = |reason| SaveError::UnsafePath { path: path.clone(), reason };
        check_path(path).map_err(unsafe_path)?;
        if tree.file_above(path).is_some() {
            return Err(unsafe_path("a file where it needs a directory"));
        }
    }
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SaveError + use<> {
    let path = path.to_owned();
    |source| SaveError::Write { path, source }
}

/// A directory still to be read.
struct Directory {
    path: PathBuf,
    /// Its path in the tree; empty for the top.
    inside: String,
    depth: usize,
}

struct Walk {
    /// The directory itself, without links.
    root: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
    entries: usize,
    strangers: usize,
    bytes: u64,
    ahead: VecDeque<Directory>,
}

impl Walk {
    fn enter(&mut self, directory: &Directory) -> Result<(), LoadError> {
        let failed = |source| LoadError::Read { path: directory.path.clone(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(&directory.path).map_err(failed)? {
            paths.push(entry.map_err(failed)?.path());
            if paths.len() > MOST_ENTRIES {
                break;
            }
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().and_then(|name| name.to_str()).filter(|name| !name.contains('\\'));
            let belongs = holds_parts(top_of(&directory.inside));
            match name {
                Some(".DS_Store" | ".git") => {}
                Some(name) => {
                    let inside = if directory.inside.is_empty() {
                        name.to_owned()
                    } else {
                        format!("{}/{name}", directory.inside)
                    };
                    self.visit(path, inside, directory.depth)?;
                }
                None if belongs => return Err(LoadError::OddName { path }),
                None => {}
            }
        }
        Ok(())
    }

    fn visit(&mut self, path: PathBuf, inside: String, depth: usize) -> Result<(), LoadError> {
        let belongs = holds_parts(top_of(&inside)) || part(&inside) != Part::Stranger;
        if !self.count(&path, belongs)? {
            return Ok(());
        }
        let found = fs::canonicalize(&path).and_then(|real| Ok((fs::metadata(&real)?, real)));
        let (metadata, real) = match found {
            Ok(found) => found,
            Err(source) if belongs => return Err(LoadError::Read { path, source }),
            Err(_) => return Ok(()),
        };
        if !real.starts_with(&self.root) {
            return if belongs { Err(LoadError::LeadsOut { path }) } else { Ok(()) };
        }
        if metadata.is_dir() {
            return self.look_ahead(path, inside, depth + 1, belongs);
        }
        let is_file = metadata.is_file();
        if !is_file && belongs {
            return Err(LoadError::Special { path });
        }
        let bytes = if belongs {
            self.read(&path, &real)?
        } else if is_file && is_doubtful_root(&inside) && metadata.len() <= MOST_BYTES_OF_STRANGER {
            fs::read(&real).unwrap_or_default()
        } else {
            Vec::new()
        };
        self.files.insert(inside, bytes);
        Ok(())
    }

    /// Counts an entry; `false` means that no more strangers are looked at.
    fn count(&mut self, path: &Path, belongs: bool) -> Result<bool, LoadError> {
        if !belongs {
            self.strangers += 1;
            return Ok(self.strangers <= MOST_STRANGERS);
        }
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            return Err(LoadError::TooMany { path: path.to_owned(), limit: MOST_ENTRIES });
        }
        Ok(true)
    }

    fn look_ahead(
        &mut self,
        path: PathBuf,
        inside: String,
        depth: usize,
        belongs: bool,
    ) -> Result<(), LoadError> {
        let name = inside.rsplit('/').next().unwrap_or_default();
        if !belongs && (name.starts_with('.') || name == "node_modules") {
            return Ok(());
        }
        if depth > DEEPEST {
            let too_deep = LoadError::TooDeep { path, limit: DEEPEST };
            return if belongs { Err(too_deep) } else { Ok(()) };
        }
        self.ahead.push_back(Directory { path, inside, depth });
        Ok(())
    }

    fn read(&mut self, path: &Path, real: &Path) -> Result<Vec<u8>, LoadError> {
        let failed = |source| LoadError::Read { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        // One byte more than may be, to see whether there is more.
        File::open(real)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
            .map_err(failed)?;
        let length = bytes.len() as u64;
        if length > MOST_BYTES {
            return Err(LoadError::TooLarge { path: path.to_owned(), limit: MOST_BYTES });
        }
        self.bytes += length;
        if self.bytes > MOST_BYTES_IN_ALL {
            return Err(LoadError::TooMuch { path: path.to_owned(), limit: MOST_BYTES_IN_ALL });
        }
        Ok(bytes)
    }
}

/// The first segment of a path.
pub(super) fn top_of(inside: &str) -> &str {
    inside.split('/').next().unwrap_or_default()
}
