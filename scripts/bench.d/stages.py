"""What is measured, in order. Every figure goes into one dictionary as soon as it is known."""

import sys
import threading
import time

import console
import importing
import listing
import load
import server

# act, method, path and the answer's token that it takes.
LOGIN = ("login", "POST", None, None)
ACTS = (
    LOGIN,
    ("refresh", "POST", "/api/client/v2.0/auth/session", "refresh_token"),
    ("profile", "GET", "/api/client/v2.0/auth/profile", "access_token"),
)


def run(sizes, binary, place, figures, running):
    """Every stage. Whatever runs is entered into `running`, so that nothing is left when a stage fails."""
    bench = Bench(sizes, binary, place, running)
    stages_of_figures = figures.setdefault("stages", {})
    if sizes.only != "large":
        figures["starts_empty"] = bench.starts_on_new_stores()
        bench.start("small")
        stages_of_figures["empty"] = stage = {}
        bench.nginx_beside_floor(stage)
        bench.rows(stage, bench.spread_of_tokens())
        bench.fixed_rate(stage)
        if sizes.stores.is_shared:
            figures["two_servers"] = bench.two_servers("small")
        bench.stop()
        figures["bytes"] = bench.bytes_with_device_details()
    if sizes.only != "empty":
        bench.start("large")
        figures["large"], tokens = bench.fill()
        size, users = bench.stop()
        figures["large"].update(bytes=size, users=users)
        figures.setdefault("bytes", {})["without_device_details"] = (size - bench.size_of_nothing()) / users
        bench.start("large")
        stages_of_figures["large"] = stage = {}
        bench.rows(stage, tokens)
        bench.fixed_rate(stage)
        bench.stop()
        figures["pages"], figures["console"], figures["first_visit"] = bench.pages()
        figures["import"] = bench.importing()
        figures["starts_large"] = bench.starts_on("large")
        figures["sweeps"] = []
        for share in (None, 0.5):
            figures["sweeps"].append(bench.sweep(figures, share))


