"""Long answers: they stream through in bounded memory, and end at the configured size."""

import gzip
import hashlib
import json
import threading
import unittest

import frames
from fault_peer import http_answer
from sidecar_process import IS_SANITIZED, SidecarTestCase, read_to_end

MIB = 1 << 20
# What 256 MiB and more may add to the resident set. Sanitizers keep freed memory back.
GROWTH_KIB = (256 if IS_SANITIZED else 32) * 1024
LONG = (64 if IS_SANITIZED else 256) * MIB
HUGE = (128 if IS_SANITIZED else 1024) * MIB
BLOCK = b"0123456789abcdef" * (MIB // 16)


def long_result(size):
    """A script that answers with a string of `size` bytes; the peer counts what it could send."""

    def script(connection):
        while request := connection.read_request():
            head = b'{"jsonrpc":"2.0","id":%d,"result":"' % request.id
            connection.send(http_answer(b"", length=len(head) + size + 2) + head)
            for _ in range(size // MIB):
                connection.send(BLOCK)
                connection.peer.sent_bytes += MIB
            connection.send(b'"}')

    return script


def digest_of_result(size):
    digest = hashlib.sha256(b'"')
    for _ in range(size // MIB):
        digest.update(BLOCK)
    digest.update(b'"')
    return digest.hexdigest()


class LongAnswersTest(SidecarTestCase):
    def long_peer(self, size):
        peer = self.peer(long_result(size))
        peer.sent_bytes = 0
        return peer

    def read_framed(self, sidecar):
        """Digest and size of one result, frame after frame, nothing kept."""
        client = self.framed(sidecar, timeout=120)
        client.send(frames.encode_call(1, "eth_call", [{}]))
        digest, size, frame = hashlib.sha256(), 0, None
        while frame is None or frame.flags & frames.MORE:
            frame = client.recv()
            self.assertEqual(frame.type, frames.RESULT, frame.payload[:500])
            digest.update(frame.payload)
            size += len(frame.payload)
        return digest.hexdigest(), size

    def test_long_answer_streams_in_bounded_memory_framed(self):
        peer = self.long_peer(LONG)
        sidecar = self.sidecar(
            self.provider("one", peer, response_bytes_max="4GiB", timeout="120s")
        )
        self.call(sidecar, "eth_nothing", deadline_ms=1)
        sidecar.reset_peak()
        before = sidecar.rss_kib()

        digest, size = self.read_framed(sidecar)

        self.assertEqual((digest, size), (digest_of_result(LONG), LONG + 2))
        self.assertLess(sidecar.peak_kib() - before, GROWTH_KIB)

    def test_long_answer_streams_in_bounded_memory_http(self):
        peer = self.long_peer(LONG)
        sidecar = self.sidecar(
            self.provider("one", peer, response_bytes_max="4GiB", timeout="120s")
        )
        connection = sidecar.http(timeout=120)
        self.addCleanup(connection.close)
        sidecar.reset_peak()
        before = sidecar.rss_kib()

        body = json.dumps({"jsonrpc": "2.0", "id": "long", "method": "eth_call", "params": []})
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        digest, count, head = hashlib.sha256(), 0, response.read(200)
        start = head.index(b'"result":') + len(b'"result":')
        self.assertIn(b'"id":"long"', head[:start])
        block = head[start:]
        tail = b""
        while block:
            whole = tail + block
            tail = whole[-1:]
            digest.update(whole[:-1])
            count += len(whole) - 1
            block = response.read(MIB)

        self.assertEqual(tail, b"}")
        self.assertEqual((digest.hexdigest(), count), (digest_of_result(LONG), LONG + 2))
        self.assertLess(sidecar.peak_kib() - before, GROWTH_KIB)

    def test_long_answer_streams_in_bounded_memory_json_ipc(self):
        peer = self.long_peer(LONG)
        sidecar = self.sidecar(
            self.provider("one", peer, response_bytes_max="4GiB", timeout="120s")
        )
        sock = sidecar.raw(timeout=120)
        self.addCleanup(sock.close)
        sidecar.reset_peak()
        before = sidecar.rss_kib()

        sock.sendall(b'{"jsonrpc":"2.0","id":5,"method":"eth_call","params":[]}')
        count, last = 0, b""
        while not last.endswith(b"\n"):
            last = sock.recv(MIB)
            self.assertTrue(last, "closed in the answer")
            count += len(last)

        self.assertEqual(count, LONG + len('{"jsonrpc":"2.0","id":5,"result":""}\n'))
        self.assertLess(sidecar.peak_kib() - before, GROWTH_KIB)

    def test_slow_reader_of_a_long_answer_holds_the_provider_back(self):
        peer = self.long_peer(LONG)
        sidecar = self.sidecar(
            self.provider("one", peer, response_bytes_max="4GiB", timeout="120s")
        )
        sidecar.reset_peak()
        before = sidecar.rss_kib()
        client = self.framed(sidecar)
        client.send(frames.encode_call(1, "eth_call", [{}]))
        client.recv()

        # Another worker's turns pass; the first reads nothing, so the provider cannot go on.
        fast = self.framed(sidecar)
        fast.send(b"".join(frames.encode(frames.PING, n) for n in range(200)))
        for _ in range(200):
            fast.recv()
        self.assertLess(peer.sent_bytes, 64 * MIB)
        self.assertLess(sidecar.peak_kib() - before, GROWTH_KIB + 16 * 1024)

    def test_A36_longer_than_the_cap_is_cut_at_the_cap(self):
        peer = self.long_peer(HUGE)
        sidecar = self.sidecar(
            self.provider("one", peer, timeout="120s"), self.provider("two", peer)
        )
        sidecar.reset_peak()
        before = sidecar.rss_kib()
        for dialect in ("framed", "json-ipc", "http"):
            with self.subTest(dialect):
                peer.sent_bytes = 0
                getattr(self, "cut_" + dialect.replace("-", "_"))(sidecar)

                # 64 MiB, and what the kernel's buffers took.
                self.assertLess(peer.sent_bytes, 80 * MIB)
        self.assertLess(sidecar.peak_kib() - before, GROWTH_KIB)

    def cut_framed(self, sidecar):
        client = self.framed(sidecar, timeout=120)
        client.send(frames.encode_call(1, "eth_call", [{}]))
        frame = client.recv()
        while frame.type == frames.RESULT and frame.flags & frames.MORE:
            frame = client.recv()
        self.assertEqual(frame.type, frames.ERROR)
        self.assertEqual(frame.json()["data"]["name"], "UPSTREAM_TOO_LARGE")

    def cut_json_ipc(self, sidecar):
        sock = sidecar.raw(timeout=120)
        self.addCleanup(sock.close)
        sock.sendall(b'{"jsonrpc":"2.0","id":5,"method":"eth_call","params":[]}')
        # Begun text cannot be taken back: the connection ends in the middle of it, or nothing of it
        # was sent and an error is.
        data = sock.recv(MIB)
        while data and not data.endswith(b"\n"):
            chunk = sock.recv(MIB)
            if not chunk:
                return
            data = (data + chunk)[-4096:]
        self.assertIn(b"UPSTREAM_TOO_LARGE", data)

    def cut_http(self, sidecar):
        sock = sidecar.raw_tcp(timeout=120)
        self.addCleanup(sock.close)
        body = b'{"jsonrpc":"2.0","id":5,"method":"eth_call","params":[]}'
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        sock.sendall(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        data = read_to_end(sock)
        # A chunked answer that is cut has no last chunk.
        self.assertTrue(b"UPSTREAM_TOO_LARGE" in data or not data.endswith(b"0\r\n\r\n"))

    def test_A36_endless_answer_without_a_length(self):
        def script(connection):
            request = connection.read_request()
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            first = b'{"jsonrpc":"2.0","id":%d,"result":"' % request.id
            connection.send(head + b"%x\r\n%s\r\n" % (len(first), first))
            while True:
                connection.send(b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK))

        peer = self.peer(script)
        sidecar = self.sidecar(self.provider("one", peer, response_bytes_max="8MiB"))

        answer = self.call(sidecar)

        self.assert_error(answer, "UPSTREAM_TOO_LARGE", sent="yes", tried=[("one", "too_large")])

    def test_A37_gzip_bomb_is_cut_at_the_cap(self):
        bomb = gzip.compress(b'{"jsonrpc":"2.0","id":1,"result":"' + b"x" * (512 * MIB), 9)

        def script(connection):
            while connection.read_request():
                connection.send(http_answer(bomb, headers=["Content-Encoding: gzip"]))

        peer = self.peer(script)
        sidecar = self.sidecar(self.provider("one", peer, response_bytes_max="16MiB"))
        sidecar.reset_peak()
        before = sidecar.rss_kib()

        answer = self.call(sidecar)

        self.assert_error(answer, "UPSTREAM_TOO_LARGE", sent="yes", tried=[("one", "too_large")])
        self.assertLess(sidecar.peak_kib() - before, 32 * 1024 + GROWTH_KIB)

    def test_many_long_answers_at_once_all_arrive(self):
        size = 8 * MIB
        peer = self.long_peer(size)
        sidecar = self.sidecar(self.provider("one", peer, timeout="60s"))
        expected = digest_of_result(size)
        digests = []

        def read():
            with sidecar.framed() as client:
                for _ in range(3):
                    digests.append(hashlib.sha256(client.call("eth_call", [{}]).result).hexdigest())

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(digests, [expected] * 24)


if __name__ == "__main__":
    unittest.main()
