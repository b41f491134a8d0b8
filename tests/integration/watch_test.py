"""`rpc-sidecar watch`: against a scripted sidecar for what only bad luck brings, and against the real
one with the mock, with the library's example beside it."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import frames
from mock_provider import MockProvider
from sidecar_process import BINARY, Sidecar, SidecarTestCase, wait_until

SECONDS = 30
EXAMPLE = pathlib.Path(BINARY).resolve().parent / "client/examples/example_watch_heads"
WELCOME = {"version": 1, "chains": [{"number": 3, "name": "dev", "family": "evm"}]}
POSITION = {"epoch": 7, "seq": 0}


class ScriptedSidecar:
    """Plays `script(session)` for each connection in its turn, greeted already; keeps what failed."""

    def __init__(self, path, *scripts):
        self.failure = None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.listener.settimeout(SECONDS)
        self.thread = threading.Thread(target=self.play, args=(scripts,), daemon=True)
        self.thread.start()

    def play(self, scripts):
        try:
            for script in scripts:
                connection, _ = self.listener.accept()
                connection.settimeout(SECONDS)
                with Session(connection) as session:
                    session.send(frames.WELCOME, session.recv().id, WELCOME)
                    script(session)
        except Exception as failure:  # told by the test's own thread
            self.failure = failure

    def close(self):
        self.thread.join(SECONDS)
        self.listener.close()
        if self.failure:
            raise self.failure


class Session(frames.FramedClient):
    """The sidecar's end of a connection."""

    def __init__(self, connection):
        self.socket = connection
        self.buffer = bytearray()

    def send(self, kind, call_id, payload=b"", flags=0):
        self.socket.sendall(frames.encode(kind, call_id, payload, flags=flags))

    def event(self, call_id, seq, value, flags=0):
        self.send(frames.EVENT, call_id, frames.event_payload(7, seq, value), flags)

    def subscribed(self):
        """The SUBSCRIBE that comes, answered."""
        asked = self.recv()
        if asked.type != frames.SUBSCRIBE:
            raise AssertionError(f"unexpected {asked}")
        self.send(frames.RESULT, asked.id, POSITION)
        return asked


def wait_for_end(session):
    session.recv_to_end()


class Watched:
    """A running `watch`."""

    def __init__(self, path, *words):
        self.popen = subprocess.Popen([BINARY, "watch", "--socket", str(path), *words],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)

    def line(self):
        return self.popen.stdout.readline().rstrip("\n")

    def end(self):
        """Exit code, the rest of its output, its complaints."""
        out, err = self.popen.communicate(timeout=SECONDS)
        return self.popen.returncode, out, err


class ScriptedTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="rpcs-")
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "rpc.sock"

    def watch(self, scripts, *words):
        self.addCleanup(ScriptedSidecar(self.path, *scripts).close)
        watched = Watched(self.path, *words)
        self.addCleanup(lambda: watched.popen.poll() is None and watched.popen.kill())
        return watched

    def test_each_event_is_one_compact_line_and_last_ends_it(self):
        def script(session):
            asked = session.subscribed()
            self.assertEqual(asked.json(),
                             {"method": "signatureSubscribe", "params": ["5h6x"],
                              "continuity": "latest"})
            self.assertEqual(asked.chain, 3)
            session.event(asked.id, 1, b'{\n "a": [1, 2]\n}')
            session.event(asked.id, 2, b'"done"', frames.LAST)
            wait_for_end(session)

        watched = self.watch([script], "--chain", "dev", "--continuity", "latest", "signature",
                             "5h6x")
        self.assertEqual(watched.end(), (0, '{"a":[1,2]}\n"done"\n', ""))

    def test_gaps_go_to_standard_error_or_into_the_lines(self):
        def script(session):
            asked = session.subscribed()
            session.event(asked.id, 1, b'{"reason":"fill_limit"}', frames.GAP)
            session.event(asked.id, 2, b"2")
            wait_for_end(session)

        watched = self.watch([script, script], "--count", "1", "slot")
        self.assertEqual(watched.end(), (0, "2\n", 'rpc-sidecar: gap: {"reason":"fill_limit"}\n'))
        watched = Watched(self.path, "--gaps", "--count", "1", "slot")
        self.assertEqual(watched.end(), (0, '{"gap":{"reason":"fill_limit"}}\n2\n', ""))

    def test_a_lost_connection_is_made_again_and_nothing_comes_twice(self):
        def first(session):
            session.event(session.subscribed().id, 1, b"1")

        def second(session):
            asked = session.subscribed()
            self.assertEqual(asked.json(), {"method": "slotSubscribe",
                                            "resume": {"epoch": 7, "seq": 1}})
            session.event(asked.id, 1, b"1", frames.REPLAYED)
            session.event(asked.id, 2, b"2", frames.REPLAYED)
            wait_for_end(session)

        code, out, err = self.watch([first, second], "--count", "2", "slot").end()
        self.assertEqual((code, out), (0, "1\n2\n"))
        self.assertRegex(err, r"^rpc-sidecar: .*; trying again\n$")

    def test_signals_end_it_with_zero(self):
        def script(session):
            session.event(session.subscribed().id, 1, b"1")
            wait_for_end(session)

        self.addCleanup(ScriptedSidecar(self.path, script, script).close)
        for how in signal.SIGINT, signal.SIGTERM:
            with self.subTest(how):
                watched = Watched(self.path, "slot")
                self.assertEqual(watched.line(), "1")
                watched.popen.send_signal(how)
                self.assertEqual(watched.end(), (0, "", ""))

    def test_a_refusal_is_told_and_ends_it_with_one(self):
        error = {"code": -32602, "message": "bad params"}

        def script(session):
            session.send(frames.ERROR, session.recv().id, error)
            wait_for_end(session)

        code, out, err = self.watch([script], "eth_subscribe", '["nope"]').end()
        self.assertEqual((code, out, json.loads(err)), (1, "", error))

    def test_strict_ends_with_one_at_a_gap(self):
        error = {"code": -32000, "message": "m", "data": {"name": "SUB_GAP", "retryable": False}}

        def script(session):
            asked = session.subscribed()
            self.assertEqual(asked.json()["continuity"], "strict")
            session.event(asked.id, 1, b"1")
            session.send(frames.ERROR, asked.id, error)
            wait_for_end(session)

        code, out, err = self.watch([script], "--continuity", "strict", "slot").end()
        self.assertEqual((code, out), (1, "1\n"))
        self.assertIn("SUB_GAP", err)

    def test_without_an_answer_it_ends_with_one_after_its_timeout(self):
        code, out, err = self.watch([wait_for_end], "--timeout", "50ms", "slot").end()
        self.assertEqual((code, out), (1, ""))
        self.assertIn("no answer to SUBSCRIBE within 50 ms", err)

    def test_wrong_words_end_it_with_two(self):
        for words in (["newHead"], ["slot", "--count", "0"], ["slot", "--continuity", "x"],
                      ["logs", "{"], ["slot", "--timeout", "x"]):
            with self.subTest(words):
                code, out, err = Watched(self.path, *words).end()
                self.assertEqual((code, out), (2, ""))
                self.assertTrue(err)
        self.assertEqual(Watched(self.path, "slot").end()[0], 1)  # no sidecar


class EndToEndTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.mock = MockProvider.start(BINARY, "evm", "--manual-blocks", "--head", "1000")
        self.addCleanup(self.mock.stop)
        self.running = self.sidecar(
            {"name": "own", "http": self.mock.url, "ws": self.mock.ws_url})

    def watch(self, *words):
        watched = Watched(self.running.socket, *words)
        self.addCleanup(lambda: watched.popen.poll() is None and watched.popen.kill())
        return watched

    def mine_until(self, claim):
        """Blocks come until it is so: when a subscription stands only its events tell."""
        def mine():
            self.mock.mine()
            return claim()

        wait_until(mine)

    def test_watch_and_library_print_the_same_heads_from_one_subscription(self):
        watched = self.watch("--gaps", "--count", "5", "newHeads")
        with self.running.framed() as client:
            client.subscribe("eth_subscribe", ["newHeads"])
            self.mine_until(lambda: watched.popen.poll() is not None)
            code, out, err = watched.end()
            self.assertEqual((code, err), (0, ""))
            numbers = [int(json.loads(line)["number"], 16) for line in out.splitlines()]
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 5)))
            events = [client.next_event()]
            while int(events[-1].json()["number"], 16) < numbers[-1]:
                events.append(client.next_event())
        self.assertEqual([one.seq - events[0].seq for one in events], list(range(len(events))))
        self.assertEqual([json.loads(line) for line in out.splitlines()],
                         [one.json() for one in events[-5:]])
        self.assertEqual(self.mock.ws_stats()["subscriptions_open_max_per_key"], 1)

    @unittest.skipUnless(EXAMPLE.exists(), "the examples are not built")
    def test_the_library_prints_heads(self):
        ended = subprocess.Popen([EXAMPLE, "3"], stdout=subprocess.PIPE, text=True,
                                 env={**os.environ, "RPC_SIDECAR_SOCKET": self.running.socket})
        self.mine_until(lambda: ended.poll() is not None)
        lines = ended.communicate()[0].splitlines()
        self.assertEqual(ended.returncode, 0)
        places, kinds, heads = zip(*(line.split(" ", 2) for line in lines))
        self.assertEqual(len({place.partition(":")[0] for place in places}), 1)
        self.assertEqual(set(kinds), {"live"})
        numbers = [int(json.loads(head)["number"], 16) for head in heads]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 3)))

    def test_a_provider_that_closes_its_sockets_costs_no_head(self):
        watched = self.watch("--gaps", "--count", "12", "newHeads")
        lines = []
        reader = threading.Thread(
            target=lambda: lines.extend(watched.popen.stdout), daemon=True)
        reader.start()
        self.mine_until(lambda: len(lines) >= 4)
        self.assertEqual(self.mock.close_sockets(), 1)
        self.mine_until(lambda: watched.popen.poll() is not None)
        reader.join(SECONDS)
        numbers = [int(json.loads(line)["number"], 16) for line in lines]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 12)))
        self.assertEqual(watched.popen.wait(), 0)
        watched.popen.stdout.close()
        watched.popen.stderr.close()

    def test_a_sidecar_that_restarts_is_a_gap_and_no_end(self):
        watched = self.watch("--gaps", "--count", "6", "newHeads")
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(watched.popen.stdout), daemon=True)
        reader.start()
        self.mine_until(lambda: len(lines) >= 3)
        self.running.stop()
        self.running = Sidecar(self.running.config.parent, self.running.config.read_text())
        self.addCleanup(self.running.stop)
        self.running.wait_listening()
        self.mine_until(lambda: watched.popen.poll() is not None)
        reader.join(SECONDS)
        values = [json.loads(line) for line in lines]
        gaps = [one["gap"]["reason"] for one in values if "gap" in one]
        numbers = [int(one["number"], 16) for one in values if "number" in one]
        self.assertEqual(gaps, ["resume"])
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(len(numbers), 6)
        self.assertEqual(watched.popen.wait(), 0)
        self.assertIn("trying again", watched.popen.stderr.read())
        watched.popen.stdout.close()
        watched.popen.stderr.close()

    def test_a_bad_subscription_is_told(self):
        code, out, err = self.watch("eth_subscribe", '["nope"]').end()
        self.assertEqual((code, out), (1, ""))
        self.assertIn("BAD_REQUEST", err)


if __name__ == "__main__":
    unittest.main()
