"""Load: wrk at saturation, h2load at a fixed rate or with every answer's time, and plain logins that keep tokens."""

import json
import socket
import subprocess
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


def logins_in_time(url, seconds, connections, place, rate=None, body="{}"):
    """Logins by h2load, closed-loop or at a `whole_rate`: (start in seconds since the epoch, latency in ms) of each."""
    log = place / "answers.tsv"
    log.unlink(missing_ok=True)
    command = ["h2load", "--h1", "-c", str(connections), "-D", str(seconds), *posted(place, body)]
    command += ["--log-file", log, url]
    if rate is not None:
        command += ["--rps", str(rate // connections)]
    run(command, seconds + 60)
    answers = []
    with open(log) as lines:
        for line in lines:
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


def run(command, limit):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=limit)
    if done.returncode != 0:
        raise LoadFailed(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


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
