"""realm-cli 2.6.x: login cloud and local, apps, push, pull, users, secrets, access list, functions, logs."""

import json
import re

from tour_1 import ANONYMOUS, write

ID = re.compile(r"[0-9a-f]{24}")


def play(guide):
    server, proxy = guide.server, guide.proxy
    common = ("--telemetry", "off", "--disable-colors", "-y")
    at = ("--realm-url", proxy.url, "--atlas-url", proxy.url)

    def cli(*arguments, **rest):
        return guide.cli(*arguments, options=(*common, *at), **rest)

    cli("login", "--api-key", server.public_key, "--private-api-key", "not-the-private-key", fails=True,
        shows=["failed to authenticate with MongoDB Cloud API"], said="login with a wrong key")
    cli("login", "--api-key", server.public_key, "--private-api-key", server.private_key,
        shows=["Successfully logged in"], said="login")
    cli("whoami", shows=[server.public_key])
    projects = cli("whoami", "--show-projects")
    group = ID.findall(projects)[-1]
    cli("apps", "list", shows=["No available apps"])

    # A new app, twice: by its project, and by asking for the projects.
    # It makes the directory below the one where it stands, whatever the path says.
    directory = guide.place / "seed"
    said = cli("apps", "create", "--name", "seed", "--local", "seed", "--project", group,
               shows=["Successfully created app"])
    app = re.search(r"seed-[a-z]{5}", said).group()
    cli("apps", "list", shows=["Found 1 apps", app])
    cli("apps", "describe", "-a", app, shows=["api-key"])
    guide.check("a guest is refused before the provider is there", guide.log_in_guest(app), (401, "InvalidSession"))

    providers = {"anon-user": ANONYMOUS, "api-key": {"name": "api-key", "type": "api-key", "disabled": False},
                 "local-userpass": {"name": "local-userpass", "type": "local-userpass", "disabled": False,
                                    "config": {"autoConfirm": True}}}
    write(directory, "auth/providers.json", providers)
    write(directory, "functions/config.json", [{"name": "greet", "private": False}])
    write(directory, "functions/greet.js", "exports = (name) => `Hello, ${name}`;\n")
    cli("apps", "diff", "--local", directory, shows=["anon-user"])
    # With -y it would not say what changes.
    guide.cli("push", "--local", directory, "--dry-run", options=(*common[:-1], *at), shows=["anon-user"])
    cli("push", "--local", directory, shows=["Successfully pushed app up"])
    cli("push", "--local", directory, shows=["Deployed app is identical"])
    guide.check("a guest logs in", guide.log_in_guest(app), (200, None))

    write(directory, "auth/providers.json", {**providers, "anon-user": {**ANONYMOUS, "disabled": True}})
    cli("push", "--local", directory, shows=["Successfully pushed app up"], said="push with the provider disabled")
    guide.check("a guest is refused", guide.log_in_guest(app), (401, "InvalidSession"))
    write(directory, "auth/providers.json", providers)
    cli("push", "--local", directory, shows=["Successfully pushed app up"], said="push with the provider enabled")
    guide.check("a guest logs in again", guide.log_in_guest(app), (200, None))

    # A package goes up in a form of its own, with the function that needs it.
    write(directory, "functions/node_modules/polite/package.json", {"name": "polite", "main": "index.js"})
    write(directory, "functions/node_modules/polite/index.js", "module.exports = (name) => `Good day, ${name}`;\n")
    write(directory, "functions/greet.js", "exports = (name) => require('polite')(name);\n")
    cli("push", "--local", directory, "--include-node-modules", shows=["Installed dependencies"])
    cli("push", "--local", directory, "--include-node-modules", shows=["Deployed app is identical"],
        said="push the same package again")
    write(directory, "functions/node_modules/polite/package.json",
          {"name": "polite", "version": "1.1.0", "main": "index.js"})
    cli("push", "--local", directory, "--include-node-modules", shows=["Installed dependencies"],
        said="push nothing but a package that changed")

    # Nothing is installed from a list of packages, and nobody is told that it was.
    write(directory, "functions/package.json", {"dependencies": {"polite": "^1.0.0", "uuid": "^9.0.0"}})
    cli("push", "--local", directory, "--include-package-json", fails=True,
        shows=["package.json names `uuid`, and nothing is installed here"], hides=["Installed dependencies"])

    pulled = guide.place / "pulled"
    cli("pull", "--remote", app, "--local", pulled, "--include-node-modules",
        shows=["Successfully pulled app down", "Fetched dependencies"])
    guide.check("the pulled providers", json.loads((pulled / "auth/providers.json").read_text()), providers)
    cli("push", "--local", pulled, shows=["Deployed app is identical"], said="push what was pulled")

    at_app = ("-a", app)
    cli("users", "create", *at_app, "--type", "email", "--email", "ann@example.com", "--password", "secret1",
        shows=["Successfully created user"])
    guide.check("she logs in", guide.log_in(app, "local-userpass",
                                            {"username": "ann@example.com", "password": "secret1"}), (200, None))
    cli("users", "create", *at_app, "--type", "api-key", "--name", "robot", shows=["Successfully created API Key"])
    listed = cli("users", "list", *at_app, shows=["ann@example.com", "robot", "Anonymous"])
    cli("users", "list", *at_app, "--provider", "local-userpass", shows=["ann@example.com"], hides=["robot"])
    cli("users", "list", *at_app, "--state", "disabled", shows=["No available users to show"])
    cli("users", "list", *at_app, "--pending", shows=["No available users to show"])
    ann = next(ID.search(line).group() for line in listed.splitlines() if "ann@example.com" in line)
    cli("users", "list", *at_app, "--user", ann, shows=["ann@example.com"])
    cli("users", "disable", *at_app, "--user", ann, shows=["ann@example.com"])
    guide.check("she is refused", guide.log_in(app, "local-userpass",
                                               {"username": "ann@example.com", "password": "secret1"}),
                (401, "UserDisabled"))
    cli("users", "list", *at_app, "--state", "disabled", shows=["ann@example.com"])
    cli("users", "enable", *at_app, "--user", ann)
    cli("users", "revoke", *at_app, "--user", ann)
    cli("users", "delete", *at_app, "--user", ann, shows=["ann@example.com"])
    cli("users", "list", *at_app, hides=["ann@example.com"])

    cli("secrets", "create", *at_app, "--name", "word", "--value", "open sesame", shows=["Successfully created secret"])
    cli("secrets", "list", *at_app, shows=["word"], hides=["open sesame"])
    cli("secrets", "update", *at_app, "--secret", "word", "--name", "pass", "--value", "another",
        shows=["Successfully updated secret"])
    cli("secrets", "delete", *at_app, "--secret", "pass", shows=["Deleted 1 secret"])
    cli("secrets", "list", *at_app, shows=["No available secrets"])

    cli("accessList", "list", *at_app, shows=["0.0.0.0/0"])
    cli("accessList", "create", *at_app, "--ip", "127.0.0.0/8", "--comment", "this machine")
    cli("accessList", "update", *at_app, "--ip", "127.0.0.0/8", "--new-ip", "127.0.0.1", "--comment", "only this")
    cli("accessList", "list", *at_app, shows=["127.0.0.1", "only this"])
    cli("accessList", "delete", *at_app, "--ip", "127.0.0.1")

    cli("function", "run", *at_app, "--name", "greet", "--args", "Ann", shows=["Good day, Ann"])
    cli("logs", "list", *at_app, "--type", "auth")
    cli("logs", "list", *at_app, "--errors", shows=["InvalidSession"])
    cli("apps", "delete", "-a", app, shows=["Successfully deleted 1/1 app"])
    cli("apps", "list", shows=["No available apps"])
    cli("logout", shows=["Successfully logged out"])
