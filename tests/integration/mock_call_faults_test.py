"""The mock provider's faults in what calls are told: errors, another's id, and a chain that lags,
stands still, forks or is the wrong one."""

import json
import unittest

import sidecar_process
from mock_faults_case import HEAD, MockFaultsTestCase


class MockCallFaultsTest(MockFaultsTestCase):
    def test_rpc_errors_by_code_and_by_name(self):
        mock = self.evm()
        wire = self.wire(mock)
        mock.control({"kind": "rpc_error", "code": -32005, "message": "m", "data": {"a": 1}})
        status, _, body = wire.ask(call_id="x")
        self.assertEqual(status, 200)
        self.assertEqual(
            json.loads(body),
            {
                "jsonrpc": "2.0",
                "id": "x",
                "error": {"code": -32005, "message": "m", "data": {"a": 1}},
            },
        )
        for name, status, code, text in (
            ("alchemy_rate_limit", 429, 429, "compute units per second"),
            ("infura_daily_quota", 402, -32005, "daily request count exceeded"),
            ("quicknode_rate_limit", 429, -32007, "request limit reached"),
            ("geth_header_not_found", 200, -32000, "header not found"),
            ("geth_missing_trie_node", 200, -32000, "missing trie node"),
            ("solana_node_behind", 200, -32005, "Node is behind by"),
            ("solana_slot_skipped", 200, -32007, "was skipped"),
            ("solana_blockhash_not_found", 200, -32002, "Blockhash not found"),
            ("execution_reverted", 200, 3, "execution reverted"),
            ("already_known", 200, -32000, "already known"),
            ("nonce_too_low", 200, -32000, "nonce too low"),
            ("replacement_underpriced", 200, -32000, "replacement transaction underpriced"),
            ("insufficient_funds", 200, -32000, "insufficient funds"),
            ("logs_range_too_large", 413, -32614, "limited to a 10,000 range"),
            ("method_not_found", 200, -32601, "does not exist"),
        ):
            with self.subTest(name=name):
                mock.control({"kind": "rpc_error", "name": name})
                got, headers, body = wire.ask()
                error = json.loads(body)["error"]
                self.assertEqual((got, error["code"]), (status, code))
                self.assertIn(text, error["message"])
                self.assertEqual(headers["content-type"], "application/json")

    def test_a_fault_of_one_method_leaves_the_others_of_a_batch_alone(self):
        mock = self.evm()
        mock.control({"kind": "rpc_error", "name": "alchemy_rate_limit", "methods": ["eth_get*"]})
        wire = self.wire(mock)
        calls = [
            {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []},
            {"jsonrpc": "2.0", "id": 2, "method": "eth_getLogs", "params": [{}]},
        ]
        wire.send_body(json.dumps(calls).encode())
        status, _, body = wire.answer()
        first, second = json.loads(body)
        self.assertEqual((status, first["result"], second["error"]["code"]), (200, "0x1", 429))

    def test_wrong_id(self):
        mock = self.evm()
        mock.control("wrong_id")
        reply = mock.call("eth_blockNumber", call_id=7)
        self.assertEqual((reply["id"], reply["result"]), (1000000007, hex(HEAD)))

    def test_lag_null_recent_and_stuck(self):
        mock = self.evm()
        block = mock.result("eth_getBlockByNumber", [hex(HEAD), False])
        transaction, account = block["transactions"][0], block["miner"]
        mock.control({"kind": "lag", "blocks": 3})
        self.assertEqual(mock.result("eth_blockNumber"), hex(HEAD - 3))
        self.assertIsNone(mock.result("eth_getBlockByHash", [block["hash"], False]))
        self.assertIsNone(mock.result("eth_getTransactionReceipt", [transaction]))
        error = mock.call("eth_getBalance", [account, hex(HEAD)])["error"]
        self.assertEqual(error, {"code": -32000, "message": "header not found"})

        mock.control({"kind": "null_recent", "blocks": 1})
        self.assertEqual(mock.result("eth_blockNumber"), hex(HEAD))
        self.assertIsNone(mock.result("eth_getTransactionReceipt", [transaction]))
        self.assertIsNone(mock.result("eth_getBlockByNumber", [hex(HEAD), False]))
        self.assertIsNotNone(mock.result("eth_getBlockByNumber", [hex(HEAD - 1), False]))

        quick = self.mock("evm", "--block-time", "10ms")
        quick.control("stuck")
        head = quick.result("eth_blockNumber")
        sidecar_process.wait_until(lambda: quick.stats()["head"] > int(head, 16) + 10)
        self.assertEqual(quick.result("eth_blockNumber"), head)
        quick.heal()
        self.assertGreater(int(quick.result("eth_blockNumber"), 16), int(head, 16) + 10)

    def test_two_mocks_of_one_seed_agree_but_for_a_fork(self):
        one, other = self.mock(), self.mock()
        depth = 40  # far enough below both heads, which follow the clock
        number = int(one.result("eth_blockNumber"), 16) - 20
        block = [hex(number), False]
        self.assertEqual(
            one.result("eth_getBlockByNumber", block), other.result("eth_getBlockByNumber", block)
        )

        other.control({"kind": "fork", "depth": depth})
        common, own = (mock.result("eth_getBlockByNumber", block) for mock in (one, other))
        self.assertNotEqual(common["hash"], own["hash"])
        self.assertEqual(common["transactions"], own["transactions"])
        self.assertIsNone(other.result("eth_getBlockByHash", [common["hash"], False]))
        steps = 0
        while common["hash"] != own["hash"]:
            self.assertLess(steps := steps + 1, depth)
            common = one.result("eth_getBlockByHash", [common["parentHash"], False])
            own = other.result("eth_getBlockByHash", [own["parentHash"], False])
        self.assertGreater(steps, 0)

    def test_wrong_chain_and_syncing(self):
        mock = self.evm()
        mock.control({"kind": "wrong_chain", "chain_id": 137}, {"kind": "syncing", "blocks": 10})
        self.assertEqual(mock.result("eth_chainId"), "0x89")
        self.assertEqual(mock.result("net_version"), "137")
        syncing = mock.result("eth_syncing")
        self.assertEqual(int(syncing["highestBlock"], 16) - int(syncing["currentBlock"], 16), 10)

        solana = self.mock("svm")
        genesis = solana.result("getGenesisHash")
        solana.control("wrong_chain", {"kind": "syncing", "blocks": 153})
        self.assertNotEqual(solana.result("getGenesisHash"), genesis)
        error = solana.call("getHealth")["error"]
        self.assertEqual((error["code"], error["data"]), (-32005, {"numSlotsBehind": 153}))


if __name__ == "__main__":
    unittest.main()
