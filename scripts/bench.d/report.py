"""The figures as tables for people, in Markdown, each beside its target."""

import statistics

# By the store: how much of the floor each act reaches, by form, and what holds beside it.
RATIOS = {
    "sqlite": {
        ("login", "original"): 0.40, ("login", "standard"): 0.15,
        ("refresh", "original"): 0.50, ("refresh", "standard"): 0.15,
        ("profile", "original"): 0.50, ("profile", "standard"): 0.50,
    },
    "postgres": {
        ("login", "original"): 0.25, ("login", "standard"): 0.12,
        ("profile", "original"): 0.30, ("profile", "standard"): 0.30,
    },
}
LOGIN_P99_MS = {"sqlite": 20, "postgres": 30}
OF_THE_EMPTY_STORE = 0.9
BYTES_PER_GUEST = {"sqlite": 160, "postgres": 300}
# What two servers on one database reach together, of what one does.
TWO_SERVERS = 0.9
# How much longer the slowest hundredth of logins may take while a sweep goes on.
SWEEP_P99_TIMES = 2
RSS_MIB = 64
FIRST_LOGIN_MS = 100
PAGE_P95_MS = 10
CONSOLE_P95_MS = 20
CONSOLE_BYTES = 100_000
FIRST_VISIT_BYTES = 150_000
IMPORT_SECONDS = 1


def text(figures):
    parts = [about(figures)]
    for name, stage in figures.get("stages", {}).items():
        if stage.get("rows"):
            parts.append(rates(figures, name, stage))
        if stage.get("fixed_rate"):
            parts.append(fixed_rate(stage))
    for part in (starts, sizes, pages, console, sweeps):
        parts.append(part(figures))
    parts.append(verdict(figures))
    return "\n".join(part for part in parts if part)


def about(figures):
    m = figures["machine"]
    return (f"\n{m['date']}, commit {m['commit']}, `{figures['command']}`\n"
            f"{m['processor']}, {m['cores']} cores, {m['memory_mib']:,} MiB, Linux {m['kernel']}, {m['file_system']}, "
            f"{m['syncs_per_second']:,} syncs/s, load before {m['load_before']:.2f}\n")


def rates(figures, name, stage):
    floors = [floor["rate"] for floor in stage["floors"]]
    users = figures.get("large", {}).get("users")
    title = "An empty store" if name == "empty" else f"A store of {users or 0:,} users"
    rows = [["`/healthz`, the floor", "", f"{statistics.median(floors):,.0f}", "1",
             ms(statistics.median(f["p50_ms"] for f in stage["floors"])),
             ms(statistics.median(f["p99_ms"] for f in stage["floors"])),
             f"{statistics.median(f['cpu_us'] for f in stage['floors']):.1f}", "", "", "", ""]]
    if "nginx" in stage:
        nginx = stage["nginx"]
        rows.insert(0, ["nginx, constant reply", "", f"{nginx['rate']:,.0f}", f"{nginx['rate'] / floors[0]:.2f}",
                        ms(nginx["p50_ms"]), ms(nginx["p99_ms"]), "", "", "", "", ""])
    for row in stage["rows"]:
        target = RATIOS[figures["store"]].get((row["act"], row["form"]))
        rows.append([row["act"], row["form"], f"{row['rate']:,.0f}", f"{row['ratio']:.2f}", ms(row["p50_ms"]),
                     ms(row["p99_ms"]), f"{row['cpu_us']:.1f}", f"{row['rss_mib']:.0f} ({row['pss_mib']:.0f})",
                     f"{row['floor_spread']:.0%}", "" if target is None else f"≥ {target:.2f}",
                     "" if target is None else met(row["ratio"] >= target)])
    head = ["request", "form", "per second", "of the floor", "p50 ms", "p99 ms", "CPU µs", "RSS (PSS) MiB",
            "floors differ", "target", ""]
    spread = f"The floor went from {min(floors):,.0f} to {max(floors):,.0f} per second."
    return f"**{title}.** {spread}\n\n{table(head, rows)}\n"


def fixed_rate(stage):
    rows = [[row["form"], f"{row['asked_rate']:,.0f}", f"{row['rate']:,.0f}", ms(row["p50_ms"]), ms(row["p99_ms"]),
             ms(row["max_ms"])] for row in stage["fixed_rate"]]
    head = ["login at half of saturation", "asked per second", "answered per second", "p50 ms", "p99 ms", "longest ms"]
    return table(head, rows) + "\n"


def starts(figures):
    rows = [[title, str(len(figures[key])), ms(statistics.median(figures[key])), ms(max(figures[key]))]
            for key, title in (("starts_empty", "a new store"), ("starts_large", "the large store")) if figures.get(key)]
    return rows and table(["start to first login", "starts", "median ms", "longest ms"], rows) + "\n"


def sizes(figures):
    found = figures.get("bytes", {})
    rows = [[name.replace("_", " "), f"{found[name]:.1f}"] for name in ("without_device_details", "with_device_details")
            if name in found]
    return rows and table(["a guest and its session on disk", "bytes"], rows) + "\n"


def pages(figures):
    rows = [[name, ms(found["p50_ms"]), ms(found["p95_ms"]), ms(found["max_ms"])]
            for name, found in figures.get("pages", {}).items()]
    return rows and table(["a page of 50 users by", "p50 ms", "p95 ms", "longest ms"], rows) + "\n"


