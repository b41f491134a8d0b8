"""The mock provider's WebSockets for Ethereum: calls, and subscriptions with what they tell and in
which order."""

import unittest

from feed_checker import number_of
from mock_ws_case import HEAD, MockWsTestCase
from raw_transaction import RAW_TRANSACTION

HEAD_FIELDS = {
    "baseFeePerGas", "blobGasUsed", "difficulty", "excessBlobGas", "extraData", "gasLimit",
    "gasUsed", "hash", "logsBloom", "miner", "mixHash", "nonce", "number", "parentBeaconBlockRoot",
    "parentHash", "receiptsRoot", "sha3Uncles", "stateRoot", "timestamp", "transactionsRoot",
    "withdrawalsRoot",
}  # fmt: skip


class EvmFeedsTest(MockWsTestCase):
    def test_calls_and_batches_are_answered_as_over_http(self):
        provider = self.start()
        client = self.connect(provider, "/some/path?key=1")

        self.assertEqual(client.result("eth_blockNumber"), hex(HEAD))
        client.send([
            {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"},
            {"jsonrpc": "2.0", "id": None, "method": "net_version"},
            {"jsonrpc": "2.0", "method": "eth_chainId"},
        ])
        self.assertEqual([one["id"] for one in client.next()], ["a", None])
        client.send_text("{")
        self.assertEqual(client.next()["error"]["code"], -32700)
        self.assertEqual(
            client.call("eth_getBlockByNumber", [hex(HEAD), True])["result"],
            provider.result("eth_getBlockByNumber", [hex(HEAD), True]),
        )
        self.assertEqual(provider.call("eth_subscribe", ["newHeads"])["error"]["code"], -32601)

    def test_heads_are_the_headers_of_the_blocks(self):
        provider = self.start()
        client, heads = self.subscribe(provider, "newHeads")
        self.assertRegex(heads, "^0x[0-9a-f]+$")

        provider.mine(3)

        told = client.events(heads, 3)
        self.assertEqual([number_of(one) for one in told], [HEAD + 1, HEAD + 2, HEAD + 3])
        for head in told:
            self.assertEqual(set(head), HEAD_FIELDS)
            block = provider.result("eth_getBlockByHash", [head["hash"], False])
            self.assertEqual(head, {key: block[key] for key in head})
        self.assertEqual(told[1]["parentHash"], told[0]["hash"])

    def test_logs_are_those_of_get_logs_after_their_head(self):
        provider = self.start()
        logs_of = lambda **wanted: provider.result("eth_getLogs", [wanted])
        blocks = {"fromBlock": hex(HEAD + 1), "toBlock": hex(HEAD + 6)}
        client = self.connect(provider)
        every = client.result("eth_subscribe", "logs", {})

        provider.mine(6)

        whole = logs_of(**blocks)
        self.assertGreater(len(whole), 6)
        self.assertEqual(client.events(every, len(whole)), whole)
        client = self.connect(provider)
        token, topic = whole[0]["address"], whole[0]["topics"][1]
        upper = "0x" + token[2:].upper()
        by_address = client.result("eth_subscribe", "logs", {"address": [upper]})
        by_topic = client.result("eth_subscribe", "logs", {"topics": [None, [topic]]})
        provider.mine(40)
        blocks = {"fromBlock": hex(HEAD + 7), "toBlock": hex(HEAD + 46)}
        wanted = logs_of(address=token, **blocks)
        self.assertEqual(client.events(by_address, len(wanted)), wanted)
        for log in logs_of(topics=[None, topic], **blocks):
            self.assertEqual(client.event(by_topic), log)

    def test_one_block_tells_its_head_first_and_then_its_logs(self):
        provider = self.start()
        client = self.connect(provider)
        logs = client.result("eth_subscribe", "logs")
        heads = client.result("eth_subscribe", "newHeads")

        provider.mine(4)
        count = len(provider.result("eth_getLogs", [{"fromBlock": hex(HEAD + 1)}]))

        seen = [client.next()["params"] for _ in range(4 + count)]
        newest = HEAD
        for event in seen:
            if event["subscription"] == heads:
                newest = number_of(event["result"])
            else:
                self.assertEqual(event["subscription"], logs)
                self.assertEqual(int(event["result"]["blockNumber"], 16), newest)
        self.assertEqual(newest, HEAD + 4)

    def test_pending_transactions_are_told_before_their_block(self):
        provider = self.start()
        client = self.connect(provider)
        hashes = client.result("eth_subscribe", "newPendingTransactions")
        whole = client.result("eth_subscribe", "newPendingTransactions", True)
        heads = client.result("eth_subscribe", "newHeads")

        sent = client.result("eth_sendRawTransaction", RAW_TRANSACTION)
        self.assertEqual(client.event(hashes), sent)
        self.assertEqual(client.event(whole)["hash"], sent)
        provider.mine(2)

        expected = provider.result("eth_getBlockByNumber", [hex(HEAD + 2), True])["transactions"]
        told = client.events(hashes, len(expected))
        self.assertEqual(told, [one["hash"] for one in expected])
        for transaction in expected:
            pending = client.event(whole)
            self.assertEqual(pending["hash"], transaction["hash"])
            self.assertIsNone(pending["blockHash"])
        self.assertEqual([number_of(one) for one in client.events(heads, 2)], [HEAD + 1, HEAD + 2])

    def test_a_node_that_falls_out_of_step_says_so(self):
        provider = self.start()
        client, syncing = self.subscribe(provider, "syncing")

        provider.control({"kind": "syncing", "blocks": 10})
        event = client.event(syncing)
        self.assertIs(event["syncing"], True)
        self.assertEqual(event["status"]["currentBlock"], hex(HEAD - 10))
        provider.heal()
        self.assertIs(client.event(syncing), False)

    def test_unsubscribing_ends_ones_own_alone(self):
        provider = self.start()
        client, heads = self.subscribe(provider, "newHeads")
        other, others = self.subscribe(provider, "newHeads")
        again = client.result("eth_subscribe", "newHeads")
        self.assertEqual(len({heads, others, again}), 3)

        self.assertIn("error", client.call("eth_unsubscribe", [others]))
        self.assertIs(client.result("eth_unsubscribe", heads), True)
        self.assertIn("error", client.call("eth_unsubscribe", [heads]))

        provider.mine()
        self.assertEqual(number_of(other.event(others)), HEAD + 1)
        self.assertEqual(number_of(client.event(again)), HEAD + 1)
        self.assertTrue(client.is_silent_for(0.1))

    def test_what_cannot_be_subscribed_to_is_refused(self):
        client = self.connect(self.start())

        code = lambda *params: client.call("eth_subscribe", params)["error"]["code"]
        self.assertEqual(code("newThings"), -32601)
        self.assertEqual(code(), -32602)
        self.assertEqual(code("logs", {"address": "0x12"}), -32602)
        self.assertEqual(client.call("slotSubscribe")["error"]["code"], -32601)

    def test_by_the_clock_blocks_come_by_themselves(self):
        provider = self.start_as("evm", "--block-time", "50ms")
        client = self.connect(provider)
        heads = client.result("eth_subscribe", "newHeads")
        pending = client.result("eth_subscribe", "newPendingTransactions")

        told = client.events(heads, 5)

        self.assertEqual(
            [number_of(one) for one in told],
            list(range(number_of(told[0]), number_of(told[0]) + 5)),
        )
        self.assertRegex(client.event(pending), "^0x[0-9a-f]{64}$")

    def test_two_of_one_seed_are_one_chain_also_when_stepped_by_hand(self):
        one, other = self.start(), self.start()
        feeds = [self.subscribe(provider, "newHeads") for provider in (one, other)]
        for provider in (one, other):
            provider.mine(2)

        told = [client.events(heads, 2) for client, heads in feeds]

        self.assertEqual(told[0], told[1])


if __name__ == "__main__":
    unittest.main()
