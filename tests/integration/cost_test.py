"""What the sidecar says it has spent, and what sharing has saved, against what a mock was asked."""

import json
import unittest

from feed_case import FeedTestCase, member
from sidecar_process import wait_until


class CostTest(FeedTestCase):
    def cost(self, sidecar):
        return json.loads(self.call(sidecar, "sidecar_status").result)["cost"]

    def serve_priced(self, **keys):
        mock = self.mock()
        return mock, self.serve(self.source("paid", mock, price=1000, **keys))

    def test_calls_cost_their_price_and_their_bytes(self):
        mock, sidecar = self.serve_priced(price_bytes=1_000_000)
        sizes = [len(self.call(sidecar, "eth_chainId").result) for _ in range(10)]
        sizes.append(len(self.call(sidecar, "eth_getBlockByNumber", ["latest", True]).result))

        cost = self.cost(sidecar)
        self.assertEqual(cost["requests"], 11)
        self.assertAlmostEqual(cost["dollars"], (11 * 1000 + sum(sizes) * 1000) / 1e9, places=12)
        self.assertEqual(mock.stats()["calls"], 11)
        self.assertEqual(cost["month_dollars"], cost["dollars"])

    def test_an_event_told_to_five_is_paid_once_and_saves_four(self):
        mock, sidecar = self.serve_priced(event_units=10)
        members = [member(self, sidecar, "json-ipc") for _ in range(5)]
        for one in members:
            one.subscribe(["newHeads"])
        mock.mine(3)
        for one in members:
            one.read(3)

        cost = wait_until(lambda: (seen := self.cost(sidecar))["saved_dollars"]["feeds"] and seen)
        events = {one["class"]: one for one in cost["classes"]}["events"]
        self.assertEqual(events["requests"], 3 * 10)
        self.assertAlmostEqual(cost["saved_dollars"]["feeds"], 3 * 4 * 10 * 1000 / 1e9, places=12)


if __name__ == "__main__":
    unittest.main()
