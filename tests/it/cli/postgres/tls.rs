//! The way to the database, on a PostgreSQL of this test's own: its certificate, and what a password is bound to.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, SignatureAlgorithm,
};
use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::{lists_apps, private_file};
use crate::support::Ran;

/// An authority that nobody knows but by its file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn make(directory: &Path, name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = directory.join(format!("{name}.pem"));
        std::fs::write(&file, certificate.pem()).unwrap();
        Authority { issuer: Issuer::new(params, key), file }
    }
}

/// A PostgreSQL that takes nobody without TLS.
struct Cluster {
    directory: TempDir,
    /// The administrator's `USER:PASSWORD`, and the port.
    login: String,
    port: String,
}

impl Cluster {
    /// Starts it with a certificate for `localhost` alone.
    fn start(authority: &Authority, algorithm: &'static SignatureAlgorithm) -> Cluster {
        let directory = tempfile::Builder::new().prefix("passerby-tls-").tempdir().unwrap();
        // PostgreSQL runs as another user than root, who needs a way to its files.
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let mut cluster = Cluster { directory, login: String::new(), port: String::new() };
        let url = cluster.does("start");
        let rest = url.strip_prefix("postgres://").unwrap();
        let (login, place) = rest.rsplit_once('@').unwrap();
        cluster.login = login.to_owned();
        cluster.port = place.split([':', '/']).nth(1).unwrap().to_owned();
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        cluster.write("server.crt", &certificate.pem());
        cluster.write("server.key", &key.serialize_pem());
        cluster.write("pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n");
        let main = std::fs::read_to_string(cluster.file("postgresql.conf")).unwrap();
        cluster.write("postgresql.conf", &format!("{main}\nssl = on\n"));
        cluster.reload(&url);
        cluster
    }

    fn does(&self, act: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres");
        let ran = Command::new(script).arg(act).arg(self.directory.path().join("cluster")).output().unwrap();
        assert!(ran.status.success(), "{act}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join("cluster/data").join(name)
    }

    /// A file of the cluster's, as its user's.
    fn write(&self, name: &str, text: &str) {
        let path = private_file(&self.file(""), name, text);
        let owner = self.file("").metadata().unwrap();
        chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }

    /// Has it read its files again, and waits until it takes nobody without TLS.
    fn reload(&self, url: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute("create database people").await.unwrap();
            client.batch_execute("select pg_reload_conf()").await.unwrap();
            // Each try is a whole connection, and the first that comes after the reading is refused.
            while tokio_postgres::connect(url, NoTls).await.is_ok() {}
        });
    }

    /// What a command answers that reaches the database at a host, with parameters.
    fn reached(&self, host: &str, parameters: &str) -> Ran {
        let url = format!("postgres://{}@{host}:{}/people?{parameters}", self.login, self.port);
        lists_apps(
            &["--data", self.directory.path().join("data").to_str().unwrap()],
            &[("PASSERBY_STORE", &url)],
        )
    }

    /// What `migrate-store` answers with the same.
    fn migrated(&self, parameters: &str) -> Ran {
        let url = format!("postgres://{}@localhost:{}/people?{parameters}", self.login, self.port);
        super::with_store(&url, vec!["migrate-store"])
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.does("stop");
    }
}

#[test]
fn the_way_is_as_private_as_the_url_says() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::make(dir.path(), "ours"), Authority::make(dir.path(), "other"));
    let cluster = Cluster::start(&ours, &rcgen::PKCS_ECDSA_P384_SHA384);
    let (ours, other) = (ours.file.display(), other.file.display());
    let nothing = dir.path().join("nothing.pem");
    let ran = cluster.migrated(&format!("sslmode=verify-full&sslrootcert={ours}&channel_binding=require"));
    assert_eq!(ran.code, 0, "{ran:?}");
    for (host, parameters, expected) in [
        ("localhost", format!("sslmode=verify-full&sslrootcert={ours}"), None),
        // The password is bound to the certificate, whose digest both sides must agree on.
        ("localhost", format!("sslmode=verify-full&sslrootcert={ours}&channel_binding=require"), None),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={ours}"), Some("invalid peer certificate: ")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={other}"), Some("invalid peer certificate: ")),
        ("localhost", "sslmode=verify-full".to_owned(), Some("")),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={ours}"), None),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={other}"), Some("invalid peer certificate: ")),
        ("127.0.0.1", "sslmode=require".to_owned(), None),
        ("127.0.0.1", "sslmode=require&channel_binding=require".to_owned(), None),
        ("127.0.0.1", "sslmode=disable".to_owned(), Some("no encryption")),
        ("127.0.0.1", String::new(), Some("no encryption")),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={}", nothing.display()),
            Some("failed to read the authorities in "),
        ),
    ] {
        let ran = cluster.reached(host, &parameters);
        match expected {
            None => assert_eq!(
                (ran.code, ran.out.as_str(), ran.err.as_str()),
                (0, "[]\n", ""),
                "{host} {parameters}"
            ),
            Some(text) => {
                assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{host} {parameters}");
                assert!(ran.err.contains(text), "{host} {parameters}: {}", ran.err);
            }
        }
    }
    // An authority that takes another's place counts from the next connection on.
    std::fs::write(&nothing, std::fs::read(dir.path().join("ours.pem")).unwrap()).unwrap();
    let ran = cluster.reached("localhost", &format!("sslmode=verify-full&sslrootcert={}", nothing.display()));
    assert_eq!(ran.code, 0, "{ran:?}");
    says_so(&cluster, &ours.to_string());
}

/// `doctor` tells of the way.
fn says_so(cluster: &Cluster, authority: &str) {
    let way = |host: &str, parameters: &str| {
        let url = format!("postgres://{}@{host}:{}/people?{parameters}", cluster.login, cluster.port);
        let data = cluster.directory.path().join("data");
        let ran = super::with_store(&url, vec!["doctor", "--json", "--data", data.to_str().unwrap()]);
        let findings: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
        let tls = findings.into_iter().find(|finding| finding["name"] == "TLS").unwrap();
        (tls["finding"].as_str().unwrap().to_owned(), tls["well"].as_bool().unwrap())
    };
    let (said, well) = way("localhost", &format!("sslmode=verify-full&sslrootcert={authority}"));
    assert!(well && said.starts_with("TLSv1.3 ") && said.ends_with(", verify-full"), "{said}");
    let (said, well) = way("127.0.0.1", "sslmode=require");
    assert!(!well && said.ends_with("whoever stands in between reads along; sslmode=verify-full"), "{said}");
}
