"""The mock provider's faults, one by one, as a client with no cleverness sees them on the wire."""

import contextlib
import json
import socket
import time
import unittest

import mock_provider
import sidecar_process
from raw_transaction import RAW_TRANSACTION, RAW_TRANSACTION_HASH

HEAD = 1_000


class Wire:
    """One connection to a provider, and every byte that comes back."""

    def __init__(self, provider, timeout=20):
        host, _, port = provider.address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout)
        self.buffer = b""
        self.end = None

    def close(self):
        self.socket.close()

    def send(self, method="eth_blockNumber", params=(), call_id=1):
        call = {"jsonrpc": "2.0", "id": call_id, "method": method, "params": list(params)}
        self.send_body(json.dumps(call).encode())

    def send_body(self, body):
        head = "POST / HTTP/1.1\r\nHost: mock\r\nContent-Type: application/json\r\n"
        self.socket.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def fill(self):
        """More bytes, or how it ended."""
        try:
            chunk = self.socket.recv(1 << 16)
        except ConnectionResetError:
            self.end = "reset"
            return False
        if not chunk:
            self.end = "fin"
        self.buffer += chunk
        return bool(chunk)

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            if not self.fill():
                return None, {}
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(status.split()[1]), headers

    def answer(self):
        """Status, headers and body; a status of None when the connection ends without a head."""
        status, headers = self.read_head()
        length = int(headers.get("content-length", "0"))
        while len(self.buffer) < length and self.fill():
            pass
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return status, headers, body

    def ask(self, *call, **more):
        self.send(*call, **more)
        return self.answer()

    def is_silent_for(self, seconds):
        self.socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            return self.socket.recv(1) is None
        return True


