"""Three tiers under load: two mocks that share tier 1, a paid mock, and a real anvil. Providers are killed,
healed, limited and corrupted under 200 calls a second from viem and from the C shim; no worker may notice.

Run by ctest, which tells where the program and the shim are; needs `npm ci` in this folder."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import unittest

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "support"))
sys.path.insert(0, str(FOLDER.parent.parent / "client" / "examples"))

import call as shim  # noqa: E402
from mock_provider import MockProvider  # noqa: E402
from sidecar_process import BINARY, Process, SidecarTestCase, chain_toml, wait_until  # noqa: E402

LIBRARY = os.environ.get("RPC_SIDECAR_LIB", "build/release/client/librpcsidecar.so.0")
ANVIL = FOLDER / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
SECOND = 1.0
# Waits that are 5 s and 60 s by default, shortened; what they stand for is tested at their defaults below.
POLICIES = {
    "probe": {"interval": "300ms", "timeout": "1s", "interval_disabled": "500ms"},
    "breaker": {"open_min": "1s", "open_max": "2s"},
    "cooldown": {"pause_min": "1s", "pause_max": "2s", "retry_after_max": "3s"},
}


class Anvil(Process):
    """A real node, with the mocks' chain id."""

    def __init__(self):
        super().__init__(["--host", "127.0.0.1", "--port", "0", "--chain-id", "1"], binary=ANVIL)

    def wait_listening(self):
        while (line := self.lines.get(timeout=30)) is not None:
            if "Listening on" in line:
                self.url = "http://" + line.rsplit(" ", 1)[1]
                return self
        raise AssertionError(f"anvil ended:\n{self.log_text()}")


