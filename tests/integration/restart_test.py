"""Workers outlive the sidecar: it is restarted over and over under load, as a service manager does
that keeps the socket, and killed as well; no read through the C client fails."""

import signal
import socket
import unittest

from load_workers import ShimWorker
from mock_provider import MockProvider
from sidecar_process import BINARY, IS_SANITIZED, Process, SidecarTestCase, chain_toml, wait_until

RESTARTS = 20
CALLS_PER_SECOND = 200
CHAIN = {"chain_id": 1, "block_time": "100ms"}


class PassedSidecar(Process):
    """A sidecar on a listening socket that it is given, as a service manager gives it."""

    def __init__(self, config, listening):
        fd = listening.fileno()
        self.socket = listening.getsockname()
        # Only the process itself knows the pid for which the socket is meant.
        script = f'exec 3<&{fd}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'
        arguments = ["-c", script, BINARY, "run", "--config", config]
        super().__init__(arguments, binary="/bin/sh", pass_fds=[fd])


@unittest.skipIf(IS_SANITIZED, "Python cannot load the sanitized library")
class RestartTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.mock = MockProvider.start(None, "evm", "--block-time", "100ms")
        self.addCleanup(self.mock.stop)
        path = self.folder / "rpc.sock"
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(self.listening.close)
        self.listening.bind(str(path))
        self.listening.listen(512)
        providers = [{"name": "mock", "http": self.mock.url, "ws": self.mock.ws_url}]
        self.config = self.folder / "sidecar.toml"
        chains = chain_toml("dev", "evm", providers, **CHAIN)
        self.config.write_text(f'[listen]\npath = "{path}"\n{chains}')
        self.config.chmod(0o600)
        self.now = self.start()
        self.addCleanup(lambda: self.now.stop())

    def start(self):
        sidecar = PassedSidecar(self.config, self.listening)
        sidecar.wait_listening()
        return sidecar

    def restart(self, how):
        code = self.now.stop(how)
        self.assertEqual(code, 0 if how == signal.SIGTERM else -how, self.now.log_text())
        self.now = self.start()

    def check_restarts(self, *hows):
        worker = ShimWorker(self.now, CALLS_PER_SECOND)
        self.addCleanup(worker.close)
        wait_until(lambda: worker.ledger["calls"] > 20)
        for turn in range(RESTARTS):
            self.restart(hows[turn % len(hows)])
            before = worker.ledger["calls"]
            wait_until(lambda: worker.ledger["calls"] > before + 10)  # noqa: B023
        ledger = worker.take()
        self.assertGreater(ledger["calls"], 10 * RESTARTS)
        self.assertEqual(ledger["failed"], [], f"of {ledger['calls']} calls")

    def test_no_read_fails_while_it_is_restarted(self):
        self.check_restarts(signal.SIGTERM)

    def test_no_read_fails_while_it_is_killed(self):
        self.check_restarts(signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
