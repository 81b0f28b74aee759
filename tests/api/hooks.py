"""Puts what is really there into the paths that schemathesis asks, so that it gets past "not found".

Of four requests of an operation, three name something that is there, which is made when there is none; the fourth one
goes as it was generated.
"""

import base64
import io
import os
import zipfile
from collections import Counter

import requests
import schemathesis
from hypothesis import strategies
from requests.auth import HTTPDigestAuth

URL = os.environ["PASSERBY_URL"]
CLIENT_APP = os.environ["PASSERBY_APP"]
ADMIN = f"{URL}/api/admin/v3.0"

session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['PASSERBY_ACCESS_TOKEN']}"
asked = Counter()


def ask(method, url, **given):
    response = session.request(method, url, timeout=30, **given)
    return response.json() if response.ok and response.content else None


GROUP = ask("GET", f"{ADMIN}/auth/profile")["roles"][0]["group_id"]
APPS = f"{ADMIN}/groups/{GROUP}/apps"


def app_id():
    """The app's id, which is another one after it was deleted."""
    return ask("GET", f"{URL}/api/passerby/v1/apps/{CLIENT_APP}")["_id"]


APP = app_id()
PLACE = f"{APPS}/{APP}"

# With what one is made, by the name of the collection.
NEW = {
    "access_list": {"address": "0.0.0.0/0"},
    "api_keys": {"name": "a key"},
    "auth_providers": {"type": "anon-user"},
    "drafts": None,
    "environment_values": {"name": "anEnvironmentValue", "values": {"none": 1}},
    "functions": {"name": "aFunction", "source": "exports = () => 1;"},
    "log_forwarders": {"name": "aForwarder"},
    "rules": {"database": "database", "collection": "collection", "roles": []},
    "schemas": {"metadata": {"data_source": "aService", "database": "database", "collection": "collection"}},
    "secrets": {"name": "aSecret", "value": "a value"},
    "services": {"name": "aService", "type": "mongodb-atlas", "config": {"clusterName": "Cluster0"}},
    "triggers": {
        "name": "aTrigger",
        "type": "AUTHENTICATION",
        "function_name": "onLogin",
        "config": {"operation_type": ["LOGIN"], "providers": ["anon-user"]},
    },
    "users": {"email": "somebody@example.com", "password": "a password"},
    "values": {"name": "aValue", "value": {"any": "JSON"}},
}
NEW["event_subscriptions"] = NEW["triggers"]


# Ids that were found, by what they are of, until something was not there.
found = {}


def one_of(collection):
    """The id of something of a collection, such as `…/functions`."""
    if collection not in found:
        found[collection] = look(collection)
    return found[collection]


def look(collection):
    name = collection.rsplit("/", 1)[1]
    listed = ask("GET", collection)
    if isinstance(listed, dict):
        listed = listed.get("allowed_ips")
    if listed:
        return listed[-1]["_id"]
    made = ask("POST", collection, json=NEW[name]) if name in NEW else None
    return made and made["_id"]


def registration(by):
    """A registration that is nobody yet, by its address or its id."""
    pending = f"{PLACE}/user_registrations/pending_users"
    listed = ask("GET", pending)
    if not listed:
        email = f"later-{sum(asked.values())}@example.com"
        register = f"{URL}/api/client/v2.0/app/{CLIENT_APP}/auth/providers/local-userpass/register"
        requests.post(register, json={"email": email, "password": "a password"}, timeout=30)
        listed = ask("GET", pending)
    if not listed:
        return None
    return listed[0]["_id"] if by == "by_id" else listed[0]["login_ids"][0]["id"]


def there(case):
    """Names things that are there in the path of a request."""
    parameters = case.path_parameters
    at = ""
    for part in case.operation.path.split("/")[1:]:
        name = part.strip("{}")
        if part == name:
            at += f"/{part}"
            continue
        if name == "group":
            known = GROUP
        elif name == "app":
            known = APP if "group" in parameters else CLIENT_APP
        elif name == "name" and "by" in parameters:
            known = registration(parameters["by"])
        elif name in ("by", "kind", "template", "name") or at.endswith("/auth/providers"):
            known = None
        elif at.startswith("/api/passerby/"):
            known = one_of(f"{PLACE}/users")
        else:
            known = one_of(URL + at)
        parameters[name] = known or parameters[name]
        at += f"/{parameters[name]}"


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw["operationId"]
    asked[operation] += 1
    if case.path_parameters and asked[operation] % 4:
        there(case)
    if operation == "deleteApp":
        # Not the one of which everything else is asked.
        made = ask("POST", APPS, json={"name": "gone"})
        case.path_parameters.update(group=GROUP, app=made["_id"])
    if operation in ("importDirectory", "diffDirectory") and asked[operation] % 2:
        case.body = {"files": ask("GET", f"{URL}/api/passerby/v1/apps/{CLIENT_APP}/export")["files"]}


@schemathesis.hook
def after_call(context, case, response):
    """Removes what was made, so that the app stays as small as it was, and forgets what is gone."""
    if response.status_code == 404 or case.operation.method == "delete":
        found.clear()
    made = response.json() if response.status_code == 201 and response.content else None
    if isinstance(made, dict) and "_id" in made:
        session.delete(f"{response.request.url.split('?')[0]}/{made['_id']}", timeout=30)


def archives():
    """Archives of the app, in every form, and some that are none."""
    versions = ["20180301", "20200603", "20210101", "20230101"]
    packed = [session.get(f"{PLACE}/export", params={"version": version}, timeout=30).content for version in versions]
    hostile = io.BytesIO()
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("../outside.json", "{}")
        archive.writestr("realm_config.json", "{")
    return [*packed, packed[0][:-30], hostile.getvalue(), b"PK\x05\x06" + bytes(18), b""]


schemathesis.openapi.media_type("application/zip", strategies.sampled_from(archives()))

key_pair = HTTPDigestAuth(os.environ["PASSERBY_PUBLIC_KEY"], os.environ["PASSERBY_PRIVATE_KEY"])
schemathesis.auth.set_from_requests(key_pair).apply_to(path_regex="^/api/(public|atlas)/")
