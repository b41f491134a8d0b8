"""The log: every line is one line, whoever reads it or does not; an access line per call on request."""

import fcntl
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest

import frames
from mock_provider import MockProvider
from sidecar_process import BINARY, SidecarTestCase, chain_toml, wait_until

F_SETPIPE_SZ = 1031


class LogTest(SidecarTestCase):
    def start_mock(self):
        mock = MockProvider.start(None, "evm")
        self.addCleanup(mock.stop)
        return mock

    def serve(self, **log):
        mock = self.start_mock()
        return self.sidecar({"name": "own", "http": mock.url}, policies={"log": log})

    def calls(self, sidecar, count, *more):
        """The access lines, once `count` are there."""
        find = lambda: [one for one in sidecar.log_text().splitlines() if " info call " in one]
        return wait_until(lambda: len(find()) >= count and find(), words=lambda: str(find()))

    def test_a_line_for_each_call_says_how_it_went(self):
        running = self.serve(calls=100)
        self.call(running, "eth_gasPrice")
        line = self.calls(running, 1)[-1]
        fields = dict(one.partition("=")[::2] for one in line.split()[3:])
        self.assertEqual(
            list(fields),
            ["chain", "method", "outcome", "provider", "worker", "took_us", "upstream_us"]
            + ["retries", "hedged", "session"],
        )
        self.assertEqual(fields["method"], "eth_gasPrice")
        self.assertEqual(fields["provider"], "own")
        self.assertEqual(fields["outcome"], "result")
        self.assertGreaterEqual(int(fields["took_us"]), int(fields["upstream_us"]))

    def test_a_sample_is_a_part_and_errors_are_only_errors(self):
        running = self.serve(calls=30)
        with running.framed() as client:
            for _ in range(300):
                client.call("eth_gasPrice")
        taken = len(self.calls(running, 40))
        self.assertTrue(40 < taken < 160, taken)  # a normal sample of 300 has 90, give or take 8
        errors = self.serve(calls="errors")
        with errors.framed() as client:
            client.call("eth_gasPrice")
            client.call("eth_noSuchMethod")
        lines = self.calls(errors, 1)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("method=other", lines[0])

    def test_json_lines_are_json(self):
        running = self.serve(format="json", calls=100, level="debug")
        self.call(running, "eth_gasPrice")
        wait_until(lambda: '"event":"call"' in running.log_text())
        lines = [json.loads(one) for one in running.log_text().splitlines()]
        call = next(one for one in lines if one["event"] == "call")
        self.assertEqual((call["method"], call["level"]), ("eth_gasPrice", "info"))
        self.assertIsInstance(call["took_us"], int)
        self.assertIs(call["hedged"], False)
        self.assertRegex(call["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def start_bare(self, stderr, **more):
        """With standard error of the test's choice; nobody reads it for the test."""
        mock = self.start_mock()
        config = self.folder / "sidecar.toml"
        config.write_text(
            f'[listen]\npath = "{self.folder}/rpc.sock"\n[log]\nlevel = "debug"\ncalls = 100\n'
            + chain_toml("dev", "evm", [{"name": "own", "http": mock.url}])
        )
        config.chmod(0o600)
        environment = {"PATH": os.environ["PATH"], **more}
        running = subprocess.Popen(
            [BINARY, "run", "--config", config],
            stdout=subprocess.PIPE, stderr=stderr, env=environment,
        )
        self.addCleanup(running.stdout.close)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        self.assertTrue(running.stdout.readline().startswith(b"listening "))
        return running

    def dropped(self, client):
        """By the metric, which HTTP on the same socket tells."""
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(client)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return int(re.search(r"(?m)^rpc_sidecar_log_dropped_total (\d+)$", text)[1])

    def call_until_dropped(self, path):
        slowest = 0
        with frames.FramedClient(path) as client:
            for turn in range(40_000):
                begun = time.monotonic()
                self.assertIsNone(client.call("eth_gasPrice").error)
                slowest = max(slowest, time.monotonic() - begun)
                if turn % 500 == 499 and self.dropped(path) > 0:
                    return slowest
        self.fail("nothing was dropped")

    def test_a_pipe_that_nobody_reads_stops_neither_calls_nor_the_end(self):  # E12
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
        running = self.start_bare(writer)
        os.close(writer)

        slowest = self.call_until_dropped(f"{self.folder}/rpc.sock")
        begun = time.monotonic()
        running.send_signal(signal.SIGTERM)

        self.assertEqual(running.wait(timeout=20), 0)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertLess(slowest, 2)

    def test_a_full_disk_loses_lines_and_nothing_else(self):  # E11
        with open("/dev/full", "wb", buffering=0) as full:
            running = self.start_bare(full)
        path = f"{self.folder}/rpc.sock"
        with frames.FramedClient(path) as client:
            for _ in range(20):
                self.assertIsNone(client.call("eth_gasPrice").error)
        wait_until(lambda: self.dropped(path) >= 20)
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(timeout=20), 0)

    def test_the_journal_gets_priorities(self):
        log = pathlib.Path(self.folder) / "journal"
        with log.open("wb") as file:
            at = os.fstat(file.fileno())
            running = self.start_bare(file, JOURNAL_STREAM=f"{at.st_dev}:{at.st_ino}")
        wait_until(lambda: "<6>serving " in log.read_text())
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(timeout=20), 0)
        for line in log.read_text().splitlines():
            self.assertRegex(line, r"^<[3467]>[a-z_]+( |$)")


if __name__ == "__main__":
    unittest.main()
