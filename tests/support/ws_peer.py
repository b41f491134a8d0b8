"""A scripted WebSocket provider: it says to the sidecar, frame by frame, what a test says.

A script is a function of one accepted connection (fault_peer.py runs it); WsConnection adds the
handshake and raw frames to it, right ones and wrong ones.
"""

import base64
import hashlib
import json
import struct

import fault_peer

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


def frame(opcode, payload=b"", *, fin=True, reserved=0, length=None):
    """A server's frame; `length` is what its header says instead of the payload's."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | reserved | opcode])
    if size < 126:
        head += bytes([size])
    elif size < 1 << 16:
        head += struct.pack(">BH", 126, size)
    else:
        head += struct.pack(">BQ", 127, size)
    return head + payload


def text(value):
    return frame(TEXT, value if isinstance(value, bytes) else json.dumps(value).encode())


def close(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


def upgrade(request, *more):
    """The 101 that answers a request head."""
    accept = hashlib.sha1((request.headers["sec-websocket-key"] + MAGIC).encode()).digest()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(accept).decode()}",
    ]
    return "\r\n".join([*lines, *more, "", ""]).encode()


class WsConnection:
    """One connection after its upgrade."""

    def __init__(self, connection, request):
        self.connection = connection
        self.request = request  # the upgrade's
        self.peer = connection.peer

    def take(self, count):
        while len(self.connection.buffer) < count:
            if not self.connection.fill():
                return None
        taken = self.connection.buffer[:count]
        self.connection.buffer = self.connection.buffer[count:]
        return taken

    def read_frame(self):
        """(opcode, payload) of the sidecar's next frame; None when it has left."""
        head = self.take(2)
        if head is None:
            return None
        assert head[1] & 0x80, "a client's frame without a mask"
        size = head[1] & 0x7F
        if size >= 126:
            wide = self.take(2 if size == 126 else 8)
            size = int.from_bytes(wide, "big")
        mask = self.take(4)
        payload = self.take(size)
        if mask is None or payload is None:
            return None
        pad = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        return head[0] & 0x0F, (int.from_bytes(payload, "big") ^ pad).to_bytes(size, "big")

    def read_request(self):
        """The next JSON-RPC request; pings are answered, None is the end."""
        while (got := self.read_frame()) is not None:
            opcode, payload = got
            if opcode == PING:
                self.send(frame(PONG, payload))
            elif opcode == CLOSE:
                self.peer.note_close(int.from_bytes(payload[:2], "big"))
                return None
            elif opcode == TEXT:
                request = fault_peer.Request(b"", payload)
                self.peer.note(request)
                return request
        return None

    def send(self, data):
        self.connection.send(data)

    def answer(self, request, result='"0x2a"'):
        self.send(text(fault_peer.result_body(request.id, result)))

    def event(self, subscription, value, method="eth_subscription"):
        params = {"subscription": subscription, "result": value}
        self.send(text({"jsonrpc": "2.0", "method": method, "params": params}))

    def drop_all(self):
        """Until the sidecar leaves; notes its close code."""
        while (got := self.read_frame()) is not None:
            if got[0] == CLOSE:
                self.peer.note_close(int.from_bytes(got[1][:2], "big"))


class WsPeer(fault_peer.FaultPeer):
    """`script` gets a WsConnection that is upgraded; `refuse` makes the bytes of another answer
    from the request's head, and `first` is sent in the segment of the 101."""

    def __init__(self, script, *, refuse=None, first=b"", **more):
        self.close_codes = []
        self.upgrades = []
        self.refuse = refuse
        self.first = first
        self.ws_script = script
        super().__init__(self.run, **more)

    @property
    def url(self):
        return f"{'wss' if self.tls else 'ws'}://127.0.0.1:{self.port}/"

    def note_close(self, code):
        with self.changed:
            self.close_codes.append(code)
            self.changed.notify_all()

    def note(self, request):
        if request.body:  # an upgrade has none, and is kept apart
            super().note(request)

    def run(self, connection):
        request = connection.read_request()
        if request is None:
            return
        with self.changed:
            self.upgrades.append(request)
            self.changed.notify_all()
        answer = self.refuse(request) if self.refuse else None
        if answer is not None:
            connection.send(answer)
            connection.wait_closed()
            return
        connection.send(upgrade(request) + self.first)
        self.ws_script(WsConnection(connection, request))


def healthy(result='"0x2a"', results=None):
    """A script that answers everything."""

    def script(socket):
        while request := socket.read_request():
            socket.answer(request, (results or {}).get(request.method, result))

    return script
