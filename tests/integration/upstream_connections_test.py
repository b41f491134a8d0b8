"""Providers that refuse, hang, reset or leave: what the worker is told, and who is asked next.
Names begin with the ids of the fault catalogue."""

import signal
import socket
import threading
import time
import unittest

from fault_peer import healthy, http_answer, refused_port, result_body
from sidecar_process import IS_SANITIZED, SidecarTestCase, chain_toml, post, wait_until

# Long enough for a slow machine to do what is meant to succeed, short enough to wait for.
SHORT = "800ms" if IS_SANITIZED else "300ms"


class ConnectionFaultsTest(SidecarTestCase):
    def refused(self, name, **keys):
        sock, port = refused_port()
        self.addCleanup(sock.close)
        return {"name": name, "http": f"http://127.0.0.1:{port}", **keys}

    def check_alone(self, script, name, outcome, sent, **keys):
        """The only provider fails like this: the error says so."""
        peer = self.peer(script)
        sidecar = self.sidecar(self.provider("bad", peer, **keys))

        answer = self.call(sidecar)

        self.assert_error(answer, name, sent=sent, tried=[("bad", outcome)])

    def check_next(self, script, method="eth_blockNumber", **keys):
        """The first provider fails like this: the second one's answer is the answer."""
        bad, good = self.peer(script), self.peer(healthy('"0x900d"'))
        sidecar = self.sidecar(self.provider("bad", bad, **keys), self.provider("good", good))

        answer = self.call(sidecar, method, ["0x01"])

        self.assertEqual(answer.result, b'"0x900d"', answer)
        self.assertEqual(good.methods(), [method])
        return bad

    def check_not_resent(self, script, name, outcome, **keys):
        """What must not happen twice is not tried again once a byte may have left."""
        bad, good = self.peer(script), self.peer(healthy())
        sidecar = self.sidecar(self.provider("bad", bad, **keys), self.provider("good", good))

        answer = self.call(sidecar, "eth_sendTransaction", [{"to": "0x00"}])

        self.assertIn(answer.error["data"]["sent"], ("maybe", "yes"))
        self.assertEqual(answer.name, name)
        self.assertEqual(answer.error["code"], -32000)  # the one code that no client repeats on
        self.assertEqual(good.connection_count, 0)
        self.assertEqual(
            len([m for m in bad.methods() if m == "eth_sendTransaction"]), len(bad.methods())
        )
        self.assertLessEqual(len(bad.methods()), 1)

    def test_A01_connect_refused_goes_to_the_next(self):
        good = self.peer(healthy('"0x900d"'))
        sidecar = self.sidecar(self.refused("down"), self.provider("good", good))

        for method in ("eth_blockNumber", "eth_sendRawTransaction", "eth_sendTransaction"):
            answer = self.call(sidecar, method, ["0x01"])
            self.assertEqual(answer.result, b'"0x900d"')  # nothing left, so all may go on

    def test_A01_all_refuse_lists_each(self):
        sidecar = self.sidecar(self.refused("one"), self.refused("two"), self.refused("three"))

        answer = self.call(sidecar)

        tried = [("one", "connect"), ("two", "connect"), ("three", "connect")]
        self.assert_error(answer, "NO_UPSTREAM", sent="no", tried=tried)
        self.assertTrue(answer.error["data"]["retryable"])

    def test_A04_accepts_and_never_answers(self):
        def script(connection):
            connection.read_request()
            connection.wait_closed()

        with self.subTest("a read goes elsewhere"):
            self.check_next(script, timeout=SHORT)
        with self.subTest("a signed transaction goes elsewhere"):
            self.check_next(script, "eth_sendRawTransaction", timeout=SHORT)
        with self.subTest("what must not happen twice does not"):
            self.check_not_resent(script, "UPSTREAM_TIMEOUT", "timeout", timeout=SHORT)

    def test_A04_call_deadline_of_the_worker_ends_it_sooner(self):
        def script(connection):
            connection.read_request()
            connection.wait_closed()

        peer = self.peer(script)
        sidecar = self.sidecar(self.provider("bad", peer, timeout="30s"))

        answer = self.call(sidecar, deadline_ms=200)

        self.assertEqual(answer.name, "UPSTREAM_TIMEOUT")
        peer.wait_for(
            lambda p: p.connection_count == 1 and not p.live
        )  # given up, not left hanging

    def test_A09_headers_that_drip(self):
        def script(connection):
            connection.read_request()
            for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" * 40:
                connection.send(bytes([byte]))
                time.sleep(0.02)

        self.check_alone(script, "UPSTREAM_TIMEOUT", "timeout", ("maybe", "yes"), timeout=SHORT)
        self.check_next(script, timeout=SHORT)

    def test_A10_body_below_the_minimum_rate(self):
        def script(connection):
            request = connection.read_request()
            body = result_body(request.id, '"' + "x" * 10_000 + '"')
            connection.send(http_answer(b"", length=len(body)))
            for byte in body:
                connection.send(bytes([byte]))
                time.sleep(0.02)

        # 50 bytes a second against 1 KiB; the total deadline alone would wait for a minute.
        keys = {"timeout": "60s", "rate_bytes_min": "1KiB", "rate_window": "1s"}
        self.check_alone(script, "UPSTREAM_TIMEOUT", "timeout", ("maybe", "yes"), **keys)
        self.check_next(script, **keys)

    def test_A11_body_that_stalls(self):
        def script(connection):
            connection.read_request()
            connection.send(http_answer(b'{"jsonrpc":"2.0",', length=1000))
            connection.wait_closed()

        self.check_alone(script, "UPSTREAM_TIMEOUT", "timeout", ("maybe", "yes"), timeout=SHORT)
        self.check_next(script, timeout=SHORT)

    def test_A12_reset_before_first_byte(self):
        def script(connection):
            connection.read_request()
            connection.reset()

        with self.subTest("alone"):
            self.check_alone(script, "UPSTREAM_CLOSED", "closed", "maybe")
        with self.subTest("a read goes elsewhere"):
            bad = self.check_next(script)
            self.assertEqual(len(bad.methods()), 1)
        with self.subTest("a signed transaction goes elsewhere"):
            self.check_next(script, "eth_sendRawTransaction")
        with self.subTest("what must not happen twice does not"):
            self.check_not_resent(script, "UPSTREAM_CLOSED", "closed")

    def test_A12_kept_connection_found_dead_is_no_failure(self):
        # Each connection serves one request, and is then dropped: while it is idle, or just as the
        # next request arrives.
        def leave_idle(connection):
            connection.answer(connection.read_request())

        def leave_on_arrival(connection):
            connection.answer(connection.read_request())
            connection.socket.recv(1 << 16)

        def reset_on_arrival(connection):
            connection.answer(connection.read_request())
            connection.socket.recv(1, socket.MSG_PEEK)
            connection.reset()

        for script in (leave_idle, leave_on_arrival, reset_on_arrival):
            with self.subTest(script.__name__):
                peer = self.peer(script)
                sidecar = self.sidecar(self.provider("one", peer))
                for count in range(1, 21):
                    answer = self.call(sidecar)
                    self.assertEqual(
                        (answer.error, answer.result), (None, b'"0x2a"'), f"call {count}"
                    )
                    if script is leave_idle:
                        peer.wait_for(lambda p: not p.live)

    def test_A13_reset_in_the_body(self):
        def script(connection):
            connection.read_request()
            connection.send(http_answer(b'{"jsonrpc":"2.0","id":1,"res', length=500))
            time.sleep(0.05)
            connection.reset()

        self.check_alone(script, "UPSTREAM_CLOSED", "closed", "yes")
        self.check_next(script)
        self.check_not_resent(script, "UPSTREAM_CLOSED", "closed")

    def test_A13_reset_in_a_long_body_voids_the_parts(self):
        def script(connection):
            request = connection.read_request()
            body = result_body(request.id, '"' + "x" * 8_000_000 + '"')
            connection.send(http_answer(body[:4_000_000], length=len(body)))
            time.sleep(0.2)
            connection.reset()

        peer, good = self.peer(script), self.peer(healthy())
        sidecar = self.sidecar(self.provider("bad", peer), self.provider("good", good))
        answer = self.call(sidecar)

        # Parts may be with the worker already: no other answer can be joined to them.
        if answer.error is not None:
            self.assert_error(answer, "UPSTREAM_CLOSED", sent="yes", tried=[("bad", "closed")])
        else:
            self.assertEqual((answer.result, answer.parts), (b'"0x2a"', 1))

    def test_A14_end_in_a_chunked_body(self):
        def script(connection):
            request = connection.read_request()
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            body = result_body(request.id)
            # A whole JSON text, but the last chunk never comes.
            connection.send(head + b"%x\r\n%s\r\n" % (len(body), body))

        self.check_alone(script, "UPSTREAM_CLOSED", "closed", "yes")
        self.check_next(script)
        self.check_not_resent(script, "UPSTREAM_CLOSED", "closed")

    def test_A16_connection_close_with_others_waiting(self):
        def script(connection):
            request = connection.read_request()
            connection.answer(request, json_of(request), headers=["Connection: close"])

        def json_of(request):
            return f'"{request.json["params"][0]}"'

        peer = self.peer(script)
        sidecar = self.sidecar(self.provider("one", peer, connections_max=1))
        client = self.framed(sidecar)

        calls = [client.start("eth_getBalance", [f"0x{n}"]) for n in range(30)]

        for n, call in enumerate(calls):
            self.assertEqual(client.finish(call).result, f'"0x{n}"'.encode())
        self.assertEqual(peer.connection_count, 30)

    def test_A40_all_slots_busy(self):
        release = threading.Event()

        def script(connection):
            while request := connection.read_request():
                release.wait(30)
                connection.answer(request)

        peer = self.peer(script)
        self.addCleanup(release.set)
        sidecar = self.sidecar(
            self.provider("one", peer, connections_max=1, queue_max=2, timeout="30s")
        )
        client = self.framed(sidecar)

        calls = [client.start("eth_blockNumber") for _ in range(10)]

        # One runs, two wait; the others are told at once, while nothing has been answered.
        refused = [client.finish(call) for call in calls[3:]]
        for answer in refused:
            self.assert_error(answer, "OVERLOADED", sent="no", tried=[("one", "busy")])
        release.set()
        for call in calls[:3]:
            self.assertEqual(client.finish(call).result, b'"0x2a"')

    def test_A44_upstream_stops_reading_our_body(self):
        def script(connection):
            connection.peer.wait_for(lambda p: p.is_done)

        peer = self.peer(script, receive_buffer=4096)
        peer.is_done = False
        sidecar = self.sidecar(self.provider("bad", peer, timeout="1s"))

        answer = self.call(sidecar, "eth_call", ["0x" + "0" * 14_000_000])

        self.assertEqual(answer.name, "UPSTREAM_TIMEOUT")
        self.assertEqual(answer.error["data"]["sent"], "maybe")
        with peer.changed:
            peer.is_done = True
            peer.changed.notify_all()

    def test_A48_proxy_of_the_environment_is_ignored(self):
        proxy, good = self.peer(healthy('"0xbad"')), self.peer(healthy('"0x900d"'))
        names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        environment = {name: proxy.url for name in names}
        sidecar = self.sidecar(self.provider("good", good), env=environment)

        answer = self.call(sidecar)

        self.assertEqual(answer.result, b'"0x900d"')
        self.assertEqual(proxy.connection_count, 0)

    def test_A48_configured_proxy_is_used(self):
        proxy, good = self.peer(healthy('"0x900d"')), self.peer(healthy('"0xbad"'))
        sidecar = self.sidecar(self.provider("good", good, proxy=proxy.url))

        answer = self.call(sidecar)

        self.assertEqual(answer.result, b'"0x900d"')
        self.assertEqual(good.connection_count, 0)

    def test_A50_one_slow_provider_holds_up_nobody_else(self):
        release = threading.Event()

        def stuck(connection):
            while request := connection.read_request():
                release.wait(30)
                connection.answer(request)

        slow, fast = self.peer(stuck), self.peer(healthy('"0xfa57"'))
        self.addCleanup(release.set)
        chains = chain_toml("slow", "evm", [self.provider("slow", slow, timeout="30s")])
        chains += chain_toml("fast", "evm", [self.provider("fast", fast)])
        sidecar = self.sidecar(chains=chains)
        client = self.framed(sidecar)
        numbers = {chain["name"]: chain["number"] for chain in client.hello()["chains"]}

        stuck_calls = [client.start("eth_blockNumber", chain=numbers["slow"]) for _ in range(200)]
        for _ in range(200):
            # Each of them is answered while all of the others still wait.
            self.assertEqual(
                client.call("eth_blockNumber", chain=numbers["fast"]).result, b'"0xfa57"'
            )

        self.assertFalse(client.answers)
        release.set()
        for call in stuck_calls:
            self.assertEqual(client.finish(call).result, b'"0x2a"')

    def test_connections_to_a_provider_are_bounded_and_kept(self):
        peer = self.peer(healthy())
        sidecar = self.sidecar(self.provider("one", peer, connections_max=3))
        client = self.framed(sidecar)

        calls = [client.start("eth_blockNumber") for _ in range(500)]

        for call in calls:
            self.assertEqual(client.finish(call).result, b'"0x2a"')
        self.assertLessEqual(peer.connection_count, 3)
        self.assertEqual(len(peer.requests), 500)

    def test_upstream_ids_are_plain_integers_of_our_own(self):
        peer = self.peer(healthy())
        sidecar = self.sidecar(self.provider("one", peer))
        client = self.framed(sidecar)
        for _ in range(20):
            client.call("eth_blockNumber")

        ids = [request.id for request in peer.requests]

        self.assertTrue(all(isinstance(one, int) and 0 <= one < 2**53 for one in ids), ids)
        self.assertEqual(len(set(ids)), 20)
        # No member of our own: anvil refuses what it does not know.
        self.assertLessEqual(set(peer.requests[0].json), {"jsonrpc", "id", "method", "params"})

    def test_headers_of_the_configuration_are_sent(self):
        peer = self.peer(healthy())
        provider = self.provider("one", peer, headers={"Authorization": "Bearer k3y", "X-Api": "7"})
        sidecar = self.sidecar(provider)

        self.assertEqual(self.call(sidecar).result, b'"0x2a"')

        headers = peer.requests[0].headers
        self.assertEqual((headers["authorization"], headers["x-api"]), ("Bearer k3y", "7"))
        self.assertEqual(headers["content-type"], "application/json")
        self.assertNotIn("k3y", sidecar.log_text())

    def test_term_with_calls_in_flight_answers_them_and_leaves(self):
        def script(connection):
            connection.read_request()
            connection.wait_closed()

        peer = self.peer(script)
        sidecar = self.sidecar(self.provider("one", peer, timeout="30s"))
        client = self.framed(sidecar)
        call = client.start("eth_blockNumber")
        peer.wait_for(lambda p: p.requests)

        sidecar.popen.send_signal(signal.SIGTERM)

        frames = client.recv_to_end()
        names = [frame.json()["data"]["name"] for frame in frames if frame.id == call]
        self.assertEqual(names, ["SHUTTING_DOWN"], frames)
        wait_until(lambda: sidecar.popen.poll() == 0)

    def test_http_worker_gets_sidecar_errors_in_status_200(self):
        sidecar = self.sidecar(self.refused("down"))

        status, body = post(sidecar.http(), {"jsonrpc": "2.0", "id": 7, "method": "eth_chainId"})

        self.assertEqual(status, 200)
        self.assertIn(b'"id":7', body)
        self.assertIn(b'"name":"NO_UPSTREAM"', body)


if __name__ == "__main__":
    unittest.main()
