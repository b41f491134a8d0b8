"""A scripted provider: it does to the sidecar, byte by byte, what a test says.

A script is a function of one accepted connection and runs in a thread of its own; when it returns,
the connection is closed. The peer keeps what it was asked, so that a test can also say what must not
have been asked.
"""

import contextlib
import json
import socket
import ssl
import struct
import threading


class Request:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def id(self):
        return self.json["id"]

    @property
    def method(self):
        return self.json["method"]


class Connection:
    """One accepted connection, as a script sees it."""

    def __init__(self, peer, sock):
        self.peer = peer
        self.socket = sock
        self.buffer = b""

    def read_request(self):
        """The next HTTP request, or None when the sidecar closed the connection."""
        try:
            while b"\r\n\r\n" not in self.buffer:
                if not self.fill():
                    return None
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            request = Request(head, b"")
            length = int(request.headers.get("content-length", "0"))
            if request.headers.get("expect") == "100-continue":
                self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            chunks, have = [self.buffer], len(self.buffer)
            while have < length:
                chunk = self.socket.recv(1 << 20)
                if not chunk:
                    return None
                chunks.append(chunk)
                have += len(chunk)
            body = b"".join(chunks)
            request.body, self.buffer = body[:length], body[length:]
        except OSError:
            return None
        self.peer.note(request)
        return request

    def read_text(self):
        """The next JSON text of a node's own socket (one a line, or one a read)."""
        decoder = json.JSONDecoder()
        while True:
            text = self.buffer.decode().lstrip()
            with contextlib.suppress(ValueError):
                value, end = decoder.raw_decode(text)
                self.buffer = text[end:].encode()
                request = Request(b"", json.dumps(value).encode())
                self.peer.note(request)
                return request
            if not self.fill():
                return None

    def fill(self):
        try:
            chunk = self.socket.recv(1 << 16)
        except OSError:
            return False
        self.buffer += chunk
        return bool(chunk)

    def send(self, data):
        self.socket.sendall(data)

    def answer(self, request, result='"0x2a"', **more):
        self.send(http_answer(result_body(request.id, result), **more))

    def reset(self):
        """RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def wait_closed(self):
        """Until the sidecar closes; whatever it still sends is dropped."""
        with contextlib.suppress(OSError):
            while self.socket.recv(1 << 16):
                pass


def result_body(call_id, result='"0x2a"'):
    return f'{{"jsonrpc":"2.0","id":{json.dumps(call_id)},"result":{result}}}'.encode()


def error_body(call_id, error='{"code":3,"message":"execution reverted","data":"0x08c379a0"}'):
    return f'{{"jsonrpc":"2.0","id":{json.dumps(call_id)},"error":{error}}}'.encode()


def http_answer(body, status="200 OK", headers=(), length=None):
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json"]
    head += [f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def healthy(result='"0x2a"'):
    """A script that answers everything, on a kept-alive connection."""

    def script(connection):
        while request := connection.read_request():
            connection.answer(request, result)

    return script


def always(make_bytes):
    """A script that answers each request with make_bytes(request), and keeps the connection."""

    def script(connection):
        while request := connection.read_request():
            connection.send(make_bytes(request))

    return script


def by_method(results, default='"0x2a"'):
    """A script that answers each method with its JSON text, or with what a function of the request
    makes: whole bytes of an HTTP answer, or None for none at all."""

    def script(connection):
        while request := connection.read_request():
            made = results.get(request.method, default)
            made = made(request) if callable(made) else made
            if made is None:
                connection.wait_closed()
                return
            if isinstance(made, bytes):
                connection.send(made)
            else:
                connection.answer(request, made)

    return script


def failing(code, message, data=None):
    """A function for by_method: this JSON-RPC error."""
    error = {"code": code, "message": message} | ({} if data is None else {"data": data})
    return lambda request: http_answer(error_body(request.id, json.dumps(error)))


class FaultPeer:
    """Listens on loopback, on a port of its own (or `port`, or `unix_path`); `tls` is an ssl.SSLContext."""

    def __init__(self, script, *, tls=None, unix_path=None, receive_buffer=None, port=0):
        self.script = script
        self.tls = tls
        self.unix_path = unix_path
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.requests = []
        self.connection_count = 0
        self.live = set()
        self.faults = []
        self.is_open = True
        if unix_path:
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(str(unix_path))
        else:
            self.listener = socket.socket()
            if receive_buffer:
                self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", port))
        self.listener.listen(512)
        self.threads = [threading.Thread(target=self.accept_all, daemon=True)]
        self.threads[0].start()

    @property
    def port(self):
        return self.listener.getsockname()[1]

    @property
    def url(self):
        if self.unix_path:
            return f"http+unix://{self.unix_path}"
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def note(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def methods(self):
        with self.lock:
            return [request.method for request in self.requests]

    def wait_for(self, claim, timeout=20):
        """Until claim(self) holds; every request, connection and close asks again."""
        with self.changed:
            if not self.changed.wait_for(lambda: claim(self), timeout):
                raise AssertionError(
                    f"never came true; {len(self.requests)} requests, {self.connection_count} connections"
                )

    def accept_all(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.changed:
                self.connection_count += 1
                self.live.add(sock)
                self.changed.notify_all()
            thread = threading.Thread(target=self.serve, args=(sock,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, sock):
        served = sock
        try:
            if self.tls:
                served = self.tls.wrap_socket(sock, server_side=True)
            self.script(Connection(self, served))
        except (OSError, ssl.SSLError):
            pass  # the sidecar may leave at any moment
        except Exception as fault:  # a wrong script must fail its test, not vanish with its thread
            self.faults.append(fault)
        finally:
            served.close()
            sock.close()
            with self.changed:
                self.live.discard(sock)
                self.changed.notify_all()

    def close(self):
        # Closing alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            live = list(self.live)
        for sock in live:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(timeout=5)
        if self.faults:
            raise self.faults[0]


def refused_port():
    """A port of loopback on which nobody listens: bound, so that nobody else gets it."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock, sock.getsockname()[1]
