"""Three tiers under load, and what workers notice of it when providers fail: nothing.

Tier 1 is two mocks that share the calls 75 to 25, tier 2 a mock that costs money, tier 3 a real
node, anvil. All report the same chain id, and the mocks make the same blocks; anvil cannot make
those, so it stays at its genesis, far below them: a node that lags is the last to be asked and has
no vote about blocks, and the calls made here are worth the same from every node. Were its
head near the others', its own block hashes would make it a minority fork, which is never asked.
"""

import re
import subprocess
import time
import unittest

from load_workers import METHODS, ROOT, ShimWorker, ViemWorker
from mock_provider import MockProvider
from sidecar_process import IS_SANITIZED, SidecarTestCase, chain_toml, wait_until

CHAIN_ID = 31337
CALLS_PER_SECOND = 200
# A call is answered within this, whatever the first provider asked does to it.
CALL_MS_MAX = 1_000
# A provider that fails is asked no more by then.
OUT_SECONDS_MAX = 10
# A provider that is used is never without a call for so long.
QUIET_SECONDS = 0.5
# What would be long to wait for, made short; the rest is as it is.
QUICK = {
    "breaker": {"open_min": "500ms", "open_max": "1s"},
    "cooldown": {"pause_min": "1s", "pause_max": "2s"},
    "probe": {"interval": "300ms", "timeout": "1s", "interval_disabled": "500ms"},
}
CHAIN = {
    "chain_id": CHAIN_ID,
    "block_time": "250ms",
    "stall_blocks": 4,
    "stall_min": "1s",
}
THROTTLED = {"kind": "http_status", "status": 429, "body": "slow down"}
# A fault of the first provider, and what the sidecar then says about it: its state, or its state
# and the reason.
FAULTS = [
    ("refuse", ["refuse"], "down"),
    ("blackhole", ["blackhole"], ("degraded", "down")),
    ("reset", ["reset"], "down"),
    ("http_status_500", [{"kind": "http_status", "status": 500}], "down"),
    ("latency_2s", [{"kind": "latency", "min_ms": 2000, "max_ms": 2000}], ("degraded", "down")),
    ("trickle", [{"kind": "trickle", "bytes": 1, "every_ms": 200}], ("degraded", "down")),
    ("lag_100", [{"kind": "lag", "blocks": 100}], "degraded"),
    ("stuck", ["stuck"], "degraded"),
    ("unauthorised_401", [{"kind": "http_status", "status": 401}], "disabled"),
    ("throttled_429_retry_after", [{**THROTTLED, "retry_after": "2"}], None),
    ("throttled_429", [THROTTLED], None),
]


