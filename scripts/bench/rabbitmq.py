"""RabbitMQ through our adapter, beside rabbitmq-c alone with confirms: same batches, in turns."""
import json
import os

from bench.machine import ROOT, Failed, run

PROGRAM = ROOT / "build/release/rabbitmq_loop"
HOW_TO_BUILD = ("cmake --preset release -DMSDEMO_BUILD_BENCHMARKS=ON && cmake --build --preset "
                "release --target rabbitmq_loop")
GOAL = 0.5


def measure(messages=10_240, rounds=5):
    """`{"publish": {"bare_per_s", "adapter_per_s", "ratio"}, "consume": {…}, …}`: medians."""
    url = os.environ.get("MSDEMO_TEST_RABBITMQ")
    if not url:
        raise Failed("MSDEMO_TEST_RABBITMQ is not set", "scripts/engines up --only rabbitmq")
    if not PROGRAM.exists():
        raise Failed(f"there is no {PROGRAM}", HOW_TO_BUILD)
    return json.loads(run(str(PROGRAM), url, str(messages), str(rounds)))
