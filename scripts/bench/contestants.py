"""Who bench-peers measures: each can start, take its first order, name its processes and stop."""
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from bench import load, machine
from bench.machine import ROOT, WORK, Failed, run

FASTAPI = ROOT / "tests/peers/fastapi"
GO = ROOT / "tests/peers/go"
GO_AT_LEAST = (1, 22)
GET_GO = ("run: scripts/setup build bench (on Debian 12 its golang-go is too old; take that of "
          "bookworm-backports, or https://go.dev/dl)")
START_SECONDS = 30
IDLE_CONNECTIONS = 5000


def build_fastapi():
    """An interpreter that has the pair's requirements; made once, under build/."""
    requirements = FASTAPI / "requirements.txt"
    home = WORK / "venv"
    stamp = home / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print("installing the FastAPI pair's requirements into build/peers/venv …", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        run(sys.executable, "-m", "venv", str(home))
        run(str(home / "bin/python"), "-m", "pip", "install", "--quiet", "-r", str(requirements))
        stamp.write_text(wanted)


def fastapi_version():
    return run(str(WORK / "venv/bin/python"), "-c", "import fastapi, platform, uvicorn;"
               "print(f'Python {platform.python_version()}, FastAPI {fastapi.__version__},'"
               " f' uvicorn {uvicorn.__version__}')").strip()


def build_go():
    """Both services, under build/; go's own cache makes this quick the second time."""
    if shutil.which("go") is None:
        raise Failed("go is not installed", GET_GO)
    version = run("go", "env", "GOVERSION").strip()
    found = re.match(r"go(\d+)\.(\d+)", version)
    if not found or tuple(map(int, found.groups())) < GO_AT_LEAST:
        raise Failed(f"{version} is older than 1.22", GET_GO)
    print("building the Go pair into build/peers/go …", flush=True)
    (WORK / "go").mkdir(exist_ok=True)
    run("go", "build", "-buildvcs=false", "-tags", "libsqlite3", "-o", f"{WORK / 'go'}/", "./user",
        "./order", cwd=GO, env={**os.environ, "GOTOOLCHAIN": "local"})


def go_version():
    driver = re.search(r"go-sqlite3 (\S+)", (GO / "go.mod").read_text()).group(1)
    return f"{run('go', 'env', 'GOVERSION').strip()}, go-sqlite3 {driver}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Pair:
    """A user and an order service, each a process that is started here."""
    user_created = 201
    order_created = 201

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.user_url, self.order_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))

    def spawn(self, *command, **options):
        with open(f"{self.folder}/service-{len(self.processes)}.log", "wb") as log:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                                   stderr=log, **options))

    def await_answer(self, url):
        """Any answer will do; nobody has the path."""
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                return load.request(url, "GET", "/")
            except OSError:
                if time.monotonic() > give_up or any(p.poll() is not None for p in self.processes):
                    raise Failed(f"does not start: {self.last_words()}") from None
                time.sleep(0.002)

    def last_words(self):
        for number in range(len(self.processes)):
            with open(f"{self.folder}/service-{number}.log", encoding="utf-8") as log:
                if lines := log.read().strip().splitlines():
                    return lines[-1]
        return "it says nothing"

    def prepare(self):
        load.expect(self.user_created,
                    load.request(self.user_url, "POST", "/users", b'{"id":1,"name":"Ada"}'))
        load.expect(self.order_created,
                    load.request(self.order_url, "POST", "/orders", load.ORDER))

    def check(self):
        pass

    def pids(self):
        return [process.pid for process in self.processes]

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class FastApiPair(Pair):
    """The tutorial's: one uvicorn a service; the order service stores nothing."""
    user_created = 200
    order_created = 200

    def start(self):
        settings = {"DATABASE_URL": f"sqlite:///{self.folder}/users.db",
                    "USER_SERVICE_URL": self.user_url, "PYTHONDONTWRITEBYTECODE": "1"}
        for module, url in (("user_service", self.user_url), ("order_service", self.order_url)):
            self.spawn(str(WORK / "venv/bin/python"), "-m", "uvicorn", f"{module}:app", "--port",
                       url.split(":")[2], "--no-access-log",
                       cwd=FASTAPI, env={**os.environ, **settings})
        for url in (self.user_url, self.order_url):
            self.await_answer(url)


class GoPair(Pair):
    """One insert a commit, in SQLite as msdemo."""
    durability = "full"

    def start(self):
        self.spawn(str(WORK / "go/user"), "--listen", self.user_url.removeprefix("http://"),
                   "--database", f"{self.folder}/users.db", "--durability", self.durability)
        self.spawn(str(WORK / "go/order"), "--listen", self.order_url.removeprefix("http://"),
                   "--user-url", self.user_url,
                   "--database", f"{self.folder}/orders.db", "--durability", self.durability)
        for url in (self.user_url, self.order_url):
            self.await_answer(url)


class GoPairNormal(GoPair):
    durability = "normal"


class GoMap(Pair):
    """The user service alone, its users in a map."""

    def start(self):
        self.spawn(str(WORK / "go/user"), "--listen", self.user_url.removeprefix("http://"))
        self.await_answer(self.user_url)

    def prepare(self):
        load.expect(201, load.request(self.user_url, "POST", "/users", b'{"name":"Ada"}'))


class Msdemo:
    """A lab of its own: the supervisor and all services."""
    program = str(ROOT / "build/release/msdemo")
    durability = "full"

    def __init__(self, folder):
        self.environment = {**os.environ, "XDG_STATE_HOME": folder}
        self.services = {}

    def call(self, *arguments):
        return run(self.program, *arguments, env=self.environment, stdin=subprocess.DEVNULL)

    def start(self):
        self.call("up", "-d", "--durability", self.durability)

    def prepare(self):
        self.services = {s["service"]: s for s in json.loads(self.call("ps", "--json"))}
        load.expect(201, load.request(self.order_url, "POST", "/orders", load.ORDER))

    @property
    def user_url(self):
        return self.services["user"]["url"]

    @property
    def order_url(self):
        return self.services["order"]["url"]

    def check(self):
        pass

    def pids(self):
        services = [service["pid"] for service in self.services.values()]
        return [machine.status_number(services[0], "PPid"), *services]

    def user_pid(self):
        return self.services["user"]["pid"]

    def stop(self):
        subprocess.run([self.program, "down"], env=self.environment, stdin=subprocess.DEVNULL,
                       capture_output=True, check=False)


class MsdemoNormal(Msdemo):
    durability = "normal"


class MsdemoHolding(Msdemo):
    """Its user service keeps connections on which nothing happens any more."""
    idle = None

    def prepare(self):
        super().prepare()
        self.idle = load.IdleConnections(self.user_url, "/users/1", IDLE_CONNECTIONS)

    def check(self):
        self.idle.check()

    def stop(self):
        if self.idle:
            self.idle.close()
        super().stop()
