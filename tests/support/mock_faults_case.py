"""The base class of tests of the mock provider's faults, and a connection that hides nothing of
what comes back."""

import contextlib
import json
import socket
import unittest

import mock_provider

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


class MockFaultsTestCase(unittest.TestCase):
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
