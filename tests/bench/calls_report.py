"""What `scripts/bench calls` says: tables for people, verdicts, and the same as JSON."""

import os
import pathlib
import platform
import re
import statistics
import subprocess
import time

import calls_contenders

KIB_PER_SESSION_MAX = 4.0
FOREIGN_CPUS_MAX = 0.1
WORSE_MAX = 0.05  # than an earlier build's figure in the same rounds


def output_of(command):
    """Of a program that may be absent or fail."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout + done.stderr).strip()


def first_match(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else "unknown"


def machine():
    memory = pathlib.Path("/proc/meminfo").read_text()
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "cpu": first_match(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text()),
            "cpus": os.cpu_count(),
            "memory_mib": int(first_match(r"^MemTotal:\s+(\d+)", memory)) // 1024,
            "kernel": platform.release(),
            "load_at_start": os.getloadavg()[0],
        },
    }


def revision():
    return {
        "revision": output_of(["git", "rev-parse", "--short=12", "HEAD"]) or "unknown",
        "is_dirty": bool(output_of(["git", "status", "--porcelain", "-uno"])),
    }


def about(arguments, sidecar):
    """The machine, the versions and the way of measuring."""
    nginx = calls_contenders.program("nginx", "nginx-light")
    haproxy = calls_contenders.program("haproxy", "haproxy")
    return {
        **machine(),
        "versions": {
            "rpc-sidecar": output_of([sidecar, "version"]).removeprefix("rpc-sidecar "),
            "haproxy": first_match(r"version (\S+)", output_of([haproxy, "-v"])),
            "nginx": first_match(r"nginx/(\S+)", output_of([nginx, "-v"])),
        },
        "git": revision(),
        "options": {key: getattr(arguments, key) for key in ("seconds", "rounds", "quick", "pin")},
        "origin_connections_max": calls_contenders.CONNECTIONS_MAX,
    }


def median_row(rounds):
    """Key by key; what is None stays None."""
    return {key: None if rounds[0][key] is None else statistics.median(row[key] for row in rounds)
            for key in rounds[0]}


def paired(rounds, others, key, combine):
    """Median over the rounds of what two contenders' figures of one round come to."""
    return statistics.median(combine(a[key], b[key]) for a, b in zip(rounds, others))


def cell(value, form, width):
    return f"{'-' if value is None else format(value, form):>{width}}"


def noise(rows):
    """What others used of the machine, when it was much."""
    notes = []
    for key, words in (("foreign_cpus", "other programs used"), ("stolen_cpus", "the host took")):
        used = statistics.mean(row[key] for row in rows)
        if used > FOREIGN_CPUS_MAX:
            notes.append(f"note: {words} {used:.2f} CPUs meanwhile; run it on a quiet machine")
    return "\n".join(notes)


