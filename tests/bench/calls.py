#!/usr/bin/env python3
"""What a call costs: straight to the origin, through HAProxy, and through rpc-sidecar in each dialect.

All call the same nginx from the same load generator, in turns (A B C, A B C, ...), because a virtual
machine's speed drifts: the median round is quoted, and ratios are taken inside a round. The answers
are checked, and so is that each call reached the origin exactly once."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import calls_report
from calls_contenders import BEFORE, CONTENDERS, PROXIES, BenchError, Origin

LEVELS = [1, 16, 64]
IDLE_COUNTS = [1, 1000, 10_000]
# HAProxy's sessions are alike over both of its faces, and the sidecar's over both of http's.
IDLE_NAMES = ["haproxy", "framed", "json-ipc", "http unix", "ws unix"]
SETTLE_SECONDS = 0.3


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench calls", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join(one.name for one in CONTENDERS)
    parser.add_argument("--json", metavar="FILE", help="write every figure of every round there too")
    parser.add_argument("--seconds", type=float, default=0.5, metavar="N",
                        help="measured seconds of each figure in each round (0.5)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds (7)")
    parser.add_argument("--quick", action="store_true",
                        help="3 rounds of 0.25 s and no 10,000 sessions; for a first look only")
    parser.add_argument("--only", metavar="NAME,...", help=f"of {names}; `direct` is always there")
    parser.add_argument("--pin", action="store_true",
                        help="proxies on the last CPU, everything else on the others")
    parser.add_argument("--before", metavar="FILE",
                        help="another rpc-sidecar, measured as `framed before` in the same rounds")
    parser.add_argument("--build", default="build/release", metavar="FOLDER",
                        help="where rpc-sidecar and tests/bench/calls_bench are (build/release)")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.rounds = 0.25, 3
    if arguments.seconds <= 0 or arguments.rounds < 1:
        parser.error("needs some seconds and a round")
    known = {one.name for one in CONTENDERS}
    arguments.names = set(arguments.only.split(",")) | {"direct"} if arguments.only else known
    if not arguments.names <= known:
        parser.error(f"--only knows {names}")
    return arguments


def busy_seconds():
    """CPU time of the whole machine that is neither idle nor stolen, and what was stolen."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields)
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, steal / tick


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pairs(line):
    return {key: float(value) for key, _, value in (one.partition("=") for one in line.split()[1:])}


