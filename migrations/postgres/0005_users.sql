-- Users are found and listed by what an administrator knows of them. Its twin for SQLite carries the same number
-- and name.
--
-- What 0001 says of every table holds here too. Guests are nearly everybody, so none of these holds a guest as it
-- logs in: a login still writes two rows and no index.


-- A server that does not know access lists would let everybody in.
update server set min_server = greatest(min_server, 4);


-- Those who are no guests, in the order in which they came, and by when they were last active.
create index users_not_guests on users (app, id) where guest = 0;
create index users_by_activity on users (app, last_seen, id) where guest = 0;

-- Those of them who were never active, whom PostgreSQL would not find in the order of their ids in the index above.
create index users_never_active on users (app, id) where guest = 0 and last_seen is null;

-- Those who are kept out: few.
create index users_disabled on users (app, id) where disabled = 1;


-- Whoever has an identity of a provider, in the order in which the users came; and by what a provider told of an
-- address and a name, without the case of ASCII letters: columns of their own, written by the act that writes data,
-- since an index on what data says would refuse a text that is no JSON.
alter table identities add column told_email text collate "C";
alter table identities add column told_name text collate "C";

create index identities_by_provider on identities (app, provider, "user");
create index identities_by_email on identities (app, told_email, "user") where told_email is not null;
create index identities_by_name on identities (app, told_name, "user") where told_name is not null;


-- A secret has an id, by which the Admin API names it and which says in which order they came. No store in PostgreSQL
-- is older than this, so there is none that has to get one.
drop table secrets;

create table secrets (
    app      integer          not null,
    id       bytea            not null,
    name     text collate "C" not null,
    material bytea            not null,
    primary key (app, id)
);

create unique index secrets_by_name on secrets (app, name);


-- From where an app's clients may come: addresses and networks, in the order in which they were listed. Whoever is in
-- none of them is refused. Until now everybody might come.
create table access_list (
    app     integer          not null,
    id      bytea            not null,
    address text collate "C" not null,
    comment text collate "C" not null,
    primary key (app, id)
);

insert into access_list (app, id, address, comment) select key, id, '0.0.0.0/0', '' from apps;


-- How long a new session of somebody who is no guest lasts, in seconds; null for as long as the original's, 60 days.
alter table apps add column refresh_token_seconds bigint;
