//! `passerby doctor` on a database.

use serde_json::Value;

use super::{Roles, with_store};
use crate::support::{Ran, Server, passerby};

fn doctor(url: &str) -> (Ran, Vec<(String, String, bool)>) {
    let dir = tempfile::tempdir().unwrap();
    let ran = with_store(url, vec!["doctor", "--json", "--data", dir.path().to_str().unwrap()]);
    let list: Vec<Value> = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let read = |f: &Value| (text(f, "name"), text(f, "finding"), f["well"].as_bool().unwrap());
    let findings = list.iter().map(read).collect();
    (ran, findings)
}

/// What was found under a name.
fn found<'a>(findings: &'a [(String, String, bool)], name: &str) -> (&'a str, bool) {
    let found =
        findings.iter().find(|(of, _, _)| of == name).unwrap_or_else(|| panic!("no {name}: {findings:?}"));
    (&found.1, found.2)
}

#[test]
fn all_is_well_for_a_role_that_serves() {
    let roles = Roles::with_store();
    let (ran, findings) = doctor(&roles.server_url());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{findings:?}");
    let names: Vec<&str> = findings.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "server",
            "engine",
            "database",
            "encoding",
            "schema",
            "fsync",
            "full page writes",
            "synchronous commit",
            "replication",
            "autovacuum",
            "connections",
            "timeouts",
            "password encryption",
            "TLS",
            "pooler",
            "role",
            "rights",
            "signing keys",
            "clock",
            "database's clock",
            "public URL",
        ]
    );
    assert!(found(&findings, "engine").0.starts_with("PostgreSQL 1"), "{findings:?}");
    assert!(found(&findings, "database").0.starts_with(&format!("{}@{}: ", roles.server, roles.place)));
    assert_eq!(found(&findings, "TLS"), ("none, and none is needed on this machine", true));
    let role = format!("{} owns nothing and cannot change the schema", roles.server);
    assert_eq!(found(&findings, "role"), (role.as_str(), true));
    assert!(!ran.out.contains(super::PASSWORD));
}

#[test]
fn what_endangers_the_store_is_said_with_what_to_do() {
    let roles = Roles::with_store();
    let (server, name) = (&roles.server, roles.place.rsplit_once('/').unwrap().1);
    roles.database.run(&format!(
        "revoke delete on sessions from {server}; grant create on schema public to {server};
         alter role {server} in database {name} set password_encryption = 'md5';
         update server set schema = schema + 1"
    ));
    let (ran, findings) = doctor(&roles.server_url());
    assert_eq!(ran.code, 1, "{findings:?}");
    let unwell: Vec<&str> = findings.iter().filter(|f| !f.2).map(|f| f.0.as_str()).collect();
    assert_eq!(unwell, ["schema", "password encryption", "role", "rights"], "{findings:?}");
    assert_eq!(
        found(&findings, "rights").0,
        format!("none, or not all, on sessions: `passerby migrate-store --grant {server}` as the owner")
    );
    assert_eq!(
        found(&findings, "role").0,
        format!(
            "{server} may create in the schema: serve with a role of its own, which `passerby migrate-store --grant ROLE` lets in"
        )
    );
}

#[test]
fn a_role_that_owns_the_tables_is_too_much_for_a_server() {
    let roles = Roles::with_store();
    let (_, findings) = doctor(&roles.owner_url());
    let (said, well) = found(&findings, "role");
    assert!(!well && said.contains("owns the tables, may create in the schema"), "{said}");
}

#[test]
fn beside_a_server_on_a_database_no_file_is_looked_for() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let _server = Server::start(dir.path(), &["--store", &roles.server_url()]);
    let ran = passerby(["doctor", "--data", dir.path().to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.contains("PostgreSQL") && !ran.out.contains("store file"), "{ran:?}");
}

#[test]
fn a_database_that_lets_nobody_in_any_more_is_a_finding_of_its_own() {
    let roles = Roles::with_store();
    let dir = tempfile::tempdir().unwrap();
    let _server = Server::start(dir.path(), &["--store", &roles.server_url()]);
    roles.database.run(&format!("alter role {} nologin", roles.server));
    let ran = passerby(["doctor", "--json", "--data", dir.path().to_str().unwrap()]);
    let findings: Vec<Value> = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    let unwell: Vec<&Value> = findings.iter().filter(|finding| finding["well"] == false).collect();
    let said = unwell[0]["finding"].as_str().unwrap();
    let why = format!("role \"{}\" is not permitted to log in", roles.server);
    assert_eq!((unwell.len(), &unwell[0]["name"], ran.code), (1, &"store".into(), 1), "{ran:?}");
    assert!(said.starts_with("the store is unavailable: ") && said.ends_with(&why), "{said}");
    assert!(!said.contains(super::PASSWORD));
}
