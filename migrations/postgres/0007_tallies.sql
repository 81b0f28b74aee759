-- What is counted of an app by day. Its twin for SQLite carries the same number and name.
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
--
-- A count is the sum of its parts: whoever commits holds the row that it counted in until the disk, and the replicas, have
-- it, and everybody who logs in today would wait for the one row of the day. Each session of the database counts in a
-- part of its own, which some others share.
--
-- There is room beside a row for its next state, which then needs no new entry in the index.
create table tallies (
    app   integer  not null,
    what  smallint not null,
    day   bigint   not null,
    which smallint not null,
    part  smallint not null default 0,
    n     bigint   not null,
    primary key (app, what, day, which, part)
) with (fillfactor = 70);

-- No store in PostgreSQL is older than this, so there is nobody to count.
