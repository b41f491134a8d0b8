#!/usr/bin/env python3
"""What an event costs on its way from one provider to many subscribers through rpc-sidecar.

One program is the provider and all the subscribers; every subscriber must get every header, in
order and unchanged. Measured in turns (A B A B ...), because a virtual machine's speed drifts; the
median round is quoted. `paced` is one event at a time, as heads come; `burst` is lots of events, two
lots under way at any time, as fast as they are taken."""

import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import fanout_report
from calls import busy_seconds, cpu_seconds, pairs
from calls_contenders import (QUIET, BenchError, Running, Sidecar, clean_environment,
                              raise_fd_limit)

LEVELS = [1, 100, 1000, 10_000]
PACED_EVENTS = {1: 500, 100: 500, 1000: 300, 10_000: 100}
# A burst is bounded by what is under way, not by the kernel's buffers: 64 MB at most.
LOTS = {1: 16, 100: 16, 1000: 16, 10_000: 2}
DIALECTS = ["framed", "ws"]
SETTLE_SECONDS = 0.5

CONF = """
[listen]
path = "{socket}"
[http]
listen = "127.0.0.1:0"
[limits]
sessions_max = 12000
[log]
level = "warn"
{quiet}[[chain]]
name = "ethereum"
family = "evm"
  [[chain.provider]]
  name = "heads"
  ws = "ws://127.0.0.1:{provider_port}"
"""


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench fanout", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="write every figure of every round there too")
    parser.add_argument("--seconds", type=float, default=1.0, metavar="N",
                        help="measured seconds of each burst (1)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds (5)")
    parser.add_argument("--quick", action="store_true",
                        help="1 round of 0.5 s and no 10,000 subscribers; for a first look only")
    parser.add_argument("--only", metavar="NAME", choices=DIALECTS, help="framed or ws")
    parser.add_argument("--no-pin", action="store_true",
                        help="leave the sidecar and the load on any CPU; else the sidecar is on the "
                             "last one and the load on the others")
    parser.add_argument("--before", metavar="FILE",
                        help="another rpc-sidecar, measured in the same rounds")
    parser.add_argument("--build", default="build/release", metavar="FOLDER",
                        help="where rpc-sidecar and tests/bench/fanout_bench are (build/release)")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.rounds = 0.5, 1
    if arguments.seconds <= 0 or arguments.rounds < 1:
        parser.error("needs some seconds and a round")
    arguments.levels = LEVELS[:-1] if arguments.quick else LEVELS
    arguments.dialects = [arguments.only] if arguments.only else DIALECTS
    return arguments


