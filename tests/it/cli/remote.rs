//! The same commands against a server elsewhere: `passerby login`, `--url` and `--profile`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::place::{Place, printed};
use crate::support::{Ran, passerby_typing, redact, terminal};

/// Somebody at another machine, who has the server's first key pair.
struct Office {
    place: Place,
    url: String,
    public_key: String,
    private_key: String,
}

impl Office {
    fn open() -> Office {
        let place = Place::with_server();
        let pair = std::fs::read_to_string(place.data().join("admin-key.json")).unwrap();
        let pair: Value = serde_json::from_str(&pair).unwrap();
        let text = |name: &str| pair[name].as_str().unwrap().to_owned();
        let url = format!("http://{}", place.server.as_ref().unwrap().authority());
        Office { place, url, public_key: text("public_key"), private_key: text("private_key") }
    }

    /// The same after a login.
    fn logged_in() -> Office {
        let office = Office::open();
        let key = office.private_key.clone();
        let ran =
            office.run_typing(&["login", "--url", &office.url, "--public-key", &office.public_key], &key);
        let said = "Logged in to [url]/ as [public key], profile default.\n";
        printed(&ran, said, "Other commands ask there with --profile default or --url [url]/.\n");
        office
    }

    fn home(&self) -> String {
        self.place.beside("home")
    }

    fn profile(&self) -> PathBuf {
        Path::new(&self.home()).join("passerby/profiles/default.json")
    }

    /// Runs a command far from the data directory, and never lets the secrets of the login be printed.
    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_typing(arguments, "")
    }

    fn run_typing(&self, arguments: &[&str], typed: &str) -> Ran {
        let ran = passerby_typing(&[("XDG_CONFIG_HOME", &self.home())], arguments, typed);
        self.keeps_secrets(&ran);
        let clean = |text: &str| {
            let text = text.replace(&self.url, "[url]").replace(&self.public_key, "[public key]");
            redact(&text.replace(self.place.beside("").trim_end_matches('/'), "[dir]"))
        };
        Ran { code: ran.code, out: clean(&ran.out), err: clean(&ran.err) }
    }

    fn keeps_secrets(&self, ran: &Ran) {
        let mut secrets = vec![self.private_key.clone()];
        if let Ok(text) = std::fs::read_to_string(self.profile()) {
            let kept: Value = serde_json::from_str(&text).unwrap();
            secrets.extend(
                ["access_token", "refresh_token"].map(|name| kept[name].as_str().unwrap().to_owned()),
            );
        }
        let shown = format!("{}{}", ran.out, ran.err);
        assert!(secrets.iter().all(|secret| !shown.contains(secret)), "a secret is shown: {shown}");
    }

    /// Changes a word of the profile.
    fn spoil(&self, name: &str, value: &str) {
        let mut kept: Value =
            serde_json::from_str(&std::fs::read_to_string(self.profile()).unwrap()).unwrap();
        kept[name] = json!(value);
        std::fs::write(self.profile(), kept.to_string()).unwrap();
    }
}

#[test]
fn a_login_is_kept_for_its_owner_alone_and_forgotten_at_a_logout() {
    let office = Office::logged_in();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&office.profile()), 0o600);
    assert_eq!(mode(office.profile().parent().unwrap()), 0o700);
    let text = std::fs::read_to_string(office.profile()).unwrap();
    assert!(!text.contains(&office.private_key));
    let who = office.run(&["whoami"]);
    printed(
        &who,
        "server         [url]/\nprofile        default\npublic key     [public key]\nadministrator  [id]\n\
         role           GROUP_OWNER of [id]\n",
        "",
    );
    let who: Value =
        serde_json::from_str(&office.run(&["whoami", "--json", "--url", &office.url]).out).unwrap();
    assert_eq!((&who["profile"], &who["roles"][0]["role_name"]), (&json!("default"), &json!("GROUP_OWNER")));
    let out = office.run(&["logout"]);
    printed(&out, "Logged out of [url]/, profile default.\n", "");
    assert!(!office.profile().exists());
    let gone = office.run(&["apps", "list", "--url", &office.url]);
    assert_eq!(
        (gone.code, gone.out.as_str(), gone.err.as_str()),
        (
            7,
            "",
            "error: nobody is logged in at [url]/\n\
             hint: `passerby login --url [url]/ --public-key KEY` logs in\n"
        )
    );
}

