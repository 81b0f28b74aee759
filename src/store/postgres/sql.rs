//! Every statement, by name. One test prepares them all.

/// Declares the statements and, for the test, the list of them, so that none is forgotten.
macro_rules! statements {
    ($($name:ident = $sql:expr;)*) => {
        $(pub(in crate::store::postgres) const $name: &str = $sql;)*

        #[cfg(test)]
        pub(in crate::store::postgres) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// The columns that `row::user` reads, in its order, each after the name of the table and a dot. Identities come along
/// as JSON, since they are rows of their own: one round trip brings all that there is of a user.
macro_rules! user_columns {
    ($of:literal) => {
        concat!(
            $of,
            "id, ",
            $of,
            "kind, ",
            $of,
            "guest, ",
            $of,
            "disabled, ",
            $of,
            "last_seen, ",
            $of,
            "identity, ",
            $of,
            "custom_data, case when ",
            $of,
            "guest = 0 then (select json_agg(json_build_array(i.n, i.provider, i.id, i.data) order by i.n)::text
                 from identities i where i.app = ",
            $of,
            "app and i.\"user\" = ",
            $of,
            "id) end"
        )
    };
}

/// The columns that `row::session_from` reads, in its order.
macro_rules! session_columns {
    () => {
        "s.id, s.\"user\", s.identity, s.device, s.device_hash, s.expires"
    };
}

/// The provider of a session's identity; null for one that has no row, as a guest's.
macro_rules! session_provider {
    () => {
        "(select i.provider from identities i where i.app = s.app and i.\"user\" = s.\"user\" and i.n = s.identity)"
    };
}

/// The columns that `row::credential` reads, in its order.
macro_rules! credential_columns {
    () => {
        "c.id, c.email, c.hash, c.confirmed, c.\"user\", c.blocks_until"
    };
}

/// The columns that `row::api_key` reads, in its order.
macro_rules! api_key_columns {
    () => {
        "id, \"user\", server, name, disabled"
    };
}

/// The columns that `row::logged` reads, in its order, and what every query of the log narrows: `$1` app, `$2` a bit for
/// each type, `$3` errors only, `$4` and `$5` the span, `$6` and `$7` limit and skip.
macro_rules! logs {
    ($narrowed:literal) => {
        concat!(
            "select l.id, l.co_id, l.kind, l.is_error, l.\"user\", l.started, l.completed, l.device, l.details, d.details
             from logs l left join devices d on d.app = l.app and d.hash = l.device
             where l.app = $1 and ($2 >> l.kind::integer) & 1 = 1 and ($3 = 0 or l.is_error = 1)
                 and l.started > $4 and l.started <= $5",
            $narrowed,
            " order by l.started desc, l.id desc limit $6 offset $7"
        )
    };
}

/// That the credential at hand has its address.
macro_rules! has_its_address {
    () => {
        "exists (select 1 from emails e
                 where e.app = credentials.app and e.email = credentials.email and e.credential = credentials.id)"
    };
}

/// The one rule by which a guest is let go, whoever asks: `$3`, `$4` and `$5` are `Due::made_before`,
/// `Due::seen_before` and `Due::brought_before`. Only who was brought from elsewhere has an `identity`.
macro_rules! due {
    () => {
        "(guest = 1 and id < $3
          and (last_seen is null or last_seen < case when identity is null then $4 else $5 end))"
    };
}

/// The columns that `row::user` reads.
pub(super) const USER_COLUMNS: &str = user_columns!("u.");
use crate::model::{AppKey, UserId, hex};

pub(super) mod admins;
pub(super) mod apps;
pub(super) mod care;
pub(super) mod tallies;

pub(super) use admins::*;
pub(super) use apps::*;
pub(super) use care::*;
pub(super) use tallies::*;

/// How statements are planned: along an index in its order, whatever the statistics say of a table that was small a
/// moment ago, or of one that nobody has counted yet. So plans that read whole tables, or sort what they have gathered
/// before they stop, are not looked for. Where no session lasts, the role is to have this set.
pub(super) const PLANNING: &str = "set jit = off; set enable_seqscan = off; set enable_bitmapscan = off; \
                                   set enable_hashjoin = off; set enable_mergejoin = off";

