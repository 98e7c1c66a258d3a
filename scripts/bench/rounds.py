"""Taking samples in turns: each contestant freshly started for each number, in a folder of its own."""
import sys
import time

from bench import machine, report
from bench.machine import Failed


def say(text, **options):
    print(text, file=sys.stderr, flush=True, **options)


def sample(make, measure, options):
    """One number of one contestant, from nothing to nothing."""
    with machine.folder() as folder:
        contestant = make(folder)
        try:
            started = time.monotonic()
            contestant.start()
            contestant.ready_seconds = time.monotonic() - started
            contestant.prepare()
            value = measure.sample(contestant, options)
            contestant.check()
            return value
        finally:
            contestant.stop()


def take_round(prefix, contestants, measures, samples, troubles, options):
    """Adds a sample to each side of each measure, except where there was trouble before."""
    for measure in measures:
        for side in measure.sides():
            if side in troubles[measure.key]:
                continue
            say(f"{prefix}: {measure.key}, {side} … ", end="")
            try:
                value = sample(contestants[side], measure, options)
                samples[measure.key].setdefault(side, []).append(value)
                say(f"{report.number(value, measure.unit)} {measure.unit}")
            except Failed as reason:
                troubles[measure.key][side] = f"failed: {reason}"
                say(f"failed: {reason}")
