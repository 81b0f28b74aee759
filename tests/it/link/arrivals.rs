//! What comes with an app directory, and what is said of it: secrets, and providers that would refuse everybody.

use serde_json::{Value, json};

use super::{APP, KEY, claims, people, token};
use crate::support::{Ran, Server, passerby};

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new(userpass: &Value) -> Place {
        let directory = tempfile::tempdir().unwrap();
        people(&directory.path().join("people"), &json!({}), userpass);
        Place { directory }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join("people").join(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let data = self.path("data");
        passerby(arguments.iter().copied().chain(["--data", &data]))
    }

    fn serve(&self) -> Server {
        Server::start(&self.directory.path().join("data"), &[&self.path("people")])
    }
}

fn logs_in(server: &Server) -> u16 {
    let body = json!({"token": token(&claims("ann"))}).to_string();
    let target = format!("/api/client/v2.0/app/{APP}/auth/providers/custom-token/login");
    server.request("POST", &target, &[], body.as_bytes()).status
}

#[test]
fn secrets_of_a_directory_come_in_with_it_and_never_go_out() {
    let place = Place::new(&json!({"autoConfirm": true}));
    let secrets =
        json!({"auth_providers": {"custom-token": {"signingKeys": [KEY]}}, "other": "another-value"});
    place.write("secrets.json", &secrets.to_string());
    let server = place.serve();
    assert_eq!(logs_in(&server), 200);
    assert_eq!(place.run(&["secrets", "list", APP]).out, "jwtKey\nother\n");
    let again = place.run(&["import", &place.path("people")]);
    assert!(again.code == 0 && again.out.contains("nothing changed"), "{again:?}");
    place.write("secrets.json", &json!({"jwtKey": "0".repeat(64)}).to_string());
    let changed = place.run(&["import", &place.path("people")]);
    assert!(changed.code == 0 && changed.out.contains(": changed"), "{changed:?}");
    assert_eq!(logs_in(&server), 401);
    assert_eq!(place.run(&["secrets", "list", APP]).out, "jwtKey\nother\n", "none is taken away");

    assert_eq!(place.run(&["export", APP, &place.path("out")]).code, 0);
    for (path, bytes) in crate::cli::files(&place.directory.path().join("out")) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(path != "secrets.json" && !text.contains(KEY) && !text.contains("another-value"), "{path}");
    }
    let log = server.log();
    assert!(!log.contains(KEY) && !log.contains("another-value") && !log.contains(&"0".repeat(64)), "{log}");
}

#[test]
fn broken_secrets_are_told_without_their_values() {
    let place = Place::new(&json!({"autoConfirm": true}));
    place.write("secrets.json", r#"{"jwtKey": "SECRET" "SECRET"}"#);
    let said = "secrets.json:1:21: expected JSON, found something else, of which nothing is repeated here";
    for command in ["check", "import"] {
        let people = place.path("people");
        let ran =
            if command == "check" { passerby([command, &people]) } else { place.run(&[command, &people]) };
        let all = ran.out + &ran.err;
        assert!(ran.code == 3 && all.contains(said) && !all.contains("SECRET"), "{all}");
    }
}

#[test]
fn providers_that_refuse_everybody_are_told_at_every_door() {
    let place = Place::new(&json!({"runConfirmationFunction": true, "confirmationFunctionName": "gone"}));
    place.write("functions/sum.js", "exports = function (");
    let gone = "auth/providers.json: $.local-userpass: `config.confirmationFunctionName` names the function `gone`, \
                which is not there: every registration fails";
    let reset = "auth/providers.json: $.local-userpass: expected an address, https://…, as `config.resetPasswordUrl`, \
                 found none: no password can be reset";
    let secret = "auth/providers.json: $.custom-token: there is no secret `jwtKey`: every login is refused until \
                  `passerby secrets set` sets it";
    let unknown = "auth/providers.json: $.custom-token: it needs the secret `jwtKey`, which secrets.json does not give: \
                   the store may have it";
    let source = "functions/sum.js:";

    let people = place.path("people");
    let checked = passerby(["check", &people]);
    assert_eq!(checked.code, 0);
    for said in [gone, reset, unknown, source] {
        assert!(checked.out.contains(&format!("warning: {said}")), "no `{said}` in\n{}", checked.out);
    }
    let server = place.serve();
    for said in [gone, reset, secret, source] {
        assert!(server.log().contains(said), "no `{said}` in\n{}", server.log());
    }
    let imported = place.run(&["import", &people]);
    let doctor = place.run(&["doctor"]);
    assert_eq!((imported.code, doctor.code), (0, 1));
    for said in [gone, reset, secret, source] {
        assert!(imported.err.contains(&format!("warning: {said}")), "no `{said}` in\n{}", imported.err);
        assert!(doctor.out.contains(said), "no `{said}` in\n{}", doctor.out);
    }
}

#[test]
fn automatic_confirmation_is_noted_and_no_illness() {
    let place = Place::new(&json!({"autoConfirm": true, "resetPasswordUrl": "https://people.example/reset"}));
    place.write("secrets.json", &json!({"jwtKey": KEY}).to_string());
    let server = place.serve();
    let doctor = place.run(&["doctor"]);
    assert_eq!((doctor.code, doctor.err.as_str()), (0, ""), "{}", doctor.out);
    let noted = "`config.autoConfirm` proves nothing about an address";
    assert!(doctor.out.contains(noted) && server.log().contains(noted), "{}", doctor.out);
}
