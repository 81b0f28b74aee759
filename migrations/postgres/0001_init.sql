-- The first schema. Its twin for SQLite carries the same number and name.
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
-- schema is the number of the latest migration, which a file in SQLite has a place of its own for. min_server is the
-- number of the oldest schema whose server can live with this one. A server that meets a schema newer than its own
-- reads it and goes on unless min_server is newer too; so this table keeps its name and these two columns forever.
-- changes counts what was changed of apps and their configuration: servers remember those, and read them again when the
-- number is another one. latest_time is the latest time that any server told the store: a clock that jumps ahead shows.
create table server (
    one         integer not null primary key,
    schema      integer not null,
    changes     bigint  not null,
    min_server  integer not null,
    group_id    bytea,
    founded     bigint,
    latest_time bigint
);

insert into server (one, schema, min_server, changes) values (1, 1, 1, 0);


-- Background work that one server does for all: until is the second until which no other server takes it. A file in
-- SQLite is one server's, and needs none of this.
create table leases (
    work   text collate "C" not null primary key,
    holder bytea            not null,
    until  bigint           not null
);


-- Apps. The key is a small number, drawn by the act that makes the app, that stands for it in all that follows.
-- deployment is the one live pointer to what is configured.
create table apps (
    key           integer          not null primary key,
    id            bytea            not null unique,
    client_app_id text collate "C" not null unique,
    domain_id     bytea            not null,
    group_id      bytea            not null,
    created       bigint           not null,
    deployment    bytea            not null
);


-- One immutable snapshot of configuration per deployment, as JSON.
create table deployments (
    app     integer          not null,
    id      bytea            not null,
    created bigint           not null,
    config  text collate "C" not null,
    primary key (app, id)
);


-- The files that a deployment keeps as they came, each by the SHA-256 of its bytes, so that a thousand deployments
-- of an unchanged directory hold its files once.
create table deployment_files (
    app        integer          not null,
    deployment bytea            not null,
    path       text collate "C" not null,
    hash       bytea            not null,
    primary key (app, deployment, path)
);

create table files (
    hash  bytea not null primary key,
    bytes bytea not null
);


-- Which app an imported directory became, by its canonical path, and a hash of what was imported last.
create table directories (
    path    text collate "C" not null primary key,
    app     integer          not null,
    content bytea            not null
);


-- Signing keys are per app and purpose. material is sealed with the master key when there is one.
create table signing_keys (
    app      integer          not null,
    purpose  smallint         not null,
    id       text collate "C" not null,
    created  bigint           not null,
    material bytea            not null,
    primary key (app, purpose, id)
);


-- What devices say of themselves, once per app and wording; hash is a bounded hash of the details.
create table devices (
    app     integer          not null,
    hash    bytea            not null,
    details text collate "C" not null,
    primary key (app, hash)
);


-- Users. There may be ten million of them, nearly all guests who were never seen again, so a guest is as small as it
-- can be: 0 and 1 take two bytes, and null none beyond the one that says so.
--
-- guest says that the user's identities are exactly one anonymous one. That identity has no row: its id is derived
-- from the user's, and identity overrides it for users who were brought from elsewhere. kind is 0 for a person, 1 for
-- a user made with a server API key. last_seen_day is null until a guest is seen on a day after the one it was made.
-- data is a JSON object, null when empty.
--
-- Nearly every row here and in sessions is written once, and deleted once ninety days later. So PostgreSQL cleans up:
--   * when two rows in a hundred are dead, not twenty: the space of those who went is there for those who come, and
--     whoever walks by the key passes over few that are gone. A share and not a number, since each time it reads whole
--     indexes.
--   * after each million of new rows, however many there are, and then freezes them: so no run against wraparound ever
--     has to read the table of years at once.
--   * ten times as fast as it does by itself, so that it is not behind a sweep that removes millions.
-- Rows are packed: last_seen is in an index, so to leave room beside a row would make no update of it cheaper.
create table users (
    app           integer          not null,
    id            bytea            not null,
    guest         smallint         not null,
    disabled      smallint         not null,
    kind          smallint         not null,
    last_seen_day bigint,
    identity      text collate "C",
    data          text collate "C",
    primary key (app, id)
) with (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_freeze_min_age = 0,
    autovacuum_vacuum_cost_limit = 2000
);

-- Expiry walks the primary key for guests who were never seen again, and this index for the few who were. A login
-- writes nothing here.
create index users_by_last_seen on users (app, last_seen_day, id)
    where guest = 1 and last_seen_day is not null;


-- Sessions that have not ended. device is the id that the device said it has, device_hash refers to devices, provider
-- is the number of the provider's type. expires is null for a guest's session, which lives as long as the guest.
create table sessions (
    app         integer  not null,
    "user"      bytea    not null,
    id          bytea    not null,
    provider    smallint not null,
    device      bytea,
    device_hash bytea,
    expires     bigint,
    primary key (app, "user", id)
) with (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_freeze_min_age = 0,
    autovacuum_vacuum_cost_limit = 2000
);
