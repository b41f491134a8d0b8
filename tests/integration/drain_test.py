"""SIGTERM: who still gets an answer, what the others are told, and when the process leaves."""

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import unittest

import frames
from fault_peer import by_method, healthy, http_answer, result_body
from feed_case import FeedTestCase
from sidecar_process import IS_SANITIZED, Process, SidecarTestCase, post, read_line, wait_until
from ws_client import WebSocket

SLOW = "eth_gasPrice"
LONG = "eth_getCode"


class Slow:
    """A provider that answers SLOW only once it is let."""

    def __init__(self, case):
        self.gate = threading.Event()
        case.addCleanup(self.gate.set)

        def slow(request):
            self.gate.wait(60)
            return http_answer(result_body(request.id, '"0x51"'))

        self.peer = case.peer(by_method({SLOW: slow, LONG: json.dumps("0x" + "60" * (4 << 20))}))

    def wait_asked(self, count=1):
        self.peer.wait_for(lambda peer: [one.method for one in peer.requests].count(SLOW) >= count)

    def answer(self):
        self.gate.set()


def ask(method, call_id=1, params=()):
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": list(params)}


class DrainTest(SidecarTestCase):
    def serve(self, drain="10s"):
        self.slow = Slow(self)
        self.drained = self.sidecar(
            {"name": "one", "http": self.slow.peer.url, "timeout": "60s", "stream_bytes_min": "64MiB"},
            policies={
                "probe": {"on": False},
                "hedge": {"on": False},
                "timeout": {"floor": "60s"},
                "shutdown": {"drain": drain},
            },
            limits={"call_deadline": "60s"},
        )
        return self.drained

    def terminate(self, sidecar):
        """Sends SIGTERM, and waits until it counts: nobody can connect any more."""
        os.kill(sidecar.pid, signal.SIGTERM)
        wait_until(lambda: not os.path.exists(sidecar.socket))

    def is_alive_for(self, sidecar, seconds):
        with contextlib.suppress(subprocess.TimeoutExpired):
            sidecar.popen.wait(timeout=seconds)
            return False
        return True

    def assert_leaves(self, sidecar, seconds=5):
        self.assertEqual(sidecar.popen.wait(timeout=seconds * (4 if IS_SANITIZED else 1)), 0)

    def test_E02_a_slow_call_in_flight_is_answered_in_every_dialect(self):
        sidecar = self.serve()
        framed = self.framed(sidecar)
        framed.start(SLOW)
        ipc = self.raw(sidecar)
        ipc.sendall(json.dumps(ask(SLOW, 2)).encode())
        ws = WebSocket(sidecar.socket)
        self.addCleanup(ws.leave)
        ws.send(ask(SLOW, 3))
        answers = {}

        def ask_http(name, connection):
            answers[name] = post(connection, ask(SLOW, 4)), connection

        threads = [
            threading.Thread(target=ask_http, args=(name, connection))
            for name, connection in (("unix", sidecar.http_unix()), ("tcp", sidecar.http()))
        ]
        for thread in threads:
            thread.start()
        self.slow.wait_asked(5)

        self.terminate(sidecar)
        goaway = framed.recv()
        self.slow.answer()

        self.assertEqual(goaway.type, frames.GOAWAY)
        self.assertEqual(goaway.json(), {"reason": "shutting down", "deadline_ms": 10_000})
        self.assertEqual(framed.recv().payload, b'"0x51"')
        self.assertEqual(json.loads(read_line(ipc))["result"], "0x51")
        self.assertEqual(json.loads(ws.read_text())["result"], "0x51")
        for thread in threads:
            thread.join(timeout=20)
        for name in ("unix", "tcp"):
            (status, body), connection = answers[name]
            self.assertEqual((status, json.loads(body)["result"]), (200, "0x51"))
            self.assertIsNone(connection.sock, f"{name} was not told that the connection ends")
        self.assertEqual(framed.recv_to_end(), [])
        self.assertEqual(ipc.recv(1), b"")
        self.assertIsNone(ws.read_text())
        self.assertEqual(ws.end, 1012)
        self.assert_leaves(sidecar)

    def test_E02_new_calls_are_refused_and_say_that_nothing_was_sent(self):
        sidecar = self.serve()
        framed = self.framed(sidecar)
        slow = framed.start(SLOW)
        ipc = self.raw(sidecar)
        ipc.sendall(json.dumps(ask(SLOW)).encode())
        self.slow.wait_asked(2)
        self.terminate(sidecar)
        self.assertEqual(framed.recv().type, frames.GOAWAY)

        refused = framed.call("eth_chainId")
        framed.send(frames.encode_subscribe(77, "eth_subscribe", ["newHeads"]))
        unsubscribed = framed.finish(77)
        ipc.sendall(json.dumps([ask("eth_chainId", 5), ask("eth_subscribe", 6, ["newHeads"])]).encode())
        batch = json.loads(read_line(ipc))

        for error in (refused.error, unsubscribed.error, batch[0]["error"], batch[1]["error"]):
            self.assertEqual(error["data"]["name"], "SHUTTING_DOWN")
            self.assertEqual(error["data"]["sent"], "no")
            self.assertTrue(error["data"]["retryable"])
        self.assertEqual(set(self.slow.peer.methods()), {SLOW})
        self.slow.answer()
        self.assertEqual(framed.finish(slow).result, b'"0x51"')
        self.assertEqual(json.loads(read_line(ipc))["result"], "0x51")
        self.assert_leaves(sidecar)

    def test_idle_workers_are_let_go_at_once_while_another_still_waits(self):
        sidecar = self.serve()
        waiting = self.framed(sidecar)
        waiting.start(SLOW)
        self.slow.wait_asked()
        framed, ipc, silent = self.framed(sidecar), self.raw(sidecar), self.raw(sidecar)
        framed.call("eth_chainId")
        ipc.sendall(json.dumps(ask("eth_chainId")).encode())
        read_line(ipc)
        ws = WebSocket(sidecar.socket)
        self.addCleanup(ws.leave)
        kept = [sidecar.http(), sidecar.http_unix()]
        for connection in kept:
            self.assertEqual(post(connection, ask("eth_chainId"))[0], 200)

        self.terminate(sidecar)

        self.assertEqual([one.type for one in framed.recv_to_end()], [frames.GOAWAY])
        self.assertEqual(ipc.recv(1), b"")
        self.assertIsNone(ws.read_text())
        self.assertEqual(ws.end, 1012)
        for connection in kept:
            self.assertEqual(connection.sock.recv(1), b"")
            connection.close()
        silent.sendall(frames.encode_call(9, "eth_chainId"))  # it was accepted: it is answered
        self.assertIn(b"SHUTTING_DOWN", silent.recv(1 << 16) + silent.recv(1 << 16))
        self.assertIsNone(sidecar.popen.poll())
        self.slow.answer()
        self.assertEqual(waiting.recv().type, frames.GOAWAY)
        self.assertEqual(waiting.recv().payload, b'"0x51"')
        self.assert_leaves(sidecar)

    def test_a_worker_that_reads_slowly_gets_all_of_its_answer(self):
        sidecar = self.serve()
        framed = self.framed(sidecar)
        framed.start(LONG)
        self.assertTrue(select.select([framed.socket], [], [], 20)[0])  # queued, and partly here
        self.terminate(sidecar)

        self.assertTrue(self.is_alive_for(sidecar, 0.8))  # longer than what is granted after the end
        answer = b""
        for frame in framed.recv_to_end():
            answer += frame.payload if frame.type == frames.RESULT else b""

        self.assertEqual(len(answer), 2 + 2 + (8 << 20))
        self.assert_leaves(sidecar)

    def test_E02_what_takes_too_long_is_answered_with_SHUTTING_DOWN(self):
        sidecar = self.serve(drain="300ms")
        framed, ipc = self.framed(sidecar), self.raw(sidecar)
        framed.start(SLOW)
        ipc.sendall(json.dumps(ask(SLOW)).encode())
        self.slow.wait_asked(2)

        self.terminate(sidecar)

        goaway, answer = framed.recv_to_end()
        self.assertEqual(goaway.json()["deadline_ms"], 300)
        error = answer.json()
        self.assertEqual((error["data"]["name"], error["data"]["sent"]), ("SHUTTING_DOWN", "maybe"))
        self.assertFalse(error["data"]["retryable"])
        self.assertEqual(json.loads(read_line(ipc))["error"]["data"]["name"], "SHUTTING_DOWN")
        self.assert_leaves(sidecar)

    def test_the_next_one_may_serve_the_same_socket_while_it_drains(self):
        sidecar = self.serve()
        framed = self.framed(sidecar)
        framed.start(SLOW)
        self.slow.wait_asked()
        self.terminate(sidecar)

        following = Process(["run", "--config", sidecar.config])
        self.addCleanup(following.stop)
        self.assertEqual(following.wait_listening()["socket"], sidecar.socket)
        with frames.FramedClient(sidecar.socket) as client:
            self.assertEqual(client.call("eth_chainId").result, b'"0x2a"')
        self.slow.answer()

        self.assertEqual(framed.recv_to_end()[-1].payload, b'"0x51"')
        self.assert_leaves(sidecar)
        self.assertTrue(os.path.exists(sidecar.socket))  # it is the next one's

    def test_a_second_signal_ends_it_at_once(self):
        for second in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(second.name):
                sidecar = self.serve(drain="1h")
                framed = self.framed(sidecar)
                framed.start(SLOW)
                self.slow.wait_asked()
                self.terminate(sidecar)
                self.assertEqual(framed.recv().json()["deadline_ms"], 3_600_000)
                self.assertTrue(self.is_alive_for(sidecar, 0.3))

                os.kill(sidecar.pid, second)

                self.assertEqual(framed.recv().json()["data"]["name"], "SHUTTING_DOWN")
                self.assert_leaves(sidecar)

    def test_without_time_to_drain_it_answers_and_leaves(self):
        sidecar = self.serve(drain="0ms")
        framed = self.framed(sidecar)
        framed.start(SLOW)
        self.slow.wait_asked()

        self.terminate(sidecar)

        goaway, answer = framed.recv_to_end()
        self.assertEqual((goaway.type, answer.type), (frames.GOAWAY, frames.ERROR))
        self.assert_leaves(sidecar)

    def test_E02_under_load_every_call_has_one_answer(self):
        peer = self.peer(healthy())
        sidecar = self.sidecar({"name": "one", "http": peer.url})
        workers = [Worker(sidecar) for _ in range(8)]
        for worker in workers:
            worker.start()
        wait_until(lambda: sum(worker.answered for worker in workers) > 400)

        self.terminate(sidecar)

        for worker in workers:
            worker.join(timeout=20)
            self.assertEqual(worker.fault, None)
            self.assertEqual(worker.unanswered, set())
        self.assert_leaves(sidecar)
        self.assertGreater(sum(worker.results for worker in workers), 400)


