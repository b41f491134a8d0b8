"""A WebSocket client (RFC 6455) on bare sockets, without extensions: for tests that want to see
what is on the wire."""

import base64
import collections
import json
import os
import socket
import struct
import time

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class Refused(Exception):
    """The server answers the upgrade with another status."""

    def __init__(self, status, body):
        super().__init__(f"status {status}: {body!r}")
        self.status = status
        self.body = body


class WebSocket:
    """One connection. How it ended is in `end`: a close code, "fin" or "reset"; None while open."""

    def __init__(self, address, path="/", timeout=20, headers=(), receive_bytes=None):
        """`address` is host:port, or the path of a Unix socket. `receive_bytes`: what the kernel
        takes of what is not read."""
        host, _, port = address.rpartition(":")
        is_unix = address.startswith("/")
        self.socket = socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET)
        self.socket.settimeout(timeout)
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.connect(address if is_unix else (host, int(port)))
        self.start(timeout)
        self.shake_hands(path, headers)

    def start(self, timeout):
        self.timeout = timeout
        self.buffer = b""
        self.end = None
        self.parts = []  # of a message in fragments
        self.messages = collections.deque()  # that came while something else was waited for
        self.last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def shake_hands(self, path, headers):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *headers,
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer and self.fill():
            pass
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status = int(head.split()[1]) if head else 0
        if status != 101:
            while self.end is None and self.fill():
                pass
            self.socket.close()
            raise Refused(status, self.buffer)

    def fill(self):
        """More bytes; False at the end of the connection."""
        try:
            chunk = self.socket.recv(1 << 16)
        except ConnectionResetError:
            self.end = self.end or "reset"
            return False
        if not chunk:
            self.end = self.end or "fin"
        self.buffer += chunk
        return bool(chunk)

    def hold(self, size):
        """Whether so many bytes are there; nothing is lost when the wait for them times out."""
        while len(self.buffer) < size:
            if not self.fill():
                return False
        return True

    def read_frame(self):
        """Opcode, whether it is the last of its message, payload; None at the end."""
        if not self.hold(2):
            return None
        start, size = 2, self.buffer[1] & 0x7F
        if size >= 126:
            start = 4 if size == 126 else 10
            if not self.hold(start):
                return None
            size = int.from_bytes(self.buffer[2:start], "big")
        if not self.hold(start + size):
            return None
        first, payload = self.buffer[0], self.buffer[start : start + size]
        self.buffer = self.buffer[start + size :]
        return first & 0x0F, bool(first & 0x80), payload

    def send_frame(self, opcode, payload=b"", is_last=True):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([opcode | (0x80 if is_last else 0)])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += bytes([0x80 | 126]) + struct.pack(">H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", size)
        pad = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")
        self.socket.sendall(head + mask + masked)

    def send_text(self, text):
        self.send_frame(TEXT, text.encode())

    def send(self, value):
        self.send_text(json.dumps(value))

    def read_text(self):
        """The next text message as it is; None at the end, which `end` tells of."""
        while self.end is None:
            frame = self.read_frame()
            if frame is None:
                break
            opcode, is_last, payload = frame
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == CLOSE:
                self.end = int.from_bytes(payload[:2], "big") if payload else 1005
            elif opcode in (TEXT, CONTINUATION):
                self.parts.append(payload)
                if is_last:
                    text, self.parts = b"".join(self.parts), []
                    return text.decode()
        return None

    def next(self, timeout=None):
        """The next message, parsed; None at the end. Raises TimeoutError."""
        if self.messages:
            return self.messages.popleft()
        return self.next_new(timeout)

    def next_new(self, timeout=None):
        self.socket.settimeout(self.timeout if timeout is None else max(timeout, 0.001))
        text = self.read_text()
        return None if text is None else json.loads(text)

    def next_where(self, claim, timeout=None):
        """The next message for which `claim` holds; the others wait for next()."""
        for at, message in enumerate(self.messages):
            if claim(message):
                del self.messages[at]
                return message
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while (left := end - time.monotonic()) > 0:
            message = self.next_new(left)
            if message is None:
                raise AssertionError(f"the connection ended: {self.end}")
            if claim(message):
                return message
            self.messages.append(message)
        raise TimeoutError("no such message")

    # ---- JSON-RPC

    def call(self, method, params=(), call_id=None):
        """The reply; events that come before it wait for next()."""
        self.last_id += 1
        call_id = self.last_id if call_id is None else call_id
        params = params if isinstance(params, dict) else list(params)
        self.send({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params})
        return self.next_where(lambda one: isinstance(one, dict) and one.get("id") == call_id)

    def result(self, method, *params):
        reply = self.call(method, params)
        if "error" in reply:
            raise AssertionError(f"{method}: {reply['error']}")
        return reply["result"]

    def event(self, subscription, timeout=None):
        """The next event's result of one subscription."""
        message = self.next_where(lambda one: subscription_of(one) == subscription, timeout)
        return message["params"]["result"]

    def events(self, subscription, count, timeout=None):
        return [self.event(subscription, timeout) for _ in range(count)]

    def is_silent_for(self, seconds):
        """Whether nothing at all comes meanwhile. What came is kept for next()."""
        if self.messages:
            return False
        try:
            message = self.next_new(seconds)
        except TimeoutError:
            return True
        if message is not None:
            self.messages.append(message)
        return False

    def wait_end(self, timeout=20):
        """Reads on until the connection ends, and says how."""
        stop = time.monotonic() + timeout
        while self.end is None:
            self.socket.settimeout(max(stop - time.monotonic(), 0.001))
            text = self.read_text()
            if text is not None:
                self.messages.append(json.loads(text))
        return self.end

    def close(self, code=1000):
        """A Close frame, and the other side's answer to it."""
        self.send_frame(CLOSE, struct.pack(">H", code))
        return self.wait_end()

    def leave(self):
        self.socket.close()


def subscription_of(message):
    """Of an event, else None."""
    if not isinstance(message, dict) or "params" not in message or "id" in message:
        return None
    return message["params"].get("subscription")
