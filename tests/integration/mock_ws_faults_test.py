"""The mock provider's faults on WebSockets: connections that end, events that are late, lost,
doubled or out of their order, and subscriptions that are refused."""

import json
import unittest

import ws_client
from feed_checker import number_of
from mock_ws_case import HEAD, MockWsTestCase
from sidecar_process import wait_until


class FaultsTest(MockWsTestCase):
    def setUp(self):
        self.provider = self.start()

    def heads(self):
        return self.subscribe(self.provider, "newHeads")

    def test_a_connection_is_closed_or_reset_after_some_events(self):
        self.provider.control({"kind": "ws_close", "code": 1013, "after_events": 2, "count": 1})
        client, heads = self.heads()
        self.provider.mine()
        self.assertEqual(number_of(client.event(heads)), HEAD + 1)
        self.provider.mine()
        self.assertEqual(client.wait_end(), 1013)
        self.assertEqual(len(client.messages), 1)

        client, heads = self.heads()
        self.provider.control({"kind": "ws_reset", "count": 1})
        self.provider.mine()
        self.assertEqual(client.wait_end(), "reset")
        self.assertEqual(self.provider.ws_stats()["subscriptions"]["cut"], 2)
        wait_until(lambda: self.provider.ws_stats()["open"] == 0)

    def test_every_connection_is_closed_on_command(self):
        clients = [self.heads()[0] for _ in range(3)]

        self.assertEqual(self.provider.close_sockets(1001), 3)
        self.assertEqual([client.wait_end() for client in clients], [1001] * 3)

        client, _ = self.heads()
        self.assertEqual(self.provider.reset_sockets(), 1)
        self.assertEqual(client.wait_end(), "reset")

    def test_a_dead_provider_resets_its_websockets_too(self):
        client, _ = self.heads()

        self.provider.control("refuse")

        self.assertEqual(client.wait_end(), "reset")
        with self.assertRaises(ConnectionRefusedError):
            self.provider.ws()

    def test_an_upgrade_is_refused(self):
        self.provider.control({"kind": "ws_refuse", "status": 429, "count": 1})

        with self.assertRaises(ws_client.Refused) as refused:
            self.provider.ws()

        self.assertEqual(refused.exception.status, 429)
        self.assertEqual(self.provider.ws_stats()["refused"], 1)
        self.heads()

    def test_a_silent_one_answers_calls_or_nothing_at_all(self):
        client, heads = self.heads()
        self.provider.control("ws_silent")
        self.provider.mine()
        self.assertTrue(client.is_silent_for(0.1))
        self.assertEqual(client.result("eth_blockNumber"), hex(HEAD + 1))

        self.provider.control({"kind": "ws_silent", "answers": False})
        client.send({"jsonrpc": "2.0", "id": 9, "method": "eth_blockNumber"})
        self.assertTrue(client.is_silent_for(0.1))

        self.provider.heal()
        self.provider.mine()
        self.assertEqual(number_of(client.event(heads)), HEAD + 2)
        self.assertEqual(self.provider.ws_stats()["events_withheld"], 1)

    def test_heads_are_missed(self):
        client = self.connect(self.provider)
        heads = client.result("eth_subscribe", "newHeads")
        self.provider.control({"kind": "missed_heads", "every": 3})

        self.provider.mine(6)

        told = [number_of(one) - HEAD for one in client.events(heads, 4)]
        self.assertEqual(told, [1, 2, 4, 5])

    def test_events_come_twice(self):
        client, heads = self.heads()
        self.provider.control({"kind": "duplicate", "count": 1})

        self.provider.mine(2)

        told = [number_of(one) - HEAD for one in client.events(heads, 3)]
        self.assertEqual(told, [1, 1, 2])

    def test_events_change_places(self):
        client = self.connect(self.provider)
        heads = client.result("eth_subscribe", "newHeads")
        logs = client.result("eth_subscribe", "logs", {})
        self.provider.control(
            {"kind": "reorder", "how": "swap", "methods": ["newHeads"], "count": 1},
            {"kind": "reorder", "methods": ["logs"]},
        )

        self.provider.mine(4)

        told = [number_of(one) - HEAD for one in client.events(heads, 4)]
        self.assertEqual(told, [2, 1, 3, 4])
        right = self.provider.result("eth_getLogs", [{"fromBlock": hex(HEAD + 1)}])
        told = client.events(logs, len(right))
        key = lambda log: (log["blockNumber"], log["logIndex"])
        self.assertNotEqual(list(map(key, told)), list(map(key, right)))
        blocks = lambda logs: [log["blockNumber"] for log in logs]
        self.assertEqual(blocks(told), blocks(right))
        self.assertCountEqual(map(key, told), map(key, right))

    def test_the_answer_to_a_subscription_comes_after_its_events(self):
        client = self.connect(self.provider)
        for is_early in (True, False):
            self.provider.control(
                {"kind": "late_subscribe", "ms": 100, "events_first": is_early, "count": 1}
            )
            client.send(
                {"jsonrpc": "2.0", "id": 5, "method": "eth_subscribe", "params": ["newHeads"]}
            )
            wait_until(lambda: self.provider.ws_stats()["subscriptions_open"] == 1)
            self.provider.mine()
            first, second = client.next(), client.next()
            answer, event = (second, first) if is_early else (first, second)
            self.assertEqual(answer["id"], 5)
            self.assertEqual(event["params"]["subscription"], answer["result"])
            client.result("eth_unsubscribe", answer["result"])

    def test_ones_connection_has_a_limit_of_subscriptions(self):
        self.provider.control({"kind": "subscription_limit", "limit": 2})
        client = self.connect(self.provider)
        first = client.result("eth_subscribe", "newHeads")
        client.result("eth_subscribe", "logs")

        refused = client.call("eth_subscribe", ["newHeads"])["error"]

        self.assertEqual(refused["code"], -32005)
        self.heads()  # on another connection
        client.result("eth_unsubscribe", first)
        client.result("eth_subscribe", "newHeads")

    def test_there_are_no_subscriptions_or_not_of_one_kind(self):
        self.provider.control({"kind": "ws_unsupported", "methods": ["logs"]})
        client, _ = self.heads()
        self.assertEqual(client.call("eth_subscribe", ["logs"])["error"]["code"], -32601)
        self.provider.control("ws_unsupported")
        self.assertEqual(client.call("eth_subscribe", ["newHeads"])["error"]["code"], -32601)

    def test_one_behind_tells_of_its_blocks_later_and_one_that_is_stuck_not_at_all(self):
        client, heads = self.heads()
        self.provider.control({"kind": "lag", "blocks": 2})
        self.provider.mine(3)
        self.assertEqual(number_of(client.event(heads)), HEAD + 1)
        self.assertTrue(client.is_silent_for(0.1))
        self.provider.control("stuck")  # which begins now
        self.provider.mine(2)
        told = [number_of(one) - HEAD for one in client.events(heads, 2)]
        self.assertEqual(told, [2, 3])
        self.assertTrue(client.is_silent_for(0.1))
        self.provider.heal()
        told = [number_of(one) - HEAD for one in client.events(heads, 2)]
        self.assertEqual(told, [4, 5])

    def test_one_that_changes_to_a_branch_and_back_tells_of_both(self):
        client, heads = self.heads()
        self.provider.mine(2)
        common = client.events(heads, 2)

        self.provider.control({"kind": "fork", "from": HEAD + 2})
        own = client.event(heads)
        self.assertEqual(own["number"], common[1]["number"])
        self.assertEqual(own["parentHash"], common[0]["hash"])
        self.assertNotEqual(own["hash"], common[1]["hash"])
        self.provider.heal()
        self.assertEqual(client.event(heads), common[1])

    def test_faults_of_calls_and_answers_strike_here_too(self):
        client = self.connect(self.provider)
        self.provider.control({"kind": "rpc_error", "code": -32000, "methods": ["eth_subscribe"]})
        self.assertEqual(client.call("eth_subscribe", ["newHeads"])["error"]["code"], -32000)
        self.provider.control({"kind": "garbage", "count": 1})
        client.send({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
        with self.assertRaises(json.JSONDecodeError):
            client.next()
        self.provider.control({"kind": "blackhole", "count": 1})
        client.send({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
        self.assertTrue(client.is_silent_for(0.1))
        self.provider.control({"kind": "reset", "count": 1})
        client.send({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
        self.assertEqual(client.wait_end(), "reset")

    def test_wrong_faults_are_refused(self):
        for fault, words in (
            ({"kind": "ws_close", "code": 99}, "code"),
            ({"kind": "missed_heads"}, "every: must be given"),
            ({"kind": "reorder", "how": "up"}, "how: want shuffle"),
            ({"kind": "late_subscribe"}, "ms: must be given"),
            ({"kind": "ws_unsupported", "limit": 1}, "limit: no such key"),
        ):
            with self.subTest(fault=fault):
                status, text = self.provider.page("POST", "/control", json.dumps({"add": [fault]}))
                self.assertEqual(status, 400)
                self.assertIn(words, text)


if __name__ == "__main__":
    unittest.main()
