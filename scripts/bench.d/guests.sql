-- What guests cost PostgreSQL, by the statements of the server: bytes, log, and how long the bites of a sweep take, with a
-- million who come, go, and come again.
--
--   passerby migrate-store --store "$URL"       on an empty database
--   psql "$URL" -f scripts/bench.d/guests.sql   about four minutes
--
-- Logins and bites run within the database, so their rates are no server's.

\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
set client_min_messages = warning;
set jit = off;
set plan_cache_mode = force_generic_plan;
set enable_seqscan = off;
set enable_bitmapscan = off;
set enable_hashjoin = off;
set enable_mergejoin = off;

-- Ids of `count` users who came two hundred a second, or of their sessions.
create function pg_temp.ids(kind bytea, began int, first int, count int) returns bytea[] language sql as $$
    select array_agg(int4send(began + n / 200) || kind || substr(int4send(n), 2) order by n)
    from generate_series(first, first + count - 1) n
$$;

create procedure pg_temp.log_in(began int, total int, batch int) language plpgsql as $$
declare
    apps int[] := array_fill(7, array[batch]);
    hashes bytea[] := array_fill(decode(repeat('ab', 16), 'hex'), array[batch]);
    ends bigint[] := array_fill(null::bigint, array[batch]);
    users bytea[];
    sessions bytea[];
begin
    for n in 0 .. total - 1 by batch loop
        users := pg_temp.ids('\x0101010101', began, n, batch);
        sessions := pg_temp.ids('\x0202020202', began, n, batch);
        with made as (
            insert into users (app, id, guest, disabled, kind) select unnest(apps), unnest(users), 1, 0, 0
        )
        insert into sessions (app, "user", id, identity, device, device_hash, expires)
        select unnest(apps), unnest(users), unnest(sessions), 0, unnest(sessions), unnest(hashes), unnest(ends);
        commit;
    end loop;
end $$;

create temp table bites (ms float8);

-- Everybody who was made before an id, `most` a bite.
create procedure pg_temp.sweep(made_before bytea, most int) language plpgsql as $$
declare
    passed bytea := '';
    upto bytea;
    gone bytea[];
    began timestamptz;
begin
    loop
        began := clock_timestamp();
        select id into upto from (
            select id from users where app = 7 and id > passed and id < made_before order by id limit most
        ) found order by id desc limit 1;
        exit when upto is null;
        with removed as (
            delete from users where app = 7 and id > passed and id <= upto
                and guest = 1 and id < made_before and last_seen is null
            returning id
        ) select array_agg(id) into gone from removed;
        delete from sessions where app = 7 and "user" = any(gone);
        passed := upto;
        commit;
        insert into bites values (extract(epoch from clock_timestamp() - began) * 1000);
        commit;
    end loop;
end $$;

-- Others go on meanwhile, as they do beside a server: a page of an index that fell empty is given away when every transaction
-- that may stand on it has ended, which a database in which nothing happens cannot tell.
create procedure pg_temp.wait(seconds int) language plpgsql as $$
begin
    for n in 1 .. seconds * 20 loop
        perform pg_current_xact_id(), pg_sleep(0.05);
        commit;
    end loop;
end $$;

create view pg_temp.sizes as
    select pg_total_relation_size('users') + pg_total_relation_size('sessions') as bytes,
        pg_relation_size('users_pkey') + pg_relation_size('sessions_pkey') as of_indexes;

select pg_current_wal_lsn() as lsn \gset
call pg_temp.log_in(1780000000, 1000000, 125);
select pg_wal_lsn_diff(pg_current_wal_lsn(), :'lsn') / 1000000 as log_a_login, bytes / 1000000.0 as bytes_a_guest,
    of_indexes / 1000000.0 as of_indexes
from pg_temp.sizes;

select pg_current_wal_lsn() as lsn \gset
select clock_timestamp() as began \gset
call pg_temp.sweep(decode('ff', 'hex'), 250);
select count(*) as bites, extract(epoch from clock_timestamp() - :'began'::timestamptz)::int as seconds,
    percentile_cont(0.5) within group (order by ms)::numeric(9, 1) as p50_ms,
    percentile_cont(0.99) within group (order by ms)::numeric(9, 1) as p99_ms, max(ms)::numeric(9, 1) as longest_ms,
    pg_wal_lsn_diff(pg_current_wal_lsn(), :'lsn') / 1000000 as log_a_guest
from bites;

\echo 'Autovacuum begins within a minute.'
call pg_temp.wait(100);
select relname, autovacuum_count, n_dead_tup from pg_stat_user_tables where relname in ('users', 'sessions') order by 1;

call pg_temp.log_in(1790000000, 1000000, 125);
select bytes / 1000000.0 as bytes_a_guest_the_second_time, of_indexes / 1000000.0 as of_indexes from pg_temp.sizes;
