//! SQLite through the contract, and what only a file can promise.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use passerby::model::{AnonymousUserExpiration, DAY, Day, ExpiryClock, Page, Platform, User};
use passerby::store::sqlite::{OpenError, Options, Sqlite};
use passerby::store::{ApiKey, Bearer, Error, Expire, Linked, LogIn, Standing, Store, Touch};
use rusqlite::Connection;
use tempfile::TempDir;

use super::given::{
    APP, NOON, TODAY, api_key, become_someone, claim, guest, hex, link, log_in_all, log_in_with, make,
    new_app, session_id, session_of, user_id, user_of, with_device,
};
use super::logs::count;
use super::{Engine, contract, tampered};

/// A database file in a directory of its own.
struct File(TempDir);

impl File {
    fn path(&self) -> PathBuf {
        self.0.path().join("store.db")
    }

    fn try_open(&self) -> Result<Sqlite, OpenError> {
        Sqlite::open(Options::new(self.path()))
    }
}

impl Engine for File {
    fn fresh() -> File {
        File(TempDir::new().unwrap())
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.try_open().unwrap())
    }

    fn run(&self, sql: &str) {
        Connection::open(self.path()).unwrap().execute_batch(sql).unwrap();
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        format!("x'{}'", hex(bytes))
    }
}

contract!(File);

#[tokio::test]
async fn a_file_serves_one_passerby_at_a_time() {
    let file = File::fresh();
    let store = file.try_open().unwrap();
    let refused = file.try_open().err().unwrap();
    let path = file.path().canonicalize().unwrap();
    assert!(matches!(&refused, OpenError::Locked(locked) if *locked == path), "{refused:?}");
    assert!(refused.to_string().starts_with("another passerby is using"), "{refused}");
    // By another name it is the same file.
    let link = file.0.path().join("link.db");
    std::os::unix::fs::symlink(file.path(), &link).unwrap();
    assert!(matches!(Sqlite::open(Options::new(link)), Err(OpenError::Locked(_))));
    drop(store);
    file.try_open().unwrap();
}

#[tokio::test]
async fn only_its_owner_can_read_a_store() {
    let file = File::fresh();
    let store = file.open();
    store.log_in(guest(NOON, 1)).await.unwrap();
    let mut seen = 0;
    for entry in file.0.path().read_dir().unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
        seen += 1;
    }
    assert_eq!(seen, 4, "the file, its lock, its log and the log's index");
}

#[tokio::test]
async fn a_newer_schema_is_refused_only_by_servers_that_are_too_old_for_it() {
    let file = File::fresh();
    file.open().log_in(guest(NOON, 1)).await.unwrap();
    file.run("pragma user_version = 99");
    let store = file.open();
    assert_eq!(store.user_count(APP).await.unwrap(), 1);
    let schema = store.examine().await.unwrap().into_iter().find(|finding| finding.name == "schema");
    assert_eq!(schema.map(|finding| finding.well), Some(false));
    drop(store);
    file.run("update server set min_server = 98");
    let refused = file.try_open().err().unwrap();
    assert!(matches!(refused, OpenError::Newer { schema: 99, min_server: 98, .. }), "{refused:?}");
}

/// A file as the first release made it, with guests of every kind in it, is brought to the present and works.
#[tokio::test]
async fn a_file_of_the_first_schema_is_brought_to_the_present() {
    let file = File::fresh();
    file.run(include_str!("../../../migrations/sqlite/0001_init.sql"));
    file.run("pragma application_id = 0x50734279; pragma user_version = 1");
    for n in 1..=3 {
        let (user, session) = (hex(&user_id(NOON, n).0.0), hex(&session_id(NOON, n).0.0));
        file.run(&format!(
            "insert into users (app, id, guest, disabled, kind) values (7, x'{user}', 1, 0, 0);
             insert into sessions (app, user, id, provider) values (7, x'{user}', x'{session}', 0);"
        ));
    }
    let user = |n| hex(&user_id(NOON, n).0.0);
    file.run(&format!("update users set last_seen_day = {} where id = x'{}'", TODAY.0 + 5, user(2)));
    file.run(&format!(
        "update users set identity = 'from-elsewhere', disabled = 1 where id = x'{}'",
        user(3)
    ));
    let store = file.open();
    let [first, second, third] = [1, 2, 3].map(|n| user_of(&guest(NOON, n)));
    let second = User { last_seen: Some(Day(TODAY.0 + 5)), ..second };
    let mut third = User { disabled: true, ..third };
    third.identities[0].id = "from-elsewhere".to_owned();
    let page = Page { limit: 9, ..Page::default() };
    assert_eq!(store.users(APP, page).await.unwrap(), [first.clone(), second, third]);
    let bearer = store.bearer(APP, first.id, session_id(NOON, 1)).await.unwrap();
    let session = session_of(&guest(NOON, 1), first.id, 0);
    assert_eq!(bearer, Some(Bearer { user: first, session }));
    assert_eq!(store.link(link(1, claim("anna"))).await.unwrap(), Linked::Linked);
    store.log_in(guest(NOON, 4)).await.unwrap();
    let policy = AnonymousUserExpiration { clock: ExpiryClock::Inactivity, days: 90 };
    let now = Day(TODAY.0 + 91).start();
    let expire = Expire { app: APP, policy, now, after: None, limit: 9, events: true };
    assert_eq!(store.expire(expire).await.unwrap().removed, [3, 4].map(|n| user_id(NOON, n)));
    assert!(store.examine().await.unwrap().iter().all(|finding| finding.well));
    drop(store);
    assert_eq!(file.open().user_count(APP).await.unwrap(), 2);
}

