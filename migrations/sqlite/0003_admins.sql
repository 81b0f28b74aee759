-- Administrators. Its twin for PostgreSQL carries the same number and name.
--
-- What 0001 says of every table holds here too. A server that does not know administrators can live with them.


-- Projects of apps. The first one is the server's own.
create table projects (
    id   blob not null primary key,
    name text not null unique
) strict, without rowid;

insert into projects (id, name) select group_id, 'Project 0' from server where group_id is not null;


-- Administrators. Who has no e-mail address signs in with key pairs only. hash is an argon2 hash of the password.
create table admins (
    id       blob    not null primary key,
    email    text,
    hash     text,
    disabled integer not null
) strict, without rowid;

create unique index admins_by_email on admins (email) where email is not null;


-- What an administrator may in a project: 1 reads, 2 owns.
create table roles (
    admin   blob    not null,
    project blob    not null,
    role    integer not null,
    primary key (admin, project)
) strict, without rowid;


-- Key pairs of administrators. hash is the SHA-256 of the private key, which is random and long. digest is what HTTP
-- digest authentication is checked with, sealed with the master key when there is one.
create table admin_keys (
    public_key text    not null primary key,
    admin      blob    not null,
    name       text    not null,
    hash       blob    not null unique,
    digest     blob    not null,
    created    integer not null
) strict, without rowid;

create index admin_keys_by_admin on admin_keys (admin);


-- Sessions of administrators. public_key is the key pair that opened one, and null for a password.
create table admin_sessions (
    id         blob    not null primary key,
    admin      blob    not null,
    public_key text,
    expires    integer not null
) strict, without rowid;

create index admin_sessions_by_admin on admin_sessions (admin);


-- Keys that sign the tokens of administrators: never those of any app.
create table server_keys (
    purpose  integer not null primary key,
    id       text    not null,
    created  integer not null,
    material blob    not null
) strict, without rowid;


-- Who did what, when, from where. project is null for what concerns the whole server, admin is null for the owner of
-- the data, who needs to sign in nowhere.
create table audit (
    id      blob    not null primary key,
    admin   blob,
    who     text    not null,
    project blob,
    what    text    not null,
    target  text    not null,
    origin  text    not null,
    address text,
    status  integer not null
) strict, without rowid;
