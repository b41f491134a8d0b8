"""What the HTTP face shows on GET: every route over TCP and the Unix socket, its errors, who may
ask, and a reader of /events that does not read."""

import contextlib
import json
import socket
import struct
import time
import unittest

from mock_provider import MockProvider
from sidecar_process import BINARY, SidecarTestCase, chain_toml, read_to_end, wait_until

KEY = "planted-k3y"
HEAD = 1_000


def get(connection, path, method="GET", **headers):
    """Status, headers and body of one request."""
    with contextlib.closing(connection):
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def mute_provider(connection):
    connection.read_request()
    connection.wait_closed()


def open_events(sock):
    sock.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return sock


def read_events(sock, count, data=b""):
    """The status of the next `count` events, and what came behind them."""
    statuses = []
    while len(statuses) < count:
        while b"\n\n\r\n" not in data:  # an event ends where its chunk does
            chunk = sock.recv(1 << 20)
            if not chunk:
                raise EOFError(data[-200:])
            data += chunk
        event, _, data = data.partition(b"\n\n\r\n")
        statuses.append(json.loads(event.rpartition(b"data: ")[2]))
    return statuses, data


class RestTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.evm = MockProvider.start(BINARY, "evm", "--manual-blocks", "--head", HEAD)
        self.addCleanup(self.evm.stop)
        self.svm = MockProvider.start(BINARY, "svm")
        self.addCleanup(self.svm.stop)
        chains = chain_toml("dev", "evm", [{"name": "own", "http": f"{self.evm.url}/{KEY}"}])
        chains += chain_toml("sol", "svm", [{"name": "helius", "http": self.svm.url}])
        self.running = self.sidecar(
            chains=chains, http={"ws_next_port": False}, policies={"breaker": {"open_min": "1s"}}
        )
        wait_until(lambda: self.json("/health")[1]["status"] == "ok")

    def ways(self):
        return {"tcp": self.running.http, "unix": self.running.http_unix}

    def json(self, path, connect=None):
        status, headers, body = get((connect or self.running.http)(), path)
        self.assertEqual(headers["Content-Type"], "application/json", path)
        return status, json.loads(body)

    def error(self, path, status, name):
        found, body = self.json(path)
        self.assertEqual((found, body["error"]["name"]), (status, name), body)
        self.assertEqual(body["error"]["status"], status)
        return body["error"]

    def test_every_document_over_tcp_and_the_unix_socket(self):
        for name, connect in self.ways().items():
            with self.subTest(name):
                self.assertEqual(self.json("/health", connect)[0], 200)
                status = self.json("/status", connect)[1]
                self.assertEqual([one["name"] for one in status["chains"]], ["dev", "sol"])
                self.assertGreaterEqual(status["sessions"]["http"], 1)
                chains = self.json("/v1/chains", connect)[1]["chains"]
                self.assertEqual([one["family"] for one in chains], ["evm", "svm"])
                for one in chains:
                    of_chain = self.json(one["status"], connect)[1]
                    self.assertEqual(of_chain["name"], one["name"])
                    self.assertEqual(self.json(one["latest_block"], connect)[0], 200)
                found, headers, figures = get(connect(), "/metrics")
                self.assertTrue(headers["Content-Type"].startswith("text/plain"))
                self.assertIn(b"rpc_sidecar_build_info", figures)
                hello = self.json("/", connect)[1]
                self.assertEqual(hello["server"], "rpc-sidecar")
                self.assertEqual(self.json("/dev", connect)[1]["server"], "rpc-sidecar")

    def test_blocks_by_number_and_the_latest(self):
        latest = self.json("/v1/chains/dev/blocks/latest")[1]
        self.assertEqual(int(latest["block"]["number"], 16), HEAD)
        for which in ("255", "0xff", "0xFF"):
            block = self.json(f"/v1/chains/dev/blocks/{which}")[1]["block"]
            self.assertEqual(int(block["number"], 16), 255)
        whole = self.json("/v1/chains/dev/blocks/255?full=true")[1]["block"]
        self.assertEqual(whole["hash"], block["hash"])
        for one, hash_only in zip(whole["transactions"], block["transactions"], strict=True):
            self.assertEqual(one["hash"], hash_only)

        newest = self.json("/v1/chains/sol/blocks/latest")[1]
        again = self.json(f"/v1/chains/sol/blocks/{newest['slot']}")[1]
        self.assertEqual(again["block"]["blockhash"], newest["block"]["blockhash"])

    def test_a_block_is_a_call_like_any_other(self):
        before = self.json("/")[1]["counters"]["call"]["result"]
        self.json("/v1/chains/dev/blocks/7")
        self.assertEqual(self.json("/")[1]["counters"]["call"]["result"], before + 1)

    def test_errors_are_json_with_the_right_status(self):
        self.error("/nope", 404, "NOT_FOUND")
        self.error("/v1/chains/nope/status", 404, "NOT_FOUND")
        self.error("/v1/chains/dev/blocks/soon", 400, "BAD_REQUEST")
        self.error(f"/v1/chains/dev/blocks/{HEAD * 1000}", 404, "NOT_FOUND")
        self.error("/health?chain=nope", 404, "NOT_FOUND")
        for method in ("POST", "PUT", "DELETE"):
            status, headers, body = get(self.running.http(), "/health", method, Content_Length="0")
            self.assertEqual(status, 405, method)
            self.assertEqual(headers["Allow"], "GET, HEAD")
            self.assertEqual(json.loads(body)["error"]["name"], "METHOD_NOT_ALLOWED")

    def test_head_is_get_without_the_body(self):
        for path in ("/health", "/status", "/v1/chains", "/", "/v1/chains/dev/blocks/1"):
            status, headers, body = get(self.running.http(), path, "HEAD")
            self.assertEqual((status, body), (200, b""), path)
            self.assertGreater(int(headers["Content-Length"]), 0, path)
        self.assertEqual(get(self.running.http(), "/events", "HEAD")[0], 200)

    def test_health_is_503_with_reasons_when_a_chain_has_nobody(self):
        self.evm.control("refuse")
        found = wait_until(
            lambda: (answer := self.json("/health"))[0] == 503 and answer[1],
            words="health never failed",
        )
        self.assertEqual(found["status"], "down")
        (reason,) = found["chains"][0]["reasons"]
        self.assertEqual((reason["provider"], reason["state"]), ("own", "down"))
        self.assertEqual(self.json("/health?chain=sol")[0], 200)
        self.assertEqual(self.json("/health?chain=dev")[0], 503)
        error = self.error("/v1/chains/dev/blocks/1", 503, "NO_UPSTREAM")
        self.assertEqual(error["rpc"]["data"]["tried"][0]["provider"], "own")
        self.evm.heal()
        wait_until(lambda: self.json("/health")[0] == 200, timeout=60)

    def test_who_may_not_post_may_not_look(self):
        for name, connect in self.ways().items():
            with self.subTest(name):
                for path in ("/", "/status", "/health", "/events", "/v1/chains/dev/blocks/1"):
                    found = get(connect(), path, Host="evil.example")[0]
                    self.assertEqual(found, 403, path)
                    found = get(connect(), path, Origin="http://evil.example")[0]
                    self.assertEqual(found, 403, path)

    def test_documents_are_not_cached_and_hold_no_key(self):
        for path in ("/", "/status", "/health", "/v1/chains", "/v1/chains/dev/status"):
            _, headers, body = get(self.running.http(), path)
            self.assertEqual(headers["Cache-Control"], "no-store", path)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", path)
            self.assertNotIn(KEY, body.decode())

    def test_the_page_is_for_who_wants_html(self):
        _, headers, body = get(self.running.http(), "/", Accept="text/html,*/*;q=0.8")
        self.assertEqual(headers["Content-Type"], "text/html; charset=utf-8")
        policy = headers["Content-Security-Policy"]
        self.assertTrue(policy.startswith("default-src 'none';"), policy)
        nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
        self.assertEqual(body.count(f'nonce="{nonce}"'.encode()), 2)
        other = get(self.running.http(), "/", Accept="text/html")[1]["Content-Security-Policy"]
        self.assertNotIn(nonce, other)

    def events(self, connect=None):
        sock = (connect or self.running.raw_tcp)()
        self.addCleanup(sock.close)
        return open_events(sock)

    def test_events_tell_what_changes(self):
        for connect in (self.running.raw_tcp, self.running.raw):
            sock = self.events(connect)
            (first,), rest = read_events(sock, 1)
            self.call(self.running, "eth_chainId")
            (one, two), _ = read_events(sock, 2, rest)
            self.assertLess(first["uptime_ms"], one["uptime_ms"])
            calls = [status["counters"]["call"]["result"] for status in (first, two)]
            self.assertEqual(calls[0] + 1, calls[1])

    def test_readers_beyond_the_limit_are_turned_away(self):
        readers = [self.events() for _ in range(32)]
        for sock in readers:
            read_events(sock, 1)
        status, body = self.json("/events")
        self.assertEqual((status, body["error"]["name"]), (503, "OVERLOADED"))
        readers.pop().close()
        wait_until(lambda: b"200 OK" in self.first_bytes("/events"))

    def first_bytes(self, path):
        sock = self.running.raw_tcp()
        with contextlib.closing(sock):
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            return sock.recv(4096)

    def test_going_down_ends_streams(self):
        sock = self.events()
        read_events(sock, 1)
        began = time.monotonic()
        self.assertEqual(self.running.stop(), 0)
        self.assertLess(time.monotonic() - began, 5)  # nobody waits for who only watches
        self.assertTrue(read_to_end(sock).endswith(b"0\r\n\r\n"))


