"""The other ways to a provider: HTTP over a Unix socket, and a node's own IPC socket."""

import json
import threading
import time
import unittest

import frames
from fault_peer import error_body, healthy, result_body
from sidecar_process import IS_SANITIZED, SidecarTestCase, wait_until


def line(body):
    return body + b"\n"


def node(result='"0x10de"'):
    """A node's socket that answers everything, in the order of asking."""

    def script(connection):
        while request := connection.read_text():
            connection.send(line(result_body(request.id, result)))

    return script


class UnixHttpTest(SidecarTestCase):
    def test_http_over_a_unix_socket(self):
        peer = self.peer(healthy('"0x11"'), unix_path=self.folder / "node.sock")
        sidecar = self.sidecar(self.provider("one", peer))
        client = self.framed(sidecar)

        for _ in range(5):
            self.assertEqual(client.call("eth_blockNumber").result, b'"0x11"')
        self.assertEqual(peer.connection_count, 1)

    def test_socket_that_is_not_there(self):
        good = self.peer(healthy())
        gone = self.provider("gone", f"http+unix://{self.folder}/nobody.sock")
        sidecar = self.sidecar(gone, self.provider("good", good))

        self.assertEqual(self.call(sidecar, "eth_sendTransaction", []).result, b'"0x2a"')


