"""Under a service manager: the socket it passes, what it is told, the signs of life it gets; and the
unit files themselves. A real systemd does the same in nspawn_test.py."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import frames
from fault_peer import healthy
from mock_provider import MockProvider
from sidecar_process import BINARY, Process, SidecarTestCase, chain_toml, wait_until

UNITS = pathlib.Path(__file__).resolve().parents[2] / "systemd"
# The manager names its child, whose number is known in the child only; sockets begin at 3.
AS_SERVICE = """
import os, sys
fds = [int(fd) for fd in sys.argv[1].split(",") if fd]
for number, fd in enumerate(fds):
    os.dup2(fd, 100 + number)
for number in range(len(fds)):
    os.dup2(100 + number, 3 + number)
for name in ("LISTEN_PID", "WATCHDOG_PID"):
    os.environ[name] = str(os.getpid())
os.environ["LISTEN_FDS"] = str(len(fds))
os.execv(sys.argv[2], sys.argv[2:])
"""


CHAIN = chain_toml("dev", "evm", [{"name": "one", "http": "http://127.0.0.1:1"}])


class Inbox:
    """The manager's end of the notification socket."""

    def __init__(self, folder):
        self.path = str(pathlib.Path(folder) / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def next(self, timeout=20):
        """The next datagram's variables; None when none comes in time."""
        self.socket.settimeout(timeout)
        with contextlib.suppress(TimeoutError):
            return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def next_with(self, name, timeout=20):
        while (seen := self.next(timeout)) is not None:
            if name in seen:
                return seen
        raise AssertionError(f"nothing said {name}")

    def drop_all(self):
        while self.next(0.001) is not None:
            pass


class ServiceTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.inbox = Inbox(self.folder)
        self.addCleanup(self.inbox.socket.close)
        self.path = self.folder / "rpc.sock"

    def listening(self, path=None, kind=socket.SOCK_STREAM):
        """A socket as a socket unit makes it."""
        sock = socket.socket(socket.AF_UNIX, kind)
        self.addCleanup(sock.close)
        sock.bind(str(path or self.path))
        if kind == socket.SOCK_STREAM:
            sock.listen(64)
        return sock

    def start(self, *passed, config=None, **env):
        url = self.peer(healthy()).url
        config = config or chain_toml("dev", "evm", [{"name": "one", "http": url}])
        file = self.folder / "service.toml"
        file.write_text(config)
        file.chmod(0o600)
        fds = [sock.fileno() for sock in passed]
        process = Process(
            ["-c", AS_SERVICE, ",".join(map(str, fds)), os.path.abspath(BINARY), "run", "--config", file],
            env={"NOTIFY_SOCKET": self.inbox.path, "RPC_SIDECAR_SOCKET": "", **env},
            binary=sys.executable,
            pass_fds=fds,
        )
        self.addCleanup(process.stop)
        return process

    def test_the_passed_socket_is_served_and_outlives_the_process(self):
        passed = self.listening()
        early = frames.FramedClient(self.path)  # before anybody serves
        self.addCleanup(early.close)
        asked = early.start("eth_chainId")
        first = self.start(passed)

        self.assertEqual(first.wait_listening()["socket"], str(self.path))
        self.assertEqual(early.finish(asked).result, b'"0x2a"')
        self.assertFalse(pathlib.Path(f"{self.path}.lock").exists())
        self.assertEqual(first.stop(), 0)

        self.assertTrue(self.path.exists())
        between = frames.FramedClient(self.path)
        self.addCleanup(between.close)
        asked = between.start("eth_chainId")
        self.start(passed).wait_listening()
        self.assertEqual(between.finish(asked).result, b'"0x2a"')

    def test_after_kill_9_the_next_process_serves_whoever_waits(self):
        passed = self.listening()
        first = self.start(passed)
        first.wait_listening()
        first.popen.kill()
        first.popen.wait()
        waiting = [frames.FramedClient(self.path) for _ in range(20)]
        for client in waiting:
            self.addCleanup(client.close)
            client.start("eth_chainId")

        self.start(passed).wait_listening()

        for client in waiting:
            self.assertEqual(client.finish(1).result, b'"0x2a"')

    def test_what_is_no_listening_unix_stream_is_refused_and_told(self):
        other = self.folder / "other.sock"
        rows = [
            ([self.listening(other, socket.SOCK_DGRAM)], "ListenStream="),
            ([self.listening(), self.listening(self.folder / "b")], "LISTEN_FDS=2"),
        ]
        for passed, words in rows:
            with self.subTest(words):
                process = self.start(*passed)

                code, log = process.wait_end()

                self.assertEqual(code, 2, log)
                self.assertIn(words, log)
                self.assertIn(words, self.inbox.next_with("STATUS")["STATUS"])

    def test_a_fault_of_the_configuration_is_the_status(self):
        process = self.start(config="[listen]\npaht = 1\n" + CHAIN)

        code, _ = process.wait_end()

        self.assertEqual(code, 2)
        said = self.inbox.next()
        self.assertNotIn("READY", said)
        self.assertRegex(said["STATUS"], r"^not started: .*service\.toml:2:1: .*paht")

    def test_tells_that_it_serves_how_it_is_and_that_it_leaves(self):
        mock = MockProvider.start()
        self.addCleanup(mock.stop)
        chain = chain_toml("dev", "evm", [{"name": "mock", "http": mock.url}])
        process = self.start(self.listening(), config=chain)

        said = self.inbox.next()
        self.assertEqual(said["READY"], "1")
        self.assertEqual(said["STATUS"], "serving 1 chain, 0 of 1 providers healthy")  # not known yet
        process.wait_listening()
        said = self.inbox.next_with("STATUS")
        self.assertEqual(said["STATUS"], "serving 1 chain, 1 of 1 providers healthy")

        self.inbox.drop_all()
        os.kill(process.pid, signal.SIGTERM)

        said = self.inbox.next_with("STOPPING")
        self.assertEqual(said["EXTEND_TIMEOUT_USEC"], "12000000")
        self.assertEqual(said["STATUS"], "draining, 0 calls in flight")
        self.assertEqual(process.popen.wait(timeout=20), 0)

    def test_E04_the_watchdog_is_fed_by_a_loop_that_turns(self):
        process = self.start(self.listening(), WATCHDOG_USEC="400000")
        process.wait_listening()
        for _ in range(5):
            self.inbox.next_with("WATCHDOG", timeout=5)

        os.kill(process.pid, signal.SIGSTOP)
        wait_until(
            lambda: pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
            == "T"
        )
        self.inbox.drop_all()
        self.assertIsNone(self.inbox.next(timeout=0.8))
        os.kill(process.pid, signal.SIGCONT)

        self.inbox.next_with("WATCHDOG", timeout=5)

    def test_a_watchdog_of_another_process_is_not_fed(self):
        process = self.start(self.listening(), WATCHDOG_USEC="0")
        process.wait_listening()
        self.inbox.next_with("READY")
        said = {}
        while (one := self.inbox.next(timeout=0.3)) is not None:
            said |= one

        self.assertNotIn("WATCHDOG", said)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class UnitFilesTest(unittest.TestCase):
    """systemd's own opinion of them."""

    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="rpcs-units-")
        self.addCleanup(temp.cleanup)
        self.folder = pathlib.Path(temp.name)
        service = (UNITS / "rpc-sidecar.service.in").read_text()
        bin_folder = os.path.dirname(os.path.abspath(BINARY))
        self.service = self.folder / "rpc-sidecar.service"
        self.service.write_text(service.replace("@CMAKE_INSTALL_FULL_BINDIR@", bin_folder))
        shutil.copy(UNITS / "rpc-sidecar.socket", self.folder)

    def analyze(self, *words):
        done = subprocess.run(
            ["systemd-analyze", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
            text=True,
        )
        return done.returncode, done.stdout

    def test_the_exposure_score_is_at_most_1_5(self):
        code, said = self.analyze("security", "--offline=true", "--threshold=15", self.service)

        self.assertEqual(code, 0, said)
        self.assertIn("Overall exposure level", said)

    def test_the_score_would_be_told_if_it_were_worse(self):
        text = self.service.read_text().replace("NoNewPrivileges=yes", "").replace(
            "ProtectSystem=strict", "").replace("CapabilityBoundingSet=\n", "")
        self.service.write_text(text)

        code, said = self.analyze("security", "--offline=true", "--threshold=15", self.service)

        self.assertNotEqual(code, 0, said)

    def test_the_drop_in_is_a_configuration_with_all_of_its_lines(self):
        lines = [line.lstrip("#") for line in (UNITS / "providers.conf").read_text().splitlines()]
        variables = {}
        credentials = self.folder / "credentials"
        credentials.mkdir(mode=0o700)
        for line in lines:
            key, _, value = line.partition("=")
            if key == "Environment":
                variables |= dict(word.split("=", 1) for word in value.split())
            elif key == "LoadCredential":
                file = credentials / value.partition(":")[0]
                file.write_text("k3y")
                file.chmod(0o400)

        run = subprocess.run(
            [BINARY, "check"],
            env={"CREDENTIALS_DIRECTORY": str(credentials), **variables},
            capture_output=True,
            timeout=30,
            check=False,
            text=True,
        )

        self.assertEqual(run.returncode, 0, run.stderr)
        for name in ("erigon", "geth", "infura", "alchemy", "quicknode", "public-2", "solana", "helius"):
            self.assertIn(f'name = "{name}"', run.stdout)
        self.assertNotIn("k3y", run.stdout)

    def test_systemd_finds_no_fault_in_them(self):
        drop_in = self.folder / "rpc-sidecar.service.d"
        drop_in.mkdir()
        shutil.copy(UNITS / "providers.conf", drop_in)

        for unit in ("rpc-sidecar.service", "rpc-sidecar.socket"):
            with self.subTest(unit):
                code, said = self.analyze("verify", "--man=no", self.folder / unit)

                self.assertEqual((code, said), (0, ""))


if __name__ == "__main__":
    unittest.main()
