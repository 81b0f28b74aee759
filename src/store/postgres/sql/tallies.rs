//! What is counted by day.

statements! {
    // Each session of the database in a part of its own, so that few wait for one another.
    ADD_TO_TALLIES =
        "insert into tallies (app, what, day, which, part, n)
         select $1, unnest($2::int2[]), unnest($3::int8[]), unnest($4::int2[]), pg_backend_pid() % 32, unnest($5::int8[])
         on conflict (app, what, day, which, part) do update set n = tallies.n + excluded.n";
    TALLIES =
        "select what, day, which, sum(n)::bigint from tallies
         where app = $1 and what in (5, 6, 7, 8, 9, 10) and day >= $2
         group by what, day, which order by what, day, which";
    STANDING =
        "select what, day, sum(n)::bigint from (
             select what, day, n from tallies where app = $1 and what < 5
             union all select 0::smallint, day, logins from guest_logins where app = $1
             union all select 1::smallint, day, logins from guest_logins where app = $1
         ) as counted group by what, day having sum(n) > 0 order by what, day";
    GUEST = concat!(
        "select ", user_columns!("u."), " from users u where u.app = $1 and u.id = $2 and u.guest = 1"
    );
}
