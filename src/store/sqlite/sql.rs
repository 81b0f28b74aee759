//! Every statement, by name. One test prepares them all.

/// Declares the statements and, for the test, the list of them, so that none is forgotten.
macro_rules! statements {
    ($($name:ident = $sql:expr;)*) => {
        $(pub(super) const $name: &str = $sql;)*

        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// The columns that `row::user` reads, in its order.
macro_rules! user_columns {
    () => {
        "u.id, u.kind, u.guest, u.disabled, u.last_seen_day, u.identity, u.data"
    };
}

/// The columns that `row::session` reads, in its order.
macro_rules! session_columns {
    () => {
        "s.id, s.user, s.provider, s.device, s.device_hash, s.expires"
    };
}

/// The columns that `row::app` reads, in its order.
macro_rules! app_columns {
    () => {
        "a.key, a.id, a.client_app_id, a.domain_id, a.group_id, a.created, a.deployment, d.config"
    };
}

/// The one rule by which a guest is let go, whoever asks: `?3` and `?4` are `Due::made_before` and `Due::seen_before`.
macro_rules! due {
    () => {
        "(guest = 1 and id < ?3 and (last_seen_day is null or last_seen_day < ?4))"
    };
}

statements! {
    // The writer's shared transaction, and each act's part of it.
    BEGIN = "begin immediate";
    COMMIT = "commit";
    ROLLBACK = "rollback";
    SAVEPOINT = "savepoint act";
    RELEASE = "release act";
    UNDO = "rollback to act";

    // A reader's view, and the log that views look into.
    BEGIN_VIEW = "begin deferred";
    LOG_PAGES = "pragma wal_checkpoint(noop)";
    FOLD_LOG = "pragma wal_checkpoint(passive)";
    FOLD_LOG_AWAY = "pragma wal_checkpoint(truncate)";

    // The server's own row.
    GROUP = "select group_id from server";
    FOUND = "update server set group_id = ?1, founded = ?2 where group_id is null";
    LATEST_TIME = "select latest_time from server";
    SEE_TIME = "update server set latest_time = ?1 where latest_time is null or latest_time < ?1";
    MIN_SERVER = "select min_server from server";

    // Apps and what is deployed.
    APPS = concat!(
        "select ", app_columns!(), " from apps a",
        " left join deployments d on d.app = a.key and d.id = a.deployment order by a.client_app_id"
    );
    APP = concat!(
        "select ", app_columns!(), " from apps a",
        " left join deployments d on d.app = a.key and d.id = a.deployment where a.key = ?1"
    );
    APP_EXISTS = "select 1 from apps where key = ?1";
    CLIENT_APP_ID_EXISTS = "select 1 from apps where client_app_id = ?1";
    INSERT_APP =
        "insert into apps (key, id, client_app_id, domain_id, group_id, created, deployment)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    MOVE_LIVE_POINTER = "update apps set deployment = ?3 where key = ?1 and deployment = ?2";
    DEPLOYMENT = "select config from deployments where app = ?1 and id = ?2";
    INSERT_DEPLOYMENT = "insert into deployments (app, id, created, config) values (?1, ?2, ?3, ?4)";
    INSERT_DEPLOYMENT_FILE = "insert into deployment_files (app, deployment, path, hash) values (?1, ?2, ?3, ?4)";
    INSERT_FILE = "insert into files (hash, bytes) values (?1, ?2) on conflict (hash) do nothing";
    FILES =
        "select f.path, b.bytes from apps a
         join deployment_files f on f.app = a.key and f.deployment = a.deployment
         left join files b on b.hash = f.hash
         where a.key = ?1 order by f.path";
    DIRECTORY = "select app, content from directories where path = ?1";
    PUT_DIRECTORY =
        "insert into directories (path, app, content) values (?1, ?2, ?3)
         on conflict (path) do update set app = excluded.app, content = excluded.content";

    // Signing keys.
    KEYS = "select id, purpose, material, created from signing_keys where app = ?1 order by created, purpose, id";
    KEY = "select id, purpose, material, created from signing_keys where app = ?1 and purpose = ?2 and id = ?3";
    INSERT_KEY = "insert into signing_keys (app, purpose, id, created, material) values (?1, ?2, ?3, ?4, ?5)";
    DELETE_KEY = "delete from signing_keys where app = ?1 and purpose = ?2 and id = ?3";

    // Users and their sessions.
    INSERT_GUEST = "insert into users (app, id, guest, disabled, kind) values (?1, ?2, 1, 0, 0)";
    INSERT_SESSION =
        "insert into sessions (app, user, id, provider, device, device_hash) values (?1, ?2, ?3, ?4, ?5, ?6)";
    INSERT_DEVICE = "insert into devices (app, hash, details) values (?1, ?2, ?3) on conflict (app, hash) do nothing";
    DEVICE = "select details from devices where app = ?1 and hash = ?2";
    BEARER = concat!(
        "select ", user_columns!(), ", ", session_columns!(), " from sessions s",
        " join users u on u.app = s.app and u.id = s.user where s.app = ?1 and s.user = ?2 and s.id = ?3"
    );
    USER = concat!("select ", user_columns!(), " from users u where u.app = ?1 and u.id = ?2");
    USERS = concat!(
        "select ", user_columns!(), " from users u where u.app = ?1 and u.id > ?2",
        " and (?3 is null or u.guest = ?3) and (?4 is null or u.disabled = ?4) order by u.id limit ?5"
    );
    USER_COUNT = "select count(*) from users where app = ?1";
    USER_EXISTS = "select 1 from users where app = ?1 and id = ?2";
    SESSION = concat!(
        "select ", session_columns!(), " from sessions s where s.app = ?1 and s.user = ?2 and s.id = ?3"
    );
    SESSIONS_OF = concat!(
        "select ", session_columns!(), " from sessions s where s.app = ?1 and s.user = ?2 order by s.id"
    );
    TOUCH =
        "update users set last_seen_day = ?3
         where app = ?1 and id = ?2 and guest = 1 and (last_seen_day is null or last_seen_day < ?3)";
    SET_DISABLED = "update users set disabled = ?3 where app = ?1 and id = ?2";
    DELETE_USER = "delete from users where app = ?1 and id = ?2";
    DELETE_SESSION = "delete from sessions where app = ?1 and user = ?2 and id = ?3";
    DELETE_SESSIONS_OF = "delete from sessions where app = ?1 and user = ?2";

    // Expiry. `look ahead` measures how far one bite goes; the deletes decide for themselves.
    EXPIRED = concat!(
        "select ", user_columns!(), " from users u where app = ?1 and id > ?2 and ", due!(),
        " order by id limit ?5"
    );
    LOOK_AHEAD = concat!(
        "select id, ", due!(), " from users where app = ?1 and id > ?2 and id < ?3 order by id limit ?5"
    );
    DELETE_DUE_UP_TO = concat!(
        "delete from users where app = ?1 and id > ?2 and id <= ?5 and ", due!(), " returning id"
    );
    DELETE_DUE_SEEN = concat!(
        "delete from users where app = ?1 and id in (
             select id from users indexed by users_by_last_seen
             where app = ?1 and guest = 1 and last_seen_day is not null and last_seen_day < ?4 and id < ?3
             order by last_seen_day, id limit ?2
         ) and ", due!(), " returning id"
    );
    FIRST_GUEST_AFTER = "select id from users where app = ?1 and id > ?2 and guest = 1 order by id limit 1";
    FIRST_UNSEEN_GUEST_AFTER =
        "select id from users where app = ?1 and id > ?2 and guest = 1 and last_seen_day is null order by id limit 1";
    FIRST_SEEN_GUEST =
        "select id, last_seen_day from users indexed by users_by_last_seen
         where app = ?1 and guest = 1 and last_seen_day is not null order by last_seen_day, id limit 1";

    // Care.
    VACUUM_INTO = "vacuum into ?1";
    QUICK_CHECK = "pragma quick_check";
    SQLITE_VERSION = "select sqlite_version()";
}
