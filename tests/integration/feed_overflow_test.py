"""Subscribers that do not read: bounded memory, and nobody else notices."""

import contextlib
import json
import socket
import threading
import unittest

import frames
from mock_provider import MockProvider
from sidecar_process import IS_SANITIZED, SidecarTestCase, wait_until

STUCK_COUNT = 200 if IS_SANITIZED else 1_000
PEAK_MIB_MAX = 256


class FeedOverflowTest(SidecarTestCase):
    def chain(self):
        provider = MockProvider.start(None, "evm", "--manual-blocks")
        self.addCleanup(provider.stop)
        return provider

    def counters(self, sidecar):
        connection = sidecar.http_unix()
        try:
            connection.request("GET", "/")
            return json.loads(connection.getresponse().read())["counters"]
        finally:
            connection.close()

    def stuck(self, sidecar):
        """One that subscribes to all logs and never reads."""
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(sidecar.socket)
        sock.sendall(frames.encode_subscribe(1, "eth_subscribe", ["logs", {}]))
        return sock

    def test_D02_a_thousand_that_never_read_are_ended_in_bounded_memory(self):
        provider = self.chain()
        sidecar = self.sidecar({"name": "mock", "http": provider.url, "ws": provider.ws_url})
        stuck = [self.stuck(sidecar) for _ in range(STUCK_COUNT)]
        reader = self.framed(sidecar)
        reader.subscribe("eth_subscribe", ["logs", {}])
        numbers = []
        thread = threading.Thread(target=self.read, args=(reader, numbers), daemon=True)
        thread.start()

        def are_ended():
            provider.mine(5)
            limits = self.counters(sidecar).get("limit", {})
            return limits.get("event_queue_bytes", 0) >= len(stuck)

        wait_until(are_ended, timeout=120, words=lambda: f"{self.counters(sidecar)}")
        events = self.counters(sidecar)["feed_event"]["logs"]
        wait_until(lambda: len(numbers) >= events - 1, words=lambda: f"{len(numbers)} of {events}")
        reader.socket.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=30)

        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        if not IS_SANITIZED:
            self.assertLess(sidecar.status_kib("VmHWM") // 1024, PEAK_MIB_MAX)

    @staticmethod
    def read(client, numbers):
        with contextlib.suppress(EOFError, OSError):
            while True:
                numbers.append(client.next_event().seq)


if __name__ == "__main__":
    unittest.main()
