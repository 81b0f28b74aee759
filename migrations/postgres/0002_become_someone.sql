-- Guests become someone. Its twin for SQLite carries the same number and name.
--
-- What 0001 says of every table holds here too. A guest costs no row and no byte more than before.


-- A server that does not know identities would take everybody who has one for nobody.
update server set min_server = 2;


-- custom_data is what the app keeps of a user: a JSON object, null when there is none. It takes the place of data,
-- which was never written: what the providers told is with the identities.
--
-- last_seen is of a guest what last_seen_day was, the day, and of anybody else the second of the latest activity, null
-- until there is one. Nothing counts the days of those who are no guests, so both need but one column.
alter table users rename column data to custom_data;
alter table users rename column last_seen_day to last_seen;

-- A session names the identity that logged in by its place among the user's, and that names the provider. Until now
-- everybody was a guest, whose only identity is the first one: what was 0 for its provider is 0 for its place.
alter table sessions rename column provider to identity;


-- What the providers know of users who are no guests, in the order in which it came: n counts from 0 without gaps.
-- The first one of somebody who was a guest is the anonymous one, which had no row until then. An identity stays as
-- long as its user. data is a JSON object, null when empty.
create table identities (
    app      integer          not null,
    "user"   bytea            not null,
    n        integer          not null,
    provider smallint         not null,
    id       text collate "C" not null,
    data     text collate "C",
    primary key (app, "user", n)
);


-- Who has an identity with which one can log in again: apart from identities, and keyed by what is presented, so that
-- a link is the only act with two homes. Of two users who want one identity, one finds it here.
create table claims (
    app      integer          not null,
    provider smallint         not null,
    id       text collate "C" not null,
    "user"   bytea            not null,
    primary key (app, provider, id)
);


-- E-mail addresses with passwords. user is null until somebody first logs in with one or links it: until then it is
-- listed as pending, and this is all there is of it.
--
-- Each of the two tokens is a public id, the SHA-256 of a secret, and the second at which it lapses; it is null once
-- it is used. blocks_until is when the confirmation token lapses and, with it, the hold of an unconfirmed credential
-- on its address; it outlives the token.
create table credentials (
    app          integer          not null,
    id           bytea            not null,
    email        text collate "C" not null,
    hash         text collate "C" not null,
    confirmed    smallint         not null,
    "user"       bytea,
    blocks_until bigint           not null,
    confirm_id   bytea,
    confirm_hash bytea,
    reset_id     bytea,
    reset_hash   bytea,
    reset_until  bigint,
    primary key (app, id)
);

create index credentials_pending on credentials (app, id) where "user" is null;
create index credentials_by_confirm_id on credentials (app, confirm_id) where confirm_id is not null;
create index credentials_by_reset_id on credentials (app, reset_id) where reset_id is not null;


-- Which credential has an address now. Every confirmed one has its own. An unconfirmed one that has lapsed loses it to
-- the next who registers it, and stays in credentials without it.
create table emails (
    app        integer          not null,
    email      text collate "C" not null,
    credential bytea            not null,
    primary key (app, email)
);


-- API keys, by who logs in with them. server says that the user was made with the key, and goes with it. hash is the
-- SHA-256 of the key's value, which is random and long.
create table api_keys (
    app      integer          not null,
    "user"   bytea            not null,
    id       bytea            not null,
    server   smallint         not null,
    name     text collate "C" not null,
    hash     bytea            not null,
    disabled smallint         not null,
    primary key (app, "user", id)
);

create unique index api_keys_by_hash on api_keys (app, hash);
create index api_keys_of_servers on api_keys (app, id) where server = 1;


-- Secrets that the app's configuration refers to by name, sealed with the master key when there is one.
create table secrets (
    app      integer          not null,
    name     text collate "C" not null,
    material bytea            not null,
    primary key (app, name)
);


-- What a redirect to an issuer is matched with when it comes back: state is the SHA-256 of what went along with it.
-- Lapsed rows are of no use to anybody and go when others come.
create table redirects (
    state  bytea            not null primary key,
    record text collate "C" not null,
    until  bigint           not null
);

create index redirects_by_until on redirects (until);


-- What triggers wait for, written by the act that made it happen, so that a crash loses none. operation is 0 when a
-- user was made or an identity linked, 1 when somebody logged in, 2 when a user was removed. providers has a byte for
-- each provider's number. snapshot is the user as it was when it was removed, and null otherwise. due is when delivery
-- is tried next, at first when it happened; tries is how often it failed.
create table events (
    app       integer          not null,
    id        bytea            not null,
    operation smallint         not null,
    "user"    bytea            not null,
    providers bytea            not null,
    snapshot  text collate "C",
    at        bigint           not null,
    due       bigint           not null,
    tries     integer          not null,
    primary key (app, id)
);

create index events_by_due on events (due, id);