#[test]
fn a_wrong_key_is_refused_and_nothing_is_kept() {
    let office = Office::open();
    let ran =
        office.run_typing(&["login", "--url", &office.url, "--public-key", &office.public_key], "wrong\n");
    assert_eq!((ran.code, ran.out.as_str()), (7, ""), "{ran:?}");
    assert!(ran.err.contains("You are not authorized") && ran.err.contains("hint: "), "{}", ran.err);
    assert!(!office.profile().exists());
    let ran = office.run(&["login", "--url", &office.url, "--public-key", &office.public_key]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.starts_with("error: there is no private key"), "{}", ran.err);
}

#[test]
fn a_typed_key_is_not_shown() {
    let office = Office::open();
    let arguments = ["login", "--url", &office.url, "--public-key", &office.public_key];
    let home = office.home();
    let key = format!("{}\n", office.private_key);
    let ran = terminal(&[("XDG_CONFIG_HOME", &home)], &arguments, "Private key: ", &key);
    assert_eq!(ran.code, 0, "{ran:?}");
    office.keeps_secrets(&ran);
    assert!(ran.out.contains("Private key: ") && ran.out.contains("Logged in to"), "{}", ran.out);
    assert!(office.profile().exists());
}

#[test]
fn a_key_never_crosses_the_network_readable_unless_agreed() {
    let office = Office::open();
    let ran = office.run_typing(&["login", "--url", "http://auth.example.com", "--public-key", "k"], "key\n");
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            2,
            "error: http://auth.example.com/ would carry the private key readable across the network: use https, or \
             agree with --plain-http\n"
        )
    );
    // Nor is there an argument for it.
    let ran = office.run(&["login", "--url", &office.url, "--public-key", "k", "--private-key", "x"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn every_command_works_from_afar() {
    let office = Office::logged_in();
    let far = |arguments: &[&str]| {
        let ran = office.run(&[arguments, &["--url", &office.url]].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.out
    };
    let near = |arguments: &[&str]| {
        let ran = office.place.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.out
    };
    for arguments in [
        vec!["apps", "list"],
        vec!["users", "list", "news-aaaaa"],
        vec!["users", "show", "news-aaaaa", office.place.user(0)],
        vec!["keys", "list", "news-aaaaa"],
        vec!["secrets", "list", "news-aaaaa"],
        vec!["providers", "list", "news-aaaaa"],
        vec!["logs", "news-aaaaa"],
    ] {
        assert_eq!(far(&arguments), near(&arguments), "{arguments:?}");
    }
    let dir = office.place.beside("news");
    assert_eq!(
        far(&["pull", &dir, "--app", "news-aaaaa"]),
        "Pulled news-aaaaa into [dir]/news: 7 files added.\n"
    );
    assert_eq!(
        far(&["providers", "disable", "news-aaaaa", "anon-user"]),
        "Disabled anon-user of news-aaaaa.\n"
    );
    let diff = far(&["diff", &dir]);
    assert!(diff.contains("-        \"disabled\": true\n+        \"disabled\": false\n"), "{diff}");
    let pushed = far(&["push", &dir, "--yes"]);
    assert_eq!(pushed, format!("{diff}Pushed [dir]/news to news-aaaaa: 1 file changed.\n"));
    assert_eq!(far(&["import", &dir]), "Imported [dir]/news as news-aaaaa: nothing changed.\n");
    assert_eq!(far(&["users", "disable", "news-aaaaa", office.place.user(0)]), "Disabled [id].\n");
    // What is about files of the server's machine is not.
    let ran = office.run(&["backup", &office.place.beside("x"), "--profile", "default"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (2, "error: this command works on files of the server's machine: run it there, not through [url]/\n")
    );
}

#[test]
fn who_may_only_read_compares_and_pushes_nothing() {
    let office = Office::logged_in();
    let dir = office.place.beside("news");
    assert_eq!(office.run(&["pull", &dir, "--app", "news-aaaaa", "--url", &office.url]).code, 0);
    assert_eq!(office.place.raw(["providers", "disable", "news-aaaaa", "anon-user"]).code, 0);
    std::fs::write(Path::new(&dir).join("secrets.json"), "{\"pin\": \"a-guess\"}").unwrap();
    let made = office.place.raw(["admins", "create", "--role", "read-only", "--json"]);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let made = office.place.raw(["admins", "keys", "create", made["_id"].as_str().unwrap(), "--json"]);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let (public, private) = (made["public_key"].as_str().unwrap(), made["private_key"].as_str().unwrap());
    let login = ["login", "--url", &office.url, "--public-key", public, "--profile", "reader"];
    assert_eq!(office.run_typing(&login, private).code, 0);
    let diff = office.run(&["diff", &dir, "--profile", "reader"]);
    assert_eq!((diff.code, diff.err.as_str()), (0, ""), "{diff:?}");
    // Whether a guess is the secret's value is not told.
    assert!(diff.out.ends_with("news-aaaaa: 1 file changed\n") && !diff.out.contains("pin"), "{}", diff.out);
    let push = office.run(&["push", &dir, "--yes", "--profile", "reader"]);
    assert_eq!(
        (push.code, push.err.as_str()),
        (7, "error: unauthorized: your role in this project is read-only\n")
    );
    assert_eq!(office.run(&["diff", &dir, "--profile", "reader"]), diff);
}

#[test]
fn settings_travel_with_a_push() {
    let office = Office::logged_in();
    let dir = office.place.beside("news");
    assert_eq!(office.run(&["pull", &dir, "--app", "news-aaaaa", "--url", &office.url]).code, 0);
    std::fs::write(Path::new(&dir).join("passerby.json"), "{\"link_errors\": \"strict\"}").unwrap();
    let ran = office.run(&["push", &dir, "--yes", "--url", &office.url]);
    assert!(ran.code == 0 && ran.out.ends_with("to news-aaaaa: 1 file added.\n"), "{ran:?}");
    let again = office.run(&["diff", &dir, "--url", &office.url]);
    printed(&again, "Nothing to push: [dir]/news is what news-aaaaa has.\n", "");
}

#[test]
fn a_token_that_is_over_is_replaced_and_a_session_that_is_over_is_said() {
    let office = Office::logged_in();
    office.spoil("access_token", "over");
    assert_eq!(office.run(&["apps", "list", "--profile", "default"]).code, 0);
    let kept = std::fs::read_to_string(office.profile()).unwrap();
    assert!(!kept.contains("\"over\""), "the new token is kept");
    office.spoil("access_token", "over");
    office.spoil("refresh_token", "over as well");
    let ran = office.run(&["apps", "list", "--profile", "default"]);
    assert_eq!((ran.code, ran.out.as_str()), (7, ""));
    assert!(
        ran.err.starts_with("error: nobody is logged in at [url]/\nhint: `passerby login"),
        "{}",
        ran.err
    );
}

#[test]
fn tokens_that_others_can_read_are_not_used_and_go_to_nobody_else() {
    let office = Office::logged_in();
    let other = office.run(&["apps", "list", "--profile", "default", "--url", "https://other.example"]);
    assert_eq!(
        (other.code, other.err.as_str()),
        (
            2,
            "error: the profile default is of [url]/, not of https://other.example/: leave one of both out\n"
        )
    );
    std::fs::set_permissions(office.profile(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = office.run(&["apps", "list", "--profile", "default"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            1,
            "error: others can read [dir]/home/passerby/profiles/default.json, which holds tokens\n\
             hint: chmod 600 [dir]/home/passerby/profiles/default.json\n"
        )
    );
}

#[test]
fn a_server_that_is_gone_is_named() {
    let mut office = Office::logged_in();
    assert_eq!(office.place.server.take().unwrap().stop(), 0);
    let ran = office.run(&["apps", "list", "--url", &office.url]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.starts_with("error: failed to reach [url]/\n  because: "), "{}", ran.err);
    assert!(ran.err.ends_with("hint: does the server run, and is that its URL?\n"), "{}", ran.err);
}