/// Secrets that had no id get one, and apps that had no access list let everybody in, as they did.
#[tokio::test]
async fn a_file_of_the_second_schema_keeps_its_secrets_and_lets_everybody_in() {
    let file = File::fresh();
    file.run(include_str!("../../../migrations/sqlite/0001_init.sql"));
    file.run(include_str!("../../../migrations/sqlite/0002_become_someone.sql"));
    file.run(
        "pragma application_id = 0x50734279; pragma user_version = 2;
         update server set founded = 1795500000;
         insert into apps values (7, x'000000000000000000000001', 'news-abcde', x'000000000000000000000002',
                                  x'000000000000000000000003', 1795500000, x'000000000000000000000004');
         insert into deployments values (7, x'000000000000000000000004', 1795500000, '{}');
         insert into secrets values (7, 'b', x'02'), (7, 'a', x'01'), (8, 'a', x'03');",
    );
    let store = file.open();
    let names: Vec<(String, Vec<u8>, String)> = store
        .secrets(APP)
        .await
        .unwrap()
        .into_iter()
        .map(|secret| (secret.name, secret.material.expose().clone(), secret.id.to_string()))
        .collect();
    let of = |name: &str, material: u8, n: u8| (name.to_owned(), vec![material], format!("6b0527e0{n:016x}"));
    assert_eq!(names, [of("a", 1, 1), of("b", 2, 2)]);
    let app = store.app(APP).await.unwrap().unwrap();
    let addresses: Vec<String> = app.access_list.into_iter().map(|entry| entry.address).collect();
    assert_eq!((addresses, app.refresh_token_seconds), (vec!["0.0.0.0/0".to_owned()], None));
}

/// Whoever is there when the counts begin is counted, whatever was counted before.
#[tokio::test]
async fn a_file_of_the_sixth_schema_is_counted_once() {
    let file = File::fresh();
    let store = file.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    for n in 0..6 {
        let at = NOON.plus(i64::from(n / 2) * DAY);
        store.log_in(guest(at, n)).await.unwrap();
    }
    let day = |days| Day(TODAY.0 + days);
    // Of the six guests one more was noted than came, as if it had gone, and of another day none.
    store.count_guest_logins(count(1, TODAY, Platform::Ios, 3)).await.unwrap();
    store.count_guest_logins(count(1, day(2), Platform::Ios, 2)).await.unwrap();
    for n in [1, 2] {
        let user = user_id(NOON.plus(i64::from(n / 2) * DAY), n);
        store.touch(Touch { app: APP, user, at: day(9).start() }).await.unwrap();
    }
    become_someone(&store, [0]).await;
    store.log_in(log_in_with(claim("berta"), NOON.plus(-40 * DAY), 50)).await.unwrap();
    let server = ApiKey { server: true, ..api_key(1, user_id(NOON.plus(DAY), 60)) };
    store.make_api_key(make(&server)).await.unwrap();
    drop(store);
    let (first, last) = ("'00000000bdeec4a037000001'", "'ffffffffbdeec4a037000001'");
    let brought = |id: &str, seen: &str| {
        format!("insert into users values (7, unhex({id}), 1, 0, 0, {seen}, 'from-elsewhere', null);")
    };
    file.run(&format!(
        "{}{} drop table tallies; alter table apps drop column guest_deletion; pragma user_version = 6",
        brought(first, &day(1).0.to_string()),
        brought(last, "null")
    ));
    for _again in 0..2 {
        let standing = file.open().standing(APP).await.unwrap();
        let expected = Standing {
            made: vec![(TODAY, 1), (day(1), 2), (day(2), 2)],
            active: vec![(day(1), 1), (day(2), 2), (day(9), 2)],
            brought: vec![(day(1), 1), (Day(49_710), 1)],
            people: 2,
            servers: 1,
        };
        assert_eq!(standing, expected);
    }
}

