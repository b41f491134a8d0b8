"""Faults of the network itself: packets dropped, refused and lost between the sidecar and a provider. Runs in a
network namespace of its own (tests/support/in_network_namespace), whose only interface is its loopback."""

import json
import subprocess
import time
import unittest

from mock_provider import MockProvider
from sidecar_process import BINARY, SidecarTestCase, wait_until

TABLE = "inet faults"


def nft(rule):
    subprocess.run(["nft", rule], check=True, capture_output=True, text=True)


class NetworkTest(SidecarTestCase):
    @classmethod
    def setUpClass(cls):
        names = subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True)
        if len(names.stdout.splitlines()) != 1:
            raise AssertionError("this is no namespace of its own: run it by ctest")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def setUp(self):
        super().setUp()
        nft(f"add table {TABLE}")
        nft(f"add chain {TABLE} input {{ type filter hook input priority 0; }}")
        self.addCleanup(nft, f"delete table {TABLE}")
        self.bad, self.good = (MockProvider.start(BINARY, "evm") for _ in range(2))
        self.addCleanup(self.bad.stop)
        self.addCleanup(self.good.stop)

    def serve(self, **sections):
        self.running = self.sidecar({"name": "bad", "http": self.bad.url},
                                    {"name": "good", "http": self.good.url}, policies=sections)
        self.wait_for("healthy")

    def endpoint(self, name="bad"):
        with self.running.framed() as client:
            status = json.loads(client.call("sidecar_status").result)
        return next(one for one in status["chains"][0]["endpoints"] if one["provider"] == name)

    def wait_for(self, *states, timeout=20):
        wait_until(lambda: self.endpoint()["state"] in states, timeout,
                   lambda: f"wanted {states}: {self.endpoint()}")

    def drop(self, what):
        """Rules about packets to the bad provider; `what` ends in a verdict."""
        nft(f"add rule {TABLE} input tcp dport {self.bad.port} {what}")

    def heal(self):
        nft(f"flush chain {TABLE} input")

    def timed_call(self):
        began = time.monotonic()
        answer = self.call(self.running, "eth_chainId")
        self.assertEqual(answer.result, b'"0x1"', answer.error)
        return time.monotonic() - began

    def test_A02_connects_that_nobody_answers(self):
        self.drop("drop")  # from the start: no connection is there that would do
        self.running = self.sidecar({"name": "bad", "http": self.bad.url},
                                    {"name": "good", "http": self.good.url},
                                    policies={"probe": {"on": False}})
        # A hedge answers, well before the connect timeout of 2 s; the loop is not held up.
        self.assertLess(self.timed_call(), 2)
        wait_until(lambda: self.timed_call() < 0.1)

    def test_A03_an_unreachable_network_is_as_a_refused_connect(self):
        self.drop("reject with icmp type host-unreachable")
        self.running = self.sidecar({"name": "bad", "http": self.bad.url},
                                    {"name": "good", "http": self.good.url},
                                    policies={"probe": {"on": False}})
        self.assertLess(self.timed_call(), 1)
        wait_until(lambda: self.endpoint()["failures"] > 0)

    def test_A41_a_connection_that_died_without_a_word(self):
        self.serve()
        self.timed_call()
        self.drop("drop")
        for _ in range(3):
            self.assertLess(self.timed_call(), 2)
        self.wait_for("degraded", "down")
        self.assertLess(self.timed_call(), 0.5)

    def test_A42_a_network_that_comes_and_goes_is_not_hammered(self):
        self.serve(probe={"interval": "200ms", "timeout": "200ms"},
                   breaker={"open_min": "500ms", "open_max": "1s"})
        for _ in range(3):
            nft(f"add rule {TABLE} input tcp dport {self.bad.port} reject with tcp reset")
            self.wait_for("down")
            before = self.endpoint()["attempts"]
            time.sleep(1)
            # One trial in each time that its breaker is open.
            self.assertLess(self.endpoint()["attempts"] - before, 5)
            self.timed_call()
            self.heal()
            self.wait_for("healthy")

    def test_A43_a_network_that_loses_packets_is_slow_and_right(self):
        self.serve()
        self.drop("numgen random mod 100 < 20 drop")
        nft(f"add rule {TABLE} input tcp sport {self.bad.port} numgen random mod 100 < 20 drop")
        for _ in range(40):
            self.timed_call()
        self.assertNotEqual(self.endpoint()["state"], "down")


if __name__ == "__main__":
    unittest.main()
