"""A proxy that forwards everything to the server and writes each exchange down.

A recording is one JSON object a line: `request` and `answer`, and `step` where one begins. A body is kept as what it
says: `json`, `text`, the entries of a `zip` by name (an archive in it as its own entries), or the parts of a `form`.
`{{id:3}}` stands for a value that differs from run to run, always the same one; without a number it may be another each
time, and with `#` it is a number.
"""

import http.client
import io
import json
import re
import socketserver
import threading
import zipfile
from http.server import BaseHTTPRequestHandler

KEPT_REQUEST_HEADERS = ("accept", "authorization", "content-type", "x-baas-request-origin", "transfer-encoding")
KEPT_ANSWER_HEADERS = ("content-type", "content-disposition", "www-authenticate")
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")

# What differs from run to run, by the name that stands for it. The order matters: a token holds ids.
VOLATILE = [
    ("boundary", re.compile(r"(?<=boundary=)[0-9a-f]{60}")),
    ("token", re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")),
    ("cnonce", re.compile(r'(?<= cnonce=")[^"]+(?=")')),
    ("nonce", re.compile(r'(?<= nonce=")[^"]+(?=")')),
    ("digest", re.compile(r'(?<= response=")[0-9a-f]+(?=")')),
    ("app", re.compile(r"(?<![a-z])seed-[a-z]{5}(?![a-z])")),
    ("key", re.compile(r"(?<![\w-])[A-Za-z0-9]{64}(?![\w-])")),
    ("letters", re.compile(r"(?<=[0-9a-f]{24}-)[a-z]{24}(?![\w-])")),
    ("id", re.compile(r"(?<![0-9a-f])(?!0{24})[0-9a-f]{24}(?![0-9a-f])")),
    ("stamp", re.compile(r"(?<!\d)20\d{12}(?!\d)")),
    ("time", re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+Z")),
    ("took", re.compile(r"(?<![\w.])\d+ms(?!\w)")),
]
ALWAYS_ANOTHER = ("boundary", "cnonce", "digest", "stamp", "time", "took")
SECONDS = range(1_700_000_000, 2_000_000_000)


class Proxy:
    """Listens on a port of its own; `step` names the step that exchanges belong to."""

    def __init__(self, port):
        self.exchanges = []
        self.step = ""
        self.lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = read_body(self)
                to = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                headers["Host"] = self.headers["Host"]
                headers["Accept-Encoding"] = "identity"
                to.request(self.command, self.path, body or None, headers)
                got = to.getresponse()
                content = got.read()
                owner.note(self, body, got, content)
                self.send_response(got.status)
                for name, value in got.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                if got.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)
                to.close()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_one

            def log_message(self, *_):
                pass

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.listener = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()

    def note(self, request, body, got, content):
        exchange = {
            "step": self.step,
            "request": {
                "method": request.command,
                "target": request.path,
                "headers": kept(request.headers.items(), KEPT_REQUEST_HEADERS),
                **shown(body, request.headers.get("Content-Type", "")),
            },
            "answer": {
                "status": got.status,
                "headers": kept(got.getheaders(), KEPT_ANSWER_HEADERS),
                **shown(content, got.getheader("Content-Type", "")),
            },
        }
        with self.lock:
            self.exchanges.append(exchange)

    def written(self, names, server_url):
        """The recording: `{{name}}` where a value differs from run to run."""
        urls = [(url, "url") for url in (self.url, server_url)]
        scrub = Scrubber([(value, name) for name, value in names.items()] + urls)
        step, lines = None, []
        for exchange in self.exchanges:
            begins = exchange["step"] != step
            step = exchange["step"]
            kept_parts = exchange if begins else {name: exchange[name] for name in ("request", "answer")}
            lines.append(json.dumps(scrub.walk(kept_parts), ensure_ascii=False) + "\n")
        return "".join(lines)


class Scrubber:
    def __init__(self, names):
        self.names = sorted(((value, "{{" + name + "}}") for value, name in names), key=lambda pair: -len(pair[0]))
        self.seen = {}

    def walk(self, value):
        if isinstance(value, dict):
            return {self.text(key): self.walk(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.walk(each) for each in value]
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int) and value in SECONDS:
            return "{{#second}}"
        return value

    def text(self, text):
        if "{{" in text:
            raise ValueError(f"{text!r} looks as if it held a name already")
        for value, name in self.names:
            text = text.replace(value, name)
        for kind, pattern in VOLATILE:
            text = pattern.sub(lambda found, kind=kind: self.name(kind, found.group()), text)
        return text

    def name(self, kind, value):
        if kind in ALWAYS_ANOTHER:
            return "{{" + kind + "}}"
        numbered = self.seen.setdefault(kind, {})
        return "{{" + f"{kind}:{numbered.setdefault(value, len(numbered) + 1)}" + "}}"


def kept(headers, names):
    return {name.lower(): value for name, value in headers if name.lower() in names}


def shown(content, kind):
    """A body as what it says."""
    if not content:
        return {}
    if kind.startswith("multipart/form-data"):
        return {"form": [shown_part(part) for part in content.split(b"--" + boundary(kind))[1:-1]]}
    if content[:4] == b"PK\x03\x04":
        return {"zip": entries(content)}
    if "json" in kind:
        return {"json": json.loads(content)}
    return {"text": content.decode()}


def entries(content):
    if content[:4] != b"PK\x03\x04":
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: entries(archive.read(name)) for name in archive.namelist()}


def shown_part(part):
    head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    return {"head": head.decode().split("\r\n"), **shown(content.removesuffix(b"\r\n"), "")}


def boundary(kind):
    return kind.split("boundary=")[1].encode()


def read_body(request):
    if request.headers.get("Transfer-Encoding", "").lower() == "chunked":
        parts = []
        while True:
            size = int(request.rfile.readline().split(b";")[0], 16)
            if size == 0:
                while request.rfile.readline().strip():
                    pass
                return b"".join(parts)
            parts.append(request.rfile.read(size))
            request.rfile.readline()
    return request.rfile.read(int(request.headers.get("Content-Length") or 0))
