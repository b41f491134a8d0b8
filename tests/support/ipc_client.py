"""A worker that speaks json-ipc: JSON texts on the Unix socket, each answer and event a line."""

import socket

import ws_client


class JsonIpc(ws_client.WebSocket):
    """One connection; all that a WebSocket has but its frames. It ends as "fin" or "reset"."""

    def __init__(self, path, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.start(timeout)

    def send_text(self, text):
        self.socket.sendall(text.encode())

    def read_text(self):
        while b"\n" not in self.buffer:
            if self.end is not None or not self.fill():
                return None
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def close(self, code=None):
        """Half of it: nothing more is asked."""
        self.socket.shutdown(socket.SHUT_WR)
