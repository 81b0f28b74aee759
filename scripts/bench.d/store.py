"""The file of a stopped store: its size, and guests that were made long ago."""

import json
import os
import sqlite3
import time

DAY = 86_400


def size_and_users(data):
    """Bytes on disk, and how many users they hold."""
    path = data / "passerby.db"
    with closing(path) as database:
        users, = database.execute("select count(*) from users").fetchone()
    return sum(os.path.getsize(f"{path}{end}") for end in ("", "-wal") if os.path.exists(f"{path}{end}")), users


def add_old_guests(data, client_app_id, count, age_days=200):
    """Writes guests with a session each, as logins `age_days` ago would have. See migrations/sqlite."""
    with closing(data / "passerby.db") as database:
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


def add_people(data, client_app_id, count):
    """Writes people among the guests: with addresses, of whom some are disabled, and as many who are yet to come.

    Returns the addresses, and ids of users from all over the store, in their order."""
    emails = []
    with closing(data / "passerby.db") as database:
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


class closing:
    """A connection that is closed, and its log folded into the file, at the end."""

    def __init__(self, path):
        self.database = sqlite3.connect(path)

    def __enter__(self):
        return self.database

    def __exit__(self, *_):
        self.database.execute("pragma wal_checkpoint(truncate)")
        self.database.close()
