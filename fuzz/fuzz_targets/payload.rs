//! The body of an import or a push: what is taken is an app.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerby::appdir::{read, read_import, read_push};

fuzz_target!(|bytes: &[u8]| {
    for body in [read_import, read_push] {
        if let Ok(payload) = body(bytes) {
            read(&payload.tree, "app").expect("what was taken can be read");
        }
    }
});
