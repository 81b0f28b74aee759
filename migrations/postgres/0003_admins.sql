-- Administrators. Its twin for SQLite carries the same number and name.
--
-- What 0001 says of every table holds here too. A server that does not know administrators can live with them.


-- Projects of apps. The first one is the server's own.
create table projects (
    id   bytea            not null primary key,
    name text collate "C" not null unique
);

insert into projects (id, name) select group_id, 'Project 0' from server where group_id is not null;


-- Administrators. Who has no e-mail address signs in with key pairs only. hash is an argon2 hash of the password.
create table admins (
    id       bytea            not null primary key,
    email    text collate "C",
    hash     text collate "C",
    disabled smallint         not null
);

create unique index admins_by_email on admins (email) where email is not null;


-- What an administrator may in a project: 1 reads, 2 owns.
create table roles (
    admin   bytea    not null,
    project bytea    not null,
    role    smallint not null,
    primary key (admin, project)
);


-- Key pairs of administrators. hash is the SHA-256 of the private key, which is random and long. digest is what HTTP
-- digest authentication is checked with, sealed with the master key when there is one.
create table admin_keys (
    public_key text collate "C" not null primary key,
    admin      bytea            not null,
    name       text collate "C" not null,
    hash       bytea            not null unique,
    digest     bytea            not null,
    created    bigint           not null
);

create index admin_keys_by_admin on admin_keys (admin);


-- Sessions of administrators. public_key is the key pair that opened one, and null for a password.
create table admin_sessions (
    id         bytea            not null primary key,
    admin      bytea            not null,
    public_key text collate "C",
    expires    bigint           not null
);

create index admin_sessions_by_admin on admin_sessions (admin);


-- Keys that sign the tokens of administrators: never those of any app.
create table server_keys (
    purpose  smallint         not null primary key,
    id       text collate "C" not null,
    created  bigint           not null,
    material bytea            not null
);


-- Who did what, when, from where. project is null for what concerns the whole server, admin is null for the owner of
-- the data, who needs to sign in nowhere.
create table audit (
    id      bytea            not null primary key,
    admin   bytea,
    who     text collate "C" not null,
    project bytea,
    what    text collate "C" not null,
    target  text collate "C" not null,
    origin  text collate "C" not null,
    address text collate "C",
    status  smallint         not null
);
