"""Subscribers in every dialect that one thread reads side by side: each gives the values of its one
subscription to a checker."""

import json
import selectors
import time

import feed_checker
import frames
import ws_client

DIALECTS = ("framed", "json-ipc", "ws over tcp", "ws over unix")
PATIENCE = 120  # seconds; on a busy machine anything may take long, and that alone is no fault


class Subscriber:
    """One connection with one subscription. `take` gets each event's value."""

    def __init__(self, sidecar, dialect, params, take, method="eth_subscribe"):
        self.sidecar, self.dialect = sidecar, dialect
        self.method, self.params, self.take = method, params, take
        self.name = f"{dialect} {json.dumps(params)[:60]}"
        self.count = 0
        self.open()

    def open(self):
        raise NotImplementedError

    def read(self):
        """Takes what has come; never waits."""
        raise NotImplementedError

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def got(self, value):
        self.count += 1
        try:
            self.take(value)
        except AssertionError as error:
            error.add_note(f"seen by {self.name}, event {self.count}")
            raise

    def request(self):
        return {"jsonrpc": "2.0", "id": 1, "method": self.method, "params": self.params}

    def got_message(self, message):
        if message.get("params", {}).get("subscription") != self.id:
            raise AssertionError(f"{self.name}: unexpected {message}")
        self.got(message["params"]["result"])


class WsSubscriber(Subscriber):
    def open(self):
        is_unix = self.dialect == "ws over unix"
        address = self.sidecar.socket if is_unix else self.sidecar.http_address
        self.client = ws_client.WebSocket(address, "/", timeout=PATIENCE)
        self.socket = self.client.socket
        self.client.send(self.request())
        reply = self.client.next()  # the answer comes before any event
        if "result" not in reply:
            raise AssertionError(f"{self.name}: {reply}")
        self.id = reply["result"]

    def read(self):
        self.socket.settimeout(0)
        try:
            while (text := self.client.read_text()) is not None:
                self.got_message(json.loads(text))
        except BlockingIOError:
            return
        raise AssertionError(f"{self.name} was ended: {self.client.end}")


class IpcSubscriber(Subscriber):
    def open(self):
        self.socket = self.sidecar.raw(PATIENCE)
        self.buffer = b""
        self.socket.sendall(json.dumps(self.request()).encode())
        while b"\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        reply = json.loads(line)
        if "result" not in reply:
            raise AssertionError(f"{self.name}: {reply}")
        self.id = reply["result"]

    def fill(self):
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise AssertionError(f"{self.name} was ended")
        self.buffer += chunk

    def read(self):
        self.fill()
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self.got_message(json.loads(line))


class FramedSubscriber(Subscriber):
    """Can leave without a word, and come back to go on where it was."""

    def __init__(self, *arguments, **more):
        self.sequence = None
        self.flags = 0  # of all events
        super().__init__(*arguments, **more)

    @property
    def at(self):
        return self.sequence and (self.sequence.epoch, self.sequence.seq)

    def open(self):
        client = frames.FramedClient(self.sidecar.socket, PATIENCE)
        self.socket = client.socket
        client.send(frames.encode_subscribe(1, self.method, self.params, resume=self.at))
        frame = client.recv()
        if frame.type != frames.RESULT:
            raise AssertionError(f"{self.name}: {frame}")
        at = (frame.json()["epoch"], frame.json()["seq"])
        if self.at not in (None, at):
            raise AssertionError(f"{self.name}: resumed from {self.at} at {at}")
        self.sequence = feed_checker.SequenceChecker(*at)
        self.buffer = bytes(client.buffer)
        self.take_frames()

    def read(self):
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise AssertionError(f"{self.name} was ended")
        self.buffer += chunk
        self.take_frames()

    def take_frames(self):
        start = 0
        while len(self.buffer) >= start + 16:
            length, kind, flags, chain, call_id = frames.HEADER.unpack_from(self.buffer, start)
            if len(self.buffer) < start + 4 + length:
                break
            payload = self.buffer[start + 16 : start + 4 + length]
            self.take_frame(frames.Frame(kind, flags, chain, call_id, payload))
            start += 4 + length
        self.buffer = self.buffer[start:]

    def take_frame(self, frame):
        if frame.type != frames.EVENT:
            raise AssertionError(f"{self.name}: unexpected {frame}")
        if frame.flags & frames.GAP:
            raise AssertionError(f"{self.name}: a gap: {frame.payload[12:]!r}")
        event = frames.event_of(frame)
        self.sequence.take(event.epoch, event.seq)
        self.flags |= frame.flags
        self.got(event.json())


def subscribe(sidecar, dialect, params, take, **more):
    kinds = {"framed": FramedSubscriber, "json-ipc": IpcSubscriber}
    return kinds.get(dialect, WsSubscriber)(sidecar, dialect, params, take, **more)


class Crowd:
    """Reads all of them."""

    def __init__(self):
        self.members = []
        self.selector = selectors.DefaultSelector()

    def add(self, member):
        self.members.append(member)
        self.selector.register(member, selectors.EVENT_READ)
        return member

    def pause(self, member):
        """It leaves."""
        self.selector.unregister(member)
        member.close()

    def resume(self, member):
        member.open()
        self.selector.register(member, selectors.EVENT_READ)

    def read_until(self, claim, timeout=PATIENCE, words="never came true"):
        """Reads whatever comes until the claim holds; it is looked at when nothing more is there."""
        end = time.monotonic() + timeout
        self.read_all(0)
        while not claim():
            if time.monotonic() > end:
                raise AssertionError(words() if callable(words) else words)
            self.read_all(0.02)

    def read_all(self, wait):
        """What is there, or comes first within so many seconds."""
        while ready := self.selector.select(wait):
            for key, _ in ready:
                key.fileobj.read()
            wait = 0

    def close(self):
        for member in self.members:
            member.close()
        self.selector.close()
