"""What outlives a restart: cost, budgets, pauses; and disks and files that are not as they should be."""

import json
import os
import resource
import signal
import unittest

from mock_provider import MockProvider
from sidecar_process import BINARY, Sidecar, SidecarTestCase, chain_toml, wait_until

PRICE = 400


class StateTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.mock = MockProvider.start(BINARY, "evm")
        self.addCleanup(self.mock.stop)
        self.state = self.folder / "state.d"
        self.state.mkdir()

    def start(self, *, interval="1s", probe=False, env=None, where=None):
        """One with the state of the one before."""
        self.sidecar_count += 1
        folder = self.folder / f"sidecar-{self.sidecar_count}"
        folder.mkdir()
        state = "" if env else f'dir = "{where or self.state}"\n'
        config = (
            f'[listen]\npath = "{folder}/rpc.sock"\n[probe]\non = {str(probe).lower()}\n'
            f'[state]\n{state}interval = "{interval}"\n[hedge]\non = false\n'
            '[retry]\nattempts_max = 1\n'
        )
        config += chain_toml("dev", "evm", [{
            "name": "paid", "http": self.mock.url, "vendor": "alchemy", "budget_unit": "credits",
            "price": PRICE, "per_day": 100000,
        }])
        sidecar = Sidecar(folder, config, env=env)
        self.addCleanup(lambda: sidecar.popen.poll() is None and sidecar.stop())
        sidecar.wait_listening()
        return sidecar

    def status(self, sidecar):
        return json.loads(self.call(sidecar, "sidecar_status").result)

    def credits(self, sidecar):
        return self.status(sidecar)["cost"]["credits"]

    def spend(self, sidecar, calls=10):
        for _ in range(calls):
            self.assertIsNone(self.call(sidecar, "eth_gasPrice").error)

    def test_a_restart_keeps_spend_and_budget_exactly(self):
        first = self.start()
        self.spend(first, 25)
        before = self.status(first)
        self.assertEqual(before["cost"]["credits"], 25 * 20)
        self.assertEqual(before["cost"]["dollars"], 25 * 20 * PRICE / 1e9)
        self.assertEqual(first.stop(), 0)

        second = self.start()
        after = self.status(second)
        self.assertEqual(after["cost"]["credits"], 500)
        self.assertEqual(after["cost"]["month_dollars"], before["cost"]["month_dollars"])
        self.assertEqual(after["cost"]["accounts"][0]["units"], 500)
        self.assertEqual(after["chains"][0]["endpoints"][0]["budget_left"]["day"], 100000 - 500)
        self.assertEqual(after["cost"]["workers"], before["cost"]["workers"])
        self.spend(second, 1)
        self.assertEqual(self.credits(second), 520)

    def test_a_restart_keeps_the_pause_a_provider_asked_for_and_its_head(self):
        first = self.start(probe=True)
        head = wait_until(lambda: self.status(first)["chains"][0]["head"])
        self.mock.control({"kind": "http_status", "status": 429})
        self.call(first, "eth_gasPrice")
        pause = self.endpoints(first)["paid"]["cooldown_ms"]
        self.assertGreater(pause, 40_000)
        self.assertEqual(first.stop(), 0)

        second = self.start()
        endpoint = self.endpoints(second)["paid"]
        self.assertLessEqual(endpoint["cooldown_ms"], pause)
        self.assertGreater(endpoint["cooldown_ms"], pause - 20_000)
        self.assertGreaterEqual(endpoint["head"], head)

    def test_a_kill_loses_no_more_than_the_interval(self):
        first = self.start(interval="1s")
        self.spend(first, 10)
        wait_until(lambda: '"spent":[80000,0,200]' in self.kept())
        first.stop(signal.SIGKILL)

        second = self.start()
        self.assertEqual(self.credits(second), 200)

    def kept(self):
        file = self.state / "state"
        return file.read_text() if file.exists() else ""

    def test_the_folder_may_be_systemds(self):
        first = self.start(env={"STATE_DIRECTORY": str(self.state)})
        self.spend(first, 1)
        self.assertEqual(first.stop(), 0)
        self.assertIn('"spent":[8000,0,20]', self.kept())

    def test_bad_files_are_told_once_and_passed_over(self):
        self.start().stop()
        good = (self.state / "state").read_bytes()
        rows = [
            (b"hello", "it is no state file of rpc-sidecar"),
            (b"", "it is no state file of rpc-sidecar"),
            (good.replace(b"state 1 ", b"state 9 ", 1), "its version is 9"),
            (good[:-5], "it should hold"),
            (good.replace(b"spent", b"spemt", 1), "its checksum is wrong"),
        ]
        for content, why in rows:
            with self.subTest(why=why, content=content[:20]):
                (self.state / "state").write_bytes(content)
                sidecar = self.start()
                self.spend(sidecar, 1)
                self.assertEqual(self.credits(sidecar), 20)
                self.assertEqual(sidecar.stop(), 0)
                self.assertEqual(sidecar.log_text().count("state_ignored"), 1)
                self.assertIn(why, sidecar.log_text())
                self.assertIn('"spent":[8000,0,20]', self.kept())

    def test_a_full_disk_is_told_once_and_it_serves_on(self):
        """Full, as a process sees it that may write no more to any file."""
        sidecar = self.start(interval="1s")
        resource.prlimit(sidecar.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        wait_until(lambda: "state_not_saved" in sidecar.log_text())
        self.spend(sidecar, 5)
        resource.prlimit(sidecar.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        wait_until(lambda: "state_saved_again" in sidecar.log_text())
        self.assertEqual(sidecar.stop(), 0)
        self.assertEqual(sidecar.log_text().count("state_not_saved"), 1)
        self.assertIn("File too large", sidecar.log_text())
        self.assertIn('"spent":[40000,0,100]', self.kept())

    def test_a_folder_that_is_not_there_is_told_once(self):
        sidecar = self.start(interval="1s", where=self.folder / "none")
        wait_until(lambda: "state_not_saved" in sidecar.log_text())
        self.spend(sidecar, 1)
        self.assertEqual(sidecar.stop(), 0)
        self.assertEqual(sidecar.log_text().count("state_not_saved"), 1)

    def test_each_write_leaves_one_whole_file(self):
        first = self.start(interval="1s")
        wait_until(self.kept)
        inode = os.stat(self.state / "state").st_ino
        wait_until(lambda: os.stat(self.state / "state").st_ino != inode)
        self.assertEqual(first.stop(), 0)
        self.assertEqual(os.listdir(self.state), ["state"])


if __name__ == "__main__":
    unittest.main()