class Anvil:
    """A real node that makes no blocks by itself."""

    def __init__(self):
        binary = ROOT / "tests/clients/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
        self.popen = subprocess.Popen(
            [binary, "--host", "127.0.0.1", "--port", "0", "--chain-id", str(CHAIN_ID)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        for line in self.popen.stdout:
            if found := re.search(r"Listening on (127\.0\.0\.1:\d+)", line):
                self.url = f"http://{found[1]}"
                return
        raise AssertionError(f"anvil ended with {self.popen.wait()} before it served")

    def close(self):
        self.popen.terminate()
        self.popen.stdout.close()
        self.popen.wait(timeout=30)


class Tier(MockProvider):
    """A mock, and what it was asked by workers."""

    def worker_calls(self):
        by_method = self.stats()["by_method"]
        return sum(by_method.get(method, 0) for method in METHODS)


class TiersTest(SidecarTestCase):
    def tier(self):
        arguments = ["--chain-id", CHAIN_ID, "--head", 1_000, "--block-time", "250ms"]
        provider = Tier.start(None, "evm", *arguments)
        self.addCleanup(provider.stop)
        return provider

    def state(self, name):
        return self.endpoints(self.house)[name]["state"]

    def wait_quiet(self, provider):
        """Until workers' calls have stopped coming to it."""
        seen = {"calls": -1, "at": 0.0}

        def is_quiet():
            calls, now = provider.worker_calls(), time.monotonic()
            if calls != seen["calls"]:
                seen.update(calls=calls, at=now)
            time.sleep(0.02)
            return now - seen["at"] >= QUIET_SECONDS

        wait_until(is_quiet, OUT_SECONDS_MAX, "workers' calls still come to it")

    def wait_used(self, provider):
        """Until workers' calls come to it again."""
        before = provider.worker_calls()
        wait_until(
            lambda: time.sleep(0.02) or provider.worker_calls() >= before + 20,
            OUT_SECONDS_MAX,
            lambda: f"gets no calls again: {self.endpoints(self.house)}",
        )

    def settle(self):
        """Accounts for every call since the last time: all were answered, each in time."""
        for worker in self.workers:
            ledger = worker.take()
            self.assertGreater(ledger["calls"], 0)
            self.assertEqual(ledger["failed"], [], f"of {ledger['calls']} calls")
            self.assertLess(ledger["max_ms"], CALL_MS_MAX, ledger)

    def start_house(self):
        self.first, self.second, self.dear = self.tier(), self.tier(), self.tier()
        anvil = Anvil()
        self.addCleanup(anvil.close)
        providers = [
            {"name": "first", "http": self.first.url, "tier": 1, "weight": 75},
            {"name": "second", "http": self.second.url, "tier": 1, "weight": 25},
            {"name": "dear", "http": self.dear.url, "tier": 2, "price": 400},
            {"name": "anvil", "http": anvil.url, "tier": 3},
        ]
        chains = chain_toml("dev", "evm", providers, **CHAIN)
        self.house = self.sidecar(chains=chains, policies=QUICK)
        states = {"first": "healthy", "second": "healthy", "dear": "healthy", "anvil": "degraded"}
        wait_until(lambda: {n: e["state"] for n, e in self.endpoints(self.house).items()} == states)
        rate = CALLS_PER_SECOND // 2
        self.workers = [ViemWorker(self.house, rate), ShimWorker(self.house, rate)]
        for worker in self.workers:
            self.addCleanup(worker.close)

    def run_phase(self, name, check, *arguments):
        """One that fails leaves nothing behind for the next one."""
        with self.subTest(name):
            try:
                check(*arguments)
            finally:
                for tier in (self.first, self.second, self.dear):
                    tier.heal()

    def check_healthy(self):
        self.wait_used(self.first)
        asked = [one.worker_calls() for one in (self.first, self.second, self.dear)]
        wait_until(lambda: self.first.worker_calls() >= asked[0] + 300)
        first, second, dear = (
            one.worker_calls() - before
            for one, before in zip((self.first, self.second, self.dear), asked, strict=True)
        )
        self.assertAlmostEqual(first / (first + second), 0.75, delta=0.05)
        self.assertEqual(dear, 0)
        self.assertGreater(self.dear.stats()["by_method"]["eth_blockNumber"], 0)  # a probe's
        self.settle()

    def check_fault(self, faults, states):
        self.first.control(*faults)
        self.wait_quiet(self.first)
        if states:
            self.assertIn(self.state("first"), states if isinstance(states, tuple) else (states,))
        self.settle()

        self.first.heal()
        self.wait_used(self.first)
        self.settle()

    def check_wrong_chain(self):
        """A provider that comes back as another chain's node does not come back."""
        self.first.control("refuse")
        self.wait_quiet(self.first)
        calls = self.first.worker_calls()
        self.first.control({"kind": "wrong_chain", "chain_id": 5})
        wait_until(lambda: self.state("first") == "quarantined", OUT_SECONDS_MAX)
        self.wait_quiet(self.first)
        self.assertEqual(self.first.worker_calls(), calls)
        self.settle()

        self.first.heal()
        self.wait_used(self.first)
        self.settle()

    def check_tiers_down(self):
        """Tier after tier goes, and the next one answers; then all come back."""
        asked = self.dear.worker_calls()
        self.first.control("refuse")
        self.second.control("refuse")
        wait_until(lambda: self.state("second") == "down" and self.state("first") == "down")
        self.wait_used(self.dear)
        self.settle()
        self.assertGreater(self.dear.worker_calls(), asked)

        attempts = self.endpoints(self.house)["anvil"]["attempts"]
        self.dear.control("refuse")
        wait_until(lambda: self.endpoints(self.house)["anvil"]["attempts"] > attempts + 50)
        self.settle()

        for provider in (self.first, self.second, self.dear):
            provider.heal()
        self.wait_used(self.first)
        self.wait_used(self.second)
        self.wait_quiet(self.dear)
        self.settle()

    @unittest.skipIf(IS_SANITIZED, "Python cannot load a library with a sanitizer")
    def test_no_call_fails_and_none_is_slow_whatever_tier_one_does(self):
        self.start_house()

        self.run_phase("healthy", self.check_healthy)
        for name, faults, states in FAULTS:
            self.run_phase(name, self.check_fault, faults, states)
        self.run_phase("wrong_chain", self.check_wrong_chain)
        self.run_phase("tiers_down", self.check_tiers_down)

    def test_a_dead_provider_is_out_within_ten_seconds_without_any_call(self):
        refusing, silent, good = self.tier(), self.tier(), self.tier()
        names = {"refusing": refusing, "silent": silent, "good": good}
        providers = [{"name": name, "http": one.url, "tier": 1} for name, one in names.items()]
        chains = chain_toml("dev", "evm", providers, chain_id=CHAIN_ID)
        self.house = self.sidecar(chains=chains, policies={})
        for name in names:
            self.wait_state(self.house, name, "healthy")

        refusing.control("refuse")
        silent.control("blackhole")
        begun = time.monotonic()
        wait_until(
            lambda: time.sleep(0.05)
            or not {self.state("refusing"), self.state("silent")} & {"healthy", "unknown"},
            OUT_SECONDS_MAX,
            lambda: f"still in rotation: {self.endpoints(self.house)}",
        )
        self.assertLess(time.monotonic() - begun, OUT_SECONDS_MAX)
        self.assertEqual(self.state("good"), "healthy")

        silent.heal()
        wait_until(lambda: self.state("silent") == "healthy", OUT_SECONDS_MAX)


if __name__ == "__main__":
    unittest.main()
