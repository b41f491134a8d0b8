"""Workers that break off, flood, stall or speak nonsense: what they are told, and that nobody else
notices. Names begin with the ids of the fault catalogue."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import frames
from fault_peer import healthy
from sidecar_process import (
    IS_SANITIZED,
    SidecarTestCase,
    post,
    read_line,
    wait_until,
)

BIG = '"' + "x" * 1_000_000 + '"'


def raise_own_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class WorkerFaultsTest(SidecarTestCase):
    def healthy_sidecar(self, result='"0x2a"', **more):
        self.good = self.peer(healthy(result))
        return self.sidecar(self.provider("one", self.good), **more)

    def stuck_sidecar(self, **more):
        """A provider that answers nothing until self.release is set."""
        self.release = threading.Event()
        self.addCleanup(self.release.set)

        def script(connection):
            while request := connection.read_request():
                if request.method != "eth_chainId":
                    self.release.wait(30)
                connection.answer(request)

        self.stuck = self.peer(script)
        keys = {"timeout": "30s", **more.pop("provider_keys", {})}
        return self.sidecar(self.provider("one", self.stuck, **keys), **more)

    def check_serves(self, sidecar):
        self.assertEqual(self.call(sidecar, "eth_chainId").result, b'"0x2a"')

    def test_D01_slow_reader_hurts_only_itself(self):
        sidecar = self.healthy_sidecar(BIG, limits={"output_queue_bytes_max": "4MiB"})
        reader = self.framed(sidecar)
        sidecar.reset_peak()
        before = sidecar.rss_kib()
        # 400 MB of answers are asked for, and none is read.
        reader.send(b"".join(frames.encode_call(n, "eth_call", [{}]) for n in range(1, 401)))

        other = self.framed(sidecar)
        for _ in range(50):
            answer = other.call("eth_call", [{}])
            self.assertEqual((answer.error, len(answer.result or b"")), (None, 1_000_002))

        growth = sidecar.peak_kib() - before
        self.assertLess(growth, (256 if IS_SANITIZED else 48) * 1024)
        # It was held back, not cut: all is there once it reads.
        got = 0
        while got < 400:
            frame = reader.recv()
            self.assertEqual(frame.type, frames.RESULT, frame.payload[:300])
            got += not frame.flags & frames.MORE

    def test_D01_slow_reader_over_json_ipc(self):
        sidecar = self.healthy_sidecar(BIG, limits={"output_queue_bytes_max": "4MiB"})
        sock = self.raw(sidecar)
        sock.sendall(
            b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"eth_call"}' % n for n in range(100))
        )

        for _ in range(20):
            answer = self.call(sidecar, "eth_call", [{}])
            self.assertEqual((answer.error, len(answer.result or b"")), (None, 1_000_002))

        self.assertLess(len(self.good.requests), 20 + 100)
        reader = sock.makefile("rb")
        ids = sorted(json.loads(reader.readline())["id"] for _ in range(100))
        self.assertEqual(ids, list(range(100)))

    def test_D02_stopped_worker_hurts_only_itself(self):
        sidecar = self.healthy_sidecar(BIG)
        script = (
            "import socket,sys,time;s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);"
            's.sendall(b\'{"jsonrpc":"2.0","id":1,"method":"eth_call"}\'*50);time.sleep(60)'
        )
        worker = subprocess.Popen([sys.executable, "-c", script, sidecar.socket])
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        self.good.wait_for(lambda p: p.requests)
        worker.send_signal(signal.SIGSTOP)

        for _ in range(20):
            answer = self.call(sidecar, "eth_call", [{}])
            self.assertEqual((answer.error, len(answer.result or b"")), (None, 1_000_002))

    def test_D05_close_in_a_call_frees_its_slot(self):
        sidecar = self.stuck_sidecar(provider_keys={"connections_max": 1})
        client = self.framed(sidecar)
        client.start("eth_blockNumber")
        self.stuck.wait_for(lambda p: p.requests)

        client.close()

        # The attempt is given up with it: its connection closes, and the only slot is free.
        self.stuck.wait_for(lambda p: p.connection_count == 1 and not sidecar_holds(sidecar, p))
        self.release.set()
        self.check_serves(sidecar)

    def test_D05_killed_worker_in_each_dialect(self):
        sidecar = self.stuck_sidecar(provider_keys={"connections_max": 4})
        body = b'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}'
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        for words, data in (
            ("framed", frames.encode_call(1, "eth_blockNumber")),
            ("json-ipc", body),
            ("http", head + b"Content-Length: %d\r\n\r\n" % len(body) + body),
        ):
            with self.subTest(words):
                before = len(self.stuck.requests)
                sock = self.raw(sidecar)
                sock.sendall(data)
                self.stuck.wait_for(lambda p, n=before: len(p.requests) == n + 1)
                # RST-like on a Unix socket: gone with unread data.
                sock.close()
                wait_until(lambda: not sidecar_holds(sidecar, self.stuck), words="slot still held")
        self.check_serves(sidecar)

    def test_D05_close_in_a_frame(self):
        sidecar = self.healthy_sidecar()
        whole = frames.encode_call(1, "eth_blockNumber")
        for cut in (1, 3, 4, 15, 16, 20, len(whole) - 1):
            sock = self.raw(sidecar)
            sock.sendall(whole[:cut])
            sock.close()

        self.check_serves(sidecar)
        self.assertEqual(self.good.methods(), ["eth_chainId"])

    def test_D05_other_waiters_are_unaffected(self):
        sidecar = self.stuck_sidecar()
        clients = [self.framed(sidecar) for _ in range(6)]
        calls = [client.start("eth_blockNumber") for client in clients]
        self.stuck.wait_for(lambda p: len(p.requests) == 6)

        for client in clients[::2]:
            client.close()
        self.release.set()

        for client, call in list(zip(clients, calls))[1::2]:
            self.assertEqual(client.finish(call).result, b'"0x2a"')

    def test_D10_thousands_of_idle_connections(self):
        raise_own_limit()
        sidecar = self.healthy_sidecar()
        self.check_serves(sidecar)
        before = sidecar.rss_kib()
        clients = [sidecar.framed() for _ in range(1000)]
        texts = [sidecar.raw() for _ in range(1000)]
        for client in clients:
            client.send(frames.encode(frames.PING, 1))
        for client in clients:
            self.assertEqual(client.recv().type, frames.PONG)
        for sock in texts:
            sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}')
        for sock in texts:
            read_line(sock)

        growth = sidecar.rss_kib() - before
        if not IS_SANITIZED:
            self.assertLess(growth, 2000 * 8, "more than 8 KiB a connection")
        for one in (*clients, *texts):
            one.close()
        self.check_serves(sidecar)

    def test_D10_churn_leaves_nothing_behind(self):
        sidecar = self.healthy_sidecar()

        def churn(rounds):
            for _ in range(rounds):
                with sidecar.framed() as client:
                    client.call("eth_chainId")
                sidecar.raw().close()
                sock = sidecar.raw()
                sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}')
                read_line(sock)
                sock.close()

        churn(500)
        before = sidecar.rss_kib()
        churn(2000)
        wait_until(lambda: sidecar.fd_count() <= sidecar.fds_at_start + 8)
        self.assertLess(sidecar.rss_kib() - before, (64 if IS_SANITIZED else 2) * 1024)

    def test_D11_one_session_too_many(self):
        sidecar = self.healthy_sidecar(limits={"sessions_max": 4})
        clients = [self.framed(sidecar) for _ in range(4)]
        for client in clients:
            client.call("eth_chainId")

        with self.subTest("framed"):
            extra = self.framed(sidecar)
            extra.send(frames.encode(frames.HELLO, 0, {"version": 1}))
            answers = extra.recv_to_end()
            self.assertEqual([(a.type, a.id) for a in answers], [(frames.ERROR, 0)])
            self.assertEqual(answers[0].json()["data"]["name"], "CLIENT_LIMIT")
        for client in clients:
            self.assertEqual(client.call("eth_chainId").result, b'"0x2a"')
        clients[0].close()

        def is_admitted():
            try:
                return self.call(sidecar, "eth_chainId").result == b'"0x2a"'
            except (EOFError, ConnectionError, AssertionError):
                return False

        wait_until(is_admitted)

    @unittest.skipIf(IS_SANITIZED, "the sanitizers' own checks need descriptors")
    def test_D12_no_descriptors_left(self):
        sidecar = self.healthy_sidecar()
        client = self.framed(sidecar)
        client.call("eth_chainId")
        limits = resource.prlimit(sidecar.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(sidecar.pid, resource.RLIMIT_NOFILE, (sidecar.fd_count() + 3, limits[1]))

        crowd = [self.raw(sidecar) for _ in range(40)]
        for sock in crowd:
            # Those that found no descriptor are closed already, before or after they speak.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}')
        cpu = sidecar.cpu_seconds()
        time.sleep(1.0)
        for _ in range(20):
            self.assertEqual(client.call("eth_chainId").result, b'"0x2a"')

        self.assertLess(sidecar.cpu_seconds() - cpu, 0.5, "it spins")
        resource.prlimit(sidecar.pid, resource.RLIMIT_NOFILE, limits)
        for sock in crowd:
            sock.close()
        self.check_serves(sidecar)

    def test_D13_flood_of_one_session_is_capped(self):
        sidecar = self.stuck_sidecar(limits={"session_calls_in_flight_max": 8})
        flood = self.framed(sidecar)

        calls = [flood.start("eth_blockNumber") for _ in range(100)]

        for call in calls[8:]:
            answer = flood.finish(call)
            self.assert_error(answer, "CLIENT_LIMIT", sent="no", tried=[])
        self.release.set()
        for call in calls[:8]:
            self.assertEqual(flood.finish(call).result, b'"0x2a"')

    def test_D13_flood_does_not_starve_others(self):
        sidecar = self.stuck_sidecar(provider_keys={"connections_max": 1})
        flood, other = self.framed(sidecar), self.framed(sidecar)
        calls = [flood.start("eth_blockNumber") for _ in range(500)]
        self.stuck.wait_for(lambda p: p.requests)
        fair = other.start("eth_gasPrice")
        # Queued behind 499 of the flood's; taken in turn it is the second or third to run.
        other.send(frames.encode(frames.PING, 1))
        self.assertEqual(other.recv().type, frames.PONG)
        self.release.set()

        self.assertEqual(other.finish(fair).result, b'"0x2a"')
        self.assertLess(self.stuck.methods().index("eth_gasPrice"), 5)
        for call in calls:
            flood.finish(call)

    def test_D14_batches_over_the_limits(self):
        sidecar = self.healthy_sidecar(
            BIG, limits={"batch_items_max": 10, "batch_reply_bytes_max": "3MiB"}
        )
        one = {"jsonrpc": "2.0", "id": 1, "method": "eth_call"}
        connection = sidecar.http()
        self.addCleanup(connection.close)

        with self.subTest("too many calls"):
            status, body = post(connection, [one] * 11)
            self.assertEqual(status, 200)
            error = json.loads(body)["error"]
            self.assertIn(error["data"]["name"], ("CLIENT_LIMIT", "BAD_REQUEST"), error)
            self.assertEqual(self.good.requests, [])
        with self.subTest("too long an answer"):
            status, body = post(connection, [{**one, "id": n} for n in range(10)])
            self.assertEqual(status, 200)
            self.assertLess(len(body), 4 << 20)
            self.assertIn(b"CLIENT_LIMIT", body)
        with self.subTest("within both"):
            status, body = post(connection, [{**one, "id": n} for n in range(2)])
            self.assertEqual([answer["id"] for answer in json.loads(body)], [0, 1])

    def test_D25_descriptors_are_never_received(self):
        sidecar = self.healthy_sidecar()
        client = self.framed(sidecar)
        client.call("eth_chainId")
        before = sidecar.fd_count()
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)

        socket.send_fds(client.socket, [frames.encode_call(7, "eth_chainId")], [write_end] * 10)
        os.close(write_end)

        self.assertEqual(client.finish(7).result, b'"0x2a"')
        self.assertEqual(os.read(read_end, 1), b"")  # nobody else holds the other end
        self.assertEqual(sidecar.fd_count(), before)


def sidecar_holds(sidecar, peer):
    return sidecar.connections_to(peer.port)


if __name__ == "__main__":
    unittest.main()
