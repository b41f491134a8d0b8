"""Providers behind TLS: who is trusted, what a broken handshake is called, and HTTP/2. Names begin
with the ids of the fault catalogue."""

import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
import warnings

from certificates import Authority, server_context
from fault_peer import healthy, http_answer, result_body
from scrapes import P, scrape
from sidecar_process import SidecarTestCase, wait_until

LONG = '"' + "x" * 20_000_000 + '"'


class TlsTest(SidecarTestCase):
    @classmethod
    def setUpClass(cls):
        temp = tempfile.TemporaryDirectory(prefix="rpcs-tls-")
        cls.addClassCleanup(temp.cleanup)
        folder = pathlib.Path(temp.name)
        cls.authority = Authority(folder)
        cls.stranger = Authority(folder, "somebody else")
        cls.good = cls.authority.issue("good")

    def tls_peer(self, script=None, pair=None, **more):
        return self.peer(
            script or healthy('"0x5afe"'), tls=server_context(*(pair or self.good), **more)
        )

    def trusting(self, name, peer, **keys):
        url = peer if isinstance(peer, str) else peer.url
        return {"name": name, "http": url, "ca_file": str(self.authority.certificate), **keys}

    def check_refused(self, url, **keys):
        """This provider gets nothing, and the next one is asked."""
        good = self.peer(healthy('"0x900d"'))
        alone = self.sidecar(self.trusting("bad", url, **keys))
        self.assert_error(self.call(alone), "UPSTREAM_TLS", sent="no", tried=[("bad", "tls")])
        alone.stop()
        both = self.sidecar(self.trusting("bad", url, **keys), self.provider("good", good))
        # Nothing has left, so even what must not happen twice goes on.
        for method in ("eth_blockNumber", "eth_sendTransaction"):
            self.assertEqual(self.call(both, method, ["0x01"]).result, b'"0x900d"')
        both.stop()

    def test_trusted_certificate_is_accepted_and_the_connection_kept(self):
        peer = self.tls_peer()
        sidecar = self.sidecar(self.trusting("one", peer))
        client = self.framed(sidecar)

        for _ in range(5):
            self.assertEqual(client.call("eth_blockNumber").result, b'"0x5afe"')
        self.assertEqual(peer.connection_count, 1)

    def test_A05_handshake_that_hangs(self):
        peer = self.peer(lambda connection: connection.wait_closed())
        self.check_refused(peer.url.replace("http:", "https:"), connect_timeout="500ms")

    def test_A06_certificates_that_do_not_hold(self):
        folder = self.stranger.folder
        pairs = {
            "expired": self.authority.issue("expired", days=-1),
            "of an unknown authority": self.stranger.issue("stranger"),
            "of another host": self.authority.issue("elsewhere", san="DNS:example.com"),
            "its own authority": (self.stranger.key, self.stranger.certificate),
        }
        self.assertTrue(folder.exists())
        for words, pair in pairs.items():
            with self.subTest(words):
                peer = self.tls_peer(pair=pair)
                self.check_refused(peer.url)
                self.assertEqual(peer.requests, [])

    def test_A06_unknown_to_the_system(self):
        peer = self.tls_peer()
        sidecar = self.sidecar(self.provider("bad", peer))

        self.assert_error(self.call(sidecar), "UPSTREAM_TLS", sent="no", tried=[("bad", "tls")])
        self.assertEqual(peer.requests, [])

    def test_A07_old_versions_only(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            peer = self.tls_peer(version_max=ssl.TLSVersion.TLSv1_1)
        self.check_refused(peer.url)

    def test_A07_plaintext_on_a_tls_port(self):
        def script(connection):
            connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.wait_closed()

        peer = self.peer(script)
        self.check_refused(peer.url.replace("http:", "https:"))

    def test_A07_tls_on_a_plaintext_port(self):
        # The server ends it, or answers with an alert: it never was HTTP.
        peer, good = self.tls_peer(), self.peer(healthy('"0x900d"'))
        url = peer.url.replace("https:", "http:")
        alone = self.sidecar(self.provider("bad", url))
        self.assertIn(
            self.call(alone).name, ("UPSTREAM_PROTOCOL", "UPSTREAM_CLOSED", "UPSTREAM_TLS")
        )
        alone.stop()
        both = self.sidecar(self.provider("bad", url), self.provider("good", good))
        self.assertEqual(self.call(both).result, b'"0x900d"')

    def test_A08_end_without_close_notify(self):
        def cut_by_length(connection):
            connection.read_request()
            connection.send(http_answer(b'{"jsonrpc":"2.0","id":1,', length=500))
            connection.socket.shutdown(socket.SHUT_RDWR)

        def cut_without_length(connection):
            # Only the JSON can tell that the end is missing.
            request = connection.read_request()
            head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
            connection.send(head + result_body(request.id)[:-1])
            connection.socket.shutdown(socket.SHUT_RDWR)

        for script in (cut_by_length, cut_without_length):
            with self.subTest(script.__name__):
                bad, good = self.tls_peer(script), self.peer(healthy('"0x900d"'))
                alone = self.sidecar(self.trusting("bad", bad))
                self.assertIn(self.call(alone).name, ("UPSTREAM_CLOSED", "UPSTREAM_BAD_JSON"))
                alone.stop()
                both = self.sidecar(self.trusting("bad", bad), self.provider("good", good))
                self.assertEqual(self.call(both).result, b'"0x900d"')
                both.stop()


@unittest.skipUnless(shutil.which("nghttpx"), "needs nghttpx")
class Http2Test(SidecarTestCase):
    """nghttpx speaks HTTP/2 over TLS in front of a scripted provider."""

    def start_front(self, backend):
        authority = Authority(self.folder)
        key, certificate = authority.issue("front")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = open(self.folder / "nghttpx.log", "wb")
        self.addCleanup(log.close)
        front = subprocess.Popen(
            ["nghttpx", "--conf=/dev/null", "--single-process", "--workers=1", "--no-ocsp"]
            + [f"--frontend=127.0.0.1,{port}", f"--backend=127.0.0.1,{backend.port}"]
            + ["--errorlog-file=/dev/stderr", str(key), str(certificate)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self.addCleanup(front.wait)
        self.addCleanup(front.terminate)

        def is_up():
            self.assertIsNone(front.poll(), (self.folder / "nghttpx.log").read_text())
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(is_up)
        return {
            "name": "front",
            "http": f"https://127.0.0.1:{port}",
            "ca_file": str(authority.certificate),
        }, port

    def test_many_calls_share_one_connection(self):
        backend = self.peer(healthy('"0x52"'))
        provider, port = self.start_front(backend)
        sidecar = self.sidecar(provider)
        client = self.framed(sidecar)

        calls = [client.start("eth_blockNumber") for _ in range(300)]

        for call in calls:
            self.assertEqual(client.finish(call).result, b'"0x52"')
        self.assertEqual({request.headers["via"] for request in backend.requests}, {"2 nghttpx"})
        self.assertEqual(len(backend.requests), 300)
        self.assertEqual(len(sidecar.connections_to(port)), 1)

    def test_long_answers_and_requests(self):
        backend = self.peer(healthy('"' + "x" * 5_000_000 + '"'))
        provider, _ = self.start_front(backend)
        sidecar = self.sidecar(provider)
        client = self.framed(sidecar)

        def ask():
            for _ in range(6):
                client.start("eth_call", ["0x" + "1" * 300_000])

        # While it reads: the sidecar takes no more of a worker that does not.
        asking = threading.Thread(target=ask)
        asking.start()
        for call in range(1, 7):
            self.assertEqual(len(client.finish(call).result), 5_000_002)
        asking.join()

    def start_giver(self, **keys):
        """A sidecar whose provider answers eth_call with 20 MB, and the rest with a few bytes."""

        def script(connection):
            while request := connection.read_request():
                connection.answer(request, LONG if request.method == "eth_call" else '"0x52"')

        provider, _ = self.start_front(self.peer(script))
        return self.sidecar({**provider, "timeout": "30s", **keys})

    def test_D01_worker_that_does_not_read_stops_nobody(self):
        sidecar = self.start_giver(held_bytes_max="1GiB")
        stuck, lively = self.framed(sidecar), self.framed(sidecar)

        calls = [stuck.start("eth_call") for _ in range(10)]
        stuck.socket.recv(1, socket.MSG_PEEK)
        for _ in range(300):
            self.assertEqual(lively.call("eth_blockNumber").result, b'"0x52"')

        for call in calls:
            self.assertEqual(stuck.finish(call).result, LONG.encode())

    def test_D01_what_is_held_for_workers_that_do_not_read_is_bounded(self):
        sidecar = self.start_giver(held_bytes_max="50MiB")
        stuck = self.framed(sidecar)

        def too_large_count():
            return scrape(sidecar).sum(P + "attempts_total", outcome="too_large")

        calls = [stuck.start("eth_call") for _ in range(3)]
        wait_until(lambda: too_large_count() > 0)

        answers = [stuck.finish(call) for call in calls]
        refused = [answer for answer in answers if answer.error]
        self.assertEqual(len(refused), 1)
        self.assert_error(
            refused[0], "UPSTREAM_TOO_LARGE", sent="yes", tried=[("front", "too_large")]
        )
        self.assertIn("held_bytes_max", refused[0].error["message"])
        for answer in answers:
            self.assertIn(answer.result, (None, LONG.encode()))
        self.assertEqual(stuck.call("eth_blockNumber").result, b'"0x52"')

    def test_reset_stream_goes_to_the_next(self):
        def script(connection):
            connection.read_request()
            connection.send(http_answer(b'{"jsonrpc":"2.0",', length=1000))
            connection.reset()

        provider, _ = self.start_front(self.peer(script))
        good = self.peer(healthy('"0x900d"'))
        sidecar = self.sidecar(provider, self.provider("good", good))

        self.assertEqual(self.call(sidecar).result, b'"0x900d"')


if __name__ == "__main__":
    unittest.main()