class Bench:
    def __init__(self, sizes, binary, place, running):
        self.sizes, self.binary, self.place, self.running = sizes, binary, place, running
        self.apps = server.make_apps(place)
        self.server = None
        self.floor = None

    # Starting and stopping.

    def start(self, name, progress=True):
        if progress:
            say(f"store `{name}`")
        self.server = self.another(name)
        return self.server

    def another(self, name, data=None):
        """A server on a store, beside one that is there already when it has a data directory of its own."""
        where = self.sizes.stores.arguments(name)
        return self.running.enter_context(server.Server(self.binary, self.place / (data or name), self.apps, where))

    def stop(self):
        """Stops the server; the size of its store and the users in it."""
        code = self.server.stop()
        if code != 0:
            raise load.LoadFailed(f"the server ended with {code}: {self.server.said()}")
        return self.sizes.stores.size_and_users(self.server.data.name)

    def starts_on_new_stores(self):
        say("starts on new stores")
        return [self.start_to_first_login(f"new-{number}") for number in range(self.sizes.starts)]

    def starts_on(self, name):
        say(f"starts on store `{name}`")
        return [self.start_to_first_login(name) for _ in range(self.sizes.starts)]

    def start_to_first_login(self, name):
        """Milliseconds from the start of the process to the first answered login."""
        started = self.start(name, progress=False)
        started.log_in("original")
        took = (time.monotonic() - started.began) * 1_000
        self.stop()
        return took

    # Load.

    def measure(self, url, seconds, *request, **rest):
        """Load to saturation, with the server's processor time for each request."""
        used = self.server.cpu_seconds()
        found = load.saturate(url, seconds, self.sizes.connections, *request, **rest)
        found["cpu_us"] = (self.server.cpu_seconds() - used) * 1e6 / found["requests"]
        return found

    def measure_floor(self):
        return self.measure(self.server.url + "/healthz", self.sizes.floor_seconds)

    def nginx_beside_floor(self, stage):
        with server.Nginx(self.place / "nginx") as nginx:
            for _ in ("warm-up", "measured"):
                stage["nginx"] = load.saturate(nginx.url, self.sizes.floor_seconds, self.sizes.connections)
        self.measure_floor()

    def rows(self, stage, tokens):
        """Each act in both forms between two floors, with the memory after it."""
        stage["floors"], stage["rows"] = [self.measure_floor()], []
        for form in ("original", "standard"):
            self.row(stage, form, LOGIN, {"body": "{}"})
            self.row(stage, form, ("login, device details", *LOGIN[1:]), {"body": load.SDK_BODY})
            for act in ACTS[1:]:
                file = self.place / "tokens"
                file.write_text("".join(each[act[3]] + "\n" for each in tokens(form)))
                self.row(stage, form, act, {"tokens": file})

    def row(self, stage, form, act, request):
        name, method, path, _ = act
        url = self.server.url + (path or self.server.login_path(form))
        if self.sizes.warm_up:
            self.measure(url, self.sizes.warm_up, method, **request)
        found = self.measure(url, self.sizes.seconds, method, **request)
        before, after = stage["floors"][-1], self.measure_floor()
        stage["floors"].append(after)
        floor = (before["rate"] + after["rate"]) / 2
        found.update(act=name, form=form, floor=floor, ratio=found["rate"] / floor,
                     floor_spread=abs(before["rate"] - after["rate"]) / floor,
                     **self.server.memory())
        stage["rows"].append(found)
        say(f"  {name}, {form}: {found['rate']:,.0f}/s, {found['ratio']:.2f} of the floor")

    def two_servers(self, name, form="original"):
        """Logins at one server, then half of the connections at each of two: what both reach together."""
        say("two servers on one store")
        other, half = self.another(name, f"{name}-beside"), self.sizes.connections // 2
        one_url, other_url = (each.url + each.login_path(form) for each in (self.server, other))
        alone, together = [], []
        for _ in range(3):
            alone.append(load.saturate(one_url, self.sizes.seconds, 2 * half, "POST", body="{}")["rate"])
            found = []
            threads = [threading.Thread(target=lambda url=url: found.append(
                load.saturate(url, self.sizes.seconds, half, "POST", body="{}")["rate"])) for url in (one_url, other_url)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if len(found) != 2:
                raise load.LoadFailed("one of two servers gave no figure")
            together.append(sum(found))
        other.stop()
        ratios = sorted(both / one for one, both in zip(alone, together))
        return {"alone": alone, "together": together, "ratio": ratios[1]}

    def spread_of_tokens(self):
        """Tokens of guests who log in just before they are needed."""
        return lambda form: self.server.log_in(form, self.sizes.tokens)

    def fill(self, steps=20):
        """Makes a large store by logins, nine of ten in the `original` form. Keeps tokens of guests from all over it."""
        kept, began = {"original": [], "standard": []}, time.monotonic()
        for step in range(steps):
            for form, share in (("original", 0.9), ("standard", 0.1)):
                tokens = max(1, self.sizes.tokens // steps)
                kept[form] += self.server.log_in(form, tokens)
                count = max(1, round(self.sizes.users * share / steps) - tokens)
                load.make_guests(self.server.url + self.server.login_path(form), count, self.sizes.connections,
                                 self.place)
            say(f"  {(step + 1) * 100 // steps} % of {self.sizes.users:,} users")
        seconds = time.monotonic() - began
        return {"seconds": seconds, **self.server.memory()}, kept.__getitem__

    def fixed_rate(self, stage):
        """Logins at half of what was just reached, where latencies are not queueing times."""
        stage["fixed_rate"] = []
        for row in [row for row in stage["rows"] if row["act"] == "login"]:
            url = self.server.url + self.server.login_path(row["form"])
            asked = load.whole_rate(row["rate"] / 2, self.sizes.connections)
            took = load.logins_in_time(url, self.sizes.seconds, self.sizes.connections, self.place, asked)
            took = [ms for _, ms in took]
            stage["fixed_rate"].append({
                "form": row["form"], "asked_rate": asked, "rate": len(took) / self.sizes.seconds,
                "p50_ms": load.percentile(took, 0.5), "p99_ms": load.percentile(took, 0.99), "max_ms": max(took)})

    # The store.

    def size_of_nothing(self):
        """The bytes of a store with both apps and one guest, which are no guest's."""
        self.start("nothing", progress=False).log_in("original")
        return self.stop()[0]

    def bytes_with_device_details(self):
        nothing = self.size_of_nothing()
        self.start("devices", progress=False)
        url = self.server.url + self.server.login_path("original")
        load.make_guests(url, max(1_000, self.sizes.users // 10), self.sizes.connections, self.place, load.SDK_BODY)
        size, users = self.stop()
        return {"with_device_details": (size - nothing) / users}

    def pages(self):
        """Pages of users by every filter, and the console's. One in a hundred users is somebody with an address."""
        say("pages of users")
        data = self.place / "large"
        app = self.server.apps["original"]
        emails, users = self.sizes.stores.add_people("large", app, max(100, self.sizes.users // 100))
        self.start("large", progress=False)
        socket = data / "passerby.sock"
        path = listing.app_path(socket, app)
        times = 20 if self.sizes.users < 100_000 else 200
        found = listing.measure(socket, path, emails, users, times)
        shown, first_visit = console.measure(data, self.server.authority, app, users, times)
        self.stop()
        return found, shown, first_visit

    def importing(self):
        say("imports of a directory with many functions and files")
        self.start("imports", progress=False)
        found = importing.measure(self.binary, self.place / "imports", self.place, 5)
        self.stop()
        return found

    def sweep(self, figures, share):
        """Expired guests go while others log in: as many as can, or a share of that."""
        say(f"a sweep of {self.sizes.expired:,} guests under {'full' if share is None else 'half'} load")
        data = self.place / "large"
        row = figures["stages"]["large"]["rows"][0]
        self.sizes.stores.add_old_guests("large", self.server.apps["original"], self.sizes.expired)
        server.set_policy(self.apps["original"], "original", "never")
        running, watch = self.start("large", progress=False), Watch()
        url = running.url + running.login_path("original")
        # As long before the sweep as after it logins are measured without one: a machine is not always as quick.
        span = max(self.sizes.seconds, 4)
        longest = max(span, self.sizes.expired // SWEPT_A_SECOND)
        watcher = threading.Thread(target=watch.follow, args=(running, self.apps, self.sizes.expired, span, longest))
        watcher.start()
        answers = load.logins_in_time(url, span + longest + span, self.sizes.connections, self.place,
                                      share and load.whole_rate(row["rate"] * share, self.sizes.connections),
                                      enough=watch.over)
        watcher.join()
        if watch.failed:
            raise watch.failed
        found = {"load": "saturation" if share is None else f"{share:.0%} of it", "expired": watch.swept,
                 "seconds": watch.ended - watch.asked, **running.memory()}
        # The deployment that begins the sweep is within it.
        for name, begin, end in (("before", watch.asked - span + 1, watch.asked), ("during", watch.asked, watch.ended),
                                 ("after", watch.ended, watch.ended + span - 1)):
            took = [ms for start, ms in answers if begin <= start < end]
            found[name] = {"rate": len(took) / (end - begin), "p50_ms": load.percentile(took, 0.5),
                           "p99_ms": load.percentile(took, 0.99), "max_ms": max(took, default=None)}
        self.stop()
        return found


# How many guests a sweep lets go in a second at least, while others log in.
SWEPT_A_SECOND = 2_000


class Watch:
    """Turns expiry on under load, and notes when the sweep was done; is over some time later."""

    def __init__(self):
        self.asked = self.ended = self.failed = None
        self.swept = 0
        self.over = threading.Event()

    def follow(self, running, apps, expected, wait, patience):
        try:
            time.sleep(wait)
            server.set_policy(apps["original"], "original", "inactivity")
            self.asked = time.time()
            running.import_directory(apps["original"])
            while self.swept < expected:
                time.sleep(0.1)
                self.ended, self.swept = time.time(), running.expired_guests()
                if self.ended - self.asked > patience:
                    raise load.LoadFailed(f"only {self.swept} of {expected} guests went in {patience} s")
        except Exception as failed:
            self.failed = failed
        finally:
            time.sleep(wait)
            self.over.set()


def say(text):
    print(text, file=sys.stderr, flush=True)
