"""The framed protocol as its page says, and how a worker names a chain in each dialect."""

import json
import threading
import unittest

import frames
from fault_peer import healthy
from sidecar_process import SidecarTestCase, chain_toml, post, read_line


class FramedTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.good = self.peer(healthy())

    def start(self, peer=None, **more):
        return self.sidecar(self.provider("one", peer or self.good), **more)

    def test_framed_calls_are_answered_as_they_finish(self):
        hold = threading.Event()

        def script(connection):
            while request := connection.read_request():
                if request.method == "eth_slow":
                    hold.wait(20)
                connection.answer(request)

        sidecar = self.start(self.peer(script))
        client = self.framed(sidecar)
        slow = client.start("eth_slow")
        for _ in range(10):
            self.assertEqual(client.call("eth_fast").result, b'"0x2a"')
        hold.set()
        self.assertEqual(client.finish(slow).result, b'"0x2a"')

    def test_framed_in_any_split(self):
        sidecar = self.start()
        data = b"".join(frames.encode_call(n, "eth_chainId") for n in range(1, 4))
        for size in (1, 2, 5, 15, 16, 17, 100):
            with self.subTest(size=size):
                client = self.framed(sidecar)
                for start in range(0, len(data), size):
                    client.send(data[start : start + size])
                for call in (1, 2, 3):
                    self.assertEqual(client.finish(call).result, b'"0x2a"')

    def test_framed_hello_ping_cancel(self):
        sidecar = self.start()
        client = self.framed(sidecar)
        welcome = client.hello()
        self.assertEqual(welcome["version"], 1)
        self.assertEqual([one["name"] for one in welcome["chains"]], ["dev"])
        client.send(frames.encode(frames.PING, 9, b"are you there"))
        self.assertEqual(client.recv()[3:], (9, b"are you there"))
        client.send(frames.encode(frames.CANCEL, 77))  # unknown: it may have just ended
        self.assertEqual(client.call("eth_chainId").result, b'"0x2a"')

    def test_framed_cancel_frees_the_attempt(self):
        def script(connection):
            request = connection.read_request()
            if request.method == "eth_slow":
                connection.wait_closed()
            else:
                connection.answer(request)

        peer = self.peer(script)
        sidecar = self.start(peer)
        client = self.framed(sidecar)
        call = client.start("eth_slow")
        peer.wait_for(lambda p: p.requests)

        client.send(frames.encode(frames.CANCEL, call))

        peer.wait_for(lambda p: p.connection_count == 1 and not p.live)
        self.assertEqual(client.call("eth_chainId").result, b'"0x2a"')
        self.assertEqual(client.answers, {})

    def test_wrong_version_is_told(self):
        sidecar = self.start()
        client = self.framed(sidecar)
        client.send(frames.encode(frames.HELLO, 0, {"version": 99}))
        answers = client.recv_to_end()
        self.assertEqual([one.type for one in answers], [frames.ERROR])
        self.assertEqual(answers[0].json()["data"]["name"], "BAD_REQUEST")

    def test_chain_by_number_by_path_and_by_family(self):
        sol, evm = self.peer(healthy('"sol"')), self.peer(healthy('"evm"'))
        other = self.peer(healthy('"other"'))
        chains = chain_toml("ethereum", "evm", [self.provider("e", evm)])
        chains += chain_toml("base", "evm", [self.provider("b", other)])
        chains += chain_toml("solana", "svm", [self.provider("s", sol)])
        sidecar = self.sidecar(chains=chains)
        client = self.framed(sidecar)
        numbers = {one["name"]: one["number"] for one in client.hello()["chains"]}

        self.assertEqual(client.call("eth_chainId").result, b'"evm"')
        self.assertEqual(client.call("getSlot").result, b'"sol"')
        self.assertEqual(client.call("eth_chainId", chain=numbers["base"]).result, b'"other"')
        connection = sidecar.http()
        self.addCleanup(connection.close)
        for path, method, expected in (
            ("/", "eth_chainId", "evm"),
            ("/", "getSlot", "sol"),
            ("/base", "eth_chainId", "other"),
            ("/solana", "getSlot", "sol"),
        ):
            body = {"jsonrpc": "2.0", "id": 1, "method": method}
            self.assertEqual(json.loads(post(connection, body, path)[1])["result"], expected)
        sock = self.raw(sidecar)
        for method, expected in (("getSlot", "sol"), ("eth_chainId", "evm")):
            sock.sendall(f'{{"jsonrpc":"2.0","id":1,"method":"{method}"}}'.encode())
            self.assertEqual(json.loads(read_line(sock))["result"], expected)
        answer = client.call("eth_chainId", chain=999)
        self.assertEqual(answer.name, "BAD_REQUEST")


if __name__ == "__main__":
    unittest.main()
