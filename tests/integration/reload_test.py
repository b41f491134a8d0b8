"""The configuration is read again while workers call and listen: nothing fails, nothing is missed,
nothing is left open; a bad file changes nothing."""

import json
import os
import signal
import threading
import unittest

import frames
from feed_case import FeedTestCase
from feed_checker import HeadChecker
from sidecar_process import IS_SANITIZED, Sidecar, to_toml, wait_until

RELOADS = 15 if IS_SANITIZED else 50
CALLERS = 4
QUICK = {
    "feed": {"failback_interval": "150ms", "stall_min": "500ms", "grace": "100ms"},
    "probe": {"interval": "200ms"},
}
READS = ("eth_gasPrice", "eth_chainId", "eth_getBalance")
ADDRESS = "0x000000000000000000000000000000000000dead"


class Caller(threading.Thread):
    """Calls all the time, and keeps what failed."""

    def __init__(self, case, sidecar):
        super().__init__(daemon=True)
        self.client = case.framed(sidecar)
        self.is_done = threading.Event()
        self.count = 0
        self.failed = []
        self.start()

    def run(self):
        while not self.is_done.is_set():
            method = READS[self.count % len(READS)]
            params = [ADDRESS, "latest"] if method == "eth_getBalance" else []
            answer = self.client.call(method, params)
            self.count += 1
            if answer.error:
                self.failed.append((method, answer.error))

    def finish(self):
        self.is_done.set()
        self.join(timeout=60)