class Report:
    def __init__(self, about_run, figures, idle):
        self.about = about_run
        self.figures = figures  # [contender][in flight] = rows, one a round
        self.idle = idle  # [contender][sessions] = KiB
        self.levels = list(figures["direct"])
        self.targets = self.judge()

    def ratio(self, name, base, level):
        """Of calls/s; None when the base was not measured."""
        if base not in self.figures or name == base:
            return None
        return paired(self.figures[name][level], self.figures[base][level], "calls_per_s",
                      lambda a, b: a / b)

    def added(self, name, key="p50_us"):
        """Latency over the direct call's, one call at a time."""
        if name == "direct":
            return None
        level = self.levels[0]
        return paired(self.figures[name][level], self.figures["direct"][level], key,
                      lambda a, b: a - b)

    def per_session(self, name, count):
        rss = self.idle[name]
        return (rss[count] - rss[1]) / (count - 1)

    def judge(self):
        targets = []

        def add(name, value, limit, is_met, words):
            targets.append({"name": name, "value": value, "limit": limit, "is_met": is_met,
                            "words": words})

        if {"framed", "haproxy"} <= self.figures.keys():
            ours, theirs = self.added("framed"), self.added("haproxy")
            unix = ""
            if "haproxy unix" in self.figures:
                unix = f" ({self.added('haproxy unix'):.1f} us over a Unix socket)"
            add("framed_added_p50_us", ours, theirs, ours <= theirs,
                f"framed adds {ours:.1f} us to p50, HAProxy {theirs:.1f} us{unix}")
            level = self.levels[-1]
            ratio = self.ratio("framed", "haproxy", level)
            add(f"framed_calls_per_s_at_{level}", ratio, 1.0, ratio >= 1.0,
                f"framed makes {ratio:.2f}x HAProxy's calls/s at {level} in flight (1.0x wanted)")
        before = calls_contenders.BEFORE.name
        if {"framed", before} <= self.figures.keys():
            for level in self.levels:
                ratio = self.ratio("framed", before, level)
                add(f"framed_x_before_at_{level}", ratio, 1 - WORSE_MAX, ratio >= 1 - WORSE_MAX,
                    f"framed makes {ratio:.3f}x the earlier build's calls/s at {level} in flight "
                    f"({1 - WORSE_MAX:g}x wanted)")
            ours, theirs = self.added("framed"), self.added(before)
            add("framed_added_p50_x_before", ours / theirs, 1 + WORSE_MAX,
                ours <= theirs * (1 + WORSE_MAX),
                f"framed adds {ours:.1f} us to p50, the earlier build {theirs:.1f} us")
        if "framed" in self.idle:
            count = max(self.idle["framed"])
            kib = self.per_session("framed", count)
            add("framed_session_kib", kib, KIB_PER_SESSION_MAX, kib <= KIB_PER_SESSION_MAX,
                f"{kib:.2f} KiB RSS per idle framed session at {count:,} "
                f"({KIB_PER_SESSION_MAX:g} KiB allowed)")
        return targets

    def text(self):
        parts = [self.heading()]
        parts += [self.calls_table(level) for level in self.levels]
        if self.idle:
            parts.append(self.idle_table())
        parts.append("\n".join(f"{'met  ' if one['is_met'] else 'short'}  {one['words']}"
                               for one in self.targets))
        parts.append(noise([row for levels in self.figures.values()
                            for rounds in levels.values() for row in rounds]))
        return "\n\n".join(part for part in parts if part)

    def heading(self):
        machine, versions, options = (self.about[key] for key in ("machine", "versions", "options"))
        git = self.about["git"]
        return (
            f"rpc-sidecar {versions['rpc-sidecar']} ({git['revision']}"
            f"{', changed' if git['is_dirty'] else ''}), HAProxy {versions['haproxy']}, nginx "
            f"{versions['nginx']}, {machine['cpus']} x {machine['cpu']}, Linux {machine['kernel']}\n"
            f"median of {options['rounds']} rounds of {options['seconds']:g} s; CPU in us per call; "
            f"added and x: against the same round's")

    def calls_table(self, level):
        lines = [f"{level} in flight".ljust(14) + "  calls/s  x direct  x haproxy   p50 us    added"
                 "    p99 us  proxy CPU  client  origin"]
        for name, levels in self.figures.items():
            row = median_row(levels[level])
            added = self.added(name) if level == self.levels[0] else None
            lines.append(
                f"{name:<14}" + cell(row["calls_per_s"], ",.0f", 9)
                + cell(self.ratio(name, "direct", level), ".2f", 10)
                + cell(self.ratio(name, "haproxy", level), ".2f", 11)
                + cell(row["p50_us"], ",.1f", 9) + cell(added, ",.1f", 9)
                + cell(row["p99_us"], ",.1f", 10) + cell(row["proxy_cpu_us"], ".1f", 11)
                + cell(row["client_cpu_us"], ".1f", 8) + cell(row["origin_cpu_us"], ".1f", 8))
        return "\n".join(lines)

    def idle_table(self):
        counts = [count for count in next(iter(self.idle.values())) if count != 1]
        heads = ["RSS KiB idle"] + [f"{count:,} sessions" for count in counts[1:]]
        lines = ["memory".ljust(14) + "".join(f"{head:>17}" for head in heads) + "    KiB a session"]
        for name, rss in self.idle.items():
            kib = self.per_session(name, counts[-1])
            lines.append(f"{name:<14}" + "".join(cell(rss[count], ",d", 17) for count in counts)
                         + cell(kib, ".2f", 17))
        return "\n".join(lines)

    def to_json(self):
        calls = [{"contender": name, "in_flight": level, "median": median_row(rounds),
                  "x_direct": self.ratio(name, "direct", level),
                  "x_haproxy": self.ratio(name, "haproxy", level),
                  "added_p50_us": self.added(name) if level == self.levels[0] else None,
                  "rounds": rounds}
                 for name, levels in self.figures.items() for level, rounds in levels.items()]
        idle = [{"contender": name, "sessions": count, "rss_kib": kib,
                 "kib_per_session": self.per_session(name, count) if count > 1 else None}
                for name, rss in self.idle.items() for count, kib in rss.items()]
        return {**self.about, "calls": calls, "idle": idle, "targets": self.targets}
