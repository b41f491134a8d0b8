"""The mock provider's reorganisations, as subscriptions, later queries and polled filters tell of
them, and the actions that make them."""

import json
import unittest

from feed_checker import number_of
from mock_ws_case import HEAD, MockWsTestCase


class ReorgTest(MockWsTestCase):
    def test_the_new_branch_is_told_in_order_after_what_was_orphaned(self):
        provider = self.start()
        client = self.connect(provider)
        heads = client.result("eth_subscribe", "newHeads")
        logs = client.result("eth_subscribe", "logs", {})
        provider.mine(6)
        before = client.events(heads, 6)
        blocks = {"fromBlock": hex(HEAD + 4), "toBlock": hex(HEAD + 6)}
        old_logs = provider.result("eth_getLogs", [blocks])
        client.messages.clear()
        while not client.is_silent_for(0.1):
            client.messages.clear()

        done = provider.reorg(at=HEAD + 4, salt=7)

        self.assertEqual(done, {"head": HEAD + 6, "at": HEAD + 4})
        after = client.events(heads, 3)
        self.assertEqual([number_of(one) for one in after], [HEAD + 4, HEAD + 5, HEAD + 6])
        self.assertEqual(after[0]["parentHash"], before[2]["hash"])
        self.assertEqual(after[1]["parentHash"], after[0]["hash"])
        self.assertTrue({one["hash"] for one in after}.isdisjoint(one["hash"] for one in before))
        new_logs = provider.result("eth_getLogs", [blocks])
        told = client.events(logs, len(old_logs) + len(new_logs))
        removed = [{**one, "removed": True} for one in reversed(old_logs)]
        self.assertEqual(told, removed + new_logs)
        self.assertNotEqual(
            [(one["transactionHash"], one["data"]) for one in old_logs],
            [(one["transactionHash"], one["data"]) for one in new_logs],
        )
        survivors = {one["transactionHash"] for one in old_logs} & {
            one["transactionHash"] for one in new_logs
        }
        self.assertTrue(survivors)

        provider.mine()
        self.assertEqual(client.event(heads)["parentHash"], after[-1]["hash"])

    def test_later_queries_see_the_new_branch_and_orphans_by_their_hash(self):
        provider = self.start()
        ask = provider.result
        old = ask("eth_getBlockByNumber", [hex(HEAD), True])
        old_logs = ask("eth_getLogs", [{"blockHash": old["hash"]}])
        receipts = ask("eth_getBlockReceipts", [old["hash"]])

        provider.reorg(depth=2)

        new = ask("eth_getBlockByNumber", ["latest", True])
        self.assertEqual(new["number"], old["number"])
        self.assertNotEqual(new["hash"], old["hash"])
        self.assertEqual(ask("eth_getBlockByHash", [new["hash"], True]), new)
        self.assertEqual(ask("eth_getBlockByHash", [old["hash"], True]), old)
        self.assertEqual(ask("eth_getLogs", [{"blockHash": old["hash"]}]), old_logs)
        self.assertEqual(ask("eth_getBlockReceipts", [old["hash"]]), receipts)
        for transaction in new["transactions"]:
            found = ask("eth_getTransactionByHash", [transaction["hash"]])
            self.assertEqual(found["blockHash"], new["hash"])
        kept = {one["hash"] for one in new["transactions"]}
        for transaction in old["transactions"]:
            found = ask("eth_getTransactionReceipt", [transaction["hash"]])
            self.assertEqual(found is not None, transaction["hash"] in kept)
        parent = ask("eth_getBlockByHash", [new["parentHash"], False])
        self.assertEqual(number_of(parent), HEAD - 1)
        unborn = ask("eth_getBlockByNumber", [hex(HEAD + 1), False])
        self.assertIsNone(unborn)

    def test_mocks_told_the_same_agree_and_others_do_not(self):
        one, other, third = self.start(), self.start(), self.start()
        other.mine(2)
        for provider in (one, other):
            provider.reorg(at=HEAD - 5, salt=1)
            provider.reorg(at=HEAD - 2, salt=2)
        third.reorg(at=HEAD - 2, salt=2)
        one.mine(2)
        third.mine(2)

        chain = lambda provider: [
            provider.result("eth_getBlockByNumber", [hex(number), False])["hash"]
            for number in range(HEAD - 7, HEAD + 3)
        ]
        self.assertEqual(chain(one), chain(other))
        self.assertEqual(chain(one)[:2], chain(third)[:2])
        self.assertTrue(set(chain(one)[2:]).isdisjoint(chain(third)[2:]))

    def test_filters_that_are_polled_tell_of_it_too(self):
        provider = self.start()
        blocks = provider.result("eth_newBlockFilter")
        logs = provider.result("eth_newFilter", [{}])
        provider.mine(3)
        provider.result("eth_getFilterChanges", [blocks])
        old_logs = provider.result("eth_getFilterChanges", [logs])[-1:]
        gone = provider.result("eth_getLogs", [{"fromBlock": hex(HEAD + 3)}])

        provider.reorg(depth=1)

        new = provider.result("eth_getBlockByNumber", ["latest", False])
        self.assertEqual(provider.result("eth_getFilterChanges", [blocks]), [new["hash"]])
        changes = provider.result("eth_getFilterChanges", [logs])
        removed = [{**one, "removed": True} for one in reversed(gone)]
        new_logs = provider.result("eth_getLogs", [{"fromBlock": hex(HEAD + 3)}])
        self.assertEqual(changes, removed + new_logs)
        self.assertEqual(old_logs, gone[-1:])

    def test_wrong_actions_are_refused(self):
        provider = self.start()
        for action, words in (
            ({"reorg": {"at": HEAD + 1}}, "at: want a block"),
            ({"reorg": {"at": 5, "depth": 1}}, "reorg.at"),
            ({"reorg": {"deep": 1}}, "reorg.deep"),
            ({"reorg": 3}, "reorg: an action is an object"),
            ({"mine": {"count": 0}}, "mine.count"),
            ({"mine": {}, "faults": []}, "goes alone"),
            ({"close_sockets": {"code": 3}}, "close_sockets.code"),
        ):
            with self.subTest(action=action):
                status, text = provider.page("POST", "/control", json.dumps(action))
                self.assertEqual(status, 400)
                self.assertIn(words, text)
        by_the_clock = self.start_as("svm")
        for action in ({"mine": {}}, {"reorg": {"at": 1}}):
            self.assertEqual(by_the_clock.page("POST", "/control", json.dumps(action))[0], 400)


if __name__ == "__main__":
    unittest.main()