class MockFaultsTest(unittest.TestCase):
    def mock(self, family="evm", *arguments, **more):
        provider = mock_provider.MockProvider.start(None, family, *arguments, **more)
        self.addCleanup(self.end, provider)
        return provider

    def end(self, provider):
        code = provider.stop()
        log = provider.log_text()
        self.assertEqual(code, 0, log)
        self.assertEqual(log, "")

    def evm(self, **more):
        """One whose head is known: it makes a block only once an hour."""
        return self.mock("evm", "--head", HEAD, "--block-time", "1h", **more)

    def wire(self, provider, **more):
        wire = Wire(provider, **more)
        self.addCleanup(wire.close)
        return wire

    def assert_sound(self, provider):
        self.assertEqual(provider.result("eth_blockNumber"), hex(HEAD))

    # ---- the connections

    def test_refuse_resets_what_is_there_refuses_connects_and_heals_on_the_same_port(self):
        mock = self.evm()
        idle, asked = self.wire(mock), self.wire(mock)
        idle.ask()
        mock.add("blackhole")
        asked.send()
        sidecar_process.wait_until(lambda: mock.stats()["in_flight"]["now"] == 1)

        mock.control("refuse")

        for wire in (idle, asked):
            self.assertFalse(wire.fill())
            self.assertEqual(wire.end, "reset")
        for _ in range(3):
            with self.assertRaises(ConnectionRefusedError):
                Wire(mock)
        self.assertEqual(mock.stats()["faults_injected"], {"blackhole": 1, "refuse": 1})
        port = mock.port
        mock.heal()
        self.assert_sound(mock)
        self.assertEqual(mock.port, port)
        mock.control("refuse")
        with self.assertRaises(ConnectionRefusedError):
            Wire(mock)
        mock.clear("refuse")
        self.assert_sound(mock)

    def test_refuse_from_the_start_keeps_the_port(self):
        mock = self.evm(faults=[{"kind": "refuse"}])
        with self.assertRaises(ConnectionRefusedError):
            Wire(mock)
        mock.heal()
        self.assert_sound(mock)

    def test_blackhole_reads_and_never_answers(self):
        mock = self.evm()
        mock.control("blackhole")
        wire = self.wire(mock)

        wire.send()

        self.assertTrue(wire.is_silent_for(0.3))
        stats = mock.stats()
        self.assertEqual((stats["calls"], stats["in_flight"]["now"]), (1, 1))
        mock.heal()
        self.assert_sound(mock)
        self.assertTrue(wire.is_silent_for(0.1))  # what was swallowed stays so

    # ---- answers

    def test_latency_is_added_to_each_answer(self):
        mock = self.evm()
        mock.control({"kind": "latency", "min_ms": 150, "max_ms": 200})
        wire = self.wire(mock)
        started = time.monotonic()
        self.assertEqual(wire.ask()[0], 200)
        took = time.monotonic() - started
        self.assertGreaterEqual(took, 0.149)

    def test_trickle_sends_the_body_in_drops(self):
        mock = self.evm()
        mock.control({"kind": "trickle", "bytes": 8, "every_ms": 20})
        wire = self.wire(mock)
        wire.send()
        status, headers = wire.read_head()
        length, reads = int(headers["content-length"]), 0
        while len(wire.buffer) < length:
            self.assertTrue(wire.fill())
            reads += 1
        self.assertEqual(status, 200)
        self.assertGreater(reads, 2)
        self.assertEqual(json.loads(wire.buffer)["result"], hex(HEAD))
        wire.buffer = b""
        mock.heal()
        self.assertEqual(wire.ask()[0], 200)  # on the same connection

    def test_reset_before_the_answer(self):
        mock = self.evm()
        mock.control("reset")
        wire = self.wire(mock)
        self.assertEqual(wire.ask(), (None, {}, b""))
        self.assertEqual(wire.end, "reset")

    def test_reset_within_the_body(self):
        mock = self.evm()
        mock.control({"kind": "reset", "after_bytes": 5})
        wire = self.wire(mock)
        status, headers, body = wire.ask()
        self.assertEqual((status, body), (200, b'{"jso'))
        self.assertGreater(int(headers["content-length"]), 5)
        self.assertEqual(wire.end, "reset")

    def test_truncate_promises_all_and_ends_early(self):
        mock = self.evm()
        for fault, wanted in (
            ({"kind": "truncate"}, lambda length: length // 2),
            ({"kind": "truncate", "after_bytes": 7}, lambda _: 7),
            ({"kind": "truncate", "after_bytes": 0}, lambda _: 0),
            ({"kind": "truncate", "after_bytes": 9999}, lambda length: length - 1),
        ):
            with self.subTest(fault=fault):
                mock.control(fault)
                wire = self.wire(mock)
                status, headers, body = wire.ask()
                self.assertEqual(status, 200)
                self.assertEqual(len(body), wanted(int(headers["content-length"])))
                self.assertEqual(wire.end, "fin")

    def test_truncate_and_trickle_together(self):
        mock = self.evm()
        mock.control(
            {"kind": "trickle", "bytes": 4, "every_ms": 5}, {"kind": "truncate", "after_bytes": 10}
        )
        wire = self.wire(mock)
        self.assertEqual(wire.ask()[2], b'{"jsonrpc"')
        self.assertEqual(wire.end, "fin")

    def test_html_in_place_of_json(self):
        mock = self.evm()
        wire = self.wire(mock)
        for fault, status in (({"kind": "html"}, 200), ({"kind": "html", "status": 502}, 502)):
            mock.control(fault)
            answer = wire.ask()
            self.assertEqual((answer[0], answer[1]["content-type"]), (status, "text/html"))
            self.assertTrue(answer[2].startswith(b"<!DOCTYPE html>"))

    def test_http_status_with_and_without_retry_after(self):
        mock = self.evm()
        wire = self.wire(mock)
        date = "Wed, 21 Oct 2015 07:28:00 GMT"
        for status, more, header in (
            (429, {}, None),
            (429, {"retry_after": "2"}, "2"),
            (503, {"retry_after": date}, date.lower()),
            (402, {"body": '{"error":"pay"}'}, None),
            (401, {}, None),
            (403, {}, None),
            (500, {}, None),
            (502, {}, None),
            (504, {}, None),
        ):
            with self.subTest(status=status, more=more):
                mock.control({"kind": "http_status", "status": status, **more})
                got, headers, body = wire.ask()
                self.assertEqual((got, headers.get("retry-after")), (status, header))
                if "body" in more:
                    self.assertEqual(body.decode(), more["body"])
                    self.assertEqual(headers["content-type"], "application/json")

    def test_garbage_is_half_of_the_json(self):
        mock = self.evm()
        wire = self.wire(mock)
        whole = wire.ask()[2]
        mock.control("garbage")
        status, _, body = wire.ask()
        self.assertEqual((status, body), (200, whole[: len(whole) // 2]))

    # ---- calls

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

    # ---- shares, counts and control

    def test_rate_and_count(self):
        mock = self.evm()
        wire = self.wire(mock)
        mock.control({"kind": "http_status", "status": 503, "count": 3})
        self.assertEqual([wire.ask()[0] for _ in range(5)], [503, 503, 503, 200, 200])
        self.assertEqual(mock.faults(), {"faults": [], "strikes": []})

        mock.control({"kind": "http_status", "status": 429, "rate": 0.5})
        struck = sum(wire.ask()[0] == 429 for _ in range(200))
        self.assertTrue(60 < struck < 140, struck)
        self.assertEqual(mock.faults()["strikes"], [struck])
        self.assertEqual(mock.stats()["faults_injected"]["http_status"], 3 + struck)

    def test_control_tells_the_key_that_is_wrong_and_changes_nothing(self):
        mock = self.evm()
        mock.control("wrong_id")
        for body, start in (
            ("{", "want a JSON object"),
            ('{"faults":[{"kind":"lag"}]}', "faults[0].blocks: must be given"),
            ('{"add":[{"kind":"lag","blocks":1,"rate":2}]}', "add[0].rate: want a number"),
            ('{"clear":["x"]}', "clear: want kinds"),
        ):
            with self.subTest(body=body):
                status, text = mock.page("POST", "/control", body)
                self.assertEqual(status, 400)
                self.assertTrue(text.startswith(start), text)
        self.assertEqual(mock.faults()["faults"], [{"kind": "wrong_id"}])
        self.assertEqual(mock.page("GET", "/health"), (200, "ok"))
        self.assertEqual(mock.page("GET", "/nothing")[0], 404)

    def test_transactions_are_told_apart_though_no_answer_goes_out(self):
        mock = self.evm()
        mock.control("reset")
        for raw in ("0x01", "0x02", "0x01", "0x01"):
            self.wire(mock).ask("eth_sendRawTransaction", [raw])
        stats = mock.stats()
        self.assertEqual(stats["transactions"], {"distinct": 2, "max_repeats": 3, "untracked": 0})
        self.assertEqual(stats["by_method"], {"eth_sendRawTransaction": 4})

    def test_what_is_not_answered_is_carried_out_unless_it_is_not(self):
        mock = self.evm()
        for fault, is_carried_out in (
            ({"kind": "reset", "carried_out": False}, False),
            ({"kind": "blackhole", "carried_out": False}, False),
            ({"kind": "http_status", "status": 503}, False),
            ({"kind": "reset"}, True),
        ):
            with self.subTest(fault=fault):
                mock.control(fault)
                calls = mock.stats()["calls"]
                self.wire(mock).send("eth_sendRawTransaction", [RAW_TRANSACTION])
                sidecar_process.wait_until(lambda: mock.stats()["calls"] > calls)
                mock.heal()
                found = mock.result("eth_getTransactionByHash", [RAW_TRANSACTION_HASH])
                self.assertEqual(found is not None, is_carried_out)
        again = mock.call("eth_sendRawTransaction", [RAW_TRANSACTION])
        self.assertEqual(again["error"], {"code": -32000, "message": "already known"})

    def test_without_a_control_port_the_page_is_on_the_same_one(self):
        mock = sidecar_process.Process(["mock", "--fault", '[{"kind":"wrong_id"}]'])
        self.addCleanup(self.end, mock)
        where = mock.wait_listening()
        self.assertEqual(list(where), ["http"])
        mock.address = mock.control_address = where["http"]
        page = mock_provider.MockProvider.page
        self.assertEqual(json.loads(page(mock, "GET", "/control")[1])["strikes"], [0])
        status, text = page(mock, "POST", "/control", '{"faults":[{"kind":"refuse"}]}')
        self.assertEqual(status, 400)
        self.assertIn("--control-port", text)

    def test_wrong_options_are_refused(self):
        for words, text in (
            (["--fault", '{"kind":"lag"}'], "fault: add[0].blocks: must be given"),
            (["--fault", "lag"], "fault: want a fault as a JSON object"),
            (["--fault", '{"kind":"refuse"}'], "needs a control port"),
            (["--control-port", "x"], '--control-port: "x" is not a port'),
            (["--head", "-1"], '--head: "-1" is not a number'),
        ):
            with self.subTest(words=words):
                code, log = sidecar_process.Process(["mock", *words]).wait_end()
                self.assertEqual(code, 2)
                self.assertIn(text, log)


if __name__ == "__main__":
    unittest.main()
