"""Pages of the console, as a browser gets them: signed in, over one connection, one after the other."""

import http.client
import json
import re
import time
from urllib.parse import urlencode

import load

# What is measured of an app, below its path.
PAGES = ["/dashboard", "/users", "/users?guest=false", "/users?status=disabled", "/users/{last}", "/users/pending",
         "/users/bulk", "/auth/providers", "/auth/providers/anon-user", "/auth/providers/local-userpass",
         "/auth/providers/custom-token", "/functions", "/values", "/triggers", "/deployment", "/logs", "/settings", "/settings/delete", "/try"]


def measure(data, authority, client_app_id, users, times):
    """p50_ms, p95_ms, max_ms and the bytes of each page, each asked `times` times; and those of a first visit."""
    with Browser(authority) as browser:
        browser.sign_in(json.loads((data / "admin-key.json").read_text()))
        apps = browser.get("/apps")
        # The card of the app names it after its link.
        app = re.search(rf'href="(/groups/\w+/apps/\w+)"[^>]*>(?:(?!href).)*{client_app_id}', apps, re.S)[1]
        found = {"/apps": browser.timed("/apps", times)}
        for page in PAGES:
            path = app + page.format(last=users[len(users) // 2])
            found[page] = browser.timed(path, times)
        return found, first_visit(browser, app + "/dashboard")


def first_visit(browser, path):
    """How many bytes a first visit loads: the page and all that it names."""
    page = browser.get(path)
    files = re.findall(r'(?:src|href)="(/console/[^"]+)"', page)
    return len(page.encode()) + sum(len(browser.get(file).encode()) for file in files)


class Browser:
    def __init__(self, authority):
        self.authority, self.cookie = authority, ""

    def __enter__(self):
        self.connection = http.client.HTTPConnection(self.authority, timeout=60)
        return self

    def __exit__(self, *_):
        self.connection.close()

    def sign_in(self, pair):
        body = urlencode({"name": pair["public_key"], "secret": pair["private_key"]})
        self.connection.request("POST", "/sign-in", body, {"Origin": f"http://{self.authority}"})
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 303:
            raise load.LoadFailed(f"nobody could sign in to the console: {answer.status}")
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def get(self, path):
        self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept": "text/html"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise load.LoadFailed(f"{path} answered {answer.status}")
        return body.decode()

    def timed(self, path, times):
        took = []
        for _ in range(times):
            began = time.monotonic()
            page = self.get(path)
            took.append((time.monotonic() - began) * 1_000)
        return {"p50_ms": load.percentile(took, 0.5), "p95_ms": load.percentile(took, 0.95), "max_ms": max(took),
                "bytes": len(page.encode())}
