"""Pages of users, as administrators read them: asked through the owner-only socket, one after the other."""

import json
import socket
import time
from urllib.parse import quote

import load

def filters():
    """What is asked for, by name: pages of 50. `{last}` is some user's id, so that pages lie all over the store."""
    return {
        "id": "users/{last}",
        "id, beginning": "users?q={last}",
        "e-mail": "users?email={email}",
        "e-mail, beginning": "users?q={email_begins}",
        "provider, few": "users?provider_types=local-userpass&after={last}",
        "provider, guests": "users?provider_types=anon-user&after={last}",
        "enabled": "users?status=enabled&after={last}",
        "disabled": "users?status=disabled",
        "no guests": "users?guest=false&after={last}",
        "created": "users?created_after={second}",
        "created, latest first": "users?created_before={second}&desc",
        "last seen": "users?sort=last_authentication_date&desc",
        "unseen": "users?last_seen_before={second}",
        "pending": "user_registrations/pending_users?limit=50",
    }


def measure(socket_path, app_path, people, users, times):
    """p50_ms, p95_ms and max_ms of each filter's page, each asked `times` times at places of its own."""
    found = {}
    with Desk(socket_path) as desk:
        for name, path in filters().items():
            took = []
            for number in range(times):
                last = users[number * len(users) // times]
                email = people[number * len(people) // times]
                asked = path.format(last=last, second=int(last[:8], 16), email=quote(email),
                                    email_begins=quote(email[:-4]))
                took.append(desk.ask(f"{app_path}/{asked}"))
            found[name] = {"p50_ms": load.percentile(took, 0.5), "p95_ms": load.percentile(took, 0.95),
                           "max_ms": max(took)}
    return found


class Desk:
    """One connection that is kept, so that what is measured is the page."""

    def __init__(self, path):
        self.path, self.connection = path, None

    def __enter__(self):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(60)
        self.connection.connect(str(self.path))
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, path):
        """Milliseconds until the whole answer is there."""
        began = time.monotonic()
        self.get(path)
        return (time.monotonic() - began) * 1_000

    def get(self, path):
        self.connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return json.loads(load.answer(self.connection))


def app_path(socket_path, client_app_id):
    with Desk(socket_path) as desk:
        app = desk.get(f"/api/passerby/v1/apps/{client_app_id}")
    return f"/api/admin/v3.0/groups/{app['group_id']}/apps/{app['_id']}"
