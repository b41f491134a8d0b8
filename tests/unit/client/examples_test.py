"""The examples of client/examples/, as a reader would run them, against a scripted sidecar.

Environment: RPCS_EXAMPLES (folder of the built programs), RPCS_LIBRARY (the shared library).
"""

import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "client" / "examples"
BUILT = pathlib.Path(os.environ["RPCS_EXAMPLES"])
PYTHON = [sys.executable, "-B", str(FOLDER / "call.py"), "--library",
          os.environ.get("RPCS_LIBRARY", "")]
HELLO, CALL, RESULT, ERROR, SUBSCRIBE, EVENT, WELCOME = 1, 2, 3, 4, 5, 6, 11
GAP = 0x04
HEADER = struct.Struct(">IBBHQ")


class EchoSidecar:
    """Answers every call with its own method, params and chain; `fail` with an error. Subscribers
    get two events and a gap between them."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(8)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                session, _ = self.listener.accept()
            except OSError:
                return
            with session, session.makefile("rb") as stream:
                while header := stream.read(HEADER.size):
                    length, kind, _, chain, call_id = HEADER.unpack(header)
                    payload = stream.read(length - 12)
                    if kind == SUBSCRIBE:
                        self.subscribe(session, call_id)
                    elif payload:
                        self.answer(session, kind, chain, call_id, json.loads(payload))

    @staticmethod
    def answer(session, kind, chain, call_id, payload):
        if kind == HELLO:
            kind = WELCOME
            reply = {"version": 1, "chains": [{"number": 5, "name": "solana", "family": "svm"}]}
        elif payload["method"] == "fail":
            kind, reply = ERROR, {"code": -32601, "message": "no such method"}
        else:
            kind, reply = RESULT, [payload["method"], payload.get("params"), chain]
        text = json.dumps(reply).encode()
        session.sendall(HEADER.pack(12 + len(text), kind, 0, 0, call_id) + text)

    @staticmethod
    def subscribe(session, call_id):
        position = b'{"epoch":7,"seq":0}'
        out = HEADER.pack(12 + len(position), RESULT, 0, 0, call_id) + position
        for seq, flags, value in ((1, 0, b'{"number":"0x1"}'), (2, GAP, b'{"reason":"fill_limit"}'),
                                  (3, 0, b'{"number":"0x9"}')):
            out += HEADER.pack(12 + 12 + len(value), EVENT, flags, 0, call_id)
            out += struct.pack(">IQ", 7, seq) + value
        session.sendall(out)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class ExamplesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = folder.name + "/rpc.sock"

    def serve(self):
        self.addCleanup(EchoSidecar(self.path).close)

    def run_example(self, command, **env):
        env = {**os.environ, "RPC_SIDECAR_SOCKET": self.path, **env}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)

    def commands(self):
        return {"C": [str(BUILT / "example_call")]} | (
            {"Python": PYTHON} if "RPCS_LIBRARY" in os.environ else {})

    def test_call_prints_the_result(self):
        self.serve()
        for name, command in self.commands().items():
            with self.subTest(name):
                ended = self.run_example([*command, "eth_call", '[{"to": "0x1"}, "latest"]'])
                self.assertEqual(ended.stderr, "")
                self.assertEqual(json.loads(ended.stdout),
                                 ["eth_call", [{"to": "0x1"}, "latest"], 0])

    def test_call_tells_an_error_answer_from_a_failure(self):
        for name, command in self.commands().items():
            with self.subTest(name):
                absent = self.run_example([*command, "fail"])
                self.assertEqual(absent.returncode, 1)
                self.assertIn("no sidecar serves the socket", absent.stderr)
        self.serve()
        for name, command in self.commands().items():
            with self.subTest(name):
                failed = self.run_example([*command, "fail"])
                self.assertEqual(failed.returncode, 3)
                self.assertIn("no such method", failed.stderr)

    def test_call_takes_its_own_way_when_the_sidecar_is_switched_off(self):
        self.serve()
        for name, command in self.commands().items():
            with self.subTest(name):
                ended = self.run_example([*command, "eth_chainId"], USE_SIDECAR="false")
                self.assertEqual(ended.returncode, 0)
                self.assertIn("straight to the provider", ended.stdout)

    def test_poll_loop_gets_all_its_answers(self):
        self.serve()
        ended = self.run_example([str(BUILT / "example_poll_loop"), "eth_blockNumber", "200"])
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual(ended.stdout.count('["eth_blockNumber", null, 0]'), 200)

    def test_watch_heads_prints_events_and_gaps(self):
        self.serve()
        ended = self.run_example([str(BUILT / "example_watch_heads"), "3"])
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual(ended.stdout.splitlines(), [
            '7:1 live {"number":"0x1"}', '7:2 gap {"reason":"fill_limit"}',
            '7:3 live {"number":"0x9"}'])

    @unittest.skipUnless("RPCS_LIBRARY" in os.environ, "Python without a sanitizer cannot load it")
    def test_python_names_socket_and_chain_by_option(self):
        self.serve()
        ended = self.run_example(
            [*PYTHON, "--socket", self.path, "--chain", "solana", "getSlot"],
            RPC_SIDECAR_SOCKET="/nowhere")
        self.assertEqual(json.loads(ended.stdout), ["getSlot", None, 5])


if __name__ == "__main__":
    unittest.main()
