"""Load: wrk at saturation, h2load at a fixed rate or with every answer's time, and plain logins that keep tokens."""

import json
import socket
import subprocess
import threading
from pathlib import Path

LUA = Path(__file__).with_name("requests.lua")

# What realm-web 2.0.1 sends from a browser, written as it writes it.
SDK_BODY = json.dumps({"options": {"device": {
    "sdkVersion": "2.0.1", "platform": "chrome", "platformVersion": "119.0.0", "appId": "app"}}})


class LoadFailed(Exception):
    """An answer that no figure may be built on."""


def saturate(url, seconds, connections, method="GET", body=None, tokens=None, token=None, bodies=None):
    """As many requests as are answered, by wrk with one thread: requests, seconds, p50_ms, p99_ms, max_ms, rate."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", LUA, url, "--", method]
    if body is not None:
        command += ["body", body, *([token] if token else [])]
    if tokens is not None:
        command += ["tokens", tokens]
    if bodies is not None:
        command += ["bodies", bodies]
    said = run(command, seconds + 60)
    found = json.loads(said.splitlines()[-1])
    if found["refused"] or found["broken"] or not found["requests"]:
        raise LoadFailed(f"{method} {url}: {found}\n{said}")
    found["rate"] = found["requests"] / found["seconds"]
    return found


def make_guests(url, count, connections, place, body="{}"):
    """Logs in exactly so many guests."""
    command = ["h2load", "--h1", "-c", str(min(connections, count)), "-n", str(count), *posted(place, body), url]
    said = run(command, 60 + count / 1_000)
    if f"{count} succeeded" not in said:
        raise LoadFailed(f"{url}: {said}")


def logins_in_time(url, seconds, connections, place, rate=None, body="{}", enough=None):
    """Logins by h2load, closed-loop or at a `whole_rate`: (start in seconds since the epoch, latency in ms) of each.
    An event, `enough`, ends them earlier."""
    log = place / "answers.tsv"
    log.unlink(missing_ok=True)
    command = ["h2load", "--h1", "-c", str(connections), "-D", str(seconds), *posted(place, body)]
    command += ["--log-file", log, url]
    if rate is not None:
        command += ["--rps", str(rate // connections)]
    run(command, seconds + 60, enough)
    answers = []
    with open(log) as lines:
        for line in lines:
            if not line.endswith("\n"):
                break  # It was being written when the load was ended.
            start, status, took = line.split("\t")
            if status != "200":
                raise LoadFailed(f"{url}: status {status} in {log}")
            answers.append((int(start) / 1e6, int(took) / 1e3))
    log.unlink()
    return answers


def whole_rate(rate, connections):
    """The nearest rate that h2load can offer: a whole number a second on each connection."""
    return max(1, round(rate / connections)) * connections


def posted(place, body):
    file = place / "body.json"
    file.write_text(body)
    return ["-d", file, "-H", "Content-Type: application/json"]


def percentile(latencies, share):
    """The latency below which a share of them lies; `None` without any."""
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def run(command, limit, enough=None):
    """Runs a command to its end, or until the event `enough`; what it said."""
    command = [str(part) for part in command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        ended = threading.Event()
        if enough is not None:
            threading.Thread(target=end_when, args=(process, enough, ended), daemon=True).start()
        try:
            said, complained = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    if process.returncode != 0 and not ended.is_set():
        raise LoadFailed(f"{' '.join(command)}: {said}{complained}")
    return said


def end_when(process, enough, ended):
    """Ends a process at an event, and notes that."""
    enough.wait()
    if process.poll() is None:
        ended.set()
        process.terminate()


def log_in(authority, path, count, connections=64):
    """Logs in so many guests and returns what each was answered. All connections ask at once, then all are read."""
    request = f"POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: 0\r\n\r\n".encode()
    host, port = authority.rsplit(":", 1)
    sockets = [socket.create_connection((host, int(port)), timeout=20) for _ in range(min(connections, count))]
    answers = []
    try:
        while len(answers) < count:
            asked = sockets[:count - len(answers)]
            for each in asked:
                each.sendall(request)
            answers.extend(json.loads(answer(each)) for each in asked)
    finally:
        for each in sockets:
            each.close()
    return answers


def answer(connection):
    """The body of the answer that comes next on a connection."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += received(connection)
    head, body = got.split(b"\r\n\r\n", 1)
    lines = head.decode().lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
    while len(body) < length:
        body += received(connection)
    if " 200 " not in lines[0]:
        raise LoadFailed(f"{lines[0]}: {body!r}")
    return body


def received(connection):
    got = connection.recv(65536)
    if not got:
        raise LoadFailed("the server closed a connection")
    return got
