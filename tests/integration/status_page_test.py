"""The status page in a real browser: it shows what the sidecar says, goes on by itself, asks nobody
else, takes names as text, and comes back after a restart."""

import json
import os
import pathlib
import unittest

import devtools
from mock_provider import MockProvider
from sidecar_process import BINARY, SidecarTestCase, chain_toml, post, wait_until

TRICKY = 'evil" <img src=x onerror=alert(1)>'


@unittest.skipIf(devtools.BINARY is None, "no Chromium here")
class StatusPageTest(SidecarTestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = devtools.Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.own, self.paid = (MockProvider.start(BINARY, "evm") for _ in range(2))
        for mock in (self.own, self.paid):
            self.addCleanup(mock.stop)
        providers = [
            {"name": "own", "http": self.own.url, "ws": self.own.ws_url},
            {"name": "paid", "http": self.paid.url, "tier": 2, "per_month": 1000},
        ]
        chains = chain_toml("dev", "evm", providers)
        self.running = self.sidecar(
            chains=chains, policies={"breaker": {"open_min": "1s"}, "hedge": {"on": False}}
        )
        self.page = self.browser.page()
        self.open()

    def open(self):
        self.page.open(f"http://{self.running.http_address}/")
        self.page.wait("document.body && document.body.dataset.updates >= 1")

    def text(self, selector):
        script = f"(document.querySelector({json.dumps(selector)}) || {{}}).innerText"
        return self.page.run(script) or ""

    def wait_text(self, selector, *parts):
        found = json.dumps(selector)
        for part in parts:
            self.page.wait(
                f"((document.querySelector({found}) || {{}}).innerText || '')"
                f".includes({json.dumps(part)})",
                words=lambda part=part: f"{part!r} is not in {self.text(selector)!r}",
            )

    def ask(self, method="eth_chainId", count=1):
        for _ in range(count):
            connection = self.running.http()
            post(connection, {"jsonrpc": "2.0", "id": 1, "method": method, "params": []})
            connection.close()

    def assert_clean(self):
        """Nothing went elsewhere, nothing was complained about."""
        self.page.pump(0.1)
        origin = f"http://{self.running.http_address}/"
        foreign = [
            url for url in self.page.urls if not url.startswith(origin) and url[:5] != "data:"
        ]
        self.assertEqual(foreign, [])
        self.assertEqual(self.page.messages, [])

    def test_it_shows_the_status_and_goes_on_by_itself(self):
        self.wait_text("#state", "All is well")
        self.wait_text("#chains", "dev", "own", "paid", "Tier 1", "Tier 2", "healthy", "closed")
        self.wait_text("#sessions", "framed", "JSON IPC", "WebSocket", "HTTP")
        self.assertIn("Nobody is subscribed", self.text("#feeds-empty"))
        updates = self.page.run("Number(document.body.dataset.updates)")

        self.ask(count=30)
        with self.running.framed() as client:
            client.call("eth_chainId")
            self.wait_text("#tiles", "Calls a minute\n31")
            self.wait_text("#chains", "31 calls a minute", "100 %")
            self.page.wait(
                "document.querySelector('#sessions tr[data-key=framed] td').innerText === '1'"
            )

        self.assertGreater(self.page.run("Number(document.body.dataset.updates)"), updates)
        self.assert_clean()

    def test_a_failover_is_told_with_its_reason_and_the_state_with_more_than_colour(self):
        self.own.control({"kind": "http_status", "status": 503})
        self.ask(count=5)

        self.wait_text("#recent", "paid answered for own", "http status", "own is down")
        self.wait_text("#state", "not well")
        self.wait_text("#chains", "down", "breaker opened")
        mark = "getComputedStyle(document.querySelector('.endpoints .is-bad'), '::before').content"
        self.assertEqual(self.page.run(mark), '"✕"')

        self.own.heal()
        self.wait_text("#recent", "own is healthy")
        self.wait_text("#state", "All is well")
        self.assert_clean()

    def test_feeds_come_and_go(self):
        with self.running.framed() as client:
            client.call("eth_chainId")
            sock = self.running.raw()
            self.addCleanup(sock.close)
            request = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe",
                       "params": ["newHeads"]}  # fmt: skip
            sock.sendall(json.dumps(request).encode())
            self.wait_text("#feeds", "newHeads", "dev", "own")
            cell = "document.querySelector('#feeds td[data-label=Subscribers]')"
            self.page.wait(f"{cell}.innerText === '1'")
        self.assert_clean()

    def test_it_comes_back_when_the_sidecar_does(self):
        address = self.running.http_address
        self.running.stop()
        self.wait_text("#state", "Connection lost")
        self.assertTrue(self.page.run("document.body.classList.contains('is-stale')"))
        config = pathlib.Path(self.running.config)
        config.write_text(config.read_text().replace("127.0.0.1:0", address))

        again = type(self.running)(config.parent, config.read_text())
        self.addCleanup(again.stop)
        again.wait_listening()

        self.wait_text("#state", "well")
        self.assertFalse(self.page.run("document.body.classList.contains('is-stale')"))

    def test_names_are_text_and_the_policy_stops_what_a_script_would_do(self):
        status = json.loads(self.page.run("fetch('/status').then((answer) => answer.text())"))
        status["chains"][0]["name"] = TRICKY
        status["chains"][0]["endpoints"][0]["provider"] = TRICKY
        status["recent"] = [
            {"id": 1, "of": "call", "chain": TRICKY, "from": TRICKY, "to": TRICKY, "what": TRICKY,
             "why": TRICKY, "count": 2, "age_ms": 1, "began_ms": 2}
        ]  # fmt: skip
        status["feed_list"] = [
            {"chain": TRICKY, "kind": TRICKY, "params_digest": TRICKY, "subscribers": 1,
             "sources": 1, "events": 1, "provider": TRICKY}
        ]  # fmt: skip

        # In one go, for the next event puts things right.
        texts = "[...document.querySelectorAll('#chains h2, .name, #recent li, #feeds th')]"
        shown = self.page.run(
            f"(show({json.dumps(status)}), {texts}.map((one) => one.innerText).join('\\n'))"
        )

        self.assertGreaterEqual(shown.count(TRICKY), 5)
        self.assertEqual(self.page.run("document.images.length"), 0)
        with self.assertRaises(devtools.Failed):
            self.page.run("document.body.innerHTML = '<img src=x>'")
        self.page.run("fetch('http://127.0.0.1:1/').catch(() => 0)")
        self.page.pump(0.2)
        self.assertTrue(any("Content Security Policy" in one for one in self.page.messages))

    def test_it_fits_every_width_in_both_schemes(self):
        colours = set()
        for scheme in ("light", "dark"):
            for width in (320, 390, 768, 1024, 1440):
                self.page.look(width=width, scheme=scheme, is_phone=width < 500)
                wide = self.page.run("document.documentElement.scrollWidth")
                self.assertLessEqual(wide, width, f"{scheme}, {width} wide")
            colours.add(self.page.run("getComputedStyle(document.body).backgroundColor"))
            if folder := os.environ.get("STATUS_PAGE_PICTURES"):
                self.page.screenshot(f"{folder}/{scheme}.png")
        self.assertEqual(len(colours), 2)
        self.assert_clean()

    def test_tables_are_tables_for_who_cannot_see_them(self):
        for width in (320, 1280):  # as cards too
            self.page.look(width=width, is_phone=width < 500)
            tree = self.page.call("Accessibility.getFullAXTree")["nodes"]
            roles = [node.get("role", {}).get("value") for node in tree if not node["ignored"]]
            self.assertGreaterEqual(roles.count("table"), 2, width)
            self.assertGreaterEqual(roles.count("row"), 5, width)
            self.assertGreaterEqual(roles.count("columnheader"), 8, width)
            self.assertGreaterEqual(roles.count("rowheader"), 5, width)
            self.assertIn("status", roles)
            names = [node.get("name", {}).get("value") for node in tree]
            for name in ("dev", "Sessions", "Failovers and changes"):
                self.assertIn(name, names)


if __name__ == "__main__":
    unittest.main()
