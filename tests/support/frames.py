"""A worker that speaks the framed protocol (proto/PROTOCOL.md), plain enough to send wrong bytes."""

import collections
import json
import socket
import struct
from typing import NamedTuple

HELLO, CALL, RESULT, ERROR, SUBSCRIBE, EVENT, CANCEL, PING, PONG, GOAWAY, WELCOME = range(1, 12)
UNSUBSCRIBE = 12
MORE, REPLAYED, GAP, LAST = 0x01, 0x02, 0x04, 0x08
HEADER = struct.Struct(">IBBHQ")
EVENT_HEAD = struct.Struct(">IQ")


class Frame(NamedTuple):
    type: int
    flags: int
    chain: int
    id: int
    payload: bytes

    def json(self):
        return json.loads(self.payload)


def encode(kind, call_id=0, payload=b"", *, flags=0, chain=0, length=None):
    if isinstance(payload, (dict, list)):
        payload = json.dumps(payload).encode()
    length = 12 + len(payload) if length is None else length
    return HEADER.pack(length, kind, flags, chain, call_id) + payload


def encode_call(call_id, method, params=None, *, chain=0, deadline_ms=None):
    call = {"method": method}
    if params is not None:
        call["params"] = params
    if deadline_ms is not None:
        call["deadline_ms"] = deadline_ms
    return encode(CALL, call_id, call, chain=chain)


def encode_subscribe(call_id, method, params=None, *, chain=0, continuity=None, resume=None):
    """`resume`: an Event, or (epoch, seq)."""
    wish = {"method": method}
    if params is not None:
        wish["params"] = params
    if continuity is not None:
        wish["continuity"] = continuity
    if resume is not None:
        wish["resume"] = {"epoch": resume[0], "seq": resume[1]}
    return encode(SUBSCRIBE, call_id, wish, chain=chain)


def event_payload(epoch, seq, value):
    return EVENT_HEAD.pack(epoch, seq) + value


class Event(NamedTuple):
    """What an EVENT says; `value` as the provider's bytes."""

    epoch: int
    seq: int
    id: int
    flags: int
    value: bytes

    def json(self):
        return json.loads(self.value)


def event_of(frame):
    epoch, seq = EVENT_HEAD.unpack_from(frame.payload)
    return Event(epoch, seq, frame.id, frame.flags, frame.payload[EVENT_HEAD.size:])


class Answer(NamedTuple):
    """A whole reply: `result` as the provider's bytes, or `error` as a parsed object."""

    id: int
    result: bytes | None
    error: dict | None
    parts: int

    @property
    def name(self):
        return self.error["data"]["name"]


class FramedClient:
    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.buffer = bytearray()
        self.partial = {}
        self.answers = {}
        self.events = collections.deque()
        self.last_id = 0

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def recv_exactly(self, count):
        while len(self.buffer) < count:
            chunk = self.socket.recv(1 << 20)
            if not chunk:
                raise EOFError(f"closed with {bytes(self.buffer[:64])!r} unread")
            self.buffer += chunk
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def recv(self):
        length, kind, flags, chain, call_id = HEADER.unpack(self.recv_exactly(16))
        return Frame(kind, flags, chain, call_id, self.recv_exactly(length - 12))

    def recv_to_end(self):
        """Every frame until the sidecar closes."""
        frames = []
        try:
            while True:
                frames.append(self.recv())
        except (EOFError, ConnectionResetError):
            return frames

    def start(self, method, params=None, **more):
        """Sends a call; returns its id for finish()."""
        self.last_id += 1
        self.send(encode_call(self.last_id, method, params, **more))
        return self.last_id

    def finish(self, call_id):
        """The answer of that call; those of others are kept for their own finish()."""
        while call_id not in self.answers:
            self.take(self.recv())
        return self.answers.pop(call_id)

    def take(self, frame):
        if frame.type == RESULT:
            parts = self.partial.setdefault(frame.id, [])
            parts.append(frame.payload)
            if not frame.flags & MORE:
                del self.partial[frame.id]
                self.keep(Answer(frame.id, b"".join(parts), None, len(parts)))
        elif frame.type == ERROR:
            parts = self.partial.pop(frame.id, [])
            self.keep(Answer(frame.id, None, frame.json(), len(parts)))
        elif frame.type == EVENT:
            self.events.append(event_of(frame))
        else:
            raise AssertionError(f"unexpected {frame}")

    def keep(self, answer):
        if answer.id in self.answers:
            raise AssertionError(f"two answers to call {answer.id}")
        self.answers[answer.id] = answer

    def call(self, method, params=None, **more):
        return self.finish(self.start(method, params, **more))

    def subscribe(self, method, params=None, **more):
        """The id of the subscription, which stands. AssertionError: it was refused."""
        self.last_id += 1
        call_id = self.last_id
        self.send(encode_subscribe(call_id, method, params, **more))
        answer = self.finish(call_id)
        if answer.error:
            raise AssertionError(f"refused: {answer.error}")
        return call_id

    def next_event(self):
        """The next event of any subscription; answers are kept for their finish()."""
        while not self.events:
            self.take(self.recv())
        return self.events.popleft()

    def unsubscribe(self, call_id):
        """What the sidecar says to it; events that came before stay for next_event()."""
        self.send(encode(UNSUBSCRIBE, call_id))
        return json.loads(self.finish(call_id).result)

    def hello(self):
        self.send(encode(HELLO, 0, {"version": 1, "client": "test/1.0"}))
        frame = self.recv()
        if frame.type != WELCOME:
            raise AssertionError(f"unexpected {frame}")
        return frame.json()
