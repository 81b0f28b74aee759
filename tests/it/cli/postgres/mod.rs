//! The store in PostgreSQL, as whoever runs a server meets it: the URL, the roles, the schema, the way there.

mod addresses;
mod backup;
mod doctor;
mod migrate_store;
mod place;
mod pooler;
mod roles;
mod tls;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Database, Ran, passerby};

/// The password of every role here.
const PASSWORD: &str = "open-sesame";

/// A database with a role that owns it and one that serves; nothing is in it yet.
struct Roles {
    database: Database,
    /// `HOST:PORT/DATABASE`.
    place: String,
    owner: String,
    server: String,
}

impl Roles {
    fn make() -> Roles {
        let database = Database::bare();
        let url = database.url();
        let place = url.rsplit_once('@').expect("a URL with a user").1.to_owned();
        let name = place.rsplit_once('/').expect("a database").1.to_owned();
        let (owner, server) = (format!("{name}_owner"), format!("{name}_server"));
        database.run(&format!(
            "create role {owner} login password '{PASSWORD}'; create role {server} login password '{PASSWORD}';
             alter database {name} owner to {owner}"
        ));
        Roles { database, place, owner, server }
    }

    /// The same with the store made, and the serving role let in.
    fn with_store() -> Roles {
        let roles = Roles::make();
        let ran = roles.migrate(&["--grant", &roles.server]);
        assert_eq!(ran.code, 0, "{ran:?}");
        roles
    }

    fn owner_url(&self) -> String {
        format!("postgres://{}:{PASSWORD}@{}", self.owner, self.place)
    }

    fn server_url(&self) -> String {
        format!("postgres://{}:{PASSWORD}@{}", self.server, self.place)
    }

    /// `migrate-store` by the owner.
    fn migrate(&self, arguments: &[&str]) -> Ran {
        with_store(&self.owner_url(), [&["migrate-store"], arguments].concat())
    }

    /// What PostgreSQL answers a role that does something: the code of its refusal, or nothing.
    fn refusal(&self, url: &str, sql: &str) -> Option<String> {
        let url = url.to_owned();
        let sql = sql.to_owned();
        let asked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, connection) =
                    tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                client.batch_execute(&sql).await.err()?.code().map(|code| code.code().to_owned())
            })
        });
        asked.join().unwrap()
    }
}

/// Runs a command whose store the environment names, as a service has it.
fn with_store(url: &str, arguments: Vec<&str>) -> Ran {
    crate::support::passerby_with(&[("PASSERBY_STORE", url)], arguments)
}

/// A file that nobody else reads.
fn private_file(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// What a command says that has everything it needs but an app.
fn lists_apps(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let arguments = [&["apps", "list", "--json"], arguments].concat();
    match variables {
        [] => passerby(arguments),
        variables => crate::support::passerby_with(variables, arguments),
    }
}
