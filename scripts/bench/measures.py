"""What bench-peers measures, on whom, and the goals that msdemo is held to."""
import dataclasses
import statistics
from typing import Callable, Optional

from bench import contestants, load, machine

FASTAPI, GO, GO_NORMAL, GO_MAP = "FastAPI pair", "Go pair", "Go pair, normal", "Go, a map"
OURS, OURS_NORMAL, OURS_HOLDING = "msdemo", "msdemo, normal", "msdemo, 5,000 idle"

CONTESTANTS = {
    FASTAPI: contestants.FastApiPair,
    GO: contestants.GoPair,
    GO_NORMAL: contestants.GoPairNormal,
    GO_MAP: contestants.GoMap,
    OURS: contestants.Msdemo,
    OURS_NORMAL: contestants.MsdemoNormal,
    OURS_HOLDING: contestants.MsdemoHolding,
}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One row of the table; without a bound, for information."""
    ours: str
    peer: Optional[str] = None  # None: the value itself is held to the goal
    inverse: bool = False       # less is better: how many times less
    at_least: Optional[float] = None
    at_most: Optional[float] = None

    def value(self, samples):
        ours = statistics.median(samples[self.ours])
        if self.peer is None:
            return ours
        peer = statistics.median(samples[self.peer])
        return peer / ours if self.inverse else ours / peer

    def has_goal(self):
        return self.at_least is not None or self.at_most is not None

    def met(self, value):
        return ((self.at_least is None or value >= self.at_least)
                and (self.at_most is None or value <= self.at_most))


@dataclasses.dataclass(frozen=True)
class Measure:
    key: str    # for --only
    title: str
    unit: str
    sample: Callable  # (contestant, options) -> number
    rows: tuple       # of Comparison

    def sides(self):
        """Those it is measured on, in turns: peers first."""
        peers = [row.peer for row in self.rows if row.peer]
        return list(dict.fromkeys(peers + [row.ours for row in self.rows]))


def orders(connections, **headers):
    def sample(contestant, options):
        script = load.order_script({**load.JSON, **headers})
        return load.rate(load.wrk(f"{contestant.order_url}/orders", connections, options.seconds,
                                  script))
    return sample


def reading(connections, number=load.rate):
    def sample(contestant, options):
        return number(load.wrk(f"{contestant.user_url}/users/1", connections, options.seconds))
    return sample


def resident(contestant, options):
    """Of the user service, while it serves others, too."""
    load.wrk(f"{contestant.user_url}/users/1", 16, options.seconds)
    return machine.resident_mb(contestant.user_pid())


MEASURES = (
    Measure("start", "start to ready", "s", lambda contestant, _: contestant.ready_seconds,
            (Comparison(OURS, FASTAPI, inverse=True, at_least=5),
             Comparison(OURS, GO, inverse=True))),
    Measure("memory", "memory of all processes after one order (PSS)", "MiB",
            lambda contestant, _: machine.proportional_mib(contestant.pids()),
            (Comparison(OURS, FASTAPI, inverse=True, at_least=2),
             Comparison(OURS, GO, inverse=True))),
    Measure("orders-16", "orders by call, durable, 16 connections", "/s", orders(16),
            (Comparison(OURS, FASTAPI, at_least=25), Comparison(OURS, GO, at_least=5))),
    Measure("orders-64", "orders by call, durable, 64 connections", "/s", orders(64),
            (Comparison(OURS, FASTAPI, at_least=25), Comparison(OURS, GO, at_least=5))),
    Measure("normal-16", "orders by call, without fsync, 16 connections", "/s", orders(16),
            (Comparison(OURS_NORMAL, GO_NORMAL, at_least=1.2),
             Comparison(OURS, OURS_NORMAL, at_least=0.9))),
    Measure("get-16", "GET /users/1, 16 connections", "/s", reading(16),
            (Comparison(OURS, GO_MAP, at_least=1.0),)),
    Measure("get-256", "GET /users/1, 256 connections", "/s", reading(256),
            (Comparison(OURS, GO_MAP, at_least=1.0),)),
    Measure("async-16", "orders by message, accepted, durable, 16 connections", "/s",
            orders(16, **load.ASYNC), (Comparison(OURS),)),
    Measure("idle-p99", "p99 of GET /users/1, 16 connections, beside idle ones", "ms",
            reading(16, load.p99_ms), (Comparison(OURS_HOLDING, OURS, at_most=1.5),)),
    Measure("idle-memory", "memory of the user service that keeps them (RSS)", "MB", resident,
            (Comparison(OURS_HOLDING, at_most=100),)),
)
