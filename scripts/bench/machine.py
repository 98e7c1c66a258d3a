"""What bench-peers asks of the machine: commands, files, memory, the disk."""
import contextlib
import os
import pathlib
import platform
import re
import resource
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build/peers"


class Failed(Exception):
    """A sample that means nothing, or something that cannot be measured here, and why."""

    def __init__(self, reason, hint=""):
        super().__init__(reason)
        self.hint = hint  # what to do about it


def run(*command, **options):
    """What the command prints; Failed, with what it complained of, unless it succeeds."""
    try:
        return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip() or error.stdout.strip()).splitlines()[-5:]
        raise Failed(f"{' '.join(map(str, command))}: {'; '.join(said)}") from error


def raise_file_limit():
    """As many open files as allowed: thousands of connections are held from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def proportional_mib(pids):
    """The proportional set size: pages shared by several processes count once in all."""
    total = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE).group(1))
    return total / 1024


def status_number(pid, field):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE).group(1))


def resident_mb(pid):
    return status_number(pid, "VmRSS") * 1024 / 1e6


@contextlib.contextmanager
def folder():
    """A folder on the disk that is measured, not in memory as /tmp may be."""
    with tempfile.TemporaryDirectory(dir=WORK, prefix="round-", ignore_cleanup_errors=True) as path:
        yield path


def fdatasync_ms():
    """What one small durable write costs on this disk."""
    times = []
    with tempfile.TemporaryFile(dir=WORK) as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def description():
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return (f"{processor.group(1) if processor else platform.machine()}, {os.cpu_count()} cores, "
            f"Linux {platform.release()}")