class StalledReaderTest(SidecarTestCase):
    """One status is larger than what the kernel holds of a Unix socket."""

    def setUp(self):
        super().setUp()
        mute = self.peer(mute_provider)
        providers = [self.provider(f"provider-{i}", mute) for i in range(40)]
        chains = "".join(chain_toml(f"chain-{i}", "evm", providers) for i in range(20))
        self.running = self.sidecar(chains=chains)

    def status(self):
        return json.loads(get(self.running.http_unix(), "/status")[2])

    def test_who_reads_nothing_gets_nothing_more_and_is_cut_and_costs_nobody(self):
        reader = open_events(self.running.raw())
        self.addCleanup(reader.close)
        _, rest = read_events(reader, 1)
        stalled = [open_events(self.running.raw()) for _ in range(4)]
        for sock in stalled:
            self.addCleanup(sock.close)
        _, rest = read_events(reader, 2, rest)
        rss = self.running.rss_kib()
        size = len(json.dumps(self.status())) // 1024
        self.assertGreater(size, 300)

        def count():
            return self.status()["counters"].get("limit", {}).get("status_reader_stalled", 0)

        late = 0
        while count() < len(stalled):
            (one, two), rest = read_events(reader, 2, rest)
            late = max(late, two["uptime_ms"] - one["uptime_ms"])
        self.assertLess(late, 3_000)
        self.assertLess(self.running.rss_kib() - rss, (len(stalled) + 4) * 2 * size)
        for sock in stalled:  # what the kernel had, and the end: no whole second event
            self.assertLess(read_to_end(sock).count(b"event: status"), 2)


class MuteProviderTest(SidecarTestCase):
    def test_who_leaves_takes_the_question_along(self):
        running = self.sidecar(self.provider("mute", self.peer(mute_provider)))
        with contextlib.closing(running.raw_tcp()) as sock:
            sock.sendall(b"GET /v1/chains/dev/blocks/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wait_until(lambda: self.in_flight(running) == 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wait_until(lambda: self.in_flight(running) == 0)

    def in_flight(self, running):
        return json.loads(get(running.http(), "/status")[2])["calls_in_flight"]


if __name__ == "__main__":
    unittest.main()
