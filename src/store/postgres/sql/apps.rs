//! Apps: what is deployed of them, what waits to be, and how they go.

/// The columns that `row::app` reads, in its order.
macro_rules! app_columns {
    () => {
        "a.key, a.id, a.client_app_id, a.domain_id, a.group_id, a.created, a.deployment, d.config,
         a.refresh_token_seconds"
    };
}

/// A bite of a table's rows of one app, along its key: whoever began anywhere would pass over those that went before.
macro_rules! bite {
    ($table:literal, $key:literal) => {
        concat!(
            "delete from ",
            $table,
            " where app = $1 and (",
            $key,
            ") in (select ",
            $key,
            " from ",
            $table,
            " where app = $1 order by ",
            $key,
            " limit $2)"
        )
    };
}

statements! {
    // Apps and what is deployed.
    APPS = concat!(
        "select ", app_columns!(), " from apps a",
        " left join deployments d on d.app = a.key and d.id = a.deployment order by a.client_app_id"
    );
    APP = concat!(
        "select ", app_columns!(), " from apps a",
        " left join deployments d on d.app = a.key and d.id = a.deployment where a.key = $1"
    );
    APP_EXISTS = "select 1 from apps where key = $1";
    DOMAIN_EXISTS = "select 1 from apps where domain_id = $1";
    CLIENT_APP_ID_EXISTS = "select 1 from apps where client_app_id = $1";
    INSERT_APP =
        "insert into apps (key, id, client_app_id, domain_id, group_id, created, deployment)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    MOVE_LIVE_POINTER = "update apps set deployment = $3 where key = $1 and deployment = $2";
    DEPLOYMENT = "select config from deployments where app = $1 and id = $2";
    INSERT_SNAPSHOT = "insert into deployments (app, id, created, config) values ($1, $2, $3, $4) on conflict do nothing";
    LIST_DEPLOYMENT =
        "update deployments set
             n = (select coalesce(max(n), 0) + 1 from deployments where app = $1), name = $3, draft = $4, admin = $5,
             origin = $6
         where app = $1 and id = $2";
    DEPLOYMENTS =
        "select id, created, admin, origin, name, draft from deployments
         where app = $1 and n is not null and origin is not null order by n desc limit $2";
    OLD_SNAPSHOTS =
        "select d.id from deployments d join apps a on a.key = d.app
         where d.app = $1 and d.id <> a.deployment
         and (d.n is null or d.n <= (select max(n) from deployments where app = $1) - $2)
         and not exists (select 1 from drafts f where f.app = d.app and (f.snapshot = d.id or f.base = d.id))
         limit $3";
    DELETE_FILES_OF_SNAPSHOT =
        "delete from files where hash in (select hash from deployment_files where app = $1 and deployment = $2)
         and not exists (select 1 from deployment_files o
                         where o.hash = files.hash and (o.app <> $1 or o.deployment <> $2))";
    DELETE_PATHS_OF_SNAPSHOT = "delete from deployment_files where app = $1 and deployment = $2";
    DELETE_SNAPSHOT = "delete from deployments where app = $1 and id = $2";
    FILES_OF_SNAPSHOT =
        "select f.path, b.bytes from deployment_files f left join files b on b.hash = f.hash
         where f.app = $1 and f.deployment = $2 order by f.path";

    // Drafts.
    DRAFTS = "select id, admin, origin, created, base, snapshot from drafts where app = $1 order by id";
    INSERT_DRAFT =
        "insert into drafts (app, id, admin, origin, created, base, snapshot) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    MOVE_DRAFT = "update drafts set snapshot = $4 where app = $1 and id = $2 and snapshot = $3";
    DRAFT_HAS = "select 1 from drafts where app = $1 and id = $2 and snapshot = $3";
    DELETE_DRAFT = "delete from drafts where app = $1 and id = $2 returning snapshot";
    DEPLOY_CONFIG = "select deploy_config from apps where key = $1";
    SET_DEPLOY_CONFIG = "update apps set deploy_config = $2 where key = $1";

    // Guests that are deleted in bulk.
    GUEST_DELETIONS = "select key, guest_deletion from apps where guest_deletion is not null order by key";
    PUT_GUEST_DELETION =
        "update apps set guest_deletion = $3
         where key = $1 and (guest_deletion is not distinct from $2 or guest_deletion is not distinct from $3)";

    // Apps that go: first nobody finds them, then their rows go in bites.
    DELETE_APP = "delete from apps where key = $1";
    DEPART = "insert into departed (app, cleared) values ($1, 0) on conflict do nothing";
    DEPARTED = "select app from departed where cleared = 0 order by app limit 1";
    IS_DEPARTED = "select 1 from departed where app = $1";
    CLEARED = "update departed set cleared = 1 where app = $1";
    A_SNAPSHOT = "select id from deployments where app = $1 limit 1";
    CLEAR_DRAFTS = bite!("drafts", "id");
    CLEAR_KEYS = bite!("signing_keys", "purpose, id");
    CLEAR_DIRECTORIES = bite!("directories", "path");
    CLEAR_DEVICES = bite!("devices", "hash");
    CLEAR_USERS = bite!("users", "id");
    CLEAR_SESSIONS = bite!("sessions", "\"user\", id");
    CLEAR_IDENTITIES = bite!("identities", "\"user\", n");
    CLEAR_CLAIMS = bite!("claims", "provider, id");
    CLEAR_CREDENTIALS = bite!("credentials", "id");
    CLEAR_EMAILS = bite!("emails", "email");
    CLEAR_API_KEYS = bite!("api_keys", "\"user\", id");
    CLEAR_SECRETS = bite!("secrets", "id");
    CLEAR_ACCESS_LIST = bite!("access_list", "id");
    CLEAR_EVENTS = bite!("events", "id");
    CLEAR_LOGS = bite!("logs", "started, id");
    CLEAR_GUEST_LOGINS = bite!("guest_logins", "day, platform, counter");
    CLEAR_TALLIES = bite!("tallies", "what, day, which, part");
    INSERT_DEPLOYMENT_FILE = "insert into deployment_files (app, deployment, path, hash) values ($1, $2, $3, $4) on conflict do nothing";
    INSERT_FILE = "insert into files (hash, bytes) values ($1, $2) on conflict (hash) do nothing";
    FILES =
        "select f.path, b.bytes from apps a
         join deployment_files f on f.app = a.key and f.deployment = a.deployment
         left join files b on b.hash = f.hash
         where a.key = $1 order by f.path";
    DIRECTORY = "select app, content from directories where path = $1";
    PUT_DIRECTORY =
        "insert into directories (path, app, content) values ($1, $2, $3)
         on conflict (path) do update set app = excluded.app, content = excluded.content";
}
