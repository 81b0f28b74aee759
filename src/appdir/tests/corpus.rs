//! The seeds of the fuzzers, and whatever they find, replayed without them.

use std::path::Path;

use super::written;
use crate::appdir::{ArchiveLimits, Tree, read, read_archive, read_import, read_push, write_archive};
use crate::model::{Format, Timestamp};

/// The inputs of one fuzzer, of which there are some.
fn inputs(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let inputs: Vec<_> =
        folder.read_dir().unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(!inputs.is_empty(), "{target}");
    inputs
}

#[test]
fn archives_are_refused_or_pack_again() {
    let trees: Vec<Option<Tree>> =
        inputs("archive").iter().map(|bytes| read_archive(bytes, ArchiveLimits::default()).ok()).collect();
    assert!(trees.iter().any(Option::is_some) && trees.iter().any(Option::is_none));
    for tree in trees.into_iter().flatten() {
        let packed = write_archive(&tree, &[], Timestamp(0)).unwrap();
        assert_eq!(read_archive(&packed, ArchiveLimits::default()), Ok(tree));
    }
}

#[test]
fn directories_are_refused_or_read_again_in_every_version() {
    for bytes in inputs("directory") {
        let mut pieces = bytes.split(|byte| *byte == 0);
        let mut tree = Tree::default();
        while let (Some(path), Some(bytes)) = (pieces.next(), pieces.next()) {
            tree.0.insert(String::from_utf8_lossy(path).into_owned(), bytes.to_vec());
        }
        let Ok(import) = read(&tree, "app") else { continue };
        for format in Format::ALL {
            let again = read(&written(&import, Some(format)), "app").unwrap();
            assert_eq!(again.config.ids, import.config.ids, "{format}");
        }
    }
}

#[test]
fn bodies_are_refused_or_apps() {
    for bytes in inputs("payload") {
        let payload = read_import(&bytes).or_else(|_| read_push(&bytes)).unwrap();
        assert!(read(&payload.tree, "app").is_ok());
    }
}
