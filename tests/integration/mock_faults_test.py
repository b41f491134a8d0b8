"""The mock provider's faults, one by one, as a client with no cleverness sees them on the wire:
connections and answers that go wrong, how often, and by whose order."""

import json
import time
import unittest

import mock_provider
import sidecar_process
from mock_faults_case import HEAD, MockFaultsTestCase, Wire
from raw_transaction import RAW_TRANSACTION, RAW_TRANSACTION_HASH


class MockFaultsTest(MockFaultsTestCase):
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
