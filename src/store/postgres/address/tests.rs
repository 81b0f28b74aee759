use std::collections::HashMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::*;

/// An address in an environment.
fn in_environment(
    url: &str,
    file: Option<&Path>,
    variables: &[(&str, &str)],
) -> Result<Address, AddressError> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    Address::new(url, file, |name| variables.get(name).map(OsString::from))
}

fn address(url: &str) -> Result<Address, AddressError> {
    in_environment(url, None, &[])
}

fn said(url: &str) -> String {
    address(url).map(|address| address.to_string()).unwrap_or_else(|error| error.to_string())
}

fn password(address: &Address) -> Result<Option<String>, String> {
    let found = address.passwords.find(&address.places[0], &address.database, &address.user);
    found.map(|found| found.map(|secret| secret.expose().clone())).map_err(|error| with_causes(&error, ": "))
}

/// A file with a mode.
fn file(directory: &tempfile::TempDir, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_url_says_who_and_where() {
    for (url, expected) in [
        ("postgres://pass@db.example/people", "pass@db.example:5432/people"),
        ("postgresql://pass:word@db.example:6432/people", "pass@db.example:6432/people"),
        ("postgres://pass@db.example", "pass@db.example:5432/pass"),
        ("postgres://pass@[::1]:1/people", "pass@[::1]:1/people"),
        ("postgres://pass@a,b:2,[fe80::1]/people", "pass@a:5432,b:2,[fe80::1]:5432/people"),
        ("postgres://pass@/people?host=/run/postgresql", "pass@/run/postgresql:5432/people"),
        ("postgres://pass@%2Frun%2Fpostgresql:1/people", "pass@/run/postgresql:1/people"),
        ("postgres://pass@/people?host=a,b&port=1,2", "pass@a:1,b:2/people"),
        ("postgres://pass@/people?host=a,b&port=7", "pass@a:7,b:7/people"),
        ("postgres://pass@a,b/people?port=7", "pass@a:7,b:7/people"),
        ("postgres://p%40ss:w%2F%3A@a/p%20q", "p@ss@a:5432/p q"),
    ] {
        assert_eq!(said(url), expected, "{url}");
    }
}

#[test]
fn what_is_no_such_url_says_what_is_wrong() {
    use AddressError::*;
    for (url, expected) in [
        ("", Scheme),
        ("mysql://pass@a", Scheme),
        ("host=a user=pass", Scheme),
        ("postgres://a/people", NoUser),
        ("postgres://:word@a/people", NoUser),
        ("postgres://pass@/people", NoHost),
        ("postgres://pass@a,,b/people", Host),
        ("postgres://pass@[a]/people", Host),
        ("postgres://pass@[::1/people", Host),
        ("postgres://pass@a:0/people", Port),
        ("postgres://pass@a:+1/people", Port),
        ("postgres://pass@a:/people", Port),
        ("postgres://pass@[::1]1x/people", Port),
        ("postgres://pass@/people?host=a,b&port=1,2,3", Port),
        ("postgres://pass@a:1/people?port=2", Twice("port")),
        ("postgres://pass@a/people?host=b", Twice("host")),
        ("postgres://pass@a/people?sslmode=require&sslmode=disable", Twice("sslmode")),
        ("postgres://pa%ss@a/people", Escape),
        ("postgres://pa%ff@a/people", Escape),
        ("postgres://pass@a/people%00", Escape),
        ("postgres://pass@a/people?ssl=true", Unknown("ssl".to_owned())),
        ("postgres://pass@a/people?password=word", Unknown("password".to_owned())),
    ] {
        assert_eq!(address(url).err(), Some(expected), "{url}");
    }
}

#[test]
fn a_value_that_a_parameter_does_not_have_is_refused_with_those_that_it_has() {
    for (query, expected) in [
        ("sslmode=prefer", "the parameter `sslmode` is disable, require, verify-ca or verify-full"),
        ("sslmode", "the parameter `sslmode` is disable, require, verify-ca or verify-full"),
        ("sslrootcert=", "the parameter `sslrootcert` is the path of a PEM file, or `system`"),
        ("channel_binding=yes", "the parameter `channel_binding` is disable, prefer or require"),
        ("target_session_attrs=read-only", "the parameter `target_session_attrs` is any or read-write"),
        ("connect_timeout=0", "the parameter `connect_timeout` is 1 to 3600 seconds"),
        ("tcp_user_timeout=-1", "the parameter `tcp_user_timeout` is 1 to 3600000 milliseconds"),
        ("keepalives=on", "the parameter `keepalives` is 0 or 1"),
        ("keepalives_count=0", "the parameter `keepalives_count` is 1 to 100"),
    ] {
        assert_eq!(said(&format!("postgres://pass@a/people?{query}")), expected);
    }
}

/// Every way to write a password so that its part of the URL ends too early.
#[test]
fn nothing_repeats_a_password_however_it_is_written() {
    for password in [
        "xyzzyx",
        "xyz/zyx",
        "xyz@zyx",
        "xyz?zyx",
        "xyz#zyx",
        "xyz%zyx",
        "xyz:zyx",
        "s%00eszyx",
        "12xyzzyx",
        "xyz,zyx",
        "xyz&zyx",
        "[xyzzyx",
        "xyz]zyx",
        "xyz zyx",
    ] {
        for rest in [
            "@db.example/people",
            "@db.example:x/people",
            "@/people",
            "@[::1/people",
            "@db.example/people?ssl=true",
        ] {
            let url = format!("postgres://pass:{password}{rest}");
            assert!(Address::holds_password(&url), "{url}");
            let address = address(&url);
            let text = match &address {
                Ok(address) => format!("{address} {address:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!text.contains("xyz") && !text.contains("zyx"), "{url}: {text}");
        }
    }
    assert!(!Address::holds_password("postgres://pass@db.example:5432/people?options=a%40:b"));
}

#[test]
fn tls_is_asked_for_wherever_somebody_may_stand_in_between() {
    let tls = |url: &str| {
        let address = address(url).unwrap();
        address.places.iter().map(|place| address.tls_to(&place.host)).collect::<Vec<_>>()
    };
    let full = Tls::Always(Trust::Name);
    assert_eq!(tls("postgres://p@db.example"), [full]);
    assert_eq!(
        tls("postgres://p@localhost,127.0.0.9,[::1],10.0.0.1"),
        [Tls::Never, Tls::Never, Tls::Never, full]
    );
    assert_eq!(tls("postgres://p@localhost.example"), [full]);
    assert_eq!(tls("postgres://p@localhost?sslmode=verify-full"), [full]);
    assert_eq!(tls("postgres://p@db.example?sslmode=verify-ca"), [Tls::Always(Trust::Authority)]);
    assert_eq!(tls("postgres://p@db.example?sslmode=require"), [Tls::Always(Trust::Anyone)]);
    assert_eq!(tls("postgres://p@db.example?sslmode=disable"), [Tls::Never]);
    assert_eq!(tls("postgres://p@/p?host=/tmp&sslmode=require"), [Tls::Never]);
}

#[test]
fn the_password_is_the_urls_then_the_files_then_the_variables_then_the_lists() {
    let directory = tempfile::tempdir().unwrap();
    let of_file = file(&directory, "password", "of file\n", 0o600);
    let list = file(&directory, "list", "*:*:*:*:of list\n", 0o600);
    let home = directory.path().to_str().unwrap();
    let list = list.to_str().unwrap();
    let all = [("PGPASSWORD", "of variable"), ("PGPASSFILE", list), ("HOME", home)];
    let with = |url, file: Option<&Path>, variables: &[(&str, &str)]| {
        password(&in_environment(url, file, variables).unwrap())
    };
    let found = |text: &str| Ok(Some(text.to_owned()));
    assert_eq!(with("postgres://p:of%20url@a", Some(&of_file), &all), found("of url"));
    assert_eq!(with("postgres://p@a", Some(&of_file), &all), found("of file"));
    assert_eq!(with("postgres://p@a", None, &all), found("of variable"));
    assert_eq!(with("postgres://p@a", None, &all[1..]), found("of list"));
    assert_eq!(with("postgres://p@a", None, &all[2..]), Ok(None));
    file(&directory, ".pgpass", "a:5432:p:p:of home\n", 0o600);
    assert_eq!(with("postgres://p@a", None, &all[2..]), found("of home"));
    assert_eq!(with("postgres://p@b", None, &all[2..]), Ok(None));
    assert_eq!(with("postgres://p@b", None, &[("PGPASSFILE", "/dev/null")]), Ok(None));
}

#[test]
fn a_list_of_passwords_is_read_as_libpq_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let text = "\
# db.example:5432:people:pass:a comment
db.example:5432:people:other:for another
db.example:1:people:pass:at another port
db.example:5432:*:pa\\:ss:c\\:o\\\\lon
short:line
fe80\\:\\:1:*:people:pass:of version 6
localhost:*:people:pass:by socket
/srv/sockets:*:people:pass:by another socket
db.example:5432:people:pass:first
*:*:*:pass:last:and: what follows
";
    let list = file(&directory, "list", text, 0o600);
    let found = |url: &str| {
        let variables = [("PGPASSFILE", list.to_str().unwrap())];
        password(&in_environment(url, None, &variables).unwrap()).unwrap()
    };
    for (url, expected) in [
        ("postgres://pass@db.example/people", Some("first")),
        ("postgres://pass@db.example:1/people", Some("at another port")),
        ("postgres://pa%3Ass@db.example/whatever", Some("c:o\\lon")),
        ("postgres://pass@[fe80::1]/people", Some("of version 6")),
        ("postgres://pass@localhost/people", Some("by socket")),
        ("postgres://pass@/people?host=/var/run/postgresql", Some("by socket")),
        ("postgres://pass@/people?host=/srv/sockets", Some("by another socket")),
        ("postgres://pass@elsewhere/people", Some("last")),
        ("postgres://nobody@elsewhere/people", None),
    ] {
        assert_eq!(found(url).as_deref(), expected, "{url}");
    }
}

#[test]
fn a_file_that_others_read_is_not_believed_to_be_secret() {
    let directory = tempfile::tempdir().unwrap();
    // Tests run as root in some places, where a group may read.
    let is_root = directory.path().metadata().unwrap().uid() == 0;
    for mode in [0o604, 0o602, 0o644, 0o640, 0o600, 0o400] {
        let path = file(&directory, "password", "sesame", mode);
        let variables = [("PGPASSFILE", path.to_str().unwrap())];
        let open = mode & 0o007 != 0 || (mode & 0o070 != 0 && !is_root);
        let of_file = password(&in_environment("postgres://p@a", Some(&path), &[]).unwrap());
        let of_list = password(&in_environment("postgres://p@a", None, &variables).unwrap());
        if open {
            let expected = format!(
                "others can read {}, which holds a password: chmod 600, or 640 when root owns it",
                path.display()
            );
            assert_eq!((of_file, of_list), (Err(expected.clone()), Err(expected)), "{mode:o}");
        } else {
            assert_eq!((of_file, of_list), (Ok(Some("sesame".to_owned())), Ok(None)), "{mode:o}");
        }
        std::fs::remove_file(path).unwrap();
    }
    let empty = file(&directory, "empty", "\n", 0o600);
    let found = password(&in_environment("postgres://p@a", Some(&empty), &[]).unwrap());
    assert!(found.unwrap_err().contains("is empty"));
    let gone = directory.path().join("gone");
    let found = password(&in_environment("postgres://p@a", Some(&gone), &[]).unwrap());
    assert!(found.unwrap_err().starts_with(&format!("failed to read {}: ", gone.display())));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_what_is_wrong() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let text = |url: String| async move {
        match address(&url).unwrap().connect().await {
            Ok(_) => panic!("somebody is there"),
            Err(error) => with_causes(&error, ": "),
        }
    };
    let one = text(format!("postgres://p:sesame@127.0.0.1:{closed}/p")).await;
    assert!(one.starts_with(&format!("failed to connect to 127.0.0.1:{closed}: ")), "{one}");
    let two = text(format!("postgres://p:sesame@127.0.0.1:{closed},localhost:{closed}/p")).await;
    assert!(two.starts_with("failed to connect to any server: 127.0.0.1:"), "{two}");
    assert!(two.contains(&format!("; localhost:{closed}: ")), "{two}");
    assert!(!one.contains("sesame") && !two.contains("sesame"));
}

/// One that takes connections and says nothing, as a stopped server does, is left for the next.
#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://p@127.0.0.1:{}/p?connect_timeout=1", silent.local_addr().unwrap().port());
    let mut address = address(&url).unwrap();
    address.patience = Duration::from_millis(50);
    let error = address.connect().await.err().map(|error| with_causes(&error, ": ")).unwrap();
    assert!(error.ends_with("no answer within 0.05 s"), "{error}");
}

#[test]
fn for_another_process_files_are_named_by_where_they_are() {
    let here = std::env::current_dir().unwrap();
    let elsewhere = |url: &str| Address::for_elsewhere(url).unwrap();
    for same in
        ["postgres://p@a/d", "postgres://p@a/d?sslrootcert=system&port=7", "postgres://p@a/d?sslmode=require"]
    {
        assert_eq!(elsewhere(same), same);
    }
    let url = elsewhere("postgres://p:w%26@a/d?port=7&sslrootcert=our%26own/ca.pem&sslmode=verify-ca");
    let read = url.split('&').find_map(|pair| pair.strip_prefix("sslrootcert=")).unwrap();
    let path = percent_decode_str(read).decode_utf8().unwrap();
    assert_eq!(Path::new(&*path), here.join("our&own/ca.pem"));
    assert!(url.starts_with("postgres://p:w%26@a/d?port=7&") && url.ends_with("&sslmode=verify-ca"), "{url}");
    assert_eq!(said(&url), "p@a:7/d");
}

#[test]
fn the_password_of_the_first_server_that_has_one_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let list = file(&directory, "list", "b:5432:*:*:sesame\n", 0o600);
    let variables = [("PGPASSFILE", list.to_str().unwrap())];
    let found = |url: &str| {
        let found = in_environment(url, None, &variables).unwrap().password().unwrap();
        found.map(|secret| secret.expose().clone())
    };
    assert_eq!(found("postgres://p@a,b/d").as_deref(), Some("sesame"));
    assert_eq!(found("postgres://p@a/d"), None);
}
