"""The machine: what must be installed, the release build, and what figures depend on."""

import datetime
import os
import platform
import shutil
import subprocess
import sys
import time

# Commands, and the Debian packages that have them.
NEEDED = {"wrk": "wrk", "h2load": "nghttp2-client", "nginx": "nginx-light"}


def install_what_is_missing():
    # Debian keeps nginx where only root's path leads.
    os.environ["PATH"] += ":/usr/sbin"
    missing = [package for command, package in NEEDED.items() if shutil.which(command) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        sys.exit(f"failed to install {' '.join(missing)}: there is no apt-get; install them by hand")
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qy", "--no-install-recommends"]
    subprocess.run([*as_root, "apt-get", "update", "-q"], check=True, stdout=sys.stderr)
    subprocess.run([*as_root, *install, *missing], check=True, stdout=sys.stderr)


def build(root):
    """Builds the release server and returns its path."""
    subprocess.run(["cargo", "build", "--release", "--locked"], cwd=root, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", root / "target")
    return root.joinpath(target, "release", "passerby")


def describe(root, place):
    """What figures depend on, beside the server."""
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "commit": commit(root),
        "processor": first_of("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": int((first_of("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) // 1024,
        "kernel": platform.release(),
        "file_system": file_system(place),
        "syncs_per_second": syncs_per_second(place),
        "load_before": os.getloadavg()[0],
    }


def commit(root):
    said = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


def first_of(path, name):
    with open(path) as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), None)


def file_system(path):
    """The type of the file system that holds a path."""
    said = subprocess.run(["df", "--output=fstype", path], capture_output=True, text=True)
    return said.stdout.split()[-1] if said.returncode == 0 else "unknown"


def syncs_per_second(place, count=500):
    """How often a second this disk makes 4 KiB durable, one after the other: what a lone login waits for."""
    path, page = place / "syncs", b"\0" * 4096
    with open(path, "wb") as file:
        file.write(page * count)
        os.fsync(file.fileno())
        began = time.monotonic()
        for number in range(count):
            os.pwrite(file.fileno(), page, number * len(page))
            os.fdatasync(file.fileno())
        span = time.monotonic() - began
    path.unlink()
    return round(count / span)