/// An index more would be a write more of every login.
#[test]
fn a_guest_who_was_never_seen_again_is_in_no_index() {
    let file = File::fresh();
    drop(file.open());
    let connection = Connection::open(file.path()).unwrap();
    let indexes: Vec<String> = connection
        .prepare(
            "select name || ': ' || substr(sql, instr(sql, 'where')) from sqlite_schema
             where type = 'index' and tbl_name in ('users', 'sessions') order by name",
        )
        .unwrap()
        .query_map((), |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let expected = [
        "users_by_activity: where guest = 0",
        "users_by_last_seen: where guest = 1 and last_seen is not null",
        "users_disabled: where disabled = 1",
        "users_not_guests: where guest = 0",
    ];
    let indexes: Vec<String> =
        indexes.iter().map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(indexes, expected);
}

#[test]
fn a_file_of_another_kind_is_refused_and_left_alone() {
    let text = File::fresh();
    fs::write(
        text.path(),
        "Dear diary, this is longer than the header of a database, by some hundred bytes. ".repeat(9),
    )
    .unwrap();
    let other_program = File::fresh();
    other_program.run("create table notes (text text); insert into notes values ('mine')");
    for file in [text, other_program] {
        let before = fs::read(file.path()).unwrap();
        let refused = file.try_open().err().unwrap();
        assert!(matches!(refused, OpenError::Foreign(_)), "{refused:?}");
        assert_eq!(fs::read(file.path()).unwrap(), before);
    }
}

#[test]
fn a_missing_directory_is_told() {
    let refused = Sqlite::open(Options::new("/nowhere/at/all/store.db")).err().unwrap();
    assert!(matches!(&refused, OpenError::Io(path, _) if path == Path::new("/nowhere/at/all/store.db")));
}

/// What has reached the files when an act is answered is all there is to it.
#[tokio::test]
async fn what_was_answered_is_in_the_files() {
    let file = File::fresh();
    let store = file.open();
    log_in_all(&store, (0..500).map(|n| guest(NOON, n))).await;
    let copy = File::fresh();
    for suffix in ["", "-wal"] {
        let name = format!("store.db{suffix}");
        fs::copy(file.0.path().join(&name), copy.0.path().join(&name)).unwrap();
    }
    assert_eq!(copy.open().user_count(APP).await.unwrap(), 500);
}

#[tokio::test]
async fn a_backup_is_a_store() {
    let file = File::fresh();
    let store = file.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    log_in_all(&store, (0..500).map(|n| guest(NOON, n))).await;
    let copy = File::fresh();
    let meanwhile = tokio::spawn({
        let store = Arc::clone(&store);
        async move { log_in_all(&store, (500..1_000).map(|n| guest(NOON, n))).await }
    });
    let done = store.back_up(copy.path()).await.unwrap();
    meanwhile.await.unwrap();
    let metadata = fs::metadata(copy.path()).unwrap();
    assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (done.bytes, 0o600));
    assert_eq!(copy.0.path().read_dir().unwrap().count(), 1, "nothing unfinished is left");
    let refused = store.back_up(copy.path()).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(source) if source.to_string().ends_with("exists already")));
    let to_nowhere = store.back_up(copy.0.path().join("no/such/place")).await;
    assert!(matches!(to_nowhere, Err(Error::Unavailable(_))));
    let backup = copy.open();
    assert!((500..=1_000).contains(&backup.user_count(APP).await.unwrap()));
    let users = backup.users(APP, Page { limit: 500, ..Page::default() }).await.unwrap();
    assert_eq!(users, store.users(APP, Page { limit: 500, ..Page::default() }).await.unwrap());
    assert_eq!(backup.apps().await.unwrap(), store.apps().await.unwrap());
    assert!(backup.examine().await.unwrap().iter().all(|finding| finding.well));
}

