"""The store of a stopped server: its size, and guests that were made long ago. One class for each engine."""

import json
import os
import sqlite3
import subprocess
import time

DAY = 86_400


class Files:
    """A file in each data directory."""

    is_shared = False

    def __init__(self, _root, _binary, place):
        self.place = place

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def arguments(self, _name):
        return []

    def path(self, name):
        return self.place / name / "passerby.db"

    def size_and_users(self, name):
        """Bytes on disk, and how many users they hold."""
        path = self.path(name)
        with closing(path) as database:
            users, = database.execute("select count(*) from users").fetchone()
        return sum(os.path.getsize(f"{path}{end}") for end in ("", "-wal") if os.path.exists(f"{path}{end}")), users

    def add_old_guests(self, name, client_app_id, count, age_days=200):
        """Writes guests with a session each, as logins `age_days` ago would have. See migrations/sqlite."""
        with closing(self.path(name)) as database:
            app, = database.execute("select key from apps where client_app_id = ?", [client_app_id]).fetchone()
            first = int(time.time()) - age_days * DAY
            with database:
                for number in range(count):
                    # An ObjectId: four bytes of seconds, then what makes it unlike others. A thousand a second.
                    made = (first + number // 1_000).to_bytes(4, "big")
                    user, session = (made + kind + number.to_bytes(7, "big") for kind in (b"u", b"s"))
                    database.execute("insert into users (app, id, guest, disabled, kind) values (?, ?, 1, 0, 0)",
                                     [app, user])
                    database.execute("insert into sessions (app, user, id, identity) values (?, ?, ?, 0)",
                                     [app, user, session])

    def add_people(self, name, client_app_id, count):
        """Writes people among the guests: with addresses, of whom some are disabled, and as many who are yet to come.

        Returns the addresses, and ids of users from all over the store, in their order."""
        emails = []
        with closing(self.path(name)) as database:
            app, = database.execute("select key from apps where client_app_id = ?", [client_app_id]).fetchone()
            guests = [row[0] for row in database.execute("select id from users where app = ? order by id", [app])]
            with database:
                for number in range(count):
                    # Made in the second of some guest.
                    made = guests[number * len(guests) // count][:4]
                    user, pending = (made + kind + number.to_bytes(7, "big") for kind in (b"p", b"q"))
                    email = f"person{number}@people{number % 97}.example"
                    emails.append(email)
                    database.execute("insert into users (app, id, guest, disabled, kind, last_seen)"
                                     " values (?, ?, 0, ?, 0, ?)", [app, user, number % 50 == 0, int.from_bytes(made, "big")])
                    database.execute("insert into identities (app, user, n, provider, id, data) values (?, ?, 0, 1, ?, ?)",
                                     [app, user, user.hex(), json.dumps({"email": email})])
                    database.execute("insert into credentials (app, id, email, hash, confirmed, blocks_until)"
                                     " values (?, ?, ?, '', 0, 0)", [app, pending, f"pending-{email}"])
            database.execute("update users set disabled = 1 where app = ? and id in"
                             " (select id from users where app = ? and guest = 1 limit ?)", [app, app, count // 50])
            database.commit()
        step = max(1, len(guests) // 1_000)
        return emails, [guest.hex() for guest in guests[::step]]


class Databases:
    """A database for each, on a PostgreSQL of the bench's own that is as durable as it comes: `fsync` and
    `synchronous_commit` are on."""

    is_shared = True
    SETTINGS = "shared_buffers=1GB max_wal_size=4GB"

    def __init__(self, root, binary, place):
        self.script, self.binary = root / "scripts" / "postgres", binary
        self.cluster, self.made = place / "postgres", set()

    def __enter__(self):
        # Whoever owns the database must reach it.
        for folder in [self.cluster.parent, *self.cluster.parent.parents]:
            if not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)
        environment = {**os.environ, "PASSERBY_TEST_POSTGRES_SETTINGS": self.SETTINGS}
        done = subprocess.run([self.script, "start", self.cluster], capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise SystemExit(f"PostgreSQL does not start: {done.stderr}")
        self.url = done.stdout.strip()
        return self

    def __exit__(self, *_):
        subprocess.run([self.script, "stop", self.cluster], capture_output=True)

    def arguments(self, name):
        if name not in self.made:
            self.sql("postgres", f'create database "{name}"')
            self.made.add(name)
            subprocess.run([self.binary, "migrate-store", "--store", self.of(name)], check=True, capture_output=True)
        return ["--store", self.of(name)]

    def of(self, name):
        return self.url.rsplit("/", 1)[0] + "/" + name

    def sql(self, name, text):
        done = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.of(name)], input=text,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return done.stdout.strip()

    def size_and_users(self, name):
        """Bytes of users and sessions with their indexes, and how many users there are."""
        said = self.sql(name, "vacuum (analyze) users; vacuum (analyze) sessions; checkpoint; select"
                        " pg_total_relation_size('users') + pg_total_relation_size('sessions'),"
                        " (select count(*) from users)")
        size, users = said.split("|")
        return int(size), int(users)

    def add_old_guests(self, name, client_app_id, count, age_days=200):
        """Writes guests with a session each, as logins `age_days` ago would have. See migrations/postgres."""
        first = int(time.time()) - age_days * DAY
        identifier = f"decode(lpad(to_hex({first} + n / 1000), 8, '0') || '%s' || lpad(to_hex(n), 14, '0'), 'hex')"
        user, session = (identifier % f"{ord(kind):02x}" for kind in "us")
        self.sql(name, f"""
            with made as (
                insert into users (app, id, guest, disabled, kind)
                select a.key, {user}, 1, 0, 0 from apps a, generate_series(0, {count} - 1) as n
                where a.client_app_id = '{client_app_id}'
            )
            insert into sessions (app, "user", id, identity)
            select a.key, {user}, {session}, 0 from apps a, generate_series(0, {count} - 1) as n
            where a.client_app_id = '{client_app_id}';
            vacuum (analyze) users; vacuum (analyze) sessions; checkpoint;""")

    def add_people(self, name, client_app_id, count):
        """Writes people among the guests: with addresses, of whom some are disabled, and as many who are yet to come.

        Returns the addresses, and ids of users from all over the store, in their order."""
        app = self.sql(name, f"select key from apps where client_app_id = '{client_app_id}'")
        guests = self.sql(name, f"select encode(id, 'hex') from users where app = {app} order by id").split()
        emails, users, identities, credentials = [], [], [], []
        for number in range(count):
            # Made in the second of some guest.
            made = guests[number * len(guests) // count][:8]
            user, pending = (made + f"{ord(kind):02x}{number:014x}" for kind in "pq")
            email = f"person{number}@people{number % 97}.example"
            emails.append(email)
            users.append(f"({app}, '\\x{user}', 0, {int(number % 50 == 0)}, 0, {int(made, 16)})")
            identities.append(f"""({app}, '\\x{user}', 0, 1, '{user}', '{json.dumps({"email": email})}', '{email}')""")
            credentials.append(f"({app}, '\\x{pending}', 'pending-{email}', '', 0, 0)")
        for table, rows in (
            ("users (app, id, guest, disabled, kind, last_seen)", users),
            ('identities (app, "user", n, provider, id, data, told_email)', identities),
            ("credentials (app, id, email, hash, confirmed, blocks_until)", credentials),
        ):
            for start in range(0, len(rows), 1_000):
                self.sql(name, f"insert into {table} values {','.join(rows[start:start + 1_000])}")
        self.sql(name, f"update users set disabled = 1 where app = {app} and id in"
                 f" (select id from users where app = {app} and guest = 1 limit {count // 50}); analyze")
        return emails, guests[::max(1, len(guests) // 1_000)]


KINDS = {"sqlite": Files, "postgres": Databases}


class closing:
    """A connection that is closed, and its log folded into the file, at the end."""

    def __init__(self, path):
        self.database = sqlite3.connect(path)

    def __enter__(self):
        return self.database

    def __exit__(self, *_):
        self.database.execute("pragma wal_checkpoint(truncate)")
        self.database.close()
