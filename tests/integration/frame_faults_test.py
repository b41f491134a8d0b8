"""Begun, impossible and foreign messages on the socket: one clear error, and nobody else notices.
Names begin with the ids of the fault catalogue."""

import json
import struct
import threading
import time
import unittest

import frames
from fault_peer import healthy
from sidecar_process import IS_SANITIZED, SidecarTestCase, read_line, read_to_end


class FrameFaultsTest(SidecarTestCase):
    def healthy_sidecar(self, **more):
        self.good = self.peer(healthy())
        return self.sidecar(self.provider("one", self.good), **more)

    def check_serves(self, sidecar):
        self.assertEqual(self.call(sidecar, "eth_chainId").result, b'"0x2a"')

    def test_D06_begun_frames_cost_what_came_not_what_they_promise(self):
        sidecar = self.healthy_sidecar(limits={"partial_timeout": "2s"})
        before = sidecar.rss_kib()
        held = []
        for _ in range(200):
            sock = self.raw(sidecar)
            sock.sendall(frames.encode(frames.CALL, 1, b'{"me', length=16_000_000))
            held.append(sock)
        self.check_serves(sidecar)

        self.assertLess(sidecar.rss_kib() - before, (64 if IS_SANITIZED else 16) * 1024)
        for sock in held:
            data = read_to_end(sock)
            self.assertIn(b"BAD_REQUEST", data)

    def test_D06_begun_text_times_out_on_json_ipc(self):
        sidecar = self.healthy_sidecar(limits={"partial_timeout": "500ms"})
        sock = self.raw(sidecar)
        sock.sendall(b'{"jsonrpc":"2.0","id":1,')

        data = read_to_end(sock)

        self.assertTrue(data.endswith(b"\n"), data)
        self.assertIn("error", json.loads(data))
        self.assertIsNone(json.loads(data)["id"])

    def test_D06_idle_connections_are_not_timed_out(self):
        sidecar = self.healthy_sidecar(limits={"partial_timeout": "300ms"})
        client, sock, silent = self.framed(sidecar), self.raw(sidecar), self.raw(sidecar)
        client.call("eth_chainId")
        sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}')
        read_line(sock)

        time.sleep(1.0)

        client.call("eth_chainId")
        for one in (sock, silent):
            one.sendall(b'{"jsonrpc":"2.0","id":2,"method":"eth_chainId"}')
            self.assertEqual(json.loads(read_line(one))["id"], 2)

    def test_D07_lengths_that_cannot_be(self):
        sidecar = self.healthy_sidecar()
        for length in (0, 1, 11, 0x07FFFFFF, 0x01000000 + 13):
            with self.subTest(length=length):
                client = self.framed(sidecar)
                client.send(struct.pack(">IBBHQ", length, frames.CALL, 0, 0, 9))

                answers = client.recv_to_end()

                self.assertEqual(len(answers), 1, answers)
                self.assertEqual((answers[0].type, answers[0].id), (frames.ERROR, 0))
                self.assertIn(answers[0].json()["data"]["name"], ("BAD_REQUEST", "CLIENT_LIMIT"))
        for length in (0xFFFFFFFF, 0x08000000):
            with self.subTest(length=length):
                client = self.framed(sidecar)
                client.call("eth_chainId")
                client.send(struct.pack(">IBBHQ", length, frames.CALL, 0, 0, 9))

                self.assertEqual([a.type for a in client.recv_to_end()], [frames.ERROR])
        self.check_serves(sidecar)

    def test_D07_errors_of_the_connection(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def script(connection):
            while request := connection.read_request():
                release.wait(30)
                connection.answer(request)

        self.good = self.peer(script)
        sidecar = self.sidecar(self.provider("one", self.good, timeout="30s"))
        call = frames.encode_call(1, "eth_blockNumber")
        for words, data in (
            ("unknown type", frames.encode(99, 1)),
            ("type of the sidecar", frames.encode(frames.RESULT, 1, b"1")),
            (
                "unknown flag",
                frames.encode(frames.CALL, 1, b'{"method":"eth_chainId"}', flags=0x80),
            ),
            ("MORE on a call", frames.encode(frames.CALL, 1, b'{"method":"m"}', flags=frames.MORE)),
            ("id 0", frames.encode_call(0, "eth_chainId")),
            ("an open id again", call + call),
            ("a second HELLO", frames.encode(frames.HELLO, 0, {"version": 1}) * 2),
            ("a long PING", frames.encode(frames.PING, 1, b"x" * 126)),
        ):
            with self.subTest(words):
                client = self.framed(sidecar)
                client.send(data)

                answers = client.recv_to_end()

                self.assertEqual((answers[-1].type, answers[-1].id), (frames.ERROR, 0), answers)
        release.set()
        self.check_serves(sidecar)

    def test_D08_other_protocols_on_the_socket(self):
        sidecar = self.healthy_sidecar()
        for words, data in (
            ("TLS hello", bytes.fromhex("1603010200010001fc0303") + b"\0" * 500),
            ("0xff", b"\xff" * 100),
            ("digits", b"12345\n"),
        ):
            with self.subTest(words):
                sock = self.raw(sidecar)
                sock.sendall(data)

                self.assertEqual(read_to_end(sock), b"")
        with self.subTest("HTTP after frames"):
            client = self.framed(sidecar)
            client.call("eth_chainId")
            client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertEqual([a.type for a in client.recv_to_end()], [frames.ERROR])
        with self.subTest("frames after JSON"):
            sock = self.raw(sidecar)
            sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}')
            read_line(sock)
            sock.sendall(frames.encode_call(1, "eth_chainId"))
            answer = json.loads(read_to_end(sock))
            self.assertEqual((answer["id"], answer["error"]["code"]), (None, -32700))
        self.check_serves(sidecar)


if __name__ == "__main__":
    unittest.main()
