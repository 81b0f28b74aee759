-- Users are found and listed by what an administrator knows of them. Its twin for PostgreSQL carries the same number
-- and name.
--
-- What 0001 says of every table holds here too. Guests are nearly everybody, so none of these holds a guest as it
-- logs in: a login still writes two rows and no index.


-- A server that does not know access lists would let everybody in.
update server set min_server = max(min_server, 4);


-- Those who are no guests, in the order in which they came, and by when they were last active.
create index users_not_guests on users (app, id) where guest = 0;
create index users_by_activity on users (app, last_seen, id) where guest = 0;

-- Those who are kept out: few.
create index users_disabled on users (app, id) where disabled = 1;


-- Whoever has an identity of a provider, in the order in which the users came; and by what a provider told of an
-- address and a name, without the case of ASCII letters. A text that is no JSON is found when its row is read.
create index identities_by_provider on identities (app, provider, user);
create index identities_by_email on identities
    (app, (case when json_valid(data) then lower(data ->> '$.email') end), user) where data is not null;
create index identities_by_name on identities
    (app, (case when json_valid(data) then lower(data ->> '$.name') end), user) where data is not null;


-- A secret has an id, by which the Admin API names it and which says in which order they came. Those that are there
-- get one each, by their names; another id would not make them safer, since nobody is let in by it.
create table named_secrets (
    app      integer not null,
    id       blob    not null,
    name     text    not null,
    material blob    not null,
    primary key (app, id)
) strict, without rowid;

insert into named_secrets (app, id, name, material)
    select app, unhex(printf('%08x%016x', coalesce((select founded from server), 0),
                             row_number() over (partition by app order by name))), name, material
    from secrets;

drop table secrets;
alter table named_secrets rename to secrets;
create unique index secrets_by_name on secrets (app, name);


-- From where an app's clients may come: addresses and networks, in the order in which they were listed. Whoever is in
-- none of them is refused. Until now everybody might come.
create table access_list (
    app     integer not null,
    id      blob    not null,
    address text    not null,
    comment text    not null,
    primary key (app, id)
) strict, without rowid;

insert into access_list (app, id, address, comment) select key, id, '0.0.0.0/0', '' from apps;


-- How long a new session of somebody who is no guest lasts, in seconds; null for as long as the original's, 60 days.
alter table apps add column refresh_token_seconds integer;
