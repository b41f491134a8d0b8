"""What operators get for their monitoring: Prometheus takes the scrape configuration and the rules,
each alert does what its test says, every panel of the dashboard shows something of a sidecar under
load, and scripts/monitor_tiers tells how much tier 1 answers."""

import contextlib
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import threading
import unittest
import urllib.parse

from mock_provider import MockProvider
from sidecar_process import IS_SANITIZED, SidecarTestCase, chain_toml, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "systemd" / "monitoring"
DASHBOARD = MONITORING / "grafana" / "rpc-sidecar.json"
# Quick, so that every kind of thing happens within seconds.
POLICIES = {
    "cost": {"month_dollars": 100},
    "feed": {"failback_interval": "200ms", "poll_interval": "100ms"},
    "breaker": {"open_min": "200ms", "open_max": "400ms"},
    "cooldown": {"pause_min": "100ms", "pause_max": "200ms"},
    "probe": {"interval": "300ms"},
}


def run(*command, cwd=None):
    found = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    return found.returncode, found.stdout + found.stderr


def panel_queries():
    """(title, query) of each panel, as Grafana would send them for all hosts and chains."""
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"].replace("$__rate_interval", "15s")
            yield panel["title"], query.replace("$instance", ".*").replace("$chain", ".*")


class Prometheus:
    """Debian's, on the shipped configuration with a quick scrape."""

    def __init__(self, folder, target):
        config = (MONITORING / "prometheus.yml").read_text()
        config = re.sub(r"(scrape|evaluation)_interval: 15s", r"\1_interval: 1s", config)
        config = config.replace("127.0.0.1:8645", target)
        (folder / "prometheus.yml").write_text(config)
        (folder / "rules.yml").write_text((MONITORING / "rules.yml").read_text())
        with socket.socket() as probe:  # it cannot be asked for any free port
            probe.bind(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % probe.getsockname()[1]
        self.log = open(folder / "prometheus.log", "w")
        self.popen = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={self.address}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )

    def get(self, path, **query):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request("GET", path + "?" + urllib.parse.urlencode(query))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def is_up(self):
        try:
            return self.query("up") and self.query("up")[0]["value"][1] == "1"
        except (OSError, ValueError):
            return False

    def query(self, text):
        answer = self.get("/api/v1/query", query=text)
        if answer["status"] != "success":
            raise AssertionError(f"{text}: {answer['error']}")
        return answer["data"]["result"]

    def close(self):
        self.popen.send_signal(signal.SIGTERM)
        self.popen.wait(timeout=30)
        self.log.close()


class Load:
    """Calls all the time, over the framed protocol; some meet trouble."""

    CALLS = [
        ("eth_getBalance", ["0x000000000000000000000000000000000000dead", "latest"]),
        ("eth_blockNumber", []),
        ("eth_getLogs", [{}]),
        ("getSlot", []),
    ]

    def __init__(self, sidecar):
        self.sidecar = sidecar
        self.is_done = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with self.sidecar.framed() as client:
            while not self.is_done.wait(0.005):
                for method, params in self.CALLS:
                    client.call(method, params)

    def close(self):
        self.is_done.set()
        self.thread.join(timeout=30)


@unittest.skipIf(IS_SANITIZED, "what it proves does not depend on the build")
class MonitoringTest(SidecarTestCase):
    def test_prometheus_takes_the_configuration_and_each_alert_does_what_its_test_says(self):
        for command in (
            ["check", "config", "prometheus.yml"],
            ["check", "rules", "rules.yml"],
            ["test", "rules", "rules_test.yml"],
        ):
            code, output = run("promtool", *command, cwd=MONITORING)
            self.assertEqual(code, 0, f"promtool {command}: {output}")

    def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(self):
        alerts = re.findall(r"- alert: (\w+)", (MONITORING / "rules.yml").read_text())
        cases = (MONITORING / "rules_test.yml").read_text()
        self.assertGreater(len(alerts), 10)
        for alert in alerts:
            self.assertRegex(cases, rf"alertname: {alert}\n +exp_alerts", alert)
            self.assertRegex(cases, rf"alertname: {alert}}}", alert)

    def mock(self, family, *arguments):
        mock = MockProvider.start(None, family, *arguments)
        self.addCleanup(mock.stop)
        return mock

    def start_house(self):
        """Two chains; one provider of the first is ill in several ways, with bounds and prices."""
        quick = ["--block-time", "200ms"]
        self.own, self.paid = self.mock("evm", *quick), self.mock("evm", *quick)
        solana = self.mock("svm", *quick)
        self.paid.control({"kind": "http_status", "status": 503, "rate": 0.2})
        evm = [
            {"name": "own", "http": self.own.url, "ws": self.own.ws_url, "price": 1000},
            {
                "name": "paid",
                "http": self.paid.url,
                "ws": self.paid.ws_url,
                "price": 400_000,
                "per_second": 10_000,
                "per_month": 100_000_000,
            },
        ]
        svm = [{"name": "one", "http": solana.url, "ws": solana.ws_url, "tier": 1}]
        chains = chain_toml("ethereum", "evm", evm, chain_id=1, block_time="200ms")
        chains += chain_toml("solana", "svm", svm, block_time="200ms")
        return self.sidecar(chains=chains, policies=POLICIES)

    def test_every_panel_shows_something_of_a_sidecar_under_load(self):
        sidecar = self.start_house()
        for _ in range(3):
            self.framed(sidecar).subscribe("eth_subscribe", ["newHeads"])
        with contextlib.closing(Prometheus(self.folder, sidecar.http_address)) as prometheus:
            wait_until(prometheus.is_up, 60, "Prometheus does not scrape")
            with contextlib.closing(Load(sidecar)):
                waiting = dict.fromkeys(panel_queries())
                self.assertGreater(len(waiting), 40)

                def are_all_there():
                    for key in list(waiting):
                        waiting[key] = prometheus.query(key[1])
                        if any(one["value"][1] != "NaN" for one in waiting[key]):
                            del waiting[key]
                    return not waiting

                wait_until(are_all_there, 60, lambda: f"no data: {waiting}")
                rules = prometheus.get("/api/v1/rules")["data"]["groups"][0]["rules"]
                ill = [one["name"] for one in rules if one["health"] not in ("ok", "unknown")]
                self.assertEqual(ill, [])

    def test_monitor_tiers_warns_when_tier_1_answers_too_little(self):
        first, second = self.mock("evm"), self.mock("evm")
        sidecar = self.sidecar(
            {"name": "first", "http": first.url}, {"name": "second", "http": second.url}
        )
        ask = [ROOT / "scripts" / "monitor_tiers", "--interval", "0", "--socket", sidecar.socket]

        for _ in range(9):
            self.assertIsNone(self.call(sidecar, "eth_gasPrice").error)
        code, output = run(*ask)
        self.assertEqual((code, output), (0, "dev: 9 calls, tier 1 100.0 %, tier 2 0.0 %\n"))

        first.control("refuse")
        for _ in range(3):
            self.assertIsNone(self.call(sidecar, "eth_gasPrice").error)
        code, output = run(*ask)
        self.assertEqual(code, 1, output)
        self.assertIn("dev: 12 calls, tier 1 75.0 %, tier 2 25.0 %\n", output)
        self.assertIn("tier 1 took 75.0 % of calls, less than 80 %", output)
        code, output = run(*ask, "--min", "70")
        self.assertEqual(code, 0, output)
        code, output = run(*ask[:-1], self.folder / "nobody.sock")
        self.assertEqual(code, 2, output)
        self.assertIn("is rpc-sidecar running?", output)


if __name__ == "__main__":
    unittest.main()
