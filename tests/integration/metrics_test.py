"""What /metrics shows: text that Prometheus takes, and figures that agree with what the mocks
counted."""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import time
import unittest

import exposition
from feed_case import FeedTestCase, Member
from mock_provider import MockProvider
from scrapes import P, ask, scrape
from sidecar_process import BINARY, SidecarTestCase, wait_until

KEY = "planted-k3y"
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "sidecar"


def run(*arguments):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class NamesTest(unittest.TestCase):
    def test_every_limit_that_is_counted_has_its_name_in_the_table(self):
        words = run("describe-metrics").split("\nlimit: ")[1].splitlines()[0].split()
        met = set()
        for source in SOURCES.rglob("*.cc"):
            met |= set(re.findall(r'on_limit_?\("(\w+)"\)', source.read_text()))
        self.assertGreater(len(met), 10)
        self.assertLessEqual(met, set(words))


class MetricsTest(SidecarTestCase):
    def mocks(self, *names):
        found = [MockProvider.start(BINARY, "evm") for _ in names]
        for one in found:
            self.addCleanup(one.stop)
        return found

    def calls(self, sidecar, count, method="eth_chainId"):
        with sidecar.framed() as client:
            return [client.call(method) for _ in range(count)]

    def test_prometheus_takes_the_text_on_both_sockets_and_no_key_is_in_it(self):
        (own,) = self.mocks("own")
        running = self.sidecar(
            {"name": "own", "http": f"{own.url}/{KEY}", "per_second": 100, "per_month": 10**9}
        )
        self.calls(running, 3)
        self.calls(running, 1, "eth_nonsense")
        for open_one in (running.http, running.http_unix):
            status, headers, text = ask(open_one())
            self.assertEqual(status, 200)
            self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            found = exposition.Scrape(text)
            self.assertNotIn(KEY, text)
            self.assertEqual(found.value(P + "build_info", version=self.version()), 1)
            status, headers, _ = ask(open_one(), "POST", body="{}")
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"))
        promtool = shutil.which("promtool")
        self.assertTrue(promtool, "needs Debian's package prometheus: run scripts/setup")
        done = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60
        )
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def version(self):
        return run("version").split()[1]

    def test_every_metric_is_described_and_no_more_series_than_check_says(self):
        (own,) = self.mocks("own")
        running = self.sidecar({"name": "own", "http": own.url})
        described = {line.split()[0]: line.split()[1] for line in
                     run("describe-metrics").split("\n\n")[0].splitlines()[1:]}
        for method in ("eth_chainId", "eth_call", "eth_nonsense", "getSlot"):
            self.calls(running, 1, method)
        found = scrape(running)
        self.assertEqual({name: one.kind for name, one in found.families.items()}, described)
        most = re.search(r"at most (\d+) series", run("check", "--config", running.config))
        self.assertLessEqual(found.series_count(), int(most[1]))

    def test_calls_and_attempts_are_those_the_mocks_counted(self):
        own, paid = self.mocks("own", "paid")
        running = self.sidecar({"name": "own", "http": own.url}, {"name": "paid", "http": paid.url})
        self.calls(running, 20)
        self.calls(running, 4, "eth_gasPrice")
        own.control({"kind": "http_status", "status": 503, "methods": ["eth_chainId"], "count": 5})
        self.calls(running, 7)
        found = scrape(running)
        self.assertEqual([own.stats()["calls"], paid.stats()["calls"]], [31, 5])
        of = lambda provider, **more: found.sum(P + "attempts_total", provider=provider, **more)
        self.assertEqual([of("own"), of("paid")], [31, 5])
        self.assertEqual(of("own", kind="first", outcome="http_status"), 5)
        self.assertEqual(of("paid", kind="retry", outcome="result"), 5)
        calls = lambda **more: found.sum(P + "calls_total", chain="dev", **more)
        self.assertEqual(calls(), 31)
        self.assertEqual(calls(method="eth_chainId", outcome="result"), 27)
        self.assertEqual(calls(method="eth_gasPrice", outcome="result"), 4)
        answered = lambda **more: found.sum(P + "provider_calls_total", **more)
        self.assertEqual([answered(provider="own"), answered(provider="paid")], [26, 5])
        self.assertEqual(found.value(P + "tier_calls_total", chain="dev", tier="2"), 5)
        self.assertEqual(found.value(P + "retries_total", chain="dev"), 5)
        self.assertEqual(found.value(P + "failovers_total", chain="dev"), 5)
        self.assertEqual(found.value(P + "call_seconds", "_count", chain="dev"), 31)
        self.assertEqual(found.sum(P + "attempt_seconds", "_count"), 36)
        self.assertLessEqual(
            found.value(P + "call_overhead_seconds", "_sum", chain="dev"),
            found.value(P + "call_seconds", "_sum", chain="dev"),
        )
        self.assertEqual(found.value(P + "calls_in_flight"), 0)

    def test_calls_that_nobody_answers_are_counted_by_their_error(self):
        (own,) = self.mocks("own")
        running = self.sidecar({"name": "own", "http": own.url})
        self.calls(running, 1, "eth_nonsense")
        own.control({"kind": "http_status", "status": 503})
        replies = self.calls(running, 3)
        names = {reply.error["data"]["name"] for reply in replies}
        self.assertEqual(len(names), 1)
        found = scrape(running)
        name = names.pop()
        self.assertEqual(
            found.value(P + "calls_total", chain="dev", method="eth_chainId", outcome=name), 3
        )
        self.assertEqual(found.sum(P + "calls_total", method="other", outcome="unsupported"), 1)
        self.assertEqual(found.sum(P + "provider_calls_total", method="eth_chainId"), 0)

    def test_hedges_won_and_wasted(self):
        own, paid = self.mocks("own", "paid")
        policies = {"probe": {"on": False}, "hedge": {"delay_cold": "100ms", "delay_min": "100ms"},
                    "breaker": {"failures_max": 1000}}
        running = self.sidecar({"name": "own", "http": own.url}, {"name": "paid", "http": paid.url},
                               policies=policies)
        own.control({"kind": "blackhole", "methods": ["eth_chainId"], "count": 2})
        self.calls(running, 2)
        paid.control({"kind": "blackhole", "methods": ["eth_gasPrice"]})
        own.control({"kind": "latency", "min_ms": 400, "max_ms": 400})
        self.calls(running, 1, "eth_gasPrice")
        found = scrape(running)
        hedges = lambda result: found.value(P + "hedges_total", chain="dev", result=result)
        self.assertEqual([hedges("won"), hedges("wasted")], [2, 1])
        attempts = lambda **more: found.sum(P + "attempts_total", **more)
        self.assertEqual(attempts(provider="own", kind="first", outcome="cut_short"), 2)
        self.assertEqual(attempts(provider="paid", kind="hedge", outcome="result"), 2)
        self.assertEqual(attempts(provider="paid", kind="hedge", outcome="cut_short"), 1)
        self.assertEqual(attempts(), own.stats()["calls"] + paid.stats()["calls"])

    def test_states_heads_and_budgets(self):
        own, paid = self.mocks("own", "paid")
        running = self.sidecar(
            {"name": "own", "http": own.url},
            {"name": "paid", "http": paid.url, "per_day": 1000},
            policies={"breaker": {"failures_max": 2, "open_min": "1h", "open_max": "1h"},
                      "probe": {"interval": "200ms"}},
        )
        wait_until(lambda: scrape(running).sum(P + "endpoint_health", state="healthy") == 2)
        found = scrape(running)
        self.assertEqual(found.sum(P + "endpoint_health"), 2)
        at = {"chain": "dev", "transport": "http"}
        up = lambda found, provider, tier: found.value(
            P + "endpoint_up", provider=provider, tier=tier, **at)
        self.assertEqual([up(found, "own", "1"), up(found, "paid", "2")], [1, 1])
        head = int(own.result("eth_blockNumber"), 16)
        self.assertAlmostEqual(found.value(P + "chain_head_block", chain="dev"), head, delta=2)
        left = {"chain": "dev", "provider": "paid", "window": "day"}
        units = found.value(P + "budget_left_units", **left)
        self.assertLess(units, 1000)
        self.assertEqual(found.value(P + "budget_left_ratio", **left), units / 1000)
        self.assertEqual(found.sum(P + "budget_left_units", provider="own"), 0)
        own.control({"kind": "http_status", "status": 500})
        self.calls(running, 4)
        found = scrape(running)
        self.assertEqual([up(found, "own", "1"), up(found, "paid", "2")], [0, 1])
        self.assertEqual(
            found.value(P + "breaker_state", provider="own", state="open", **at), 1)
        paid.control({"kind": "http_status", "status": 429, "retry_after": "30"})
        self.calls(running, 1)
        found = scrape(running)
        self.assertEqual(found.value(P + "throttles_total", provider="paid", **at), 1)
        cooling = found.value(P + "cooldown_seconds", chain="dev", provider="paid")
        self.assertTrue(20 < cooling <= 30, cooling)

    def test_sessions_and_limits(self):
        (own,) = self.mocks("own")
        running = self.sidecar({"name": "own", "http": own.url}, limits={"batch_items_max": 2})
        before = scrape(running)
        framed = self.framed(running)
        framed.call("eth_chainId")
        raw = self.raw(running)
        raw.sendall(json.dumps([{"jsonrpc": "2.0", "id": i, "method": "eth_chainId"}
                                for i in range(3)]).encode())
        raw.recv(1 << 16)
        stranger = self.raw(running)
        stranger.sendall(b"\x16\x03\x01")
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(stranger.recv(1), b"")
        now = lambda: scrape(running)
        found = now()
        grown = lambda name, **labels: found.value(P + name, **labels) - before.value(
            P + name, **labels)
        self.assertEqual(found.value(P + "sessions", dialect="framed"), 1)
        self.assertEqual(found.value(P + "sessions", dialect="json_ipc"), 1)
        self.assertEqual(grown("sessions_total", dialect="framed"), 1)
        self.assertEqual(grown("sessions_total", dialect="json_ipc"), 1)
        self.assertEqual(grown("sessions_total", dialect="http"), 1)
        self.assertEqual(grown("sessions_total", dialect="unknown"), 1)
        self.assertEqual(grown("limits_hit_total", limit="batch_items_max"), 1)
        framed.close()
        wait_until(lambda: now().value(P + "sessions", dialect="framed") == 0)
        self.assertGreater(now().sum(P + "sessions_ended_total"),
                           before.sum(P + "sessions_ended_total"))

    def test_the_process_is_as_the_kernel_says(self):
        (own,) = self.mocks("own")
        running = self.sidecar({"name": "own", "http": own.url})
        self.calls(running, 50)
        found = scrape(running)
        rss = found.value("process_resident_memory_bytes")
        self.assertAlmostEqual(rss / 1024, running.rss_kib(), delta=0.2 * running.rss_kib())
        self.assertGreater(found.value("process_cpu_seconds_total"), 0)
        self.assertLessEqual(found.value("process_cpu_seconds_total"), running.cpu_seconds() + 0.02)
        limits = pathlib.Path(f"/proc/{running.pid}/limits").read_text()
        self.assertEqual(found.value("process_max_fds"),
                         int(re.search(r"Max open files +(\d+)", limits)[1]))
        if (fds := found.value("process_open_fds")) is not None:
            self.assertAlmostEqual(fds, running.fd_count(), delta=4)
        self.assertAlmostEqual(found.value(P + "start_time_seconds"), time.time(), delta=60)
        turns = found.value(P + "loop_turns_total")
        self.assertEqual(found.value(P + "loop_lag_seconds", "_count"), turns)
        self.assertGreater(turns, 50)
        busy = found.value(P + "loop_lag_seconds", "_sum")
        self.assertLess(busy, time.time() - found.value(P + "start_time_seconds"))