def console(figures):
    rows = [[name, ms(found["p50_ms"]), ms(found["p95_ms"]), ms(found["max_ms"]), f"{found['bytes']:,}"]
            for name, found in figures.get("console", {}).items()]
    return rows and table(["a page of the console", "p50 ms", "p95 ms", "longest ms", "bytes"], rows) + "\n"


def sweeps(figures):
    rows = []
    for sweep in figures.get("sweeps", []):
        parts = [sweep[name] for name in ("before", "during", "after")]
        rows.append([f"{sweep['expired']:,}", sweep["load"], f"{sweep['seconds']:.1f}",
                     *(f"{part['rate']:,.0f}" for part in parts), *(ms(part["p99_ms"]) for part in parts),
                     *(ms(part["max_ms"]) for part in parts), f"{sweep['peak_mib']:.0f}"])
    head = ["guests swept", "login load", "seconds", "logins/s before", "during", "after", "p99 ms before", "during",
            "after", "longest ms before", "during", "after", "peak RSS MiB"]
    return rows and table(head, rows) + "\n"


def verdict(figures):
    rows = [[what, found, target, met(good)] for what, found, target, good in judged(figures)]
    return rows and table(["target", "found", "wanted", ""], rows)


def judged(figures):
    """Every target that was measured: what, found, wanted, whether it is met."""
    stages, kind = figures.get("stages", {}), figures["store"]
    empty = {}
    for name, stage in stages.items():
        for row in stage.get("rows", []):
            what = f"{row['act']}, {row['form']}, {name} store"
            target = RATIOS[kind].get((row["act"], row["form"]))
            if target is not None:
                yield what, f"{row['ratio']:.2f} of the floor", f"≥ {target:.2f}", row["ratio"] >= target
            if row["act"].startswith("login"):
                yield what, f"p99 {ms(row['p99_ms'])} ms", f"≤ {LOGIN_P99_MS[kind]} ms", row["p99_ms"] <= LOGIN_P99_MS[kind]
            key = (row["act"], row["form"])
            if name == "empty":
                empty[key] = row
            elif key in empty:
                kept = row["ratio"] / empty[key]["ratio"]
                plain = row["rate"] / empty[key]["rate"]
                yield (what, f"{kept:.2f} of the empty store's ratio ({plain:.2f} of its rate)",
                       f"≥ {OF_THE_EMPTY_STORE}", kept >= OF_THE_EMPTY_STORE)
    for name, found in figures.get("bytes", {}).items():
        yield f"a guest, {name.replace('_', ' ')}", f"{found:.1f} bytes", f"≤ {BYTES_PER_GUEST[kind]}", found <= BYTES_PER_GUEST[kind]
    if "two_servers" in figures:
        found = figures["two_servers"]["ratio"]
        yield "two servers together", f"{found:.2f} of one", f"≥ {TWO_SERVERS}", found >= TWO_SERVERS
    if kind == "postgres":
        for sweep in figures.get("sweeps", []):
            found = sweep["during"]["p99_ms"] * 2 / (sweep["before"]["p99_ms"] + sweep["after"]["p99_ms"])
            yield (f"p99 of logins during a sweep of {sweep['expired']:,}, {sweep['load']}", f"{found:.2f} of before and after",
                   f"< {SWEEP_P99_TIMES}", found < SWEEP_P99_TIMES)
    rss = [row["rss_mib"] for stage in stages.values() for row in stage.get("rows", [])]
    rss += [sweep["rss_mib"] for sweep in figures.get("sweeps", [])]
    if rss:
        yield "memory, at its most", f"{max(rss):.0f} MiB", f"≤ {RSS_MIB}", max(rss) <= RSS_MIB
    for key, title in (("starts_empty", "a new store"), ("starts_large", "the large store")):
        # With a database, the two have a network between them and a session to begin.
        if figures.get(key) and kind == "sqlite":
            longest = max(figures[key])
            yield (f"first login on {title}", f"{ms(statistics.median(figures[key]))} ms, longest {ms(longest)} ms",
                   f"≤ {FIRST_LOGIN_MS} ms", longest <= FIRST_LOGIN_MS)

    for name, found in figures.get("pages", {}).items():
        yield f"a page of users, {name}", f"p95 {ms(found['p95_ms'])} ms", f"≤ {PAGE_P95_MS} ms", found["p95_ms"] <= PAGE_P95_MS
    for name, found in figures.get("console", {}).items():
        yield (f"the console's {name}", f"p95 {ms(found['p95_ms'])} ms, {found['bytes']:,} bytes",
               f"≤ {CONSOLE_P95_MS} ms, {CONSOLE_BYTES:,}",
               found["p95_ms"] <= CONSOLE_P95_MS and found["bytes"] <= CONSOLE_BYTES)
    if "first_visit" in figures:
        loaded = figures["first_visit"]
        yield "a first visit to the console", f"{loaded:,} bytes", f"≤ {FIRST_VISIT_BYTES:,}", loaded <= FIRST_VISIT_BYTES
    if "import" in figures:
        found = figures["import"]
        longest = max(found["first_s"], found["later_s"])
        yield (f"import of {found['functions']} functions and {found['files']} files", f"{longest:.2f} s",
               f"≤ {IMPORT_SECONDS} s", longest <= IMPORT_SECONDS)


def met(good):
    return "met" if good else "**missed**"


def ms(number):
    if number is None:
        return "–"
    return f"{number:.2f}" if number < 10 else f"{number:,.0f}"


def table(head, rows):
    rows = [head, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)
