-- What is counted of an app by day. Its twin for PostgreSQL carries the same number and name.
--
-- What 0001 says of every table holds here too. A guest's login writes nothing here: guest_logins counts it.
--
-- A server that does not know this table can live with it; what it does is missing in the counts for good.


-- n is how often, by what was counted, its UTC day, and which one of these.
--
--   what  n counts                                        day                             which
--      0  guests made here, but for their logins          the last day of activity
--      1  the same                                        the day they were made
--      2  guests brought from elsewhere                   the last day of activity here
--      3  people who are no guests                        the day they were made
--      4  users made with server API keys                 the day they were made
--      5  guests that came back                           the day they were made          so many days later
--      6  guests that became someone                      the day they were made          the provider's number
--      7  the same                                        the day they were made          after how long, in steps
--      8  guests that were let go                         then
--      9  guests that were deleted                        then
--     10  logins of those who are no guests               then                            the provider's number
--
-- 0 to 4 say who is there now and go up and down. 0 and 1 are to be added to the guest logins of their day: somebody who
-- leaves takes one away from where it stands, so they are mostly negative.
create table tallies (
    app   integer not null,
    what  integer not null,
    day   integer not null,
    which integer not null,
    n     integer not null,
    primary key (app, what, day, which)
) strict, without rowid;


-- Who is there is counted once, day by day along the users' ids. What happened before is not known by day.
create table spans (
    app   integer not null,
    day   integer not null,
    first blob    not null,
    until blob    not null
) strict;

insert into spans (app, day, first, until)
    with recursive ends (app, first, last) as (
        select key, (select hex(min(id)) from users where app = key), (select hex(max(id)) from users where app = key)
        from apps
    ), days (app, day, last) as (
        -- The first eight digits of an id are its second.
        select app, (select sum((instr('0123456789ABCDEF', substr(first, column1, 1)) - 1) << (32 - 4 * column1))
                     from (values (1), (2), (3), (4), (5), (6), (7), (8))) / 86400, last
        from ends where first <> ''
        union all
        select app, day + 1, last from days where day < 49710 and printf('%08X', (day + 1) * 86400) <= last
    )
    select app, day, unhex(printf('%08X', day * 86400)),
           coalesce(unhex(printf('%08X', (day + 1) * 86400)), x'ffffffffffffffffffffffffff')
    from days;

insert into tallies (app, what, day, which, n)
    select app, what, day, 0, sum(n) from (
        select s.app, iif(u.guest = 1, 1, 3 + u.kind) as what, s.day, count(*) as n
        from spans s cross join users u on u.app = s.app and u.id >= s.first and u.id < s.until
        where u.guest = 0 or u.identity is null group by 1, 2, 3
        union all
        select s.app, iif(u.identity is null, 0, 2), s.day, count(*)
        from spans s cross join users u on u.app = s.app and u.id >= s.first and u.id < s.until
        where u.guest = 1 and u.last_seen is null group by 1, 2, 3
        union all
        select app, iif(identity is null, 0, 2), last_seen, count(*) from users
        where guest = 1 and last_seen is not null group by 1, 2, 3
        union all
        select app, 0, day, -sum(logins) from guest_logins group by 1, 2, 3
        union all
        select app, 1, day, -sum(logins) from guest_logins group by 1, 2, 3
    ) group by app, what, day having sum(n) <> 0;

drop table spans;