class Bench:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.load_program = pathlib.Path(arguments.build, "tests/bench/calls_bench")
        self.sidecar_program = pathlib.Path(arguments.build, "rpc-sidecar")
        self.contenders = [one for one in CONTENDERS if one.name in arguments.names]
        if arguments.before:
            self.contenders.append(BEFORE)
        self.origin = None
        if not os.access(self.load_program, os.X_OK):
            raise BenchError(f"{self.load_program} is not built")

    def start(self, proxy, place):
        folder = pathlib.Path(self.folder, place)
        folder.mkdir()
        binary = self.arguments.before if proxy == BEFORE.proxy else self.sidecar_program
        running = PROXIES[proxy](folder, self.origin, binary)
        if self.arguments.pin:
            os.sched_setaffinity(running.pid, {os.cpu_count() - 1})
        return running

    def target(self, contender, proxies):
        server = proxies[contender.proxy] if contender.proxy else self.origin
        return ["--dialect", contender.dialect, "--connect", server.addresses[contender.face]]

    def measure(self, contender, proxies, in_flight):
        """One figure of one round."""
        watched = [self.origin.worker_pid]
        if contender.proxy:
            watched.append(proxies[contender.proxy].pid)
        command = [self.load_program, "load", *self.target(contender, proxies),
                   "--in-flight", in_flight, "--seconds", self.arguments.seconds]
        for pid in watched:
            command += ["--watch", pid]
        requests = self.origin.request_count()
        cpu = sum(map(cpu_seconds, watched))
        (busy, steal), began = busy_seconds(), time.monotonic()
        client = subprocess.Popen([str(one) for one in command], stdout=subprocess.PIPE, text=True)
        output = client.stdout.read()
        _, status, usage = os.wait4(client.pid, 0)
        client.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        busy_now, steal_now = busy_seconds()
        if client.returncode != 0:
            raise BenchError(f"{contender.name}, {in_flight} in flight: see above")
        got = pairs(output)
        seen = self.origin.request_count() - requests - 1
        if seen != got["calls_all"]:
            raise BenchError(f"{contender.name}, {in_flight} in flight: {got['calls_all']:.0f} calls "
                             f"were answered, but the origin saw {seen}")
        ours = sum(map(cpu_seconds, watched)) - cpu + usage.ru_utime + usage.ru_stime
        micros = 1e6 / got["calls"]
        return {
            "calls": int(got["calls"]),
            "calls_per_s": got["calls"] / got["seconds"],
            "p50_us": got["p50_ns"] / 1e3,
            "p99_us": got["p99_ns"] / 1e3,
            "max_us": got["max_ns"] / 1e3,
            "proxy_cpu_us": got["watched_1_cpu_s"] * micros if contender.proxy else None,
            "client_cpu_us": got["client_cpu_s"] * micros,
            "origin_cpu_us": got["watched_0_cpu_s"] * micros,
            "foreign_cpus": max(0.0, (busy_now - busy - ours) / took),
            "stolen_cpus": (steal_now - steal) / took,
        }

    def measure_calls(self):
        """figures[contender][in flight] = one row a round."""
        figures = {one.name: {level: [] for level in LEVELS} for one in self.contenders}
        with contextlib.ExitStack() as stack:
            proxies = {}
            for proxy in dict.fromkeys(one.proxy for one in self.contenders if one.proxy):
                proxies[proxy] = stack.enter_context(self.start(proxy, f"calls-{proxy}"))
            for number in range(1, self.arguments.rounds + 1):
                print(f"round {number} of {self.arguments.rounds}", file=sys.stderr, flush=True)
                for level in LEVELS:
                    for one in self.contenders:
                        figures[one.name][level].append(self.measure(one, proxies, level))
        return figures

    def measure_idle(self, contender, counts):
        """RSS of a fresh proxy at each count of sessions that have made one call and sit there."""
        with self.start(contender.proxy, f"idle-{contender.name.replace(' ', '-')}") as proxy:
            command = [self.load_program, "idle", *self.target(contender, {contender.proxy: proxy})]
            for count in counts:
                command += ["--sessions", count]
            rss = {0: proxy.rss_kib()}
            holder = subprocess.Popen([str(one) for one in command], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            try:
                for count in counts:
                    if pairs(holder.stdout.readline()).get("sessions") != count:
                        raise BenchError(f"{contender.name}: no {count} sessions, see above")
                    time.sleep(SETTLE_SECONDS)
                    rss[count] = proxy.rss_kib()
                    holder.stdin.write("\n")
                    holder.stdin.flush()
            finally:
                holder.kill()
                holder.communicate()
        return rss

    def run(self):
        with Origin(self.folder) as self.origin:
            if self.arguments.pin:
                last = os.cpu_count() - 1
                os.sched_setaffinity(0, set(range(os.cpu_count())) - {last} or {last})
                os.sched_setaffinity(self.origin.worker_pid, os.sched_getaffinity(0))
            figures = self.measure_calls()
            counts = IDLE_COUNTS[:-1] if self.arguments.quick else IDLE_COUNTS
            idle = {}
            for one in self.contenders:
                if one.name in IDLE_NAMES:
                    print(f"idle sessions, {one.name}", file=sys.stderr, flush=True)
                    idle[one.name] = self.measure_idle(one, counts)
        return figures, idle


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    try:
        with tempfile.TemporaryDirectory(prefix="rpcs-bench-") as folder:
            os.chmod(folder, 0o755)  # nginx's worker may be another user
            bench = Bench(arguments, folder)
            about = calls_report.about(arguments, bench.sidecar_program)
            figures, idle = bench.run()
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    report = calls_report.Report(about, figures, idle)
    print(report.text())
    if arguments.json:
        # scripts/bench runs this in the project's folder; a file is meant to be where the caller is.
        path = pathlib.Path(os.environ.get("BENCH_CALLER_FOLDER", ""), arguments.json)
        path.write_text(json.dumps(report.to_json(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
