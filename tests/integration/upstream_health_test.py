"""Who is in rotation: providers that limit, refuse us, fail in a row, lag, fork, stop or serve another
chain. Names begin with the ids of the fault catalogue."""

import email.utils
import json
import threading
import time
import unittest

from fault_peer import always, by_method, failing, http_answer, result_body
from mock_provider import MockProvider
from sidecar_process import SidecarTestCase, chain_toml, wait_until

# The defaults, but that nobody is probed: only what a test sends tells.
UNPROBED = {"probe": {"on": False}, "hedge": {"on": False}}
# What is meant to happen soon.
EAGER = {"interval": "100ms", "timeout": "1s"}
KEY = "k3y-0f-0ne"


def answer_of_node(request, result='"0x900d"'):
    """What a node without faults says, to probes as well."""
    return http_answer(
        result_body(request.id, "false" if request.method == "eth_syncing" else result)
    )


def node(result='"0x900d"'):
    return always(lambda request: answer_of_node(request, result))


def limited(*headers, body=b"slow down"):
    return always(lambda _: http_answer(body, "429 Too Many Requests", headers))


class LimitsTest(SidecarTestCase):
    """Providers that want fewer calls, or none."""

    def pause_of(self, script, policies=None):
        """How long a provider that answers so is left alone; another one answers meanwhile."""
        bad, good = self.peer(script), self.peer(node())
        providers = self.provider("bad", bad), self.provider("good", good)
        sidecar = self.sidecar(*providers, policies=policies or UNPROBED)
        for _ in range(5):
            self.assertEqual(self.call(sidecar, "eth_gasPrice").result, b'"0x900d"')
        pause = self.endpoints(sidecar)["bad"]["cooldown_ms"]
        self.assertEqual(len(bad.methods()), 1)  # asked once, and then left alone
        self.assertEqual(self.endpoints(sidecar)["bad"]["breaker"], "closed")
        self.assertEqual(self.endpoints(sidecar)["bad"]["failures_in_row"], 0)
        sidecar.stop()
        return pause

    def test_A28_retry_after_is_obeyed_in_seconds_and_as_a_date_up_to_a_minute(self):
        date = email.utils.formatdate(time.time() + 40, usegmt=True)
        table = [
            ("seconds", "Retry-After: 20", 10_000, 20_000),
            ("a date", f"Retry-After: {date}", 25_000, 41_000),
            ("an hour", "Retry-After: 3600", 50_000, 60_000),
        ]
        for words, header, least, most in table:
            with self.subTest(words):
                pause = self.pause_of(limited(header))
                self.assertTrue(least <= pause <= most, pause)

    def test_A28_when_all_limit_the_worker_is_told_when_to_come_back(self):
        one, two = self.peer(limited("Retry-After: 50")), self.peer(limited("Retry-After: 30"))
        sidecar = self.sidecar(
            self.provider("one", one), self.provider("two", two), policies=UNPROBED
        )

        tried = [("one", "rate_limited"), ("two", "rate_limited")]
        self.assert_error(self.call(sidecar, "eth_gasPrice"), "UPSTREAM_RATE_LIMITED", sent="yes", tried=tried)
        answer = self.call(sidecar, "eth_gasPrice")

        self.assert_error(answer, "UPSTREAM_RATE_LIMITED", sent="no", tried=[])
        self.assertTrue(20_000 < answer.error["data"]["retry_after_ms"] <= 30_000, answer.error)
        self.assertEqual((len(one.methods()), len(two.methods())), (1, 1))

    def test_A28_after_its_pause_it_is_asked_again(self):
        is_over = threading.Event()

        def script(connection):
            while request := connection.read_request():
                if is_over.is_set():
                    connection.answer(request, '"0x1"')
                else:
                    connection.send(http_answer(b"", "429 Slow", ["Retry-After: 1"]))

        bad, good = self.peer(script), self.peer(node())
        sidecar = self.sidecar(
            self.provider("bad", bad), self.provider("good", good), policies=UNPROBED
        )
        self.assertEqual(self.call(sidecar, "eth_gasPrice").result, b'"0x900d"')
        is_over.set()

        wait_until(
            lambda: self.call(sidecar, "eth_gasPrice").result == b'"0x1"', words=lambda: self.endpoints(sidecar)
        )

    def test_A29_without_retry_after_the_pause_is_a_jittered_minute(self):
        pauses = set()
        table = [
            ("status 429", limited()),
            ("-32005 in a 200", by_method({}, failing(-32005, "limit exceeded"))),
            ("its text in a 200", by_method({}, failing(-32000, "rate limit reached"))),
            ("code 429 in a 200", by_method({}, failing(429, "Your app has exceeded its capacity"))),
        ]
        for words, script in table:
            with self.subTest(words):
                pause = self.pause_of(script)
                self.assertTrue(50_000 < pause <= 72_000, pause)
                pauses.add(pause // 500)
        self.assertGreater(len(pauses), 1, "no jitter")

    def test_A30_who_refuses_us_is_out_with_one_alert_and_no_secret_told(self):
        for status in ("401 Unauthorized", "402 Payment Required", "403 Forbidden"):
            with self.subTest(status):
                self.check_refused(status)

    def check_refused(self, status):
        is_paid = threading.Event()
        body = json.dumps({"error": f"key {KEY} unknown"}).encode()

        def refusing(request):
            return answer_of_node(request) if is_paid.is_set() else http_answer(body, status)

        bad, good = self.peer(always(refusing)), self.peer(node())
        policies = {"probe": {**EAGER, "interval_disabled": "1s"}}
        sidecar = self.sidecar(
            {"name": "bad", "http": f"{bad.url}/v2/{KEY}", "headers": {"X-Key": KEY}},
            self.provider("good", good),
            policies=policies,
        )
        self.wait_state(sidecar, "bad", "disabled")
        asked = len(bad.methods())
        probes = len(good.methods())
        answers = [self.call(sidecar, "eth_gasPrice") for _ in range(10)]
        good.wait_for(lambda p: len(p.requests) >= probes + 10 + 3)

        self.assertEqual({answer.result for answer in answers}, {b'"0x900d"'})
        self.assertLessEqual(len(bad.methods()), asked + 1)  # slowly
        self.assertNotIn("eth_gasPrice", bad.methods())
        alone = self.call(sidecar, "eth_chainId", deadline_ms=5_000)
        self.assertNotIn(KEY, json.dumps(alone.error) + json.dumps(self.endpoints(sidecar)))
        is_paid.set()
        self.wait_state(sidecar, "bad", "healthy")
        sidecar.stop()
        alerts = [line for line in sidecar.log_text().splitlines() if "error" in line]
        self.assertEqual(len(alerts), 1, sidecar.log_text())
        self.assertIn("disabled", alerts[0])
        self.assertNotIn(KEY, sidecar.log_text())


class BreakerTest(SidecarTestCase):
    def test_A31_a_burst_of_server_errors_opens_the_breaker_for_one_trial_at_a_time(self):
        asked = []

        def failing_now(request):
            asked.append((time.monotonic(), request.method))
            return http_answer(b"<html>down</html>", "503 Service Unavailable")

        bad, good = self.peer(always(failing_now)), self.peer(node())
        policies = {"probe": EAGER, "breaker": {"open_min": "300ms", "open_max": "10m"}}
        sidecar = self.sidecar(
            self.provider("bad", bad), self.provider("good", good), policies=policies
        )
        with self.framed(sidecar) as client:
            while len(asked) < 3 + 3:
                self.assertEqual(client.call("eth_gasPrice").result, b'"0x900d"')

        self.assertEqual(self.endpoints(sidecar)["bad"]["state"], "down")
        trials = [when for when, _ in asked[2:]]
        gaps = [later - sooner for sooner, later in zip(trials, trials[1:])]
        for gap, least in zip(gaps, (0.3, 0.6, 1.2)):
            self.assertGreater(gap, 0.95 * least, gaps)
        # Calls of workers are no trials: those go to who is known to work.
        self.assertNotIn("eth_gasPrice", [method for _, method in asked[3:]])

    def test_A31_a_trial_that_works_brings_it_back(self):
        mock, good = MockProvider.start(), self.peer(node())
        self.addCleanup(mock.stop)
        policies = {"probe": EAGER, "breaker": {"open_min": "300ms"}}
        sidecar = self.sidecar(
            self.provider("bad", mock.url), self.provider("good", good), policies=policies
        )
        mock.control({"kind": "http_status", "status": 502})
        self.wait_state(sidecar, "bad", "down")
        mock.heal()

        self.wait_state(sidecar, "bad", "healthy")
        self.assertNotEqual(self.call(sidecar, "eth_gasPrice").result, b'"0x900d"')

    def test_A31_without_probes_a_call_is_the_trial(self):
        is_well = threading.Event()

        def script(request):
            return answer_of_node(request) if is_well.is_set() else http_answer(b"", "500 Oops")

        bad, good = self.peer(always(script)), self.peer(node('"0x600d"'))
        policies = {**UNPROBED, "breaker": {"open_min": "300ms", "open_max": "300ms"}}
        sidecar = self.sidecar(
            self.provider("bad", bad), self.provider("good", good), policies=policies
        )
        with self.framed(sidecar) as client:
            for _ in range(20):
                self.assertEqual(client.call("eth_gasPrice").result, b'"0x600d"')
            self.assertLess(len(bad.methods()), 20)
            is_well.set()
            wait_until(lambda: client.call("eth_gasPrice").result == b'"0x900d"')


class HeadsTest(SidecarTestCase):
    """Mocks that make the same blocks, four a second."""

    CHAIN = {"chain_id": 1, "block_time": "250ms", "stall_blocks": 4, "stall_min": "1s"}

    def serve(self, *names, faults=(), **chain):
        self.mocks = {}
        for name in names:
            self.mocks[name] = MockProvider.start(
                None, "evm", "--head", 1_000, "--block-time", "250ms",
                faults=faults if name == "bad" else (),
            )
            self.addCleanup(self.mocks[name].stop)
        providers = [
            {"name": name, "http": mock.url, "tier": tier}
            for tier, (name, mock) in enumerate(self.mocks.items(), start=1)
        ]
        chains = chain_toml("dev", "evm", providers, **{**self.CHAIN, **chain})
        policies = {"probe": EAGER, "breaker": {"open_min": "300ms", "open_max": "1s"}}
        self.running = self.sidecar(chains=chains, policies=policies)

    def wait_reason(self, state, reason):
        self.wait_state(self.running, "bad", state)
        self.assertEqual(self.endpoints(self.running)["bad"]["reason"], reason)

    def assert_not_asked(self):
        with self.framed(self.running) as client:
            for _ in range(10):
                self.assertIsNone(client.call("eth_gasPrice").error)
        self.assertNotIn("eth_gasPrice", self.mocks["bad"].stats()["by_method"])

    def test_F01_a_node_far_behind_is_out_until_it_has_caught_up(self):
        self.serve("bad", "good")
        self.wait_state(self.running, "bad", "healthy")
        self.mocks["bad"].control({"kind": "lag", "blocks": 100})
        self.wait_reason("degraded", "fell_behind")
        self.assert_not_asked()

        self.mocks["bad"].heal()
        self.wait_state(self.running, "bad", "healthy")
        self.assertIsNone(self.call(self.running, "eth_gasPrice").error)
        self.assertIn("eth_gasPrice", self.mocks["bad"].stats()["by_method"])

    def test_F01_the_head_that_a_worker_is_told_never_goes_back(self):
        self.serve("good", "bad")
        for name in self.mocks:
            self.wait_state(self.running, name, "healthy")
        told = []
        with self.framed(self.running) as client:

            def ask(times):
                for _ in range(times):
                    told.append(int(json.loads(client.call("eth_blockNumber").result), 16))

            ask(5)
            self.mocks["bad"].control({"kind": "lag", "blocks": 10})  # near enough to be used
            wait_until(lambda: self.endpoints(self.running)["bad"]["lag_blocks"] >= 9)
            ask(5)
            self.mocks["good"].control("refuse")
            ask(20)
            self.wait_state(self.running, "good", "down")
            ask(20)
            self.mocks["good"].heal()
            self.wait_state(self.running, "good", "healthy")
            ask(5)

        self.assertEqual(told, sorted(told))

    def test_F03_a_node_on_a_minority_fork_is_out_until_it_rejoins(self):
        self.serve("bad", "good", "better")
        self.wait_state(self.running, "bad", "healthy")
        self.mocks["bad"].control({"kind": "fork", "from": 900})
        self.wait_reason("quarantined", "forked")
        self.assert_not_asked()
        self.assertEqual(self.endpoints(self.running)["good"]["state"], "healthy")

        self.mocks["bad"].heal()
        self.wait_state(self.running, "bad", "healthy")

    def test_F04_another_chain_at_the_start_gets_no_call(self):
        self.serve("bad", "good", faults=[{"kind": "wrong_chain", "chain_id": 5}])
        self.assert_not_asked()
        self.wait_reason("quarantined", "wrong_chain")

        self.mocks["bad"].heal()
        self.wait_state(self.running, "bad", "healthy")
        self.assertIsNone(self.call(self.running, "eth_gasPrice").error)
        self.assertIn("eth_gasPrice", self.mocks["bad"].stats()["by_method"])

    def test_F04_another_chain_alone_is_worse_than_no_answer(self):
        self.serve("bad", faults=[{"kind": "wrong_chain", "chain_id": 5}])
        self.wait_reason("quarantined", "wrong_chain")

        answer = self.call(self.running, "eth_gasPrice")

        self.assert_error(answer, "NO_UPSTREAM", sent="no", tried=[])

    def test_F04_another_chain_after_a_reconnect_gets_no_call(self):
        self.serve("bad", "good")
        self.wait_state(self.running, "bad", "healthy")
        self.mocks["bad"].control("refuse")
        self.wait_state(self.running, "bad", "down")
        self.mocks["bad"].control({"kind": "wrong_chain", "chain_id": 5})
        self.wait_reason("quarantined", "wrong_chain")
        self.assert_not_asked()

    def test_F21_a_head_that_stands_still_while_others_move_is_out(self):
        self.serve("bad", "good", lag_blocks_max=1_000_000)
        self.wait_state(self.running, "bad", "healthy")
        self.mocks["bad"].control("stuck")
        self.wait_reason("degraded", "head_stuck")
        self.assert_not_asked()

        self.mocks["bad"].heal()
        self.wait_state(self.running, "bad", "healthy")


if __name__ == "__main__":
    unittest.main()
