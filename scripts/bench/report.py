"""What bench-peers found, as a table for people and as JSON for everything else."""
import json
import statistics

from bench.machine import WORK

ENOUGH_ROUNDS = 5
DIGITS = {"s": 3, "ms": 2, "MiB": 1, "MB": 1, "/s": 0}


def number(value, unit):
    return f"{value:,.{DIGITS[unit]}f}"


def cell(samples, unit):
    """Median and range."""
    low, middle, high = (number(value, unit) for value in
                         (min(samples), statistics.median(samples), max(samples)))
    return f"{middle} ({low}…{high})"


def judge(measure, row, samples, troubles):
    """One row of the table, as plain data."""
    judged = {"measure": measure.key, "title": measure.title, "unit": measure.unit,
              "ours": row.ours, "peer": row.peer, "at_least": row.at_least, "at_most": row.at_most}
    for side in filter(None, (row.peer, row.ours)):
        if side in troubles:
            return {**judged, "value": None, "verdict": troubles[side]}
    value = row.value(samples)
    if not row.has_goal():
        verdict = "for information"
    elif min(len(samples[side]) for side in filter(None, (row.ours, row.peer))) < ENOUGH_ROUNDS:
        verdict = "too few rounds"
    else:
        verdict = "met" if row.met(value) else "missed"
    return {**judged, "value": value, "verdict": verdict}


def judge_all(measures, samples, troubles):
    return [judge(measure, row, samples[measure.key], troubles[measure.key])
            for measure in measures for row in measure.rows]


def goal(judged):
    for sign, bound in (("≥", judged["at_least"]), ("≤", judged["at_most"])):
        if bound is not None:
            return f"{sign} {bound:g}" + ("" if judged["peer"] else f" {judged['unit']}")
    return ""


def line(judged, samples):
    def side(name):
        values = samples[judged["measure"]].get(name)
        return f"{name}: {cell(values, judged['unit'])}" if values else name or ""

    is_ratio = judged["peer"] and judged["value"] is not None
    ratio = f"**{judged['value']:.2f}**" if is_ratio else ""
    columns = (f"{judged['title']}, {judged['unit'].strip('/')}" if judged["unit"] != "/s"
               else f"{judged['title']}, per second",
               side(judged["ours"]), side(judged["peer"]), ratio, goal(judged), judged["verdict"])
    return f"| {' | '.join(columns)} |"


def markdown(facts, rows, samples):
    head = ["| median (lowest…highest) | msdemo | beside | times | goal | |",
            "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(line(row, samples) for row in rows), "",
                      *(f"- {name}: {value}" for name, value in facts.items())]) + "\n"


def write(prefix, facts, rows, samples):
    """build/peers/<prefix>result.json and table.md; returns the text of the table."""
    text = markdown(facts, rows, samples)
    (WORK / f"{prefix}table.md").write_text(text, encoding="utf-8")
    document = {"circumstances": facts, "rows": rows, "samples": samples}
    (WORK / f"{prefix}result.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return text
