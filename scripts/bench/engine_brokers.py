"""RabbitMQ and Kafka through our adapters, beside the bare client library with the same promises
(publisher confirms; acks=all): the same messages in the same batches, as fast as one thread can."""
import json
import os
import types

from bench.machine import ROOT, Failed, run
from bench.measures import Comparison, Measure

AT_LEAST = 0.5
WAYS = ("publish", "consume")
MESSAGES_PER_SECOND_OF_LOAD = 32_768  # so many that how a consumer begins does not count
HOW_TO_BUILD = ("cmake --preset release -DMSDEMO_BUILD_BENCHMARKS=ON && cmake --build --preset "
                "release --target ")


class Loop:
    """One side of a program of tests/peers, which measures both sides both ways, in turns."""
    program = variable = side = None
    rates = None  # by way and side, of the last run, of which nobody has asked yet; one a part

    def __init__(self, _folder):
        self.url = os.environ.get(self.variable, "")
        if not self.url:
            raise Failed(f"{self.variable} is not set", "see scripts/engines --help")
        if not self.program.exists():
            raise Failed(f"there is no {self.program}", HOW_TO_BUILD + self.program.name)

    def start(self):
        pass

    prepare = check = stop = start

    def rate(self, way, seconds):
        if (way, self.side) not in self.rates:
            told = run(str(self.program), self.url, str(seconds * MESSAGES_PER_SECOND_OF_LOAD), "1")
            result = json.loads(told.splitlines()[-1])  # after what the library logs
            self.rates.update({(way, side): result[way][f"{side}_per_s"]
                               for way in WAYS for side in ("bare", "adapter")})
        return self.rates.pop((way, self.side))


def part(engine, name, library):
    """A part of bench-engines."""
    shared = {"program": ROOT / f"build/release/{engine}_loop",
              "variable": f"MSDEMO_TEST_{engine.upper()}", "rates": {}}
    ours = f"msdemo's {name} adapter"
    sides = {library: "bare", ours: "adapter"}

    def measure(way):
        return Measure(f"{engine}-{way}", f"messages by {name}, one thread, {way}", "/s",
                       lambda contestant, options: contestant.rate(way, options.seconds),
                       (Comparison(ours, library, at_least=AT_LEAST),))

    return types.SimpleNamespace(
        CONTESTANTS={title: type(side.title(), (Loop,), {**shared, "side": side})
                     for title, side in sides.items()},
        MEASURES=tuple(measure(way) for way in WAYS),
        facts=dict)


RABBITMQ = part("rabbitmq", "RabbitMQ", "rabbitmq-c with confirms")
KAFKA = part("kafka", "Kafka", "librdkafka with acks=all")