class ReloadTest(FeedTestCase):
    def config(self, *providers, **sections):
        """Like the first one, but for these providers and sections."""
        text = self.head
        for section, keys in sections.items():
            text += f"[{section}]\n"
            text += "".join(f"{key} = {to_toml(value)}\n" for key, value in keys.items())
        return text + self.chain("dev", "evm", *providers, chain_id=1)

    def start(self, *providers):
        """Probes open connections from the start, so descriptors are counted by what is kept."""
        self.head = f'[listen]\npath = "{self.folder}/rpc.sock"\n[http]\nlisten = "127.0.0.1:0"\n'
        for section, keys in QUICK.items():
            self.head += f"[{section}]\n"
            self.head += "".join(f"{key} = {to_toml(value)}\n" for key, value in keys.items())
        self.running = Sidecar(self.folder, self.config(*providers))
        self.running.wait_listening()
        self.running.fds_at_start = self.running.fd_count()
        self.addCleanup(self.end, self.running, [{"connections_max": 9}] * len(providers))
        for one in providers:
            self.wait_state(self.running, one["name"], "healthy")
        return self.running

    def reload(self, text, is_good=True):
        word = "reloaded" if is_good else "reload_failed"
        before = self.counters(self.running).get("config_reload", {})
        name = "ok" if is_good else "failed"
        # As an editor does it: never half a file.
        fresh = self.running.config.with_suffix(".new")
        fresh.write_text(text)
        fresh.chmod(0o600)
        os.replace(fresh, self.running.config)
        logged = len(self.running.log)
        self.running.popen.send_signal(signal.SIGHUP)
        wait_until(
            lambda: self.counters(self.running).get("config_reload", {}).get(name, 0)
            > before.get(name, 0),
            words=lambda: f"not {word}: {self.running.log_text()[-2000:]}",
        )
        wait_until(lambda: f" {word} " in self.running.log[logged:].decode())
        return self.running.log[logged:].decode()

    def metrics(self):
        connection = self.running.http_unix()
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def test_providers_come_and_go_under_load_and_no_call_fails(self):
        first, second, third = (self.mock() for _ in range(3))
        always = self.source("always", first)
        self.start(always, self.source("other", second))
        checker = HeadChecker(after=first.result("eth_getBlockByNumber", ["latest", False])["hash"])
        watcher = self.framed(self.running)
        watcher.subscribe("eth_subscribe", ["newHeads"])
        callers = [Caller(self, self.running) for _ in range(CALLERS)]

        for turn in range(RELOADS):
            headers = {"X-Turn": str(turn)}
            providers = [
                [self.source("other", second, headers=headers), always],  # another one first
                [self.source("third", third), self.source("other", second, weight=turn + 1)],
                [self.source("third", third, headers=headers)],  # the only one, and changed
                [{**always, "weight": turn + 1}, self.source("third", third)],
                [always, self.source("other", second)],
            ][turn % 5]
            self.reload(self.config(*providers))
            for mock in (first, second, third):
                mock.mine()

        self.reload(self.config(always))
        for caller in callers:
            caller.finish()
        self.assertEqual([caller.failed for caller in callers], [[]] * CALLERS)
        self.assertGreater(min(caller.count for caller in callers), RELOADS)
        tip = first.result("eth_getBlockByNumber", ["latest", False])["hash"]
        while checker.tip != tip:
            event = watcher.next_event()
            self.assertFalse(event.flags & frames.GAP, event)
            checker.take(json.loads(event.value))
        self.assert_nothing_left(first, second, third)

    def assert_nothing_left(self, first, *gone):
        for mock in gone:
            wait_until(
                lambda: not self.running.connections_to(mock.port),
                40,
                lambda: f"still connected: {self.endpoints(self.running)}",
            )
            wait_until(lambda: mock.ws_stats()["open"] == 0)
        wait_until(lambda: first.ws_stats()["subscriptions_open"] == 1)
        self.assertEqual(list(self.endpoints(self.running)), ["always"])
        lines = self.metrics().splitlines()
        series = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
        self.assertEqual(len(series), len(set(series)), "a series stands twice")
        reloads = [one for one in lines if one.startswith("rpc_sidecar_config_reloads_total")]
        self.assertIn(f'rpc_sidecar_config_reloads_total{{result="ok"}} {RELOADS + 1}', reloads)

    def test_a_bad_file_changes_nothing_and_says_where(self):  # E09
        mock = self.mock()
        self.start(self.source("own", mock))
        good = self.running.config.read_text()

        for bad, where in (
            (good + "weight = 0\n", "chain.provider.weight"),
            (good.replace("[probe]", "[probe"), "sidecar.toml:"),
            (good.replace("[[chain]]", "[[chains]]"), "did you mean"),
        ):
            said = self.reload(bad, is_good=False)
            self.assertIn(where, said)
            self.assertRegex(said, r"config_fault what=\S*\"?\S*sidecar\.toml:\d+:\d+: ")
            self.assertEqual(self.call(self.running, "eth_chainId").result, b'"0x1"')
            self.assertIn("config_last_reload_success 0", self.metrics())
        self.assertEqual(list(self.endpoints(self.running)), ["own"])

        self.reload(good)
        self.assertIn("config_last_reload_success 1", self.metrics())
        self.running.config.unlink()
        self.running.popen.send_signal(signal.SIGHUP)
        wait_until(lambda: "cannot be opened" in self.running.log_text())
        self.assertEqual(self.call(self.running, "eth_chainId").result, b'"0x1"')

    def test_what_needs_a_restart_is_named_and_the_rest_is_applied(self):
        mock = self.mock()
        self.start(self.source("own", mock))
        text = self.config(self.source("own", mock, weight=7, price=3), hedge={"on": False})
        text = text.replace('path = "', 'path = "/tmp').replace("[http]", "[http]\nidle_timeout = \"9s\"")
        text += self.chain("more", "evm", self.source("own", mock))

        said = self.reload(text)

        wait_until(lambda: "needs_restart" in self.running.log_text())
        said = self.running.log_text()
        for name in ("listen.path", "http.idle_timeout", "chain more (new)"):
            self.assertIn(name, said)
        self.assertNotIn("hedge.on", said)
        self.assertEqual(self.endpoints(self.running)["own"]["weight"], 7)
        self.assertEqual(len(self.running.connections_to(mock.port)) > 0, True)

    def test_a_reload_of_the_same_file_opens_no_connection(self):
        mock = self.mock()
        self.start(self.source("own", mock))
        before = self.running.connections_to(mock.port)

        said = self.reload(self.running.config.read_text())

        self.assertIn("added=0 retired=0 changed=0", said)
        self.assertEqual(self.running.connections_to(mock.port), before)

    def test_a_long_call_on_a_removed_provider_is_answered(self):
        old, new = self.mock(), self.mock()
        self.start(self.source("old", old, "http"))
        old.control({"kind": "latency", "methods": ["eth_gasPrice"], "min_ms": 1500})
        answers = []
        client = self.framed(self.running)
        caller = threading.Thread(target=lambda: answers.append(client.call("eth_gasPrice")))
        caller.start()
        wait_until(lambda: old.faults()["strikes"] == [1])

        self.reload(self.config(self.source("new", new, "http")))
        self.assertEqual(answers, [])
        caller.join(timeout=30)

        self.assertIsNone(answers[0].error)
        wait_until(lambda: not self.running.connections_to(old.port))

    def test_the_level_changes_by_a_signal_and_back(self):
        self.start(self.source("own", self.mock()))
        self.running.popen.send_signal(signal.SIGUSR1)
        wait_until(lambda: "log_level is=debug" in self.running.log_text())
        self.call(self.running, "eth_gasPrice")
        wait_until(lambda: " debug attempt_done " in self.running.log_text())
        self.running.popen.send_signal(signal.SIGUSR1)
        wait_until(lambda: "log_level is=info" in self.running.log_text())
        logged = len(self.running.log)
        self.call(self.running, "eth_gasPrice")
        self.assertNotIn(b" debug ", self.running.log[logged:])


if __name__ == "__main__":
    unittest.main()
