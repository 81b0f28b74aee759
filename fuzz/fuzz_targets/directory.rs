//! A directory, its files one after the other: a path, a NUL, bytes, a NUL. Read, then written in every version, of
//! which each can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerby::appdir::{Export, Mode, Tree, read, write};
use passerby::model::{AppId, Format, GroupId, ObjectId};

fuzz_target!(|bytes: &[u8]| {
    let mut pieces = bytes.split(|byte| *byte == 0);
    let mut tree = Tree::default();
    while let (Some(path), Some(bytes)) = (pieces.next(), pieces.next()) {
        tree.0.insert(String::from_utf8_lossy(path).into_owned(), bytes.to_vec());
    }
    let Ok(import) = read(&tree, "app") else { return };
    let client_app_id = "news-abcde".parse().expect("an id");
    for format in Format::ALL {
        let export = Export {
            config: &import.config,
            files: &import.files,
            client_app_id: &client_app_id,
            app_id: AppId(ObjectId::ZERO),
            group_id: GroupId(ObjectId::ZERO),
            format: Some(format),
            mode: Mode::Faithful,
        };
        read(&write(&export).tree, "app").expect("what was written can be read");
    }
});
