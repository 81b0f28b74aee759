//! `passerby serve`.

use serde_json::json;

use crate::support::{Server, example, on_postgres, passerby, passerby_with};

#[test]
fn the_ready_line_names_everything_and_guests_survive_a_crash() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[example("news").to_str().unwrap()]);
    let try_url = server.ready["apps"][0]["try_url"].as_str().unwrap().to_owned();
    assert!(try_url.starts_with("http://127.0.0.1:") && try_url.ends_with("/news-aaaaa/"), "{try_url}");
    let url = format!("http://{}", server.authority());
    assert_eq!(
        server.ready,
        json!({
            "client_url": url, "admin_url": url, "metrics_url": null,
            "apps": [{ "client_app_id": "news-aaaaa", "name": "news", "created": true, "try_url": try_url }],
        })
    );
    let guest = server.log_in(server.app(0));
    let token = guest["refresh_token"].as_str().unwrap();

    let server = server.restart();

    assert_eq!(server.ready["apps"][0]["created"], json!(false));
    assert_eq!(server.with_token("POST", "/api/client/v2.0/auth/session", token).status, 201);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_stopped_server_leaves_one_file_and_no_socket() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[example("dev").to_str().unwrap()]);
    server.log_in(server.app(0));
    assert_eq!(server.stop(), 0);
    let mut left: Vec<String> = std::fs::read_dir(data.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    let mut expected = vec!["admin-key.json", "passerby.db", "passerby.db.lock", "server.log"];
    expected.retain(|file| *file != "passerby.db" || !on_postgres());
    assert_eq!(left, expected);
}

#[test]
fn a_log_filter_that_makes_no_sense_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let ran = passerby(["serve", "--log", "passerby=loud", "--data", data.path().to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    let said = "error: `log` must be a level or a filter, not `passerby=loud`: ";
    assert!(ran.err.starts_with(said), "{}", ran.err);
}

#[test]
fn a_flag_goes_over_a_variable_and_a_variable_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("passerby.toml");
    std::fs::write(&file, "public_url = \"of the file\"\n").unwrap();
    let (file, data) = (file.to_str().unwrap(), dir.path().join("data"));
    let variable = ("PASSERBY_PUBLIC_URL", "of the variable");
    // What is no URL is refused by its text, so the refusal tells which one counted.
    let refused = |variables: &[(&str, &str)], flags: &[&str]| {
        let arguments = [&["serve", "--config", file, "--data", data.to_str().unwrap()], flags].concat();
        passerby_with(variables, arguments).err
    };
    let said = |text| format!("error: `public_url` must look like https://auth.example.com, not `{text}`\n");
    assert_eq!(refused(&[], &[]), said("of the file"));
    assert_eq!(refused(&[variable], &[]), said("of the variable"));
    assert_eq!(refused(&[variable], &["--public-url", "of the flag"]), said("of the flag"));
    let of_file = ("PASSERBY_CONFIG", file);
    assert_eq!(passerby_with(&[of_file], ["serve"]).err, said("of the file"));
}
