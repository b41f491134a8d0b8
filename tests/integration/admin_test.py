"""What an administrator does to a running sidecar: providers drained and taken back, breakers
reset, the log's level changed."""

import json
import unittest

from access_case import AccessTestCase, run
from sidecar_process import wait_until


class AdminTest(AccessTestCase):
    def admin(self, running, *words):
        return run("admin", *words, "--socket", running.socket)

    def test_a_drained_provider_ends_what_it_has_and_gets_nothing_new(self):
        own, paid = self.mock("own"), self.mock("paid")
        self.mocks["own"].control({"kind": "latency", "min_ms": 1000, "methods": ["eth_getBalance"]})
        running = self.serve("", own, paid)
        client = self.framed(running)
        slow = client.start("eth_getBalance", ["0x" + "11" * 20, "latest"])
        wait_until(lambda: self.endpoints(running)["own"]["inflight"] == 1)

        code, out, err = self.admin(running, "drain", "main", "own")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(json.loads(out), {"chain": "main", "provider": "own", "state": "drained"})
        before = self.endpoints(running)["own"]["attempts"]
        for _ in range(10):
            self.assertIsNone(self.call(running, "eth_chainId", []).error)
        self.assertIsNone(client.finish(slow).error)
        self.assertEqual(self.endpoints(running)["own"]["attempts"], before)
        self.assertEqual(self.endpoints(running)["own"]["state"], "drained")

        code, out, _ = run("explain", "eth_chainId", "--socket", running.socket)
        self.assertEqual(code, 0)
        self.assertRegex(out, r"own.*drained")
        self.assertEqual(self.admin(running, "undrain", "main", "own")[0], 0)
        self.assertIsNone(self.call(running, "eth_chainId", []).error)
        self.assertEqual(self.endpoints(running)["own"]["attempts"], before + 1)

    def test_all_drained_is_an_error_that_says_so(self):
        running = self.serve("")
        self.assertEqual(self.admin(running, "drain", "main", "own")[0], 0)
        self.assert_error(self.call(running, "eth_chainId", []), "NO_UPSTREAM", sent="no",
                          tried=[])

    def test_feeds_move_away_from_a_drained_provider(self):
        own, paid = self.mock("own", "--block-time", "100ms"), self.mock("paid", "--block-time",
                                                                           "100ms")
        policies = {"probe": {"on": False}, "feed": {"failback_interval": "100ms"}}
        running = self.serve("", {**own, "ws": self.mocks["own"].ws_url},
                             {**paid, "ws": self.mocks["paid"].ws_url}, policies=policies)
        client = self.framed(running)
        client.subscribe("eth_subscribe", ["newHeads"])
        client.next_event()
        self.assertEqual(self.mocks["own"].ws_stats()["subscriptions_open"], 1)

        self.assertEqual(self.admin(running, "drain", "main", "own")[0], 0)
        wait_until(lambda: self.mocks["paid"].ws_stats()["subscriptions_open"] == 1
                   and self.mocks["own"].ws_stats()["subscriptions_open"] == 0)
        client.next_event()

    def test_an_open_breaker_is_reset(self):
        own, paid = self.mock("own"), self.mock("paid")
        self.mocks["own"].control({"kind": "http_status", "status": 500})
        policies = {"probe": {"on": False}, "breaker": {"failures_max": 1, "open_min": "1h",
                                                        "open_max": "2h"}}
        running = self.serve("", own, paid, policies=policies)
        self.assertIsNone(self.call(running, "eth_chainId", []).error)
        self.assertEqual(self.endpoints(running)["own"]["breaker"], "open")
        self.mocks["own"].heal()

        self.assertEqual(self.admin(running, "reset-breaker", "main", "own")[0], 0)
        self.assertEqual(self.endpoints(running)["own"]["breaker"], "closed")
        before = self.endpoints(running)["own"]["attempts"]
        self.assertIsNone(self.call(running, "eth_chainId", []).error)
        self.assertEqual(self.endpoints(running)["own"]["attempts"], before + 1)

    def test_the_log_level_changes_while_it_runs(self):
        running = self.serve("")
        self.call(running, "eth_chainId", [])
        self.assertNotIn("call_done", running.log_text())
        self.assertEqual(self.admin(running, "log-level", "debug")[0], 0)
        self.call(running, "eth_chainId", [])
        wait_until(lambda: "call_done" in running.log_text())

    def test_wrong_words_are_told(self):
        running = self.serve("")
        rows = [
            (("drain", "nope", "own"), 1, "no chain of that name"),
            (("drain", "main", "nope"), 1, "no provider of that name"),
            (("log-level", "loud"), 1, "loud"),
            (("drain", "main"), 2, "drain CHAIN PROVIDER"),
            (("melt",), 2, "unknown verb melt"),
            ((), 2, "expected VERB"),
        ]
        for words, code, text in rows:
            with self.subTest(words):
                found, out, err = self.admin(running, *words)
                self.assertEqual((found, out), (code, ""))
                self.assertIn(text, err)
        self.assertEqual(self.call(running, "sidecar_melt", []).error["code"], -32601)
        self.assertEqual(run("admin", "drain", "main", "own", "--socket",
                             self.folder / "none.sock")[0], 1)


if __name__ == "__main__":
    unittest.main()
