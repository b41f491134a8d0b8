"""What `scripts/bench fanout` says: tables for people, verdicts, and the same as JSON."""

import pathlib

from calls_report import cell, machine, median_row, noise, output_of, revision

DELIVERIES_PER_S_MIN = 500_000
P99_MS_MAX = {1000: 5.0, 10_000: 50.0}


def about(arguments, lots):
    """The machine, the version and the way of measuring."""
    sidecar = pathlib.Path(arguments.build, "rpc-sidecar")
    return {
        **machine(),
        "versions": {"rpc-sidecar": output_of([sidecar, "version"]).removeprefix("rpc-sidecar ")},
        "git": revision(),
        "options": {key: getattr(arguments, key)
                    for key in ("seconds", "rounds", "quick", "is_pinned")},
        "lots": lots,
    }


class Report:
    def __init__(self, about_run, figures, memory):
        self.about = about_run
        self.memory = memory  # [contender][level] = KiB
        self.levels = list(next(iter(figures.values()))[0])
        # [contender][level][way] = rows, one a round
        self.figures = {
            name: {level: {way: [one[level][way] for one in rounds] for way in ("paced", "burst")}
                   for level in self.levels}
            for name, rounds in figures.items()}
        self.targets = self.judge()

    def median(self, name, level, way):
        return median_row(self.figures[name][level][way])

    def per_subscriber(self, name, field):
        memory = self.memory[name]
        most = self.levels[-1]
        return (memory[most][field] - memory[self.levels[0]]["rss_kib"]) / (most - self.levels[0])

    def judge(self):
        targets = []

        def add(name, value, limit, is_met, words):
            targets.append({"name": name, "value": value, "limit": limit, "is_met": is_met,
                            "words": words})

        if "framed" in self.figures and 1000 in self.levels:
            row = self.median("framed", 1000, "burst")
            rate = row["deliveries_per_s"]
            add("framed_deliveries_per_s", rate, DELIVERIES_PER_S_MIN, rate >= DELIVERIES_PER_S_MIN,
                f"{rate:,.0f} framed deliveries/s at 1,000 subscribers, at {row['sidecar_cpus']:.2f} "
                f"CPUs ({DELIVERIES_PER_S_MIN:,} wanted); {1e6 / row['sidecar_cpu_us']:,.0f} for each "
                "second of CPU")
        for name in self.figures:
            if name.endswith("before"):
                continue
            for level in set(self.levels) & P99_MS_MAX.keys():
                p99, limit = self.median(name, level, "paced")["p99_ms"], P99_MS_MAX[level]
                add(f"{name}_p99_ms_at_{level}", p99, limit, p99 <= limit,
                    f"{name}: p99 {p99:.2f} ms until the last of {level:,} subscribers has an event "
                    f"({limit:g} ms allowed)")
            forms = {row["forms_per_event"] for ways in self.figures[name].values()
                     for rounds in ways.values() for row in rounds}
            if None not in forms:
                add(f"{name}_forms_per_event", max(forms), 1.0, forms == {1.0},
                    f"{name}: {max(forms):g} serialisations of an event, however many subscribers "
                    "(1 wanted)")
        return targets

    def text(self):
        parts = [self.heading(), self.table("paced"), self.table("burst"), self.memory_table()]
        parts.append("\n".join(f"{'met  ' if one['is_met'] else 'short'}  {one['words']}"
                               for one in self.targets))
        parts.append(noise([row for levels in self.figures.values() for ways in levels.values()
                            for rows in ways.values() for row in rows]))
        return "\n\n".join(part for part in parts if part)

    def heading(self):
        options, git = self.about["options"], self.about["git"]
        where = self.about["machine"]
        pinned = ("the sidecar alone on the last CPU, provider and subscribers on the others"
                  if options["is_pinned"] else "on any CPU")
        lots = ", ".join(f"{lot} at {level:,}" for level, lot in self.about["lots"].items())
        return (
            f"rpc-sidecar {self.about['versions']['rpc-sidecar']} ({git['revision']}"
            f"{', changed' if git['is_dirty'] else ''}), {where['cpus']} x {where['cpu']}, "
            f"Linux {where['kernel']}, load {where['load_at_start']:.1f} at the start\n"
            f"newHeads of 1.6 KB; median of {options['rounds']} rounds; {pinned};\n"
            f"CPU in us per delivery; ms until the last subscriber has an event; events in a burst's "
            f"lot: {lots}")

    def table(self, way):
        lines = [way.ljust(16) + "subscribers  deliveries/s    p50 ms    p99 ms    max ms  "
                 "sidecar CPU  client  sidecar CPUs"]
        for name in self.figures:
            for level in self.levels:
                row = self.median(name, level, way)
                lines.append(
                    f"{name:<16}" + cell(level, ",d", 11) + cell(row["deliveries_per_s"], ",.0f", 14)
                    + cell(row["p50_ms"], ",.3f", 10) + cell(row["p99_ms"], ",.3f", 10)
                    + cell(row["max_ms"], ",.3f", 10) + cell(row["sidecar_cpu_us"], ".2f", 13)
                    + cell(row["client_cpu_us"], ".2f", 8) + cell(row["sidecar_cpus"], ".2f", 14))
        return "\n".join(lines)

    def memory_table(self):
        lines = ["memory".ljust(16) + "".join(f"{f'{level:,}':>10}" for level in self.levels)
                 + "   KiB a subscriber    at most"]
        for name, memory in self.memory.items():
            lines.append(f"{name:<16}"
                         + "".join(cell(memory[level]["rss_kib"], ",d", 10) for level in self.levels)
                         + cell(self.per_subscriber(name, "rss_kib"), ".2f", 19)
                         + cell(self.per_subscriber(name, "hwm_kib"), ".2f", 11))
        return "\n".join(lines)

    def to_json(self):
        fanout = [{"contender": name, "subscribers": level, "way": way, "median": median_row(rows),
                   "rounds": rows}
                  for name, levels in self.figures.items() for level, ways in levels.items()
                  for way, rows in ways.items()]
        memory = [{"contender": name, "subscribers": level, **one}
                  for name, levels in self.memory.items() for level, one in levels.items()]
        return {**self.about, "fanout": fanout, "memory": memory, "targets": self.targets}
