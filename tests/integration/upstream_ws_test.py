"""Providers over WebSocket: what broken ones do, and behind TLS. Names begin with the ids of the
fault catalogue."""

import json
import pathlib
import socket
import struct
import tempfile

from certificates import Authority, server_context
from sidecar_process import SidecarTestCase, wait_until
from ws_peer import BINARY, CLOSE, PING, PONG, TEXT, WsPeer, close, frame, healthy, text

FIRST, SECOND = '"0xba5e"', '"0x900d"'


class WsTestCase(SidecarTestCase):
    def ws_peer(self, script=None, **more):
        peer = WsPeer(script or healthy(FIRST), **more)
        self.addCleanup(peer.close)
        return peer

    def ws_provider(self, name, peer, **keys):
        return {"name": name, "ws": peer if isinstance(peer, str) else peer.url, **keys}

    def pair(self, peer, **keys):
        """A sidecar that asks `peer` first and then a healthy provider."""
        self.good = self.ws_peer(healthy(SECOND))
        return self.sidecar(
            self.ws_provider("bad", peer, **keys), self.ws_provider("good", self.good)
        )

    def check_elsewhere(self, peer, **keys):
        """A read is answered by the next provider."""
        self.assertEqual(self.call(self.pair(peer, **keys)).result, SECOND.encode())