class ViemWorker:
    """viem in a node process of its own."""

    def __init__(self, url, rate):
        self.popen = subprocess.Popen(["node", FOLDER / "tiers_worker.mjs", url, str(rate)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.popen.stdout.readline() == "ready\n"

    def seen(self):
        self.popen.stdin.write("\n")
        self.popen.stdin.flush()
        return json.loads(self.popen.stdout.readline())

    def stop(self):
        self.popen.communicate(timeout=10)


class ShimWorkers:
    """The C shim in some threads, each with a connection of its own."""

    def __init__(self, socket, rate, thread_count=4):
        self.lock = threading.Lock()
        self.is_over = threading.Event()
        self.reset()
        self.threads = [threading.Thread(target=self.work, args=(socket, thread_count / rate))
                        for _ in range(thread_count)]
        for thread in self.threads:
            thread.start()

    def reset(self):
        self.counts = {"calls": 0, "failed": 0, "slowest_ms": 0, "first_error": None}

    def work(self, socket, pause):
        sidecar = shim.Sidecar(socket=str(socket), library=LIBRARY)
        while not self.is_over.wait(pause):
            began, error = time.monotonic(), None
            try:
                sidecar.call("eth_chainId", deadline_ms=20_000)
            except (shim.RpcError, shim.SidecarError) as thrown:
                error = str(thrown)
            took = (time.monotonic() - began) * 1000
            with self.lock:
                self.counts["calls"] += 1
                self.counts["failed"] += error is not None
                self.counts["first_error"] = self.counts["first_error"] or error
                self.counts["slowest_ms"] = max(self.counts["slowest_ms"], took)

    def seen(self):
        with self.lock:
            counts = self.counts
            self.reset()
            return counts

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


class TiersTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.mocks = {}
        for name in ("big", "small", "paid"):
            self.mocks[name] = MockProvider.start(BINARY, "evm", "--block-time", "1s")
            self.addCleanup(self.mocks[name].stop)
        anvil = Anvil()
        self.addCleanup(anvil.stop)
        anvil.wait_listening()
        providers = [
            {"name": "big", "http": self.mocks["big"].url, "weight": 75},
            {"name": "small", "http": self.mocks["small"].url, "weight": 25},
            {"name": "paid", "http": self.mocks["paid"].url, "tier": 2, "price": 400},
            {"name": "anvil", "http": anvil.url, "tier": 3},
        ]
        self.chains = chain_toml("dev", "evm", providers, chain_id=1, block_time="1s")

    def serve(self, policies):
        self.running = self.sidecar(chains=self.chains, policies=policies)
        self.wait_for(big="healthy", small="healthy", paid="healthy")

    def endpoints(self):
        with self.running.framed() as client:
            chain = json.loads(client.call("sidecar_status").result)["chains"][0]
        return {one["provider"]: one for one in chain["endpoints"]}

    def wait_for(self, timeout=20, **states):
        """Until each has its state; several states are given with | between."""
        def is_so():
            now = self.endpoints()
            return all(now[name]["state"] in wanted.split("|") for name, wanted in states.items())
        wait_until(is_so, timeout, lambda: f"wanted {states}: {self.endpoints()}")

    def start_workers(self):
        self.workers = [ViemWorker(f"http://{self.running.http_address}/dev", 100),
                        ShimWorkers(self.running.socket, 100)]
        for worker in self.workers:
            self.addCleanup(worker.stop)

    def worker_calls(self):
        """Of each provider: eth_chainId is asked by workers, and by probes on new connections only."""
        return {name: mock.stats()["by_method"].get("eth_chainId", 0)
                for name, mock in self.mocks.items()}

    def shares(self, seconds=1.5):
        before = self.worker_calls()
        time.sleep(seconds)
        after = self.worker_calls()
        return {name: after[name] - before[name] for name in before}

    def assert_unnoticed(self, phase, slowest_ms):
        for worker in self.workers:
            seen = worker.seen()
            with self.subTest(phase, worker=type(worker).__name__):
                self.assertGreater(seen["calls"], 20, seen)
                self.assertEqual(seen["failed"], 0, seen)
                self.assertLess(seen["slowest_ms"], slowest_ms, seen)

    def assert_healthy_shares(self):
        calls = self.shares(3)
        total = calls["big"] + calls["small"]
        self.assertGreater(total, 200, calls)
        self.assertAlmostEqual(calls["big"] / total, 0.75, delta=0.1, msg=calls)
        self.assertLess(calls["paid"], 5, calls)

    def heal(self):
        for mock in self.mocks.values():
            mock.heal()
        self.wait_for(big="healthy", small="healthy", paid="healthy")

    def test_no_worker_notices_whatever_happens_to_tier_1(self):
        self.serve(POLICIES)
        self.start_workers()
        self.assert_healthy_shares()
        self.assert_unnoticed("healthy", 1000)
        out = "down|degraded|disabled|quarantined"
        # fault of `big` -> the states that it may come to, and how long a call may take meanwhile
        table = [
            ({"kind": "refuse"}, "down", 1000),
            ({"kind": "reset"}, "down", 1000),
            ({"kind": "http_status", "status": 500}, "down", 1000),
            ({"kind": "http_status", "status": 401}, "disabled", 1000),
            ({"kind": "garbage"}, "down", 1000),
            ({"kind": "html"}, "down", 1000),
            ({"kind": "blackhole"}, out, 1500),
            ({"kind": "latency", "min_ms": 2000, "max_ms": 2000}, out, 1500),
            ({"kind": "lag", "blocks": 100}, "degraded", 1000),
            ({"kind": "stuck"}, "degraded", 1000),
        ]
        for fault, states, slowest_ms in table:
            phase = json.dumps(fault)
            self.mocks["big"].control(fault)
            self.wait_for(big=states)
            calls = self.shares()
            with self.subTest(phase):
                # Trials of its breaker may still come, worker calls no more.
                self.assertLess(calls["big"], 10, calls)
                self.assertGreater(calls["small"], 100, calls)
            self.assert_unnoticed(phase, slowest_ms)
            self.heal()
            self.shares(0.5)
            self.assert_unnoticed("healed from " + phase, 1500)
        self.assert_healthy_shares()

    def test_A28_a_provider_that_limits_is_left_alone_and_back_after_its_pause(self):
        self.serve(POLICIES)
        self.start_workers()
        for fault in ({"kind": "http_status", "status": 429, "retry_after": "2"},
                      {"kind": "http_status", "status": 429},
                      {"kind": "rpc_error", "name": "alchemy_rate_limit"}):
            self.mocks["big"].control(fault)
            wait_until(lambda: self.endpoints()["big"]["cooldown_ms"] > 0)
            before = self.worker_calls()["big"]
            self.shares(0.7)
            self.assertLess(self.worker_calls()["big"] - before, 10)
            self.assert_unnoticed(json.dumps(fault), 1000)
            self.heal()
            wait_until(lambda: self.shares(0.5)["big"] > 20)

    def test_the_next_tiers_take_over_and_give_back(self):
        self.serve(POLICIES)
        self.start_workers()
        for name in ("big", "small"):
            self.mocks[name].control({"kind": "refuse"})
        self.wait_for(big="down", small="down")
        self.assertGreater(self.shares()["paid"], 150)
        self.assert_unnoticed("tier 1 down", 1000)

        self.mocks["paid"].control({"kind": "refuse"})
        self.wait_for(paid="down")
        before = self.endpoints()["anvil"]["attempts"]
        time.sleep(SECOND)
        self.assertGreater(self.endpoints()["anvil"]["attempts"] - before, 100)
        self.assert_unnoticed("only the real node is left", 1000)

        self.heal()
        self.assert_healthy_shares()
        self.assert_unnoticed("healed", 1000)

    def test_F04_a_provider_that_comes_back_as_another_chain_is_quarantined(self):
        self.serve(POLICIES)
        self.start_workers()
        big = self.mocks["big"]
        big.control({"kind": "refuse"})
        self.wait_for(big="down")
        big.control({"kind": "wrong_chain"})
        self.wait_for(big="quarantined")
        self.assertGreater(self.shares()["small"], 100)
        self.assert_unnoticed("wrong chain", 1000)
        self.heal()
        self.assert_healthy_shares()

    def test_a_dead_provider_is_out_within_10_s_without_traffic(self):
        self.serve({})  # the defaults
        self.mocks["big"].control({"kind": "blackhole"})
        began = time.monotonic()
        self.wait_for(timeout=15, big="degraded|down")
        self.assertLess(time.monotonic() - began, 10)
        with self.running.framed() as client:
            for _ in range(20):
                client.call("eth_chainId")
        calls = self.worker_calls()
        self.assertGreaterEqual(calls["small"], 20, calls)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        unittest.main()
