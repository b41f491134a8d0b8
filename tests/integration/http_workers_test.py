"""The HTTP and WebSocket face against workers, and strangers, that misuse it. Names begin with the
ids of the fault catalogue."""

import base64
import json
import os
import socket
import struct
import time
import unittest

from fault_peer import healthy
from sidecar_process import SidecarTestCase, post, read_to_end

CALL = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'


def request(body=CALL, *lines, method="POST", path="/", host="localhost", length=None):
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if not any(line.lower().startswith("content-type") for line in lines):
        head.append("Content-Type: application/json")
    head += [*lines, f"Content-Length: {len(body) if length is None else length}", "", ""]
    return "\r\n".join(head).encode() + body


def status_of(data):
    return int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/1.1 ") else None


class HttpWorkersTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.good = self.peer(healthy())

    def start(self, **more):
        return self.sidecar(self.provider("one", self.good), **more)

    def exchange(self, sidecar, data, is_tcp=True):
        """What comes until the sidecar closes."""
        sock = sidecar.raw_tcp() if is_tcp else sidecar.raw()
        self.addCleanup(sock.close)
        sock.sendall(data)
        return read_to_end(sock)

    def test_both_faces_answer_post_and_get(self):
        sidecar = self.start()
        for words, is_tcp in (("tcp", True), ("unix", False)):
            for path, expected in (("/", 200), ("/dev", 200), ("/nowhere", 404)):
                with self.subTest(words, path=path):
                    call = request(CALL, "Connection: close", path=path)
                    head, _, body = self.exchange(sidecar, call, is_tcp).partition(b"\r\n\r\n")
                    self.assertEqual(status_of(head), expected)
                    if expected == 200:
                        self.assertEqual(json.loads(body)["result"], "0x2a")
                    hello = request(b"", "Connection: close", method="GET", path=path)
                    head, _, body = self.exchange(sidecar, hello, is_tcp).partition(b"\r\n\r\n")
                    self.assertEqual(status_of(head), expected)
                    if expected == 200:
                        self.assertIsInstance(json.loads(body), dict)

    def test_keep_alive_serves_many_requests(self):
        sidecar = self.start()
        connection = sidecar.http()
        self.addCleanup(connection.close)
        connection.connect()
        first = connection.sock

        for n in range(200):
            status, body = post(connection, {"jsonrpc": "2.0", "id": n, "method": "eth_chainId"})
            self.assertEqual((status, json.loads(body)["id"]), (200, n))
        self.assertIs(connection.sock, first)

    def test_many_connections_at_once(self):
        sidecar = self.start()
        connections = [sidecar.http() for _ in range(200)]
        body = CALL
        for connection in connections:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
        for connection in connections:
            response = connection.getresponse()
            self.assertEqual(json.loads(response.read())["result"], "0x2a")
            connection.close()

    def test_D17_pipelined_requests_are_answered_in_order_or_not_at_all(self):
        sidecar = self.start()
        for is_tcp in (True, False):
            with self.subTest(is_tcp=is_tcp):
                before = len(self.good.requests)
                bodies = [
                    b'{"jsonrpc":"2.0","id":%d,"method":"eth_sendRawTransaction","params":["0x0%d"]}'
                    % (n, n)
                    for n in range(1, 4)
                ]
                data = b"".join(request(body) for body in bodies[:2])
                data += request(bodies[2], "Connection: close")

                answers = self.exchange(sidecar, data, is_tcp)

                ids = [
                    json.loads(part.partition(b"\r\n\r\n")[2])["id"]
                    for part in answers.split(b"HTTP/1.1 200 OK\r\n")[1:]
                ]
                self.assertIn(ids, ([1], [1, 2, 3]), answers)
                sent = [r.json["params"][0] for r in self.good.requests[before:]]
                self.assertEqual(sent, [f"0x0{n}" for n in ids], "each transaction once")

    def test_D19_headers_that_never_end(self):
        sidecar = self.start(http={"request_timeout": "500ms"})
        for words, data in (
            ("one letter", b"P"),
            ("half a header", b"POST / HTTP/1.1\r\nHost: localhost\r\nX-"),
            ("half a body", request(CALL[:10], length=len(CALL))),
        ):
            with self.subTest(words):
                answer = self.exchange(sidecar, data)
                self.assertIn(status_of(answer), (None, 408))

    def test_D19_headers_that_drip(self):
        sidecar = self.start(http={"request_timeout": "500ms"})
        sock = sidecar.raw_tcp()
        self.addCleanup(sock.close)
        sock.sendall(b"POST / HTTP/1.1\r\n")
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(400):
                sock.sendall(b"X-A: b\r\n")
                time.sleep(0.02)

    def test_D19_headers_without_bound(self):
        sidecar = self.start()
        sock = sidecar.raw_tcp()
        self.addCleanup(sock.close)
        before = sidecar.rss_kib()
        try:
            for _ in range(2000):
                sock.sendall(b"X-Filler: " + b"x" * 8000 + b"\r\n")
        except OSError:
            pass
        self.assertLess(sidecar.rss_kib() - before, 32 * 1024)
        self.assertIn(status_of(read_to_end(sock)), (None, 400, 413, 431))

    def test_D19_body_over_the_limit_is_refused_before_it_comes(self):
        sidecar = self.start(limits={"request_bytes_max": "64KiB"})

        answer = self.exchange(sidecar, request(b"{", length=10_000_000))

        self.assertEqual(status_of(answer), 413)
        self.assertEqual(self.good.requests, [])

    def test_D21_foreign_hosts(self):
        sidecar = self.start(http={"hosts": ["rpc.internal"]})
        port = sidecar.http_address.rpartition(":")[2]
        for host in ("localhost", f"localhost:{port}", "127.0.0.1", "[::1]", "rpc.internal"):
            with self.subTest(host):
                data = request(CALL, "Connection: close", host=host)
                self.assertEqual(status_of(self.exchange(sidecar, data)), 200)
        for host in (
            "evil.example",
            "localhost.evil.example",
            "",
            "10.0.0.1",
            "127.0.0.1.nip.example",
        ):
            with self.subTest(host):
                data = request(CALL, "Connection: close", host=host)
                self.assertEqual(status_of(self.exchange(sidecar, data)), 403)
        self.assertEqual(len(self.good.requests), 5)

    def test_D21_foreign_origins(self):
        sidecar = self.start(http={"origins": ["https://app.example"]})
        allowed = request(CALL, "Connection: close", "Origin: https://app.example")
        self.assertEqual(status_of(self.exchange(sidecar, allowed)), 200)
        for origin in ("https://evil.example", "null", "http://localhost", "http://app.example"):
            for is_tcp in (True, False):
                with self.subTest(origin, is_tcp=is_tcp):
                    data = request(CALL, "Connection: close", f"Origin: {origin}")
                    self.assertEqual(status_of(self.exchange(sidecar, data, is_tcp)), 403)
        self.assertEqual(len(self.good.requests), 1)

    def test_D21_bodies_that_a_page_can_post(self):
        sidecar = self.start()
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            with self.subTest(kind):
                data = request(CALL, "Connection: close", f"Content-Type: {kind}")
                self.assertEqual(status_of(self.exchange(sidecar, data)), 415)
        for kind in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
            with self.subTest(kind):
                data = request(CALL, "Connection: close", f"Content-Type: {kind}")
                self.assertEqual(status_of(self.exchange(sidecar, data)), 200)
        self.assertEqual(len(self.good.requests), 3)

    def test_D21_other_methods(self):
        sidecar = self.start()
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "BREW"):
            with self.subTest(method):
                answer = self.exchange(sidecar, request(CALL, "Connection: close", method=method))
                self.assertIn(status_of(answer), (None, 400, 403, 404, 405, 501))
        self.assertEqual(self.good.requests, [])

    def test_chunked_requests_are_refused_or_understood(self):
        sidecar = self.start()
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        data = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(CALL), CALL)

        sock = sidecar.raw_tcp()
        self.addCleanup(sock.close)
        sock.sendall(data)

        self.assertIn(status_of(sock.recv(4096)), (200, 411, 501))
        self.assertLessEqual(len(self.good.requests), 1)

    def test_expect_continue_is_served(self):
        sidecar = self.start()
        body = (
            b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":["0x' + b"0" * 2_000_000 + b'"]}'
        )
        sock = sidecar.raw_tcp()
        self.addCleanup(sock.close)
        sock.sendall(request(body, "Expect: 100-continue", length=len(body))[: -len(body)])
        sock.settimeout(1)
        try:
            first = sock.recv(4096)
            self.assertIn(status_of(first), (100, 417))
        except TimeoutError:
            pass  # curl sends the body after a second without an answer
        sock.settimeout(30)
        sock.sendall(body)
        self.assertIn(b'"0x2a"', sock.recv(65536))

    # WebSocket

    def upgrade(self, sidecar, *lines, host="localhost"):
        sock = sidecar.raw_tcp()
        self.addCleanup(sock.close)
        key = base64.b64encode(os.urandom(16)).decode()
        head = ["GET / HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
        head += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *lines, "", ""]
        sock.sendall("\r\n".join(head).encode())
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = sock.recv(4096)
            if not chunk:
                break
            data += chunk
        return sock, data

    def read_ws(self, sock, buffer=b""):
        """One frame: opcode, payload."""

        def take(count):
            nonlocal buffer
            while len(buffer) < count:
                chunk = sock.recv(65536)
                if not chunk:
                    raise EOFError
                buffer += chunk
            taken, buffer = buffer[:count], buffer[count:]
            return taken

        first, second = take(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", take(8))
        return first & 0x0F, take(length)

    def ws_frame(self, payload, opcode=1, is_masked=True, is_final=True):
        head = bytes([(0x80 if is_final else 0) | opcode])
        mask_bit = 0x80 if is_masked else 0
        if len(payload) < 126:
            head += bytes([mask_bit | len(payload)])
        else:
            head += bytes([mask_bit | 127]) + struct.pack(">Q", len(payload))
        if not is_masked:
            return head + payload
        mask = b"\x11\x22\x33\x44"
        return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))

    def test_ws_answers_calls_and_pings(self):
        sidecar = self.start()
        sock, head = self.upgrade(sidecar, "Sec-WebSocket-Extensions: permessage-deflate")
        self.assertEqual(status_of(head), 101)
        self.assertNotIn(b"permessage-deflate", head.lower())

        for n in range(5):
            call = b'{"jsonrpc":"2.0","id":"%d","method":"eth_chainId"}' % n
            sock.sendall(self.ws_frame(call[:10], is_final=False))
            sock.sendall(self.ws_frame(call[10:], opcode=0))
            opcode, payload = self.read_ws(sock)
            self.assertEqual((opcode, json.loads(payload)["id"]), (1, str(n)))
        sock.sendall(self.ws_frame(b"hi", opcode=9))
        self.assertEqual(self.read_ws(sock), (10, b"hi"))
        sock.sendall(self.ws_frame(struct.pack(">H", 1000), opcode=8))
        opcode, payload = self.read_ws(sock)
        self.assertEqual((opcode, payload[:2]), (8, struct.pack(">H", 1000)))

    def test_D20_unmasked_frame(self):
        sidecar = self.start()
        sock, _ = self.upgrade(sidecar)
        sock.sendall(self.ws_frame(CALL, is_masked=False))

        rest = read_to_end(sock)

        self.assertNotIn(b"0x2a", rest)
        self.assertTrue(rest == b"" or rest[2:4] == struct.pack(">H", 1002), rest)
        self.assertEqual(self.good.requests, [])

    def test_D20_message_over_the_limit(self):
        sidecar = self.start(limits={"request_bytes_max": "64KiB"})
        for words, data in (
            ("sent", self.ws_frame(b" " * 100_000)),
            (
                "in pieces",
                self.ws_frame(b" " * 40_000, is_final=False) * 1
                + self.ws_frame(b" " * 40_000, opcode=0),
            ),
            ("only promised", b"\x81\xff" + struct.pack(">Q", 1 << 40) + b"\0\0\0\0"),
        ):
            with self.subTest(words):
                sock, _ = self.upgrade(sidecar)
                sock.sendall(data)
                rest = read_to_end(sock)
                self.assertTrue(rest == b"" or rest[2:4] == struct.pack(">H", 1009), rest[:50])

    def test_D21_ws_of_foreign_pages(self):
        sidecar = self.start()
        for lines, host in ((["Origin: https://evil.example"], "localhost"), ([], "evil.example")):
            with self.subTest(lines=lines, host=host):
                _, head = self.upgrade(sidecar, *lines, host=host)
                self.assertEqual(status_of(head), 403)

    def test_strange_upgrades_are_refused(self):
        sidecar = self.start()
        for upgrade in ("h2c", "tcp", "websocket2"):
            with self.subTest(upgrade):
                data = request(b"", "Connection: Upgrade", f"Upgrade: {upgrade}", method="GET")
                sock = sidecar.raw_tcp()
                self.addCleanup(sock.close)
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
                self.assertNotEqual(status_of(read_to_end(sock)), 101)


if __name__ == "__main__":
    unittest.main()