class UpstreamWsTest(WsTestCase):
    def test_calls_share_one_connection(self):
        peer = self.ws_peer()
        sidecar = self.sidecar(
            self.ws_provider("one", peer, headers={"Authorization": "Bearer token"})
        )
        client = self.framed(sidecar)

        ids = [client.start("eth_call", [{"to": "0x0"}, hex(one)]) for one in range(100)]
        for one in ids:
            self.assertEqual(client.finish(one).result, FIRST.encode())

        self.assertEqual(peer.connection_count, 1)
        head = peer.upgrades[0].headers
        self.assertEqual(head["authorization"], "Bearer token")
        self.assertEqual(head["host"], f"127.0.0.1:{peer.port}")
        self.assertEqual(head["sec-websocket-version"], "13")
        upstream_ids = [request.id for request in peer.requests]
        self.assertEqual(len(set(upstream_ids)), 100)
        self.assertGreater(min(upstream_ids), 1)

    def test_answers_find_their_calls_in_any_order(self):
        def script(socket):
            requests = [socket.read_request() for _ in range(10)]
            for request in reversed(requests):
                socket.answer(request, json.dumps(request.json["params"][0]))
            socket.drop_all()

        client = self.framed(self.sidecar(self.ws_provider("one", self.ws_peer(script))))

        ids = {client.start("eth_call", [f"0x{one}"]): f'"0x{one}"' for one in range(10)}
        for one, wanted in ids.items():
            self.assertEqual(client.finish(one).result.decode(), wanted)

    def test_B01_refused_upgrade(self):
        for status, outcome in (
            ("401 Unauthorized", "unauthorised"),
            ("403 Forbidden", "unauthorised"),
            ("404 Not Found", None),
            ("429 Too Many Requests", "rate_limited"),
            ("503 Service Unavailable", None),
            ("200 OK", None),
        ):
            with self.subTest(status):
                answer = f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno".encode()
                peer = self.ws_peer(refuse=lambda _, answer=answer: answer)
                self.check_elsewhere(peer)

                alone = self.sidecar(self.ws_provider("bad", peer))
                error = self.call(alone).error
                [tried] = error["data"]["tried"]
                if outcome:
                    self.assertEqual(tried["outcome"], outcome)
                self.assertEqual(error["data"]["sent"], "no")

    def test_B02_upgrade_never_answered(self):
        peer = self.ws_peer(refuse=lambda _: b"")
        self.check_elsewhere(peer, connect_timeout="300ms")

    def test_B04_B05_no_extension_is_offered_nor_taken(self):
        peer = self.ws_peer(
            refuse=lambda _: b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        )
        self.check_elsewhere(peer)
        self.assertNotIn("sec-websocket-extensions", peer.upgrades[0].headers)

    def test_B06_fragments_with_pings_between(self):
        def script(socket):
            request = socket.read_request()
            body = f'{{"jsonrpc":"2.0","id":{request.id},"result":"0xabcdef"}}'.encode()
            socket.send(frame(TEXT, body[:10], fin=False) + frame(PING, b"are you there"))
            socket.send(frame(0, body[10:20], fin=False) + frame(PONG))
            self.pong = socket.read_frame()
            socket.send(frame(0, body[20:]))
            socket.drop_all()

        sidecar = self.sidecar(self.ws_provider("one", self.ws_peer(script)))

        self.assertEqual(self.call(sidecar).result, b'"0xabcdef"')
        self.assertEqual(self.pong, (PONG, b"are you there"))

    def test_B07_frame_that_says_it_is_huge(self):
        def script(socket):
            socket.read_request()
            socket.send(frame(TEXT, b"", length=1 << 40))
            socket.drop_all()

        peer = self.ws_peer(script)
        sidecar = self.sidecar(self.ws_provider("one", peer))
        before = sidecar.rss_kib()

        self.assert_error(
            self.call(sidecar), "UPSTREAM_TOO_LARGE", sent="maybe", tried=[("one", "too_large")]
        )
        peer.wait_for(lambda one: one.close_codes == [1009])
        self.assertLess(sidecar.rss_kib() - before, 32 * 1024)

    def test_B09_text_that_is_not_utf8(self):
        def script(socket):
            request = socket.read_request()
            begin = f'{{"jsonrpc":"2.0","id":{request.id},"result":"'.encode()
            socket.send(text(begin + b'\xff"}'))
            socket.drop_all()

        peer = self.ws_peer(script)
        self.check_elsewhere(peer)
        peer.wait_for(lambda one: one.close_codes == [1007])

    def test_frames_that_no_server_may_send(self):
        for wrong, code in (
            (frame(TEXT, b"{}", reserved=0x40), 1002),
            (frame(3, b"{}"), 1002),
            (frame(0, b"{}"), 1002),
            (frame(PING, b"", fin=False), 1002),
            (b"\x81\x81mask!", 1002),
            (frame(BINARY, b"{}"), 1003),
        ):
            with self.subTest(wrong):

                def script(socket, wrong=wrong):
                    socket.read_request()
                    socket.send(wrong)
                    socket.drop_all()

                peer = self.ws_peer(script)
                self.check_elsewhere(peer)
                peer.wait_for(lambda one, code=code: one.close_codes == [code])

    def test_B10_connection_that_ends(self):
        def by_code(code):
            return lambda socket: socket.send(close(code))

        def reset(socket):
            socket.connection.reset()

        for name, ends in (
            *((str(code), by_code(code)) for code in (1000, 1001, 1011, 1012, 1013, 4001)),
            ("FIN", lambda socket: None),
            ("RST", reset),
        ):
            with self.subTest(name):

                def script(socket, ends=ends):
                    socket.read_request()
                    ends(socket)

                peer = self.ws_peer(script)
                sidecar = self.pair(peer)

                self.assertEqual(self.call(sidecar).result, SECOND.encode())

    def test_B10_it_comes_back_to_a_provider_that_went(self):
        def script(socket):
            socket.answer(socket.read_request(), FIRST)

        peer = self.ws_peer(script)
        sidecar = self.sidecar(self.ws_provider("one", peer))

        for _ in range(4):
            wait_until(lambda: self.call(sidecar).result == FIRST.encode())
        self.assertGreaterEqual(peer.connection_count, 4)

    def test_B10_close_code_1013_is_heeded(self):
        def script(socket):
            socket.read_request()
            socket.send(close(1013))

        peer = self.ws_peer(script)
        sidecar = self.pair(peer)

        for _ in range(50):
            self.assertEqual(self.call(sidecar).result, SECOND.encode())
        self.assertEqual(peer.connection_count, 1)

    def test_B10_what_may_not_happen_twice_is_not_sent_again(self):
        peer = self.ws_peer(lambda socket: socket.read_request())
        sidecar = self.pair(peer)

        error = self.call(sidecar, "eth_sendTransaction", [{}]).error

        self.assertEqual(error["data"]["sent"], "maybe")
        self.assertNotIn("eth_sendTransaction", self.good.methods())

    def test_B11_silent_connection_is_given_up(self):
        def script(socket):
            socket.read_request()
            while socket.read_frame() is not None:  # and answers no ping
                pass

        peer = self.ws_peer(script)
        self.check_elsewhere(peer, ping_interval="100ms", timeout="20s")

    def test_B11_whoever_answers_pings_lives_on(self):
        def script(socket):
            request = socket.read_request()
            for _ in range(5):
                opcode, payload = socket.read_frame()
                assert opcode == PING, opcode
                socket.send(frame(PONG, payload))
            socket.answer(request, FIRST)
            socket.drop_all()

        peer = self.ws_peer(script)
        sidecar = self.sidecar(self.ws_provider("one", peer, ping_interval="100ms"))

        self.assertEqual(self.call(sidecar).result, FIRST.encode())
        self.assertEqual(peer.connection_count, 1)

    def test_B12_ping_flood(self):
        def script(socket):
            request = socket.read_request()
            for number in range(20_000):
                socket.send(frame(PING, str(number).encode()))
            socket.answer(request, FIRST)
            self.pongs = []
            while (got := socket.read_frame()) is not None and got[0] != CLOSE:
                self.pongs.append(got)
                if got == (PONG, b"19999"):
                    break

        sidecar = self.sidecar(self.ws_provider("one", self.ws_peer(script)))

        self.assertEqual(self.call(sidecar).result, FIRST.encode())
        wait_until(lambda: self.pongs and self.pongs[-1] == (PONG, b"19999"))
        self.assertLess(len(self.pongs), 500)

    def test_B18_events_that_nobody_asked_for_are_stopped_once(self):
        def script(socket):
            request = socket.read_request()
            for number in range(100):
                socket.event("0xdead", number)
            socket.answer(request, FIRST)
            healthy(FIRST)(socket)

        peer = self.ws_peer(script)
        sidecar = self.sidecar(self.ws_provider("one", peer))

        self.assertEqual(self.call(sidecar).result, FIRST.encode())
        wait_until(lambda: "eth_unsubscribe" in peer.methods())
        self.assertEqual(self.call(sidecar).result, FIRST.encode())
        self.assertEqual(peer.methods().count("eth_unsubscribe"), 1)
        self.assertEqual(peer.requests[1].json["params"], ["0xdead"])

    def test_B19_frames_in_the_segment_of_the_101(self):
        early = text({"jsonrpc": "2.0", "id": 1, "result": 1}) + frame(PING, b"x")
        peer = self.ws_peer(first=early)
        sidecar = self.sidecar(self.ws_provider("one", peer))

        self.assertEqual(self.call(sidecar).result, FIRST.encode())
        self.assertEqual(peer.connection_count, 1)

    def test_nothing_of_the_url_is_logged(self):
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self.addCleanup(sock.close)
        url = f"ws://user:hunter2@127.0.0.1:{sock.getsockname()[1]}/v2/secret-key"
        sidecar = self.sidecar(
            self.ws_provider("one", url), policies={"probe": {"on": True, "interval": "1s"}}
        )

        error = self.call(sidecar).error
        sidecar.stop()

        for word in ("hunter2", "secret-key"):
            self.assertNotIn(word, json.dumps(error))
            self.assertNotIn(word, sidecar.log_text())


