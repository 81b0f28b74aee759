-- The first schema. Its twin for PostgreSQL carries the same number and name.
--
-- What every table keeps to:
--   * Ids are the twelve bytes of an ObjectId, so that they sort by the second in which they were made.
--   * Times are whole seconds since 1970, days are whole UTC days since then.
--   * Every value comes from the act that writes it: no defaults, no triggers, no now().
--   * Whatever is looked up by user begins its key with the app, then the user.
--   * There are no CHECKs and no foreign keys: this server is the only writer, and it says so when it reads a row
--     that it cannot have written.


-- What the server knows of itself: one row.
--
-- min_server is the number of the oldest schema whose server can live with this one. A server that meets a schema
-- newer than its own reads it and goes on unless min_server is newer too; so this table keeps its name and this
-- column forever. latest_time is the latest time that any server told the store: a clock that jumps ahead shows.
create table server (
    one         integer not null primary key,
    min_server  integer not null,
    group_id    blob,
    founded     integer,
    latest_time integer
) strict;

insert into server (one, min_server) values (1, 1);


-- Apps. The key is a small number, drawn by the act that makes the app, that stands for it in all that follows.
-- deployment is the one live pointer to what is configured.
create table apps (
    key           integer not null primary key,
    id            blob    not null unique,
    client_app_id text    not null unique,
    domain_id     blob    not null,
    group_id      blob    not null,
    created       integer not null,
    deployment    blob    not null
) strict;


-- One immutable snapshot of configuration per deployment, as JSON.
create table deployments (
    app     integer not null,
    id      blob    not null,
    created integer not null,
    config  text    not null,
    primary key (app, id)
) strict;


-- The files that a deployment keeps as they came, each by the SHA-256 of its bytes, so that a thousand deployments
-- of an unchanged directory hold its files once.
create table deployment_files (
    app        integer not null,
    deployment blob    not null,
    path       text    not null,
    hash       blob    not null,
    primary key (app, deployment, path)
) strict, without rowid;

create table files (
    hash  blob not null primary key,
    bytes blob not null
) strict;


-- Which app an imported directory became, by its canonical path, and a hash of what was imported last.
create table directories (
    path    text    not null primary key,
    app     integer not null,
    content blob    not null
) strict, without rowid;


-- Signing keys are per app and purpose. material is sealed with the master key when there is one.
create table signing_keys (
    app      integer not null,
    purpose  integer not null,
    id       text    not null,
    created  integer not null,
    material blob    not null,
    primary key (app, purpose, id)
) strict, without rowid;


-- What devices say of themselves, once per app and wording; hash is a bounded hash of the details.
create table devices (
    app     integer not null,
    hash    blob    not null,
    details text    not null,
    primary key (app, hash)
) strict, without rowid;


-- Users. There may be ten million of them, nearly all guests who were never seen again, so a guest is as small as it
-- can be: 0, 1 and null take no byte beyond the one that says so.
--
-- guest says that the user's identities are exactly one anonymous one. That identity has no row: its id is derived
-- from the user's, and identity overrides it for users who were brought from elsewhere. kind is 0 for a person, 1 for
-- a user made with a server API key. last_seen_day is null until a guest is seen on a day after the one it was made.
-- data is a JSON object, null when empty.
create table users (
    app           integer not null,
    id            blob    not null,
    guest         integer not null,
    disabled      integer not null,
    kind          integer not null,
    last_seen_day integer,
    identity      text,
    data          text,
    primary key (app, id)
) strict, without rowid;

-- Expiry walks the primary key for guests who were never seen again, and this index for the few who were. A login
-- writes nothing here.
create index users_by_last_seen on users (app, last_seen_day, id)
    where guest = 1 and last_seen_day is not null;


-- Sessions that have not ended. device is the id that the device said it has, device_hash refers to devices, provider
-- is the number of the provider's type. expires is null for a guest's session, which lives as long as the guest.
create table sessions (
    app         integer not null,
    user        blob    not null,
    id          blob    not null,
    provider    integer not null,
    device      blob,
    device_hash blob,
    expires     integer,
    primary key (app, user, id)
) strict, without rowid;
