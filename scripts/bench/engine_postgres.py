"""The services on PostgreSQL beside pgbench with the statements of an order by call, the SELECT of its
user and the INSERT, and with the INSERT alone: what two ways over HTTP and our own code leave of the
rate that the server itself reaches."""
import glob
import os
import re
import shutil
import urllib.parse

from bench import load, machine
from bench.contestants import Msdemo, Pair, free_port
from bench.machine import ROOT, Failed, run
from bench.measures import Comparison, Measure

PGBENCH, PGBENCH_BOTH = "pgbench: INSERT", "pgbench: SELECT, INSERT"
OURS, OURS_NORMAL = "msdemo", "msdemo, normal"
CONNECTIONS = 16
WITHIN = 1.5  # times what pgbench reaches
URL_VARIABLE = "MSDEMO_TEST_POSTGRES"


def tool(name):
    """Debian keeps some of PostgreSQL's programs out of PATH."""
    found = shutil.which(name) or max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default=None)
    if found is None:
        raise Failed(f"{name} is not installed", "run: apt-get install postgresql")
    return found


def server_url():
    url = os.environ.get(URL_VARIABLE, "")
    if not url:
        raise Failed(f"{URL_VARIABLE} is not set", "see scripts/engines --help")
    return url


def psql(url, sql):
    return run(tool("psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
               "--set", "ON_ERROR_STOP=1", "--command", sql, url).strip()


def insert_statement():
    """The statement of server/order/store.cpp, with the values of the load instead of parameters."""
    source = (ROOT / "server/order/store.cpp").read_text(encoding="utf-8")
    literals = re.search(r"kInsert =\s*((?:\s*\"[^\"]*\")+);", source).group(1)
    statement = "".join(re.findall(r"\"([^\"]*)\"", literals)) + " RETURNING id"
    values = ("1", "'book'", "'Ada'", "'confirmed'", "'2026-11-23T00:40:01.123Z'", "NULL",
              "'sync'", "0")
    for number, value in enumerate(values, 1):
        statement = statement.replace(f"${number}", value)
    return statement


class Database:
    """A database of its own on the server, gone afterwards."""

    def __init__(self):
        self.name = f"msdemo_bench_{os.getpid()}"
        self.server = server_url()
        self.url = urllib.parse.urlsplit(self.server)._replace(path=f"/{self.name}").geturl()

    def make(self):
        psql(self.server, f"DROP DATABASE IF EXISTS {self.name}")
        psql(self.server, f"CREATE DATABASE {self.name}")
        run(Msdemo.program, "migrate", "all", "--db", self.url)
        psql(self.server, "CHECKPOINT")

    def drop(self):
        psql(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


def select_statement():
    """The one of server/user/store.cpp that finds a user, for user 1."""
    source = (ROOT / "server/user/store.cpp").read_text(encoding="utf-8")
    return re.search(r"SELECT [\w, ]+ FROM users WHERE id = \$1", source).group().replace("$1", "1")


class PgBench:
    """The server with the order's own statement: no HTTP, no lookup of its user."""

    def __init__(self, folder):
        self.script = f"{folder}/order.sql"
        self.database = Database()

    def statements(self):
        return (insert_statement(),)

    def start(self):
        self.database.make()

    def prepare(self):
        with open(self.script, "w", encoding="utf-8") as script:
            script.writelines(f"{statement};\n" for statement in self.statements())

    def rate(self, seconds):
        text = run(tool("pgbench"), "--no-vacuum", "--protocol", "prepared", "--client",
                   str(CONNECTIONS), "--jobs", "1", "--time", str(seconds), "--file", self.script,
                   self.database.url, env={**os.environ, "PGOPTIONS": "-c search_path=order,user"})
        return float(re.search(r"tps = ([\d.]+)", text).group(1))

    def check(self):
        pass

    def stop(self):
        self.database.drop()


class PgBenchBoth(PgBench):
    """And with that lookup, on the same connection."""

    def prepare(self):
        super().prepare()
        psql(self.database.url, "INSERT INTO \"user\".users (name) VALUES ('Ada')")

    def statements(self):
        return (select_statement(), *super().statements())


class Services(Pair):
    """User and order service, and the broker they insist on, on the same server."""
    durability = "full"

    def __init__(self, folder):
        super().__init__(folder)
        self.database = Database()
        self.broker_url = f"http://127.0.0.1:{free_port()}"

    def serve(self, service, url, *more):
        self.spawn(Msdemo.program, "serve", service, "--port", url.rsplit(":", 1)[1],
                   "--data-dir", self.folder, "--durability", self.durability, *more)

    def start(self):
        self.database.make()
        shared = ("--db", self.database.url, "--broker-url", self.broker_url)
        self.serve("broker", self.broker_url)
        self.serve("user", self.user_url, *shared)
        self.serve("order", self.order_url, *shared, "--user-url", self.user_url)
        for url in (self.broker_url, self.user_url, self.order_url):
            self.await_answer(url)

    def check(self):
        """What was answered is stored."""
        stored = int(psql(self.database.url, 'SELECT count(*) FROM "order".orders'))
        if stored < self.answered:
            raise Failed(f"{self.answered:.0f} orders were confirmed, {stored} are stored")

    answered = 0

    def rate(self, seconds):
        report = load.wrk(f"{self.order_url}/orders", CONNECTIONS, seconds,
                          load.order_script(load.JSON))
        self.answered = int(re.search(r"(\d+) requests in", report).group(1))
        return load.rate(report)

    def stop(self):
        super().stop()
        self.database.drop()


class ServicesNormal(Services):
    durability = "normal"


CONTESTANTS = {PGBENCH: PgBench, PGBENCH_BOTH: PgBenchBoth, OURS: Services, OURS_NORMAL: ServicesNormal}

MEASURES = (
    Measure("postgres-orders", f"orders by call, durable, {CONNECTIONS} connections, PostgreSQL",
            "/s", lambda contestant, options: contestant.rate(options.seconds),
            (Comparison(OURS, PGBENCH_BOTH, at_least=1 / WITHIN), Comparison(OURS, PGBENCH),
             Comparison(OURS_NORMAL, PGBENCH))),
)


def facts():
    version = psql(server_url(), "SHOW server_version")
    return {"PostgreSQL": f"{version}; fdatasync p50 here: {machine.fdatasync_ms():.2f} ms",
            "pgbench": f"-n -M prepared -c {CONNECTIONS} -j 1 with the statements of "
                       "server/order/store.cpp and server/user/store.cpp, each its own commit"}
