-- What happened in an app, for its administrators. Its twin for PostgreSQL carries the same number and name.
--
-- What 0001 says of every table holds here too, but that started is a millisecond. A guest's login writes nothing here.


-- Entries, by when they began. kind is the number of the entry's type. device refers to devices, for users who are
-- known. details is a JSON object of what is only shown.
create table logs (
    app       integer not null,
    started   integer not null,
    id        blob    not null,
    co_id     blob    not null,
    kind      integer not null,
    is_error  integer not null,
    user      blob,
    completed integer not null,
    device    blob,
    details   text    not null,
    primary key (app, started, id)
) strict, without rowid;

create index logs_by_request on logs (app, co_id);
create index logs_by_user on logs (app, user, started, id) where user is not null;


-- How many guests came, by UTC day and platform. Each run of a server has a counter of its own, which only grows, and
-- writes down where it stands: told twice, or in another order, it stands where it stood.
create table guest_logins (
    app      integer not null,
    day      integer not null,
    platform text    not null,
    counter  blob    not null,
    logins   integer not null,
    primary key (app, day, platform, counter)
) strict, without rowid;
