//! An archive from a stranger: unpacked, read, and packed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerby::appdir::{ArchiveLimits, read, read_archive, write_archive};
use passerby::model::Timestamp;

fuzz_target!(|bytes: &[u8]| {
    let Ok(tree) = read_archive(bytes, ArchiveLimits::default()) else { return };
    let _ = read(&tree, "app");
    let packed = write_archive(&tree, &[], Timestamp(0)).expect("packed");
    assert_eq!(read_archive(&packed, ArchiveLimits::default()), Ok(tree));
});