class UpstreamWssTest(WsTestCase):
    @classmethod
    def setUpClass(cls):
        temp = tempfile.TemporaryDirectory(prefix="rpcs-wss-")
        cls.addClassCleanup(temp.cleanup)
        folder = pathlib.Path(temp.name)
        cls.authority = Authority(folder)
        cls.stranger = Authority(folder, "somebody else")

    def tls_peer(self, script=None, authority=None, **more):
        key, certificate = (authority or self.authority).issue(f"peer-{id(object())}", **more)
        return self.ws_peer(script, tls=server_context(key, certificate))

    def trusting(self, name, peer, **keys):
        ca_file = str(self.authority.certificate)
        return self.ws_provider(name, peer, **{"ca_file": ca_file, **keys})

    def check_refused(self, provider):
        self.assert_error(
            self.call(self.sidecar(provider)), "UPSTREAM_TLS", sent="no", tried=[("bad", "tls")]
        )

    def test_trusted_certificate_is_accepted(self):
        peer = self.tls_peer()
        client = self.framed(self.sidecar(self.trusting("one", peer)))

        for _ in range(5):
            self.assertEqual(client.call("eth_blockNumber").result, FIRST.encode())
        self.assertEqual(peer.connection_count, 1)

    def test_certificate_for_a_name(self):
        peer = self.tls_peer(san="DNS:localhost")
        url = peer.url.replace("127.0.0.1", "localhost")
        sidecar = self.sidecar(self.trusting("one", url))

        self.assertEqual(self.call(sidecar).result, FIRST.encode())

    def test_A06_unknown_authority(self):
        self.check_refused(self.trusting("bad", self.tls_peer(authority=self.stranger)))

    def test_A06_without_ca_file_the_systems_authorities_count(self):
        self.check_refused(self.trusting("bad", self.tls_peer(), ca_file=""))

    def test_A06_expired_certificate(self):
        self.check_refused(self.trusting("bad", self.tls_peer(days=-1)))

    def test_A06_certificate_for_another_name(self):
        peer = self.tls_peer(san="DNS:example.org")
        self.check_refused(self.trusting("bad", peer))
        self.check_refused(self.trusting("bad", peer.url.replace("127.0.0.1", "localhost")))

    def test_A05_handshake_that_hangs(self):
        peer = self.peer(lambda connection: connection.wait_closed())
        url = peer.url.replace("http:", "wss:")
        provider = self.trusting("bad", url, connect_timeout="300ms")

        error = self.call(self.sidecar(provider)).error

        self.assertEqual(error["data"]["sent"], "no")

    def test_long_messages_both_ways(self):
        result = json.dumps("x" * (8 << 20))

        def script(socket):
            while request := socket.read_request():
                self.params = request.json["params"]
                socket.answer(request, result)

        sidecar = self.sidecar(self.trusting("one", self.tls_peer(script)))

        answer = self.call(sidecar, "eth_call", ["y" * (4 << 20)])

        self.assertEqual(answer.result, result.encode())
        self.assertEqual(self.params, ["y" * (4 << 20)])

    def test_many_frames_in_one_record_and_one_frame_in_many(self):
        def script(socket):
            requests = [socket.read_request() for _ in range(50)]
            answers = b"".join(
                text({"jsonrpc": "2.0", "id": request.id, "result": "z" * 5_000})
                for request in requests
            )
            socket.send(answers[:200_000])
            for byte in answers[200_000:200_100]:
                socket.send(struct.pack("B", byte))
            socket.send(answers[200_100:])
            socket.drop_all()

        client = self.framed(self.sidecar(self.trusting("one", self.tls_peer(script))))

        for one in [client.start("eth_call", [hex(number)]) for number in range(50)]:
            self.assertEqual(client.finish(one).result, b'"' + b"z" * 5_000 + b'"')
