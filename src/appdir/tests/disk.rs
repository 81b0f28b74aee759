//! Real directories.

use std::fs;
use std::path::Path;

use super::tree;
use crate::appdir::{Tree, load, save};
use crate::model::ProviderType;

fn put(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_saved_directory_loads_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut app =
        tree(&[("root_config.json", "{}"), ("functions/user/create.js", "x"), (".mdb/meta.json", "{}")]);
    app.0.insert("hosting/files/logo.png".to_owned(), vec![0, 255, 13, 10]);
    let new = dir.path().join("made/on the way");
    save(&app, &new).unwrap();
    assert_eq!(load(&new).unwrap(), app);
}

#[test]
fn a_directory_that_is_not_empty_is_never_written_into() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "mine.txt", b"x");
    let error = save(&tree(&[("root_config.json", "{}")]), dir.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} is not empty: expected a new or empty directory", dir.path().display())
    );
    assert_eq!(load(dir.path()).unwrap().0.len(), 1);
}

#[test]
fn paths_that_lead_out_are_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("app");
    for (path, reason) in [
        ("../escaped", "a segment of dots"),
        ("a/../../escaped", "a segment of dots"),
        ("/tmp/escaped", "an absolute path"),
        ("a//b", "an empty segment"),
        ("a/", "an empty segment"),
        ("a\\b", "a backslash"),
        ("a\0b", "a NUL"),
        ("", "an empty path"),
    ] {
        let error = save(&tree(&[("a.json", "{}"), (path, "x")]), &inner).unwrap_err();
        assert_eq!(error.to_string(), format!("{path:?} is no path inside a directory: it has {reason}"));
    }
    let error = save(&tree(&[("a", "x"), ("a/b", "x")]), &inner).unwrap_err();
    assert!(error.to_string().ends_with("it has a file where it needs a directory"), "{error}");
    assert!(!inner.exists());
}

#[test]
fn what_surrounds_an_app_is_named_but_not_read() {
    let dir = tempfile::tempdir().unwrap();
    for path in [
        "root_config.json",
        "functions/greet.js",
        "functions/node_modules/a/index.js",
        "functions/.DS_Store",
        "README.md",
        "web/src/app.js",
        "web/config.json",
        "web/node_modules/a/index.js",
        "node_modules/a/index.js",
        ".git/HEAD",
        ".cache/x",
        ".gitignore",
    ] {
        put(dir.path(), path, b"{}");
    }
    let expected = [
        (".gitignore", ""),
        ("README.md", ""),
        ("functions/greet.js", "{}"),
        ("functions/node_modules/a/index.js", "{}"),
        ("root_config.json", "{}"),
        ("web/config.json", "{}"),
        ("web/src/app.js", ""),
    ];
    assert_eq!(load(dir.path()).unwrap(), tree(&expected));
}

#[test]
fn what_cannot_be_loaded_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none");
    assert_eq!(
        load(&missing).unwrap_err().to_string(),
        format!("there is no directory {}", missing.display())
    );
    put(dir.path(), "file", b"");
    let file = dir.path().join("file");
    assert_eq!(load(&file).unwrap_err().to_string(), format!("{} is not a directory", file.display()));
    let deep = dir.path().join(format!("functions/{}", "a/".repeat(40)));
    fs::create_dir_all(deep).unwrap();
    let error = load(dir.path()).unwrap_err().to_string();
    assert!(error.ends_with("lies too deep: 32 directories inside one another is the most"), "{error}");
}

#[test]
fn a_file_beyond_the_limit_is_named_with_it() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "hosting/files/film.mp4", b"");
    let film = dir.path().join("hosting/files/film.mp4");
    fs::File::options().write(true).open(&film).unwrap().set_len((32 << 20) + 1).unwrap();
    assert_eq!(
        load(dir.path()).unwrap_err().to_string(),
        format!("{} is too large: a file may have 33554432 bytes", film.display())
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_directory_only() {
    use std::os::unix::fs::symlink;

    let outside = tempfile::tempdir().unwrap();
    put(outside.path(), "secret.js", b"secret");
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "shared/greet.js", b"hello");
    put(dir.path(), "root_config.json", b"{}");
    fs::create_dir(dir.path().join("functions")).unwrap();
    symlink("../shared/greet.js", dir.path().join("functions/greet.js")).unwrap();
    symlink("../shared", dir.path().join("functions/shared")).unwrap();
    symlink(outside.path(), dir.path().join("elsewhere")).unwrap();
    let loaded = load(dir.path()).unwrap();
    let expected = [
        ("functions/greet.js", "hello"),
        ("functions/shared/greet.js", "hello"),
        ("root_config.json", "{}"),
        ("shared/greet.js", ""),
    ];
    assert_eq!(loaded, tree(&expected));

    for target in [outside.path().to_owned(), outside.path().join("secret.js")] {
        let link = dir.path().join("functions/out");
        symlink(target, &link).unwrap();
        assert_eq!(
            load(dir.path()).unwrap_err().to_string(),
            format!("{} is a link that leads out of the app directory", link.display())
        );
        fs::remove_file(link).unwrap();
    }

    fs::remove_file(dir.path().join("elsewhere")).unwrap();
    symlink("..", dir.path().join("functions/around")).unwrap();
    let error = load(dir.path()).unwrap_err().to_string();
    assert!(error.contains("lies too deep"), "{error}");
}

#[cfg(unix)]
#[test]
fn sockets_and_odd_names_are_refused_in_an_app_and_passed_over_around_it() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::UnixListener;

    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "root_config.json", b"{}");
    let _socket = UnixListener::bind(dir.path().join("admin.sock")).unwrap();
    fs::write(dir.path().join(OsStr::from_bytes(b"odd\xff")), b"").unwrap();
    fs::write(dir.path().join("odd\\name"), b"").unwrap();
    assert_eq!(load(dir.path()).unwrap(), tree(&[("admin.sock", ""), ("root_config.json", "{}")]));

    fs::create_dir(dir.path().join("functions")).unwrap();
    let odd = dir.path().join("functions/odd\\name");
    fs::write(&odd, b"").unwrap();
    assert_eq!(
        load(dir.path()).unwrap_err().to_string(),
        format!(
            "{} has a name that an app directory cannot hold: expected UTF-8 without backslashes",
            odd.display()
        )
    );
    fs::remove_file(odd).unwrap();
    let socket = dir.path().join("functions/s");
    let _inner = UnixListener::bind(&socket).unwrap();
    assert_eq!(
        load(dir.path()).unwrap_err().to_string(),
        format!("{} is neither a file nor a directory", socket.display())
    );
}

#[test]
fn an_empty_directory_is_an_empty_tree() {
    assert_eq!(load(tempfile::tempdir().unwrap().path()).unwrap(), Tree::default());
}

#[test]
fn the_examples_import() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for name in ["news", "try-before-register", "dev"] {
        let import = crate::appdir::read(&load(&examples.join(name)).unwrap(), name).unwrap();
        assert_eq!(import.warnings, [], "{name}");
        assert_eq!(import.ignored, ["README.md"], "{name}");
        let guests = import.config.provider(ProviderType::AnonUser);
        assert_eq!(guests.map(|provider| provider.disabled), Some(false), "{name}");
    }
}