class FanoutSidecar(Sidecar):
    """One provider, over WebSocket."""

    def __init__(self, folder, provider_port, binary):
        Running.__init__(self, "sidecar", folder)
        if not os.access(binary, os.X_OK):
            raise BenchError(f"{binary} is not built")
        unix = self.folder / "rpc.sock"
        self.addresses = {"unix": f"unix:{unix}"}
        conf = self.folder / "sidecar.toml"
        conf.write_text(CONF.format(socket=unix, provider_port=provider_port, quiet=QUIET))
        conf.chmod(0o600)
        self.start([binary, "run", "--config", conf])

    def forms_made(self):
        """Serialisations of events so far; None from versions that do not count them."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{self.addresses['tcp']}/", timeout=20) as answer:
            return json.load(answer).get("event_forms")

    def memory_kib(self, field):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)[1])


class Trial:
    """A sidecar and its load, both fresh."""

    def __init__(self, arguments, binary, dialect):
        self.arguments = arguments
        self.binary = binary
        self.dialect = dialect
        self.load = None
        self.sidecar = None
        self.told = 0  # events so far

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="rpcs-bench-")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.load:
            self.load.kill()
            self.load.communicate()
        if self.sidecar:
            self.sidecar.stop()
        self.folder.cleanup()

    def start(self):
        program = pathlib.Path(self.arguments.build, "tests/bench/fanout_bench")
        if not os.access(program, os.X_OK):
            raise BenchError(f"{program} is not built")
        self.load = subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True, env=clean_environment(),
                                     preexec_fn=raise_fd_limit)
        port = int(pairs(self.load.stdout.readline())["port"])
        self.sidecar = FanoutSidecar(self.folder.name, port, self.binary)
        if self.arguments.is_pinned:
            last = os.cpu_count() - 1
            os.sched_setaffinity(self.sidecar.pid, {last})
            os.sched_setaffinity(self.load.pid, set(range(last)))
        self.ask("sidecar", self.sidecar.pid, self.sidecar.addresses["unix"])

    def ask(self, *words):
        self.load.stdin.write(" ".join(map(str, words)) + "\n")
        self.load.stdin.flush()
        line = self.load.stdout.readline()
        if not line:
            raise BenchError(f"{self.dialect}, {' '.join(map(str, words))}: see above\n"
                             f"{self.sidecar.log_end()}")
        return pairs(line)

    def used(self):
        """Seconds so far: of the clock, of all CPUs, taken by the host, and of our two programs."""
        return (time.monotonic(), *busy_seconds(),
                cpu_seconds(self.sidecar.pid) + cpu_seconds(self.load.pid))

    def measure(self, *words):
        before = self.sidecar.forms_made()
        told = self.told
        began = self.used()
        got = self.ask(*words)
        took, busy, steal, ours = (now - then for now, then in zip(self.used(), began))
        self.told = got["told"]
        after = self.sidecar.forms_made()
        micros = 1e6 / got["deliveries"]
        return {
            "events": got["events"],
            "deliveries": got["deliveries"],
            "deliveries_per_s": got["deliveries"] / got["seconds"],
            "p50_ms": got["p50_ns"] / 1e6,
            "p99_ms": got["p99_ns"] / 1e6,
            "max_ms": got["max_ns"] / 1e6,
            "sidecar_cpu_us": got["sidecar_cpu_s"] * micros,
            "client_cpu_us": got["client_cpu_s"] * micros,
            "sidecar_cpus": got["sidecar_cpu_s"] / got["seconds"],
            "foreign_cpus": max(0.0, (busy - ours) / took),
            "stolen_cpus": steal / took,
            "forms_per_event": None if after is None else (after - before) / (self.told - told),
        }

    def measure_all(self):
        """row[level] = {"paced": ..., "burst": ...}"""
        rows = {}
        for level in self.arguments.levels:
            self.ask("subscribe", self.dialect, level)
            rows[level] = {
                "paced": self.measure("pace", PACED_EVENTS[level]),
                "burst": self.measure("burst", self.arguments.seconds, LOTS[level]),
            }
        return rows

    def measure_memory(self):
        """KiB at each level: idle after some events, and the most there was."""
        memory = {}
        for level in self.arguments.levels:
            self.ask("subscribe", self.dialect, level)
            self.ask("pace", 5)
            time.sleep(SETTLE_SECONDS)
            memory[level] = {"rss_kib": self.sidecar.memory_kib("VmRSS"),
                             "hwm_kib": self.sidecar.memory_kib("VmHWM")}
        return memory


def run(arguments):
    sidecar = pathlib.Path(arguments.build, "rpc-sidecar")
    contenders = {dialect: (sidecar, dialect) for dialect in arguments.dialects}
    if arguments.before:
        contenders |= {f"{dialect} before": (arguments.before, dialect)
                       for dialect in arguments.dialects}
    figures = {name: [] for name in contenders}
    memory = {}
    for number in range(1, arguments.rounds + 1):
        print(f"round {number} of {arguments.rounds}", file=sys.stderr, flush=True)
        for name, (binary, dialect) in contenders.items():
            with Trial(arguments, binary, dialect) as trial:
                figures[name].append(trial.measure_all())
    for name, (binary, dialect) in contenders.items():
        print(f"memory, {name}", file=sys.stderr, flush=True)
        with Trial(arguments, binary, dialect) as trial:
            memory[name] = trial.measure_memory()
    return figures, memory


def main():
    arguments = parse_arguments()
    arguments.is_pinned = not arguments.no_pin and os.cpu_count() > 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    try:
        about = fanout_report.about(arguments, LOTS)
        figures, memory = run(arguments)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    report = fanout_report.Report(about, figures, memory)
    print(report.text())
    if arguments.json:
        # scripts/bench runs this in the project's folder; a file is meant to be where the caller is.
        path = pathlib.Path(os.environ.get("BENCH_CALLER_FOLDER", ""), arguments.json)
        path.write_text(json.dumps(report.to_json(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