/// What a session is set to. Whoever waits for a row gives up before the statement does, and the act is done again.
pub(super) fn session(patience: std::time::Duration) -> String {
    let span = patience.as_millis();
    let wait = span / 2;
    format!(
        "set synchronous_commit = on; set statement_timeout = {span}; set lock_timeout = {wait}; \
         set idle_in_transaction_session_timeout = {span}; set plan_cache_mode = force_generic_plan; {PLANNING}"
    )
}

/// What an act begins with that holds what is configured.
pub(super) const BEGIN_WITH_SERVER: &str = "begin; select 1 from server for update";
/// The same of what servers remember: others read it again when this is committed.
pub(super) const BEGIN_WITH_REMEMBERED: &str =
    "begin; update server set changes = changes + 1; notify passerby";

/// What an act that holds a user begins with.
pub(super) fn begin_with_user(app: AppKey, user: UserId) -> String {
    let id = hex(&user.0.0);
    format!("{BEGIN}; select 1 from users where app = {} and id = decode('{id}', 'hex') for update", app.0)
}

statements! {
    // What an act, or several asks that belong together, begin and end with.
    BEGIN = "begin";
    BEGIN_VIEW = "begin isolation level repeatable read read only";
    COMMIT = "commit";
    ROLLBACK = "rollback";
    // Makes the commit of a transaction that only looks wait for the replicas like any other.
    LEAVE_A_MARK = "update server set one = one";

    // The schema. Tables are looked for where they are made: first in the search path; also those that this role may
    // not use.
    SERVER_EXISTS = "select 1 from pg_tables where schemaname = current_schema() and tablename = 'server'";
    ANY_TABLE = "select 1 from pg_tables where schemaname = current_schema() limit 1";
    ONE_MIGRATES = "select pg_advisory_xact_lock(hashtext('passerby ' || current_schema()))";
    SCHEMA = "select schema from server";
    SET_SCHEMA = "update server set schema = $1";

    // What servers remember, and what one of them does for all.
    CHANGES = "select changes from server";
    LISTEN = "listen passerby";
    TAKE_LEASE =
        "insert into leases (work, holder, until) values ($1, $2, $3)
         on conflict (work) do update set holder = excluded.holder, until = excluded.until
         where leases.holder = excluded.holder or leases.until <= $4 or leases.until > $5";

    // The server's own row.
    GROUP = "select group_id from server";
    FOUND = "update server set group_id = $1, founded = $2 where group_id is null";
    LATEST_TIME = "select latest_time from server";
    SEE_TIME = "update server set latest_time = $1 where latest_time is null or latest_time < $1";
    MIN_SERVER = "select min_server from server";

    // Signing keys.
    KEYS = "select id, purpose, material, created from signing_keys where app = $1 order by created, purpose, id";
    KEY = "select id, purpose, material, created from signing_keys where app = $1 and purpose = $2 and id = $3";
    INSERT_KEY = "insert into signing_keys (app, purpose, id, created, material) values ($1, $2, $3, $4, $5) on conflict do nothing";
    DELETE_KEY = "delete from signing_keys where app = $1 and purpose = $2 and id = $3";

    // Users and their sessions.
    INSERT_GUEST = "insert into users (app, id, guest, disabled, kind) values ($1, $2, 1, 0, 0) on conflict do nothing";
    // Guests who log in, gathered. Lists are unfolded in the projection, which is quicker than as tables.
    INSERT_GUESTS =
        "with made as (
             insert into users (app, id, guest, disabled, kind) select unnest($1::int4[]), unnest($2::bytea[]), 1, 0, 0
         )
         insert into sessions (app, \"user\", id, identity, device, device_hash, expires)
         select unnest($1::int4[]), unnest($2::bytea[]), unnest($3::bytea[]), 0, unnest($4::bytea[]),
                unnest($5::bytea[]), unnest($6::int8[])";
    // The same with devices that may be new, which come first: those whom they are of are there or they are not. And with
    // events, of apps whose triggers wait for guests.
    INSERT_GUESTS_AND_MORE =
        "with devices_made as (
             insert into devices (app, hash, details)
             select unnest($7::int4[]), unnest($8::bytea[]), unnest($9::text[]) on conflict do nothing
         ), events_made as (
             insert into events (app, id, operation, \"user\", providers, snapshot, at, due, tries)
             select unnest($10::int4[]), unnest($11::bytea[]), unnest($12::int2[]), unnest($13::bytea[]),
                    unnest($14::bytea[]), unnest($15::text[]), unnest($16::int8[]), unnest($16::int8[]), 0
         ), made as (
             insert into users (app, id, guest, disabled, kind) select unnest($1::int4[]), unnest($2::bytea[]), 1, 0, 0
         )
         insert into sessions (app, \"user\", id, identity, device, device_hash, expires)
         select unnest($1::int4[]), unnest($2::bytea[]), unnest($3::bytea[]), 0, unnest($4::bytea[]),
                unnest($5::bytea[]), unnest($6::int8[])";
    // Which of some sessions are there, with a commit behind theirs that waits for the replicas. In one statement, for the
    // connection is shared: others' would come into a transaction.
    SESSIONS_THERE =
        "with mark as (update server set one = one)
         select s.id from unnest($1::int4[], $2::bytea[], $3::bytea[]) as asked (app, id, session)
         join sessions s on s.app = asked.app and s.\"user\" = asked.id and s.id = asked.session";
    INSERT_USER =
        "insert into users (app, id, guest, disabled, kind, last_seen) values ($1, $2, 0, 0, $3, $4) on conflict do nothing";
    INSERT_IMPORTED_GUEST =
        "insert into users (app, id, guest, disabled, kind, last_seen, identity, custom_data)
         values ($1, $2, 1, $3, 0, $4, $5, $6) on conflict do nothing";
    INSERT_IMPORTED_USER =
        "insert into users (app, id, guest, disabled, kind, last_seen, custom_data)
         values ($1, $2, 0, $3, $4, $5, $6) on conflict do nothing";
    INSERT_SESSION =
        "insert into sessions (app, \"user\", id, identity, device, device_hash, expires)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    INSERT_DEVICE = "insert into devices (app, hash, details) values ($1, $2, $3) on conflict (app, hash) do nothing";
    DEVICE = "select details from devices where app = $1 and hash = $2";
    BEARER = concat!(
        "select ", user_columns!("u."), ", ", session_columns!(), " from sessions s",
        " join users u on u.app = s.app and u.id = s.\"user\" where s.app = $1 and s.\"user\" = $2 and s.id = $3"
    );
    BEARERS = concat!(
        "select asked.n - 1, ", user_columns!("u."), ", ", session_columns!(),
        " from unnest($1::int4[], $2::bytea[], $3::bytea[]) with ordinality as asked (app, id, session, n)",
        " join sessions s on s.app = asked.app and s.\"user\" = asked.id and s.id = asked.session",
        " join users u on u.app = asked.app and u.id = asked.id"
    );
    // Whoever changes what is a user's holds its row first.
    LOCK_USER = "select 1 from users where app = $1 and id = $2 for update";
    USER = concat!("select ", user_columns!("u."), " from users u where u.app = $1 and u.id = $2");
    USER_COUNT = "select count(*) from users where app = $1";
    USER_EXISTS = "select 1 from users where app = $1 and id = $2";
    SESSION = concat!(
        "select ", session_columns!(), ", ", session_provider!(), " from sessions s where s.app = $1 and s.\"user\" = $2 and s.id = $3"
    );
    SESSIONS_OF = concat!(
        "select ", session_columns!(), ", ", session_provider!(),
        " from sessions s where s.app = $1 and s.\"user\" = $2 order by s.id"
    );
    TOUCH_GUEST =
        "update users set last_seen = $3
         where app = $1 and id = $2 and guest = 1 and (last_seen is null or last_seen < $3)";
    TOUCH =
        "update users set last_seen = $3
         where app = $1 and id = $2 and guest = 0 and (last_seen is null or last_seen < $3)";
    SET_CUSTOM_DATA = "update users set custom_data = $3 where app = $1 and id = $2";
    SET_DISABLED = "update users set disabled = $3 where app = $1 and id = $2";
    DELETE_USER = "delete from users where app = $1 and id = $2 returning id, kind";
    DELETE_SESSION = "delete from sessions where app = $1 and \"user\" = $2 and id = $3";
    DELETE_SESSIONS_OF = "delete from sessions where app = $1 and \"user\" = $2";

    DELETE_SESSIONS_OF_ALL = "delete from sessions where app = $1 and \"user\" = any($2::bytea[])";

    // Identities, and who has them. Whoever acts for an identity holds its user first, whom the identity may have lost or
    // got meanwhile.
    LOCK_CLAIMANT =
        "select u.id from claims c join users u on u.app = c.app and u.id = c.\"user\"
         where c.app = $1 and c.provider = $2 and c.id = $3 for update of u";
    CLAIMANT_NOW = concat!(
        "select c.\"user\", ", user_columns!("u."), " from claims c left join users u on u.app = c.app and u.id = c.\"user\"",
        " where c.app = $1 and c.provider = $2 and c.id = $3"
    );
    SESSION_OF_CLAIMANT = concat!(
        "select ", session_columns!(), ", ", session_provider!(), " from claims c",
        " join sessions s on s.app = c.app and s.\"user\" = c.\"user\" and s.id = $4",
        " where c.app = $1 and c.provider = $2 and c.id = $3"
    );
    CLAIMANT = "select \"user\" from claims where app = $1 and provider = $2 and id = $3";
    INSERT_CLAIM = "insert into claims (app, provider, id, \"user\") values ($1, $2, $3, $4) on conflict do nothing";
    DELETE_CLAIM = "delete from claims where app = $1 and provider = $2 and id = $3";
    ADD_IDENTITY =
        "insert into identities (app, \"user\", n, provider, id, data, told_email, told_name)
         select $1, $2, count(*), $3, $4, $5, $6, $7 from identities where app = $1 and \"user\" = $2 returning n";
    RENEW_IDENTITY =
        "update identities set data = $5, told_email = $6, told_name = $7 where app = $1 and \"user\" = $2 and provider = $3 and id = $4";
    DELETE_IDENTITIES_OF = "delete from identities where app = $1 and \"user\" = $2 returning n, provider, id, data";
    BECOME_SOMEONE =
        "update users set guest = 0, last_seen = $3, identity = null where app = $1 and id = $2 and guest = 1";
    CAP_SESSIONS_OF =
        "update sessions set expires = $3 where app = $1 and \"user\" = $2 and (expires is null or expires > $3)";

    // Credentials and their addresses. What a token is good for is decided in the statement that uses it up.
    INSERT_CREDENTIAL =
        "insert into credentials (app, id, email, hash, confirmed, blocks_until, confirm_id, confirm_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    INSERT_IMPORTED_CREDENTIAL =
        "insert into credentials (app, id, email, hash, confirmed, \"user\", blocks_until)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    GIVE_IMPORTED_CREDENTIAL =
        "update credentials set \"user\" = $3, confirmed = 1, confirm_id = null, confirm_hash = null
         where app = $1 and id = $2 and \"user\" is null";
    // Whether an address can be taken is looked at when it is held: a statement does not see what was committed while it
    // waited.
    LOCK_ADDRESS = "select credential from emails where app = $1 and email = $2 for update";
    LOCK_ADDRESS_OF = "select 1 from emails e join credentials c on c.app = e.app and c.email = e.email
         where c.app = $1 and c.id = $2 for update of e";
    LOCK_ADDRESS_OF_TOKEN = "select 1 from emails e join credentials c on c.app = e.app and c.email = e.email
         where c.app = $1 and c.confirm_id = $2 for update of e";
    INSERT_ADDRESS = "insert into emails (app, email, credential) values ($1, $2, $3) on conflict do nothing";
    TAKE_ADDRESS =
        "update emails set credential = $3 where app = $1 and email = $2
         and not exists (select 1 from credentials c
                         where c.app = emails.app and c.id = emails.credential
                         and (c.confirmed = 1 or c.blocks_until > $4))";
    TAKE_FREE_ADDRESS =
        "insert into emails (app, email, credential)
         select app, email, id from credentials where app = $1 and id = $2 and confirmed = 0
         on conflict (app, email) do nothing";
    DELETE_ADDRESS = "delete from emails where app = $1 and email = $2 and credential = $3";
    // Whoever changes a password holds the user whose it is, so that no login with the old one comes later.
    LOCK_USER_OF_CREDENTIAL =
        "select 1 from users u join credentials c on c.app = u.app and c.\"user\" = u.id
         where c.app = $1 and c.id = $2 for update of u";
    LOCK_USER_OF_RESET_TOKEN =
        "select 1 from users u join credentials c on c.app = u.app and c.\"user\" = u.id
         where c.app = $1 and c.reset_id = $2 for update of u";
    CREDENTIAL = concat!("select ", credential_columns!(), " from credentials c where c.app = $1 and c.id = $2");
    CREDENTIAL_OF_ADDRESS = concat!(
        "select ", credential_columns!(), " from emails e",
        " join credentials c on c.app = e.app and c.id = e.credential where e.app = $1 and e.email = $2"
    );
    PENDING = concat!(
        "select ", credential_columns!(), " from credentials c",
        " where c.app = $1 and c.id > $2 and c.\"user\" is null order by c.id limit $3"
    );
    GIVE_CREDENTIAL =
        "update credentials set \"user\" = $3
         where app = $1 and id = $2 and \"user\" is null and confirmed = 1 and hash = $4";
    PASSWORD_IS = "select 1 from credentials where app = $1 and id = $2 and hash = $3";
    CONFIRM = concat!(
        "update credentials set confirmed = 1, confirm_id = null, confirm_hash = null
         where app = $1 and confirm_id = $2 and confirm_hash = $3 and blocks_until > $4 and confirmed = 0 and ",
        has_its_address!()
    );
    CONFIRM_CREDENTIAL = concat!(
        "update credentials set confirmed = 1, confirm_id = null, confirm_hash = null
         where app = $1 and id = $2 and confirmed = 0 and ", has_its_address!()
    );
    RENEW_CONFIRM_TOKEN = concat!(
        "update credentials set confirm_id = $3, confirm_hash = $4, blocks_until = $5
         where app = $1 and id = $2 and confirmed = 0 and ", has_its_address!()
    );
    RENEW_RESET_TOKEN =
        "update credentials set reset_id = $3, reset_hash = $4, reset_until = $5 where app = $1 and id = $2";
    RESET_PASSWORD =
        "update credentials set hash = $5, reset_id = null, reset_hash = null, reset_until = null
         where app = $1 and reset_id = $2 and reset_hash = $3 and reset_until > $4 returning \"user\"";
    SET_PASSWORD =
        "update credentials set hash = $3, reset_id = null, reset_hash = null, reset_until = null
         where app = $1 and id = $2 returning \"user\"";
    MOVE_CREDENTIAL =
        "update credentials set email = $3, reset_id = null, reset_hash = null, reset_until = null
         where app = $1 and id = $2";
    DELETE_CREDENTIAL = "delete from credentials where app = $1 and id = $2 returning email";
    DELETE_PENDING = "delete from credentials where app = $1 and id = $2 and \"user\" is null returning email";

    // API keys.
    INSERT_API_KEY =
        "insert into api_keys (app, \"user\", id, server, name, hash, disabled) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    LOCK_USER_OF_SERVER_KEY =
        "select 1 from users u join api_keys k on k.app = u.app and k.\"user\" = u.id
         where k.app = $1 and k.id = $2 and k.server = 1 for update of u";
    API_KEY = concat!("select ", api_key_columns!(), " from api_keys where app = $1 and \"user\" = $2 and id = $3");
    API_KEY_BY_HASH = concat!("select ", api_key_columns!(), " from api_keys where app = $1 and hash = $2");
    API_KEYS_OF = concat!(
        "select ", api_key_columns!(), " from api_keys where app = $1 and \"user\" = $2 and server = 0 order by id"
    );
    SERVER_API_KEYS = concat!(
        "select ", api_key_columns!(), " from api_keys",
        " where app = $1 and server = 1 order by id"
    );
    SERVER_API_KEY = concat!(
        "select ", api_key_columns!(), " from api_keys",
        " where app = $1 and id = $2 and server = 1"
    );
    SET_API_KEY_DISABLED = "update api_keys set disabled = $4 where app = $1 and \"user\" = $2 and id = $3";
    DELETE_API_KEY = "delete from api_keys where app = $1 and \"user\" = $2 and id = $3";
    DELETE_API_KEYS_OF = "delete from api_keys where app = $1 and \"user\" = $2 returning id";

    // Secrets, access lists, redirects, events.
    SECRETS = "select id, name, material from secrets where app = $1 order by id";
    SECRET_OF_NAME = "select id from secrets where app = $1 and name = $2";
    PUT_SECRET =
        "insert into secrets (app, id, name, material) select $1, $2, $3, $4
         where not exists (select 1 from secrets where app = $1 and id = $2 and name <> $3)
         on conflict (app, name) do update set material = excluded.material";
    CHANGE_SECRET = "update secrets set name = $3, material = $4 where app = $1 and id = $2";
    DELETE_SECRET = "delete from secrets where app = $1 and id = $2";
    ACCESS_LIST = "select id, address, comment from access_list where app = $1 order by id";
    ALLOWED_IP = "select id, address, comment from access_list where app = $1 and id = $2";
    INSERT_ALLOWED_IP = "insert into access_list (app, id, address, comment) values ($1, $2, $3, $4) on conflict do nothing";
    CHANGE_ALLOWED_IP = "update access_list set address = $3, comment = $4 where app = $1 and id = $2";
    DELETE_ALLOWED_IP = "delete from access_list where app = $1 and id = $2";
    SET_REFRESH_TOKEN_SECONDS = "update apps set refresh_token_seconds = $2 where key = $1";
    INSERT_REDIRECT = "insert into redirects (state, record, until) values ($1, $2, $3) on conflict do nothing";
    REDIRECT = "select record, until from redirects where state = $1";
    TAKE_REDIRECT = "delete from redirects where state = $1 and until > $2 returning record";
    DELETE_LAPSED_REDIRECTS =
        "delete from redirects where state in (
             select state from redirects where until <= $1 order by until limit $2
         )";
    INSERT_EVENTS =
        "insert into events (app, id, operation, \"user\", providers, snapshot, at, due, tries)
         select unnest($1::int4[]), unnest($2::bytea[]), unnest($3::int2[]), unnest($4::bytea[]), unnest($5::bytea[]),
                unnest($6::text[]), unnest($7::int8[]), unnest($7::int8[]), 0 on conflict (app, id) do nothing";
    DUE_EVENTS =
        "select id, app, operation, \"user\", providers, snapshot, at, tries from events
         where due <= $1 order by due, id, app limit $2";
    NEXT_EVENT = "select due from events order by due limit 1";
    PUT_OFF_EVENT =
        "update events set due = $3, tries = tries + 1 where app = $1 and id = $2 and due <> $3";
    DELETE_EVENT = "delete from events where app = $1 and id = $2";

    // Logs.
    INSERT_LOGS =
        "insert into logs (app, started, id, co_id, kind, is_error, \"user\", completed, device, details)
         select unnest($1::int4[]), unnest($2::int8[]), unnest($3::bytea[]), unnest($4::bytea[]), unnest($5::int2[]),
                unnest($6::int2[]), unnest($7::bytea[]), unnest($8::int8[]), unnest($9::bytea[]), unnest($10::text[])
         on conflict (app, started, id) do nothing";
    LOGS = logs!("");
    LOGS_OF_REQUEST =
        logs!(" and l.co_id = $8 and ($9 is null or l.\"user\" = $9)");
    LOGS_OF_USER = logs!(" and l.\"user\" = $8");
    TRIM_LOGS =
        "delete from logs where app = $1 and (started, id) in (
             select started, id from logs where app = $1 and started < $2 order by started, id limit $3
         )";
    COUNT_GUEST_LOGINS =
        "insert into guest_logins (app, day, platform, counter, logins)
         select unnest($1::int4[]), unnest($2::int8[]), unnest($3::text[]), $4, unnest($5::int8[])
         on conflict (app, day, platform, counter) do update set logins = excluded.logins
             where excluded.logins > guest_logins.logins";
    GUEST_LOGINS =
        "select day, platform, sum(logins)::bigint from guest_logins where app = $1 and day >= $2
         group by day, platform order by day, platform";

    // Expiry. `look ahead` measures how far one bite goes; the deletes decide for themselves.
    EXPIRED = concat!(
        "select ", user_columns!("u."), " from users u where app = $1 and id > $2 and ", due!(),
        " order by id limit $6"
    );
    LOOK_AHEAD = concat!(
        "select id, ", due!(), " from users where app = $1 and id > $2 and id < $3 order by id limit $6"
    );
    DELETE_DUE_UP_TO = concat!(
        "delete from users where app = $1 and id > $2 and id <= $6 and ", due!(),
        " returning ", user_columns!("users.")
    );
    DELETE_DUE_SEEN = concat!(
        "delete from users where app = $1 and id in (
             select id from users
             where app = $1 and guest = 1 and last_seen is not null and last_seen < $5 and id < $3
             order by last_seen, id limit $2
         ) and ", due!(), " returning ", user_columns!("users.")
    );
    FIRST_GUEST_AFTER = "select id from users where app = $1 and id > $2 and guest = 1 order by id limit 1";
    FIRST_UNSEEN_GUEST_AFTER =
        "select id from users where app = $1 and id > $2 and guest = 1 and last_seen is null order by id limit 1";
    FIRST_SEEN_GUEST =
        "select id, last_seen from users
         where app = $1 and guest = 1 and last_seen is not null order by last_seen, id limit 1";
}
