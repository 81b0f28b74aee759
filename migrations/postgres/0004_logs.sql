-- What happened in an app, for its administrators. Its twin for SQLite carries the same number and name.
--
-- What 0001 says of every table holds here too, but that started is a millisecond. A guest's login writes nothing here.


-- Entries, by when they began. kind is the number of the entry's type. device refers to devices, for users who are
-- known. details is a JSON object of what is only shown.
--
-- What is old goes every hour, so what is dead is cleaned up when it is two in a hundred.
create table logs (
    app       integer          not null,
    started   bigint           not null,
    id        bytea            not null,
    co_id     bytea            not null,
    kind      smallint         not null,
    is_error  smallint         not null,
    "user"    bytea,
    completed bigint           not null,
    device    bytea,
    details   text collate "C" not null,
    primary key (app, started, id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);

-- In the order of the log, so that whoever asks for a request is never led along all of it.
create index logs_by_request on logs (app, co_id, started, id);
create index logs_by_user on logs (app, "user", started, id) where "user" is not null;


-- How many guests came, by UTC day and platform. Each run of a server has a counter of its own, which only grows, and
-- writes down where it stands: told twice, or in another order, it stands where it stood. There is room beside a row for
-- its next state, which then needs no new entry in the index.
create table guest_logins (
    app      integer          not null,
    day      bigint           not null,
    platform text collate "C" not null,
    counter  bytea            not null,
    logins   bigint           not null,
    primary key (app, day, platform, counter)
) with (fillfactor = 70);
