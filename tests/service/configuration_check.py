#!/usr/bin/env python3
"""Checks docs/reference/configuration.md against `msdemo serve --print-config`, both ways."""
import json
import os
import pathlib
import re
import subprocess
import sys

ROW = re.compile(r"^\| `(--[\w-]+)` \| `(MSDEMO_\w+)` \| (\S+) \|", re.MULTILINE)


def main():
    program, document = sys.argv[1:3]
    text = pathlib.Path(document).read_text(encoding="utf-8")
    documented = {option: (variable, "" if default == "–" else default)
                  for option, variable, default in ROW.findall(text)}
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("MSDEMO_")}
    shown = subprocess.run([program, "serve", "order", "--print-config", "--json"],
                           env=environment, capture_output=True, text=True, check=True)
    told = {setting["option"]: (setting["variable"], setting["value"])
            for setting in json.loads(shown.stdout)["settings"]}
    findings = [f"{option}: documented {documented.get(option)}, told {told.get(option)}"
                for option in sorted(documented.keys() | told.keys())
                if documented.get(option) != told.get(option)]
    for finding in findings:
        print(finding)
    print(f"{len(told)} settings, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
