//! What an importer meets, and what it says.

mod archives;
mod broken;
mod corpus;
mod disk;
mod generated;
mod layouts;
mod merging;
mod payload;
mod secrets;
mod settings;
mod wire;
mod writing;

use super::{Export, Import, Mode, Tree, read, write};
use crate::model::{AppId, ClientAppId, Format, GroupId, ObjectId};

/// A tree of texts.
fn tree(files: &[(&str, &str)]) -> Tree {
    Tree(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect())
}

/// What a directory called `news` with these files holds.
fn import(files: &[(&str, &str)]) -> Import {
    read(&tree(files), "news").unwrap_or_else(|problems| panic!("{problems}"))
}

/// What keeps these files from being imported, one problem to a line.
fn refusal(files: &[(&str, &str)]) -> String {
    read(&tree(files), "news").expect_err("refused").to_string()
}

/// What is said about these files, which can be imported.
fn warnings(files: &[(&str, &str)]) -> Vec<String> {
    import(files).warnings.iter().map(ToString::to_string).collect()
}

/// The import written again, as the app with the id that came or `news-abcde`.
fn written(import: &Import, format: Option<Format>) -> Tree {
    let client_app_id = import.client_app_id.clone().unwrap_or_else(|| "news-abcde".parse().unwrap());
    write(&export(import, &client_app_id, format)).tree
}

fn export<'a>(import: &'a Import, client_app_id: &'a ClientAppId, format: Option<Format>) -> Export<'a> {
    Export {
        config: &import.config,
        files: &import.files,
        client_app_id,
        app_id: AppId(ObjectId([1; 12])),
        group_id: GroupId(ObjectId([2; 12])),
        format,
        mode: Mode::Faithful,
    }
}

/// The files of a tree as text.
fn texts(tree: &Tree) -> Vec<(&str, &str)> {
    tree.0.iter().map(|(path, bytes)| (path.as_str(), std::str::from_utf8(bytes).unwrap())).collect()
}

/// An anonymous provider as the newest layouts have it.
const GUESTS: &str = r#"{
    "anon-user": {
        "name": "anon-user",
        "type": "anon-user",
        "disabled": false
    }
}
"#;

/// An anonymous provider as the older layouts have it.
const GUEST_FILE: &str = r#"{
    "name": "anon-user",
    "type": "anon-user",
    "disabled": false
}
"#;
