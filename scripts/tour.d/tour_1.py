"""realm-cli 1.3.4: login, import, diff, export, secrets."""

import json

ANONYMOUS = {"name": "anon-user", "type": "anon-user", "disabled": False}
NEW = {"config_version": 20200603, "name": "seed"}


def play(guide):
    server, proxy = guide.server, guide.proxy
    at = ("--base-url", proxy.url, "--atlas-base-url", proxy.url, "--no-telemetry", "-y")

    def cli(*arguments, **rest):
        return guide.cli(*arguments, options=at, **rest)

    # With -y it would not ask, and import.
    def diff(path, app, **rest):
        return guide.cli("diff", "--path", path, "--app-id", app, options=at[:-1], **rest)

    cli("login", "--api-key", server.public_key, "--private-api-key", "not-the-private-key", fails=True,
        shows=["failed to authenticate with MongoDB Cloud API"], said="login with a wrong key")
    cli("login", "--api-key", server.public_key, "--private-api-key", server.private_key,
        shows=["successfully"], said="login")
    cli("whoami", shows=[server.public_key])

    # The page's own sentence: a directory with /auth_providers/anon-user.json enables anonymous login.
    directory = guide.directory("seed", {"config.json": NEW, "auth_providers/anon-user.json": ANONYMOUS})
    cli("import", "--path", directory, "--app-name", "seed", shows=["Successfully imported"], said="import a new app")
    app = json.loads((directory / "config.json").read_text())["app_id"]
    guide.check("a guest logs in", guide.log_in_guest(app), (200, None))

    write(directory, "auth_providers/anon-user.json", {**ANONYMOUS, "disabled": True})
    diff(directory, app, shows=["disabled"])
    cli("import", "--path", directory, "--app-id", app, shows=["Successfully imported"],
        said="import with the provider disabled")
    guide.check("a guest is refused", guide.log_in_guest(app), (401, "InvalidSession"))

    write(directory, "auth_providers/anon-user.json", {**ANONYMOUS, "disabled": False})
    write(directory, "auth_providers/local-userpass.json", {
        "name": "local-userpass", "type": "local-userpass", "disabled": False, "config": {"autoConfirm": True}})
    write(directory, "functions/greet/config.json", {"name": "greet", "private": False})
    write(directory, "functions/greet/source.js", "exports = (name) => `Hello, ${name}`;\n")
    write(directory, "values/color.json", {"name": "color", "value": "green", "from_secret": False, "private": False})
    cli("import", "--path", directory, "--app-id", app, "--strategy", "replace-by-name",
        shows=["Successfully imported"], said="import by name")
    guide.check("a guest logs in again", guide.log_in_guest(app), (200, None))

    exported = guide.place / "exported"
    cli("export", "--app-id", app, "-o", exported)
    guide.check("the exported provider", look(exported, "auth_providers/anon-user.json"), ANONYMOUS)
    guide.check("the exported function", (exported / "functions/greet/source.js").read_text(),
                "exports = (name) => `Hello, ${name}`;\n")
    cli("export", "--app-id", app, "--for-source-control", "-o", guide.place / "for-source-control")
    cli("export", "--app-id", app, "--as-template", "-o", guide.place / "template")
    cli("import", "--path", exported, "--app-id", app, said="import what was exported")
    diff(exported, app)

    secrets = ("--app-id", app)
    cli("secrets", "add", *secrets, "--name", "word", "--value", "open sesame", hides=["open sesame"])
    cli("secrets", "list", *secrets, shows=["word"], hides=["open sesame"])
    cli("secrets", "update", *secrets, "--name", "word", "--value", "another")
    cli("secrets", "remove", *secrets, "--name", "word")
    cli("secrets", "list", *secrets, hides=["word "])
    cli("logout")


def write(root, path, value):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(value if isinstance(value, str) else json.dumps(value, indent=4) + "\n")


def look(root, path):
    found = json.loads((root / path).read_text())
    found.pop("id", None)
    found.pop("_id", None)
    return found
