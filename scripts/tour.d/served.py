"""The server that a tour visits, and the guide that runs each step."""

import json
import os
import re
import select
import shutil
import subprocess
import urllib.error
import urllib.request

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

# Past any proxy that the environment names.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class WrongTurn(Exception):
    """A step showed something else than it should."""


class Server:
    """A server on a new data directory, with the administrator that its first start made."""

    def __init__(self, binary, place):
        self.data = place / "data"
        self.errors = place / "server.log"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [binary, "serve", "--json", "--data", self.data, "--listen", "127.0.0.1:0"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True)

    def __enter__(self):
        readable, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            raise WrongTurn(f"the server did not start\n{self.log_tail()}")
        self.url = json.loads(line)["client_url"].rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])
        pair = json.loads((self.data / "admin-key.json").read_text())
        self.public_key, self.private_key = pair["public_key"], pair["private_key"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def names(self):
        """What a recording must not hold as it is: text by the name that stands for it."""
        return {"public_key": self.public_key, "private_key": self.private_key}

    def log_tail(self):
        return self.errors.read_text(errors="replace")[-3000:]


class Guide:
    """Runs the steps of a tour and checks what they show."""

    def __init__(self, binary, place, server, proxy):
        self.binary, self.place, self.server, self.proxy = binary, place, server, proxy
        self.home = place / "home"
        self.home.mkdir()
        self.steps = 0

    def cli(self, *arguments, options=(), shows=(), hides=(), fails=False, said=None):
        """Runs the client; everything in `shows` must appear in what it prints, nothing in `hides`.

        A recording calls the step what is `said`, or by its command line without `options`.
        """
        self.steps += 1
        words = [str(argument) for argument in (*arguments, *options)]
        title = "realm-cli " + " ".join(words)
        self.proxy.step = said or self.scrubbed(" ".join(["realm-cli", *words[:len(arguments)]]))
        print(f"$ {self.scrubbed(title)}", flush=True)
        environment = {**os.environ, "HOME": str(self.home), "NO_PROXY": "*", "no_proxy": "*", "TZ": "UTC"}
        done = subprocess.run([self.binary, *words], cwd=self.place, env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        shown = ANSI.sub("", done.stdout + done.stderr).replace("\r", "\n")
        print(self.scrubbed(shown.rstrip()) + "\n", flush=True)
        if (done.returncode != 0) != fails:
            raise WrongTurn(f"`{title}` ended with {done.returncode}")
        for wanted in shows:
            if wanted not in shown:
                raise WrongTurn(f"`{title}` did not show {wanted!r}")
        for unwanted in hides:
            if unwanted in shown:
                raise WrongTurn(f"`{title}` showed {unwanted!r}")
        return shown

    def check(self, what, found, wanted):
        """A look of our own, between two steps."""
        print(f"# {what}: {self.scrubbed(json.dumps(found))}\n", flush=True)
        if found != wanted:
            raise WrongTurn(f"{what}: found {found!r}, wanted {wanted!r}")

    def log_in_guest(self, app):
        """What an anonymous login through the client API is answered: status, and `error_code` if it was refused."""
        return self.post(f"/api/client/v2.0/app/{app}/auth/providers/anon-user/login", {})

    def log_in(self, app, provider, body):
        return self.post(f"/api/client/v2.0/app/{app}/auth/providers/{provider}/login", body)

    def post(self, path, body):
        # Through the proxy as well: what an app's users did is part of what the tools are shown.
        self.proxy.step = f"a client: {path.split('/')[-1]}"
        request = urllib.request.Request(self.proxy.url + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        try:
            with DIRECT.open(request, timeout=20) as answer:
                return answer.status, None
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read()).get("error_code")

    def directory(self, name, files):
        """An app directory: values by path; what is no text is written as JSON."""
        root = self.place / name
        shutil.rmtree(root, ignore_errors=True)
        for path, content in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content if isinstance(content, str) else json.dumps(content, indent=4) + "\n")
        return root

    def scrubbed(self, text):
        return text.replace(self.server.private_key, "********").replace(str(self.place), "…")
