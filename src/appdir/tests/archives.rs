//! Archives, and those that are made to hurt.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{GUESTS, tree};
use crate::appdir::{ArchiveLimits, Tree, read_archive, write_archive};
use crate::model::Timestamp;

const NOW: Timestamp = Timestamp(1_764_150_000);

fn app() -> Tree {
    tree(&[("auth/providers.json", GUESTS), ("functions/a/b.js", "exports = 1;"), ("root_config.json", "{}")])
}

fn packed(tree: &Tree) -> Vec<u8> {
    write_archive(tree, &["values".to_owned(), "graphql/custom_resolvers".to_owned()], NOW).unwrap()
}

/// An archive of entries with these names, made without the care that ours takes.
fn made(names: &[&str], options: SimpleFileOptions, bytes: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn refusal(bytes: &[u8]) -> String {
    read_archive(bytes, ArchiveLimits::default()).expect_err("refused").to_string()
}

#[test]
fn what_is_packed_is_unpacked_with_modes_and_times() {
    let bytes = packed(&app());
    assert_eq!(read_archive(&bytes, ArchiveLimits::default()).unwrap(), app());
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).unwrap();
        let time = entry.last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day()), (2025, 11, 26));
        entries.push((entry.name().unwrap().into_owned(), entry.unix_mode().unwrap()));
    }
    let directory = |name: &str| (name.to_owned(), 0o040_755);
    let file = |name: &str| (name.to_owned(), 0o100_644);
    assert_eq!(
        entries,
        [
            directory("auth/"),
            directory("functions/"),
            directory("functions/a/"),
            directory("graphql/"),
            directory("graphql/custom_resolvers/"),
            directory("values/"),
            file("auth/providers.json"),
            file("functions/a/b.js"),
            file("root_config.json"),
        ]
    );
    assert_eq!(bytes, packed(&app()));
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["../x", "a/../../x", "/etc/passwd", "a\\b", "..\\x", "C:/x", "a//b", "./a", "a\nb", "a/\0"] {
        let said = refusal(&made(&["realm_config.json", name], SimpleFileOptions::default(), b"{}"));
        assert!(said.contains("expected a"), "{name:?}: {said}");
    }
}

#[test]
fn names_that_only_case_tells_apart_are_refused() {
    let said = refusal(&made(&["values/A.json", "values/a.json"], SimpleFileOptions::default(), b"{}"));
    assert_eq!(
        said,
        "values/a.json: expected names that differ by more than case, found `values/A.json` too"
    );
    let said = refusal(&made(&["values", "values/a.json"], SimpleFileOptions::default(), b"{}"));
    assert_eq!(said, "values/a.json: expected `values` to be a directory, found a file");
}

#[test]
fn a_name_that_comes_twice_is_refused() {
    let mut bytes = made(&["values/a.json", "values/b.json"], SimpleFileOptions::default(), b"{}");
    for index in 0..bytes.len() - 13 {
        if bytes[index..].starts_with(b"values/b.json") {
            bytes[index + 7] = b'a';
        }
    }
    assert_eq!(refusal(&bytes), ".: expected each name once, found one again");
}

#[test]
fn links_and_locked_entries_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("values/a.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let said = refusal(&writer.finish().unwrap().into_inner());
    assert_eq!(said, "values/a.json: expected a file, found a link or a device");
    let locked = SimpleFileOptions::default().with_deprecated_encryption(b"password").unwrap();
    let said = refusal(&made(&["values/a.json"], locked, b"{}"));
    assert_eq!(said, "values/a.json: expected a plain entry, found an encrypted one");
}

#[test]
fn bombs_do_not_go_off() {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    // Many times larger than its archive.
    let said = refusal(&made(&["values/a.json"], options, &vec![0; 3 << 20]));
    assert!(said.starts_with("values/a.json: expected at most "), "{said}");
    // Too much in one file, in all, and too many.
    let limits = ArchiveLimits { entries: 2, file_bytes: 10, total_bytes: 15, ratio: 200 };
    let read = |names: &[&str], bytes: &[u8]| read_archive(&made(names, options, bytes), limits);
    assert!(read(&["a", "b"], b"1234567").is_ok());
    assert!(read(&["a"], b"12345678901").is_err());
    assert!(read(&["a", "b"], b"12345678").is_err());
    assert_eq!(
        read(&["a", "b", "c"], b"").expect_err("too many").to_string(),
        ".: expected at most 2 entries, found 3"
    );
}

#[test]
fn an_entry_that_lies_about_its_size_is_refused() {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut bytes = made(&["values/a.json"], options, &[b' '; 5_000]);
    let size = 5_000_u32.to_le_bytes();
    for index in 0..bytes.len() - 4 {
        if bytes[index..].starts_with(&size) {
            bytes[index..index + 4].copy_from_slice(&1_u32.to_le_bytes());
        }
    }
    let limits = ArchiveLimits { file_bytes: 1_000, ..ArchiveLimits::default() };
    assert!(read_archive(&bytes, limits).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_at_random_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read_archive(&bytes, ArchiveLimits::default()).is_err());
    }

    #[test]
    fn a_damaged_archive_never_panics(
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = packed(&app());
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Ok(tree) = read_archive(&bytes, ArchiveLimits::default()) {
            prop_assert!(tree.0.keys().all(|path| !path.starts_with('/') && !path.contains("..")));
        }
    }
}