class FeedMetricsTest(FeedTestCase):
    def test_feeds_are_counted_once_and_deliveries_by_subscriber(self):
        node = self.mock()
        running = self.serve(self.source("own", node))
        members = [Member(self, running, "json-ipc"), Member(self, running, "ws over unix")]
        for member in members:
            member.subscribe(["newHeads"])
        self.wait_open(1, node)
        for _ in range(5):
            node.mine()
            for member in members:
                member.read(1)
        wait_until(lambda: scrape(running).sum(P + "subscriptions") == 2)
        found = scrape(running)
        feed = {"chain": "dev", "feed": "newHeads"}
        self.assertEqual(found.value(P + "feed_events_total", kind="live", **feed), 5)
        self.assertEqual(found.value(P + "feed_deliveries_total", **feed), 10)
        self.assertEqual(found.value(P + "feed_gaps_total", **feed), 0)
        self.assertEqual(found.value(P + "feeds", chain="dev"), 1)
        self.assertEqual(found.value(P + "feed_sources", chain="dev"), 1)
        self.assertEqual(found.value(P + "subscriptions", dialect="ws"), 1)
        self.assertEqual(found.value(P + "sessions", dialect="ws"), 1)
        self.assertEqual(found.value(P + "sessions_total", dialect="ws"), 1)
        # ws and json-ipc write the same text with ids of their own.
        self.assertLessEqual(found.value(P + "event_forms_total"), 10)
        self.assertGreaterEqual(found.value(P + "event_forms_total"), 5)
        for member in members:
            member.leave()
        wait_until(lambda: scrape(running).value(P + "feeds", chain="dev") == 0)
        self.assert_none_leaked(node)

    def test_a_lost_source_is_counted(self):
        node = self.mock()
        running = self.serve(self.source("own", node))
        member = Member(self, running, "json-ipc")
        member.subscribe(["newHeads"])
        self.wait_open(1, node)
        changes = lambda what: scrape(running).sum(
            P + "feed_source_changes_total", provider="own", transport="ws", change=what)
        wait_until(lambda: changes("live") == 1)
        node.reset_sockets()
        wait_until(lambda: changes("lost") == 1)
        wait_until(lambda: changes("live") == 2)
        member.leave()


if __name__ == "__main__":
    unittest.main()