#[tokio::test]
async fn a_backup_is_written_through_no_link_and_into_no_file_of_somebody_else() {
    let file = File::fresh();
    let store = file.open();
    for leftover in ["link", "file"] {
        let copy = File::fresh();
        let (unfinished, victim) = (copy.0.path().join("store.db.unfinished"), copy.0.path().join("victim"));
        fs::write(&victim, "mine").unwrap();
        if leftover == "link" {
            std::os::unix::fs::symlink(&victim, &unfinished).unwrap();
        } else {
            fs::write(&unfinished, "left by a crash").unwrap();
            fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o666)).unwrap();
        }
        store.back_up(copy.path()).await.unwrap();
        let metadata = fs::symlink_metadata(copy.path()).unwrap();
        assert_eq!((metadata.is_file(), metadata.permissions().mode() & 0o777), (true, 0o600), "{leftover}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine", "{leftover}");
        assert!(!unfinished.exists(), "{leftover}");
    }
}

#[tokio::test]
async fn a_backup_leaves_another_one_to_the_same_file_alone() {
    let (file, copy) = (File::fresh(), File::fresh());
    let unfinished = copy.0.path().join("store.db.unfinished");
    fs::write(&unfinished, "half").unwrap();
    let other = fs::File::open(&unfinished).unwrap();
    other.lock().unwrap();
    let refused = file.open().back_up(copy.path()).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable(source) if source.to_string().ends_with("exists already")));
    assert_eq!(fs::read_to_string(&unfinished).unwrap(), "half");
}

#[tokio::test]
async fn a_row_with_an_id_of_another_length_is_corrupt() {
    let file = File::fresh();
    let store = file.open();
    store.log_in(guest(NOON, 1)).await.unwrap();
    let damage = "update sessions set device = x'00'; update users set id = x'ffffff'";
    let store = tampered(&file, store, damage);
    for result in [
        store.sessions_of(APP, user_id(NOON, 1)).await.map(|_| ()),
        store.users(APP, Page { limit: 1, ..Page::default() }).await.map(|_| ()),
    ] {
        assert!(matches!(result, Err(Error::Corrupt { .. })), "{result:?}");
    }
}

/// The budget: a guest with its session takes at most 160 bytes on disk, here at its largest, with a device.
#[tokio::test]
async fn a_guest_with_its_session_stays_within_160_bytes() {
    const GUESTS: u32 = 100_000;
    let file = File::fresh();
    let store = file.open();
    store.close().await.unwrap();
    let empty = fs::metadata(file.path()).unwrap().len();
    drop(store);
    let store = file.open();
    for chunk in 0..GUESTS / 1_000 {
        let act = |n| -> LogIn {
            let second = NOON.plus(i64::from(chunk));
            LogIn {
                app: passerby::model::AppKey(0x7000_0000),
                ..with_device(guest(second, 1_000 * chunk + n), 5)
            }
        };
        log_in_all(&store, (0..1_000).map(act)).await;
    }
    store.close().await.unwrap();
    let bytes = fs::metadata(file.path()).unwrap().len() - empty;
    let each = bytes as f64 / f64::from(GUESTS);
    println!("{each:.1} bytes per guest with its session");
    assert!(each <= 160.0, "{each:.1} bytes per guest with its session");
}

/// Whoever adds a table with rows of an app says how they go with it.
#[tokio::test]
async fn nothing_of_a_deleted_app_stays_in_any_table() {
    let file = File::fresh();
    let store = file.open();
    store.deploy(new_app(APP, "news-abcde", 1)).await.unwrap();
    store.log_in(with_device(guest(NOON, 1), 1)).await.unwrap();
    store.delete_app(APP).await.unwrap();
    drop(store);
    let connection = Connection::open(file.path()).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let columns = |table: &str| names(&format!("select name from pragma_table_info('{table}')"));
    let tables = names("select name from sqlite_schema where type = 'table' and name <> 'departed'");
    let of_apps: Vec<&String> =
        tables.iter().filter(|table| columns(table).contains(&"app".to_owned())).collect();
    assert!(of_apps.len() > 10, "{of_apps:?}");
    // A row in each, whatever else it says.
    for table in &of_apps {
        let kinds = names(&format!("select name || ' ' || type from pragma_table_info('{table}')"));
        let value = |kind: &String| match kind.split_once(' ').unwrap() {
            ("app", _) => "7",
            (_, "TEXT") => "'x'",
            (_, "BLOB") => "x'070707070707070707070707'",
            _ => "0",
        };
        let values: Vec<&str> = kinds.iter().map(value).collect();
        connection.execute_batch(&format!("insert into {table} values ({})", values.join(", "))).unwrap();
    }
    let store = file.open();
    while store.clear_departed(1).await.unwrap() {}
    let count = |sql: &str| -> i64 { connection.query_row(sql, (), |row| row.get(0)).unwrap() };
    for table in &of_apps {
        assert_eq!(count(&format!("select count(*) from {table} where app = 7")), 0, "{table}");
    }
    assert_eq!(count("select count(*) from files"), 0);
}
