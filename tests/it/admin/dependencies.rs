//! Packages of functions, as tools compare and upload them.

use std::io::{Cursor, Write};

use serde_json::{Value, json};

use super::desk::Desk;

/// An archive of packages of one file each: name, version, and what the file says.
fn archive(packages: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |path: String, text: &str| {
        zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    put("node_modules/.package-lock.json".to_owned(), "{}");
    for (name, version, text) in packages {
        let manifest = json!({ "name": name, "version": version, "main": "index.js" });
        put(format!("node_modules/{name}/package.json"), &manifest.to_string());
        put(format!("node_modules/{name}/index.js"), text);
        // What a package brings along for itself is nobody else's.
        put(format!("node_modules/{name}/node_modules/inner/index.js"), "");
    }
    zip.finish().unwrap().into_inner()
}

/// A server with an app, and how its packages are asked for.
struct Store {
    desk: Desk,
    path: String,
}

impl Store {
    fn open() -> Store {
        let desk = Desk::open();
        let (app, _) = desk.app("news");
        Store { desk, path: format!("{app}/dependencies") }
    }

    fn diff(&self, name: &str, bytes: &[u8]) -> (u16, Value) {
        self.desk.send_file("POST", &format!("{}/diff", self.path), name, bytes)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> (u16, Value) {
        self.desk.send_file("PUT", &self.path, name, bytes)
    }

    fn archive(&self) -> Vec<u8> {
        self.desk.download(&format!("{}/archive", self.path)).1
    }

    fn status(&self) -> Value {
        self.desk.get(&format!("{}/status", self.path))
    }
}

fn nothing() -> Value {
    json!({ "added": [], "deleted": [], "modified": [] })
}

fn successful() -> Value {
    json!({ "status": "successful", "status_message": "" })
}

#[test]
fn an_archive_is_compared_with_the_packages_that_are_there() {
    let store = Store::open();
    let first = archive(&[("left", "1.0.0", ""), ("polite", "1.0.0", "module.exports = 1;")]);
    let added =
        [json!({ "name": "left", "version": "1.0.0" }), json!({ "name": "polite", "version": "1.0.0" })];
    let said = json!({ "added": added, "deleted": [], "modified": [] });
    assert_eq!(store.diff("node_modules.zip", &first), (200, said));
    assert_eq!(store.put("node_modules.zip", &first), (204, Value::Null));
    assert_eq!(store.status(), successful());
    assert_eq!(store.diff("node_modules.zip", &first), (200, nothing()));

    let second = archive(&[("@right/hand", "2.0.0", ""), ("polite", "1.1.0", "module.exports = 1;")]);
    let said = json!({
        "added": [{ "name": "@right/hand", "version": "2.0.0" }],
        "deleted": [{ "name": "left", "version": "1.0.0" }],
        "modified": [{ "name": "polite", "version": "1.1.0", "previous_version": "1.0.0" }],
    });
    assert_eq!(store.diff("node_modules.zip", &second), (200, said));

    let mended = archive(&[("left", "1.0.0", ""), ("polite", "1.0.0", "module.exports = 2;")]);
    let modified = [json!({ "name": "polite", "version": "1.0.0", "previous_version": "1.0.0" })];
    let said = json!({ "added": [], "deleted": [], "modified": modified });
    assert_eq!(store.diff("node_modules.zip", &mended), (200, said), "a version that was not raised");
    assert_eq!(store.archive(), first, "a difference changes nothing");
}

#[test]
fn packages_in_the_folder_are_there_too() {
    let (desk, app) = Desk::of_app(&[
        (
            "functions/node_modules/left/package.json",
            br#"{"name": "left", "version": "1.0.0", "main": "index.js"}"#,
        ),
        ("functions/node_modules/left/index.js", b""),
        ("functions/node_modules/left/node_modules/inner/index.js", b""),
        ("functions/node_modules/left/README.md", b"not for a function"),
    ]);
    let store = Store { desk, path: format!("{app}/dependencies") };
    let said = store.diff("node_modules.zip", &archive(&[("left", "1.1.0", "")]));
    let modified = [json!({ "name": "left", "version": "1.1.0", "previous_version": "1.0.0" })];
    assert_eq!(said, (200, json!({ "added": [], "deleted": [], "modified": modified })));
}

#[test]
fn a_package_json_is_kept_only_when_its_packages_are_there() {
    let store = Store::open();
    let packages = archive(&[("left", "1.0.0", "")]);
    assert_eq!(store.put("node_modules.zip", &packages).0, 204);
    let list = |dependencies: Value| json!({ "name": "news", "dependencies": dependencies }).to_string();
    let wanted = list(json!({ "left": "^1.0.0", "util": "*", "uuid": "^9.0.0", "@right/hand": "2" }));
    let added =
        [json!({ "name": "@right/hand", "version": "2" }), json!({ "name": "uuid", "version": "^9.0.0" })];
    let said = json!({ "added": added, "deleted": [], "modified": [] });
    assert_eq!(store.diff("package.json", wanted.as_bytes()), (200, said));
    let (status, refused) = store.put("package.json", wanted.as_bytes());
    let why = "package.json names `@right/hand`, `uuid`, and nothing is installed here: run `npm install` in the \
               folder functions, and upload its node_modules";
    assert_eq!((status, &refused["error"]), (400, &json!(why)));
    assert_eq!(store.archive(), packages, "what was there is there");
    assert_eq!(store.desk.get(&store.path)["dependencies_list"], json!([]));

    let packages = archive(&[("left", "1.0.0", ""), ("uuid", "9.0.1", ""), ("@right/hand", "2.0.0", "")]);
    assert_eq!(store.put("node_modules.zip", &packages).0, 204);
    assert_eq!(store.diff("package.json", wanted.as_bytes()), (200, nothing()));
    assert_eq!(store.put("package.json", wanted.as_bytes()), (204, Value::Null));
    assert_eq!((store.status(), store.archive()), (successful(), packages));
    let raised = list(json!({ "left": "^1.1.0", "util": "*", "@right/hand": "2" }));
    let said = json!({
        "added": [], "deleted": [{ "name": "uuid", "version": "^9.0.0" }],
        "modified": [{ "name": "left", "version": "^1.1.0", "previous_version": "^1.0.0" }],
    });
    assert_eq!(store.diff("package.json", raised.as_bytes()), (200, said));
}

#[test]
fn an_upload_that_cannot_be_read_takes_the_place_of_nothing() {
    let store = Store::open();
    let packages = archive(&[("left", "1.0.0", "")]);
    assert_eq!(store.put("node_modules.zip", &packages).0, 204);
    let empty = zip::ZipWriter::new(Cursor::new(Vec::new())).finish().unwrap().into_inner();
    let no_list = "`file`: package.json is no JSON object with `dependencies`";
    for (name, bytes, why) in [
        ("node_modules.zip", &empty[..], "`file`: the archive holds no folder `node_modules`"),
        ("package.json", b"[]", no_list),
        ("package.json", br#"{"dependencies": {"left": 1}}"#, no_list),
    ] {
        for (status, said) in [store.diff(name, bytes), store.put(name, bytes)] {
            assert_eq!((status, &said["error"]), (400, &json!(why)), "{name}");
        }
    }
    let cut = store.put("node_modules.zip", &packages[..packages.len() / 2]);
    assert_eq!((cut.0, cut.1["error_code"].as_str()), (400, Some("InvalidParameter")));
    assert_eq!(store.archive(), packages);
}

#[test]
fn an_archive_that_came_with_a_directory_and_cannot_be_read_is_said_to_have_failed() {
    let (desk, app) = Desk::of_app(&[("functions/node_modules.zip", b"some\0packages")]);
    let status = desk.get(&format!("{app}/dependencies/status"));
    assert_eq!(status["status"], "failed");
    let message = status["status_message"].as_str().unwrap();
    assert!(message.starts_with("functions/node_modules.zip cannot be read: "), "{message}");
}
