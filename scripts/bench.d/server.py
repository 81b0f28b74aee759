"""The processes that are measured: the server on a data directory, and nginx."""

import json
import os
import select
import signal
import socket
import subprocess
import time
import urllib.request

import load

TICK = os.sysconf("SC_CLK_TCK")

# Past any proxy that the environment names.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

NGINX = """
daemon off;
worker_processes 2;
pid {place}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type text/plain; return 200 "ok\\n"; }}
    }}
}}
"""


def make_apps(place):
    """One app directory for each token form; their guests never expire unless `let_guests_go` is called."""
    directories = {}
    for form in ("original", "standard"):
        directory = place / "apps" / form
        (directory / "auth_providers").mkdir(parents=True)
        provider = {"name": "anon-user", "type": "anon-user", "disabled": False}
        (directory / "auth_providers" / "anon-user.json").write_text(json.dumps(provider))
        directories[form] = directory
        set_policy(directory, form, "never")
    return directories


def set_policy(directory, form, clock):
    settings = {"anonymous_user_expiration": {"clock": clock, "days": 90},
                "access_token": {"form": form, "minutes": 30}}
    (directory / "passerby.json").write_text(json.dumps(settings))


class Child:
    """A process of ours, in a session of its own so that Ctrl-C reaches it only through us."""

    def __init__(self, command, log, **pipes):
        self.log = log
        with open(log, "ab") as errors:
            self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stderr=errors,
                                            start_new_session=True, **pipes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, patience=30):
        """Asks it to stop as a service manager does; kills it when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def said(self):
        return self.log.read_text(errors="replace")[-2000:]


class Server(Child):
    """A server, from its start to the ready line."""

    def __init__(self, binary, data, directories, store=()):
        """`store` says where the store is, as arguments; in the data directory without any."""
        self.binary, self.data = binary, data
        data.mkdir(parents=True, exist_ok=True)
        self.began = time.monotonic()
        listen = ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--try-listen", "127.0.0.1:0"]
        super().__init__([binary, "serve", *directories.values(), "--json", "--data", data, *store, *listen],
                         data / "server.log", stdout=subprocess.PIPE)
        try:
            self.ready = json.loads(self.first_line())
        except BaseException:
            self.stop()
            raise
        self.url = self.ready["client_url"]
        self.authority = self.url.split("://", 1)[1]
        self.apps = {form: app["client_app_id"] for form, app in zip(directories, self.ready["apps"])}

    def first_line(self, patience=60):
        if not select.select([self.process.stdout], [], [], patience)[0]:
            raise load.LoadFailed(f"the server was not ready after {patience} s: {self.said()}")
        line = self.process.stdout.readline()
        if not line:
            raise load.LoadFailed(f"the server did not start: {self.said()}")
        return line

    def login_path(self, form):
        return f"/api/client/v2.0/app/{self.apps[form]}/auth/providers/anon-user/login"

    def log_in(self, form, count=1):
        return load.log_in(self.authority, self.login_path(form), count)

    def expired_guests(self):
        """How many guests the reaper has removed since the start."""
        with DIRECT.open(self.ready["metrics_url"], timeout=10) as text:
            lines = text.read().decode().splitlines()
        return next(int(float(l.split()[1])) for l in lines if l.startswith("passerby_expired_guests_total"))

    def import_directory(self, directory):
        """Deploys an app directory beside the running server."""
        done = subprocess.run([self.binary, "import", directory, "--data", self.data], capture_output=True, text=True,
                              timeout=60)
        if done.returncode != 0:
            raise load.LoadFailed(f"failed to import: {done.stdout}{done.stderr}")

    def memory(self):
        """rss_mib, pss_mib and peak_mib."""
        mib = {}
        for path, names in (("status", {"VmRSS": "rss_mib", "VmHWM": "peak_mib"}),
                            ("smaps_rollup", {"Pss": "pss_mib"})):
            with open(f"/proc/{self.process.pid}/{path}") as lines:
                for name, rest in (line.split(":", 1) for line in lines if ":" in line):
                    if name in names and rest.split()[-1] == "kB":
                        mib[names[name]] = int(rest.split()[0]) / 1024
        return mib

    def cpu_seconds(self):
        """The processor time that it has used."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK


class Nginx(Child):
    """nginx with two workers and a constant reply, with its own configuration on a free port."""

    def __init__(self, place):
        place.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (place / "nginx.conf").write_text(NGINX.format(place=place, port=port))
        super().__init__(["nginx", "-e", "stderr", "-p", place, "-c", place / "nginx.conf"], place / "nginx.log")
        self.url = f"http://127.0.0.1:{port}/"
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise load.LoadFailed(f"nginx did not start: {self.said()}")