class IpcTest(SidecarTestCase):
    def node(self, script, name="node.ipc"):
        return self.peer(script, unix_path=self.folder / name)

    def ipc(self, name, peer, **keys):
        return {"name": name, "ipc": str(peer.unix_path), **keys}

    def test_one_connection_carries_all_calls(self):
        peer = self.node(node())
        sidecar = self.sidecar(self.ipc("node", peer))
        clients = [self.framed(sidecar) for _ in range(4)]

        calls = [[client.start("eth_blockNumber") for _ in range(100)] for client in clients]

        for client, ids in zip(clients, calls):
            for call in ids:
                self.assertEqual(client.finish(call).result, b'"0x10de"')
        self.assertEqual((peer.connection_count, len(peer.requests)), (1, 400))
        self.assertEqual(len({request.id for request in peer.requests}), 400)

    def test_answers_in_any_order_and_any_split(self):
        def script(connection):
            asked = [connection.read_text() for _ in range(20)]
            data = b"".join(
                result_body(one.id, f'"{one.json["params"][0]}"') + (b"\n" if n % 2 else b"")
                for n, one in enumerate(reversed(asked))
            )
            for start in range(0, len(data), 7):
                connection.send(data[start : start + 7])
            connection.wait_closed()

        sidecar = self.sidecar(self.ipc("node", self.node(script)))
        client = self.framed(sidecar)
        calls = [client.start("eth_getBalance", [f"0x{n}"]) for n in range(20)]

        for n, call in enumerate(calls):
            self.assertEqual(client.finish(call).result, f'"0x{n}"'.encode())

    def test_error_of_the_node_passes_verbatim(self):
        error = '{"code":3,"message":"execution reverted","data":"0x08c379a0"}'

        def script(connection):
            while request := connection.read_text():
                connection.send(line(error_body(request.id, error)))

        sidecar = self.sidecar(self.ipc("node", self.node(script)))
        client = self.framed(sidecar)
        client.send(frames.encode_call(1, "eth_call", [{}]))

        self.assertEqual(client.recv().payload.decode(), error)

    def test_node_that_leaves_with_calls_open(self):
        def script(connection):
            for _ in range(3):
                connection.read_text()

        peer, good = self.node(script), self.peer(healthy('"0x900d"'))
        sidecar = self.sidecar(self.ipc("node", peer), self.provider("good", good))
        client = self.framed(sidecar)
        reads = [client.start("eth_blockNumber") for _ in range(2)]
        write = client.start("eth_sendTransaction", [{}])

        for call in reads:
            self.assertEqual(client.finish(call).result, b'"0x900d"')
        self.assert_error(
            client.finish(write), "UPSTREAM_CLOSED", sent="maybe", tried=[("node", "closed")]
        )
        self.assertEqual(good.methods(), ["eth_blockNumber"] * 2)

    def test_node_that_comes_back_is_used_again(self):
        peer = self.node(lambda connection: connection.read_text())
        sidecar = self.sidecar(self.ipc("node", peer))
        self.assertIsNotNone(self.call(sidecar).error)
        peer.close()
        peer.unix_path.unlink()
        self.assertIsNotNone(self.call(sidecar).error)

        self.node(node())

        wait_until(lambda: self.call(sidecar).result == b'"0x10de"')

    def test_node_that_is_not_there(self):
        good = self.peer(healthy())
        gone = {"name": "gone", "ipc": str(self.folder / "nobody.ipc")}
        sidecar = self.sidecar(gone, self.provider("good", good))

        self.assertEqual(self.call(sidecar, "eth_sendTransaction", []).result, b'"0x2a"')

    def test_node_that_never_answers_one_call_answers_the_others(self):
        def script(connection):
            while request := connection.read_text():
                if request.method != "eth_stuck":
                    connection.send(line(result_body(request.id)))

        sidecar = self.sidecar(self.ipc("node", self.node(script), timeout="1s"))
        client = self.framed(sidecar)
        stuck = client.start("eth_stuck")

        for _ in range(50):
            self.assertEqual(client.call("eth_blockNumber").result, b'"0x2a"')
        answer = client.finish(stuck)
        self.assert_error(answer, "UPSTREAM_TIMEOUT", sent="maybe", tried=[("node", "timeout")])
        self.assertEqual(client.call("eth_blockNumber").result, b'"0x2a"')

    def test_late_and_foreign_messages_are_dropped(self):
        def script(connection):
            while request := connection.read_text():
                if request.method == "eth_late":
                    time.sleep(0.6)
                connection.send(
                    b'{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1"}}\n'
                    + line(result_body(request.id + 1_000_000, '"0xbad"'))
                    + line(result_body(request.id))
                )

        sidecar = self.sidecar(self.ipc("node", self.node(script)))
        client = self.framed(sidecar)

        late = client.call("eth_late", deadline_ms=200)
        self.assertEqual(late.name, "UPSTREAM_TIMEOUT")
        for _ in range(5):
            self.assertEqual(client.call("eth_blockNumber").result, b'"0x2a"')

    def test_garbage_ends_the_connection_and_not_the_sidecar(self):
        for words, data in (
            ("no JSON", b"HTTP/1.1 200 OK\r\n\r\n"),
            ("wrong JSON", b'{"jsonrpc":"2.0",]\n'),
            ("too deep", b"[" * 100_000),
            ("not UTF-8", b'{"jsonrpc":"2.0","id":1,"result":"\xff"}\n'),
        ):
            with self.subTest(words):

                def script(connection, data=data):
                    connection.read_text()
                    connection.send(data)
                    connection.wait_closed()

                peer, good = self.node(script, f"{words}.ipc"), self.peer(healthy('"0x900d"'))
                sidecar = self.sidecar(
                    self.ipc("node", peer, timeout="2s"), self.provider("good", good)
                )
                self.assertEqual(self.call(sidecar).result, b'"0x900d"')
                peer.wait_for(lambda p: not p.live)
                sidecar.stop()

    def test_long_answers_stream_while_others_pass(self):
        def script(connection):
            while request := connection.read_text():
                size = 20_000_000 if request.method == "eth_long" else 2
                connection.send(line(result_body(request.id, '"' + "x" * size + '"')))

        sidecar = self.sidecar(self.ipc("node", self.node(script), timeout="30s"))
        client = self.framed(sidecar)
        long, short = client.start("eth_long"), client.start("eth_blockNumber")

        self.assertEqual(client.finish(short).result, b'"xx"')
        self.assertEqual(len(client.finish(long).result), 20_000_002)

    def test_node_that_stops_reading(self):
        stop = threading.Event()
        self.addCleanup(stop.set)
        peer = self.node(lambda connection: stop.wait(30))
        sidecar = self.sidecar(self.ipc("node", peer, timeout="1s"))
        before = sidecar.rss_kib()
        client = self.framed(sidecar)

        calls = [client.start("eth_call", ["0x" + "0" * 1_000_000]) for _ in range(30)]

        for call in calls:
            self.assertIn(client.finish(call).name, ("UPSTREAM_TIMEOUT", "OVERLOADED"))
        self.assertLess(sidecar.rss_kib() - before, (512 if IS_SANITIZED else 64) * 1024)

    def test_worker_that_leaves_costs_the_node_nothing_more(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def script(connection):
            while request := connection.read_text():
                release.wait(30)
                connection.send(line(result_body(request.id)))

        peer = self.node(script)
        sidecar = self.sidecar(self.ipc("node", peer))
        with sidecar.framed() as client:
            client.start("eth_blockNumber")
            peer.wait_for(lambda p: p.requests)
        release.set()

        self.assertEqual(self.call(sidecar).result, b'"0x2a"')
        self.assertEqual(peer.connection_count, 1)  # shared: one who leaves does not cut the others
        self.assertEqual(json.loads(peer.requests[0].body)["method"], "eth_blockNumber")


if __name__ == "__main__":
    unittest.main()
