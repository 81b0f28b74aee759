-- A million users of a hundred days, most of them guests who never came back, and what belongs to them. User n has the
-- number n in its id, and so has its session. One user in ten is another app's.

create function id(n bigint, kind int) returns bytea language sql immutable as $$
    select int4send((1786860000 + n * 8)::int) || decode(repeat(lpad(to_hex(kind), 2, '0'), 5), 'hex')
        || substr(int4send(n::int), 2)
$$;
create function app(n bigint) returns int language sql immutable as $$
    select case when n % 10 = 9 then 8 else 7 end
$$;

-- One in a hundred is somebody, one in fifty a guest who came back, one in ten thousand is kept out.
insert into users (app, id, guest, disabled, kind, last_seen)
select app(n), id(n, 1), case when n % 100 = 0 then 0 else 1 end, case when n % 10000 = 1 then 1 else 0 end, 0,
       case when n % 100 = 0 then 1786860060 + n * 8 when n % 50 = 1 then (1786860000 + n * 8) / 86400 + 3 end
from generate_series(0::bigint, 999999) n;

insert into sessions (app, "user", id, identity)
select app(n), id(n, 1), id(n, 2), 0 from generate_series(0::bigint, 999999) n;

insert into identities (app, "user", n, provider, id, data, told_email, told_name)
select 7, id(n, 1), i, case when i = 0 then 0 else 1 + n / 100 % 3 end, 'identity ' || n, '{}',
       'n' || n || '@example.com', 'n' || n
from generate_series(0::bigint, 999999, 100) n, generate_series(0, 1) i;

insert into claims (app, provider, id, "user")
select 7, 1, 'identity ' || n, id(n, 1) from generate_series(0::bigint, 999999, 100) n;

insert into credentials (app, id, email, hash, confirmed, "user", blocks_until, confirm_id, reset_id, reset_until)
select 7, id(n, 3), 'n' || n || '@example.com', 'hash', 1, case when n % 200 = 0 then id(n, 1) end, 0, id(n, 4),
       id(n, 5), 0
from generate_series(0::bigint, 999999, 100) n;

insert into emails (app, email, credential) select app, email, id from credentials;

insert into api_keys (app, "user", id, server, name, hash, disabled)
select 7, id(n, 1), id(n, 6), n / 100 % 2, 'key', sha256(id(n, 6)), 0
from generate_series(0::bigint, 999999, 100) n;

insert into logs (app, started, id, co_id, kind, is_error, "user", completed, details)
select 7, (1786860000 + n * 8) * 1000, id(n, 7), id(n, 8), n / 10 % 5, n / 10 % 2, id(n, 1), 0, '{}'
from generate_series(0::bigint, 999999, 10) n;

insert into events (app, id, operation, "user", providers, at, due, tries)
select 7, id(n, 9), 1, id(n, 1), '\x00', 0, 1786860000 + n * 8, 0 from generate_series(0::bigint, 999999, 100) n;

insert into redirects (state, record, until)
select sha256(id(n, 1)), '{}', 1786860000 + n * 8 from generate_series(0::bigint, 999999, 100) n;

insert into devices (app, hash, details)
select 7, substr(sha256(id(n, 1)), 1, 16), '{}' from generate_series(0::bigint, 999999, 100) n;

insert into audit (id, who, what, target, origin, status)
select id(n, 1), 'who', 'what', 'target', 'origin', 0 from generate_series(0::bigint, 999999, 100) n;

insert into tallies (app, what, day, which, n)
select app, what, day, 0, 1
from generate_series(1, 20) app, generate_series(0, 10) what, generate_series(20681, 20781) day;

insert into guest_logins (app, day, platform, counter, logins)
select 7, day, 'android', id(counter, 1), 1
from generate_series(20681, 20781) day, generate_series(1, 100) counter;

insert into apps (key, id, client_app_id, domain_id, group_id, created, deployment)
select n, id(n, 1), 'app-' || n, id(n, 2), '\x01', 0, id(n, 3) from generate_series(0, 999) n;

insert into deployments (app, id, created, config, n, origin)
select n / 10, id(n, 3), 0, '{}', n, '' from generate_series(0, 9999) n;

insert into deployment_files (app, deployment, path, hash)
select n / 10, id(n, 3), 'functions/' || i || '.js', sha256(id(n % 100, i))
from generate_series(0, 9999) n, generate_series(1, 5) i;

insert into files (hash, bytes) select sha256(id(n, i)), '' from generate_series(0, 99) n, generate_series(1, 5) i;

insert into drafts (app, id, admin, origin, created, base, snapshot)
select n, id(n, 4), id(n, 1), '', 0, id(n, 3), id(n, 3) from generate_series(0, 999) n;

insert into secrets (app, id, name, material)
select n / 10, id(n, 1), 'secret ' || n, '' from generate_series(0, 9999) n;

insert into access_list (app, id, address, comment)
select n / 10, id(n, 1), '10.0.0.0/8', '' from generate_series(0, 9999) n;

insert into signing_keys (app, purpose, id, created, material)
select n / 2, n % 2, 'key', 0, '' from generate_series(0, 1999) n;

-- What a batch of logins hands over.
create function ids(first bigint, count int, kind int) returns bytea[] language sql immutable as $$
    select array_agg(id(n, kind) order by n) from generate_series(first, first + count - 1) n
$$;