class Worker(threading.Thread):
    """Keeps eight framed calls open, until it is told to go away; then it waits for their answers."""

    def __init__(self, sidecar):
        super().__init__(daemon=True)
        self.client = sidecar.framed()
        self.unanswered = set()
        self.answered = 0
        self.results = 0
        self.fault = None

    def run(self):
        try:
            with self.client as client:
                for _ in range(8):
                    self.unanswered.add(client.start("eth_chainId"))
                is_told = False
                while self.unanswered:
                    frame = client.recv()
                    if frame.type == frames.GOAWAY:
                        is_told = True
                        continue
                    self.unanswered.remove(frame.id)
                    self.answered += 1
                    self.results += frame.type == frames.RESULT
                    if frame.type == frames.ERROR and frame.json()["data"]["name"] != "SHUTTING_DOWN":
                        self.fault = frame.json()
                    if not is_told:
                        self.unanswered.add(client.start("eth_chainId"))
        except (OSError, EOFError, AssertionError) as fault:
            self.fault = fault


class DrainOfSubscriptionsTest(FeedTestCase):
    def test_subscriptions_go_on_until_the_last_call_has_its_answer(self):
        mock = self.mock()
        slow = Slow(self)
        sidecar = self.serve(
            self.source("feed", mock, "ws", deny=[SLOW]),
            {"name": "slow", "http": slow.peer.url, "timeout": "60s", "allow": [SLOW]},
        )
        waiting = self.framed(sidecar)
        waiting.start(SLOW)
        slow.wait_asked()
        framed = self.framed(sidecar)
        subscription = framed.subscribe("eth_subscribe", ["newHeads"])
        ws = WebSocket(sidecar.socket)
        self.addCleanup(ws.leave)
        wire_id = ws.result("eth_subscribe", "newHeads")

        os.kill(sidecar.pid, signal.SIGTERM)
        wait_until(lambda: not os.path.exists(sidecar.socket))
        self.assertEqual(framed.recv().type, frames.GOAWAY)
        mock.mine()

        self.assertEqual(framed.next_event().id, subscription)
        self.assertIsNotNone(ws.event(wire_id))
        slow.answer()
        last = framed.recv_to_end()[-1]
        self.assertEqual((last.type, last.id), (frames.ERROR, subscription))
        self.assertEqual(last.json()["data"]["name"], "SHUTTING_DOWN")
        while ws.read_text() is not None:
            pass
        self.assertEqual(ws.end, 1012)
        self.assertEqual(sidecar.popen.wait(timeout=20), 0)


if __name__ == "__main__":
    unittest.main()
