"""Importing an app directory of many functions and files beside a running server."""

import json
import subprocess
import time

import load

FUNCTIONS, FILES = 200, 300


def measure(binary, data, place, times):
    """Seconds of the first import and of later ones, each with one function changed."""
    directory = make(place / "many")
    took = []
    for number in range(times):
        (directory / "functions" / "f000.js").write_text(f"exports = () => {number};\n")
        began = time.monotonic()
        done = subprocess.run([binary, "import", directory, "--data", data], capture_output=True, text=True)
        took.append(time.monotonic() - began)
        if done.returncode != 0:
            raise load.LoadFailed(f"import: {done.stderr}")
    return {"functions": FUNCTIONS, "files": FILES, "first_s": took[0], "later_s": max(took[1:])}


def make(directory):
    functions, files = directory / "functions", directory / "hosting" / "files"
    functions.mkdir(parents=True)
    files.mkdir(parents=True)
    (directory / "realm_config.json").write_text(json.dumps({"config_version": 20210101, "name": "many"}))
    names = [f"f{number:03}" for number in range(FUNCTIONS)]
    (functions / "config.json").write_text(json.dumps([{"name": name, "private": False} for name in names]))
    for name in names:
        (functions / f"{name}.js").write_text(f"exports = async (x) => {{\n  return '{name}' + x;\n}};\n" * 10)
    for number in range(FILES):
        (files / f"page{number:03}.html").write_text(f"<!doctype html><title>{number}</title>" + "x" * 4_000)
    return directory
