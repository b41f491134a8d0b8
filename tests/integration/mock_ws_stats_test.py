"""What the mock provider counts of its WebSockets and their subscriptions."""

import contextlib
import unittest

from feed_checker import number_of
from mock_ws_case import HEAD, MockWsTestCase
from sidecar_process import wait_until


class StatsTest(MockWsTestCase):
    def test_what_is_open_and_how_it_ended_is_counted(self):
        provider = self.start()
        client, heads = self.subscribe(provider, "newHeads")
        other, _ = self.subscribe(provider, "newHeads")
        other.result("eth_subscribe", "logs", {"address": []})
        provider.mine()
        client.event(heads)

        stats = provider.ws_stats()
        self.assertEqual((stats["open"], stats["total"]), (2, 2))
        self.assertEqual(stats["subscriptions_open"], 3)
        self.assertEqual(stats["subscriptions_open_by_kind"], {"logs": 1, "newHeads": 2})
        self.assertEqual(stats["subscriptions_open_max_per_key"], 2)
        self.assertGreaterEqual(stats["events_sent"], 2)
        client.result("eth_unsubscribe", heads)
        client.close()
        other.leave()
        wait_until(lambda: provider.ws_stats()["open"] == 0)
        stats = provider.ws_stats()
        self.assertEqual(stats["subscriptions_open"], 0)
        self.assertEqual(stats["subscriptions"], {
            "opened": 3, "unsubscribed": 1, "leaked": 2, "cut": 0, "over": 0
        })  # fmt: skip
        self.assertEqual(stats["subscriptions_open_max_per_key"], 2)

    def test_one_that_does_not_read_holds_up_nobody(self):
        provider = self.start()
        slow, _ = self.subscribe(provider, "logs", {})
        quick, heads = self.subscribe(provider, "newHeads")

        provider.mine(2_000)

        self.assertEqual(number_of(quick.events(heads, 2_000)[-1]), HEAD + 2_000)
        count = 0
        with contextlib.suppress(TimeoutError):
            while slow.next(timeout=2) is not None:
                count += 1
        self.assertEqual(slow.end, None)
        self.assertEqual(count + 2_000, provider.ws_stats()["events_sent"])


if __name__ == "__main__":
    unittest.main()
