"""Reading /metrics takes nothing from calls, however long the text is, however often it is asked
for and however slowly it is read."""

import json
import socket
import threading
import time
import unittest

import exposition
from mock_provider import MockProvider
from scrapes import P, ask, scrape
from sidecar_process import BINARY, IS_SANITIZED, SidecarTestCase, chain_toml, wait_until

GROWTH_KIB_MAX = (64 if IS_SANITIZED else 16) * 1024


class ManyChainsTest(SidecarTestCase):
    """A text that is longer than what the kernel takes of it at once."""

    CHAINS = 32
    PROVIDERS = 5

    def setUp(self):
        super().setUp()
        self.mock = MockProvider.start(BINARY, "evm")
        self.addCleanup(self.mock.stop)
        # The first answers; the others are there to be shown.
        others = [{"name": f"p{i}", "http": "http://127.0.0.1:9", "tier": 2}
                  for i in range(1, self.PROVIDERS)]
        first = {"name": "own", "http": self.mock.url, "tier": 1}
        chains = "".join(chain_toml(f"chain{i}", "evm", [first, *others])
                         for i in range(self.CHAINS))
        self.running = self.sidecar(chains=chains)

    def latencies(self, count):
        took = []
        with self.running.framed() as client:
            for _ in range(count):
                start = time.monotonic()
                self.assertEqual(client.call("eth_chainId").result, b'"0x1"')
                took.append(time.monotonic() - start)
        return sorted(took)

    def test_a_long_text_comes_in_pieces_and_whole(self):
        found = scrape(self.running)
        self.assertGreater(len(found.text), 400_000)
        self.assertEqual(len(found.labels(P + "endpoint_up")), self.CHAINS * self.PROVIDERS)
        for open_one in (self.running.http, self.running.http_unix):
            status, headers, text = ask(open_one())
            self.assertEqual((status, headers.get("Transfer-Encoding")), (200, "chunked"))
            exposition.parse(text)

    def test_D27_a_thousand_scrapes_leave_calls_alone(self):
        scrape(self.running)
        rss = self.running.rss_kib()
        quiet = self.latencies(300)
        done = []

        def read_all():
            while len(done) < 1000:
                status, _, text = ask(self.running.http_unix())
                done.append(status == 200 and text.endswith("\n"))

        readers = [threading.Thread(target=read_all) for _ in range(4)]
        for reader in readers:
            reader.start()
        busy = []
        while len(done) < 1000 and any(reader.is_alive() for reader in readers):
            busy += self.latencies(50)
        for reader in readers:
            reader.join()
        self.assertGreaterEqual(len(done), 1000)
        self.assertTrue(all(done))
        busy.sort()
        middle = lambda took: took[len(took) // 2]
        # The readers are of this process and machine, so they take more from the calls than the
        # sidecar does; held up by whole texts, calls would take far longer.
        self.assertLess(middle(busy), middle(quiet) + 0.05)
        self.assertLess(self.running.rss_kib(), rss + GROWTH_KIB_MAX)
        found = scrape(self.running)
        self.assertEqual(found.value(P + "limits_hit_total", limit="scrapes_max"), 0)
        self.assertEqual(found.value(P + "calls_total", chain="chain0", method="eth_chainId",
                                     outcome="result"), 300 + len(busy))

    def test_D27_scrapers_that_do_not_read_hold_nothing_up_and_are_cut(self):
        rss = self.running.rss_kib()
        stalled = []
        for _ in range(12):
            one = self.raw(self.running)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stalled.append(one)
        limit = lambda name: scrape_small(self.running, name)
        wait_until(lambda: limit("scrapes_max") >= 4)
        took = self.latencies(200)
        self.assertLess(took[len(took) // 2], 0.05)
        self.assertLess(self.running.rss_kib(), rss + GROWTH_KIB_MAX)
        wait_until(lambda: limit("scrape_stalled") == 8, timeout=40)
        found = scrape(self.running)  # there is room again
        self.assertGreater(len(found.text), 400_000)


def scrape_small(sidecar, limit):
    """While scrapes are refused the counters are told elsewhere."""
    counters = json.loads(ask(sidecar.http_unix(), path="/")[2])["counters"]
    return counters.get("limit", {}).get(limit, 0)


if __name__ == "__main__":
    unittest.main()
