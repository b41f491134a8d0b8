"""`rpc-sidecar top` in a pipe and in a terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest

from mock_provider import MockProvider
from sidecar_process import BINARY, SidecarTestCase

ROWS, COLUMNS = 30, 150
ESCAPE = re.compile(rb"\x1b[\[(][0-9;?]*[ -/]*[@-~]|\x1b[=>]")


class Terminal:
    """A program in a terminal of its own; all that it wrote."""

    def __init__(self, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
            os.execv(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.written = b""

    def read_until(self, words, timeout=20):
        end = time.monotonic() + timeout
        while words not in ESCAPE.sub(b"", self.written):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"never showed {words}: {self.written!r}")
            try:
                self.written += os.read(self.fd, 65536)
            except OSError as error:  # it has ended
                raise AssertionError(f"never showed {words}: {self.written!r}") from error

    def press(self, key):
        self.written = b""
        os.write(self.fd, key)

    def wait_end(self):
        while True:
            try:
                chunk = os.read(self.fd, 65536)
            except OSError:
                break
            if not chunk:
                break
            self.written += chunk
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class TopTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.mock = MockProvider.start(None, "evm")
        self.addCleanup(self.mock.stop)
        self.house = self.sidecar({"name": "first", "http": self.mock.url})

    def top(self, *arguments):
        found = subprocess.run(
            [BINARY, "top", "--socket", self.house.socket, *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return found.returncode, found.stdout, found.stderr

    def test_in_a_pipe_it_prints_one_text_after_the_other(self):
        self.call(self.house, "eth_gasPrice")
        # A second that is not over does not count yet.
        code, output, fault = self.top("--interval", "100ms", "--count", "25")
        self.assertEqual((code, fault), (0, ""))
        self.assertEqual(output.count("rpc-sidecar 0."), 25)
        self.assertEqual(output.count("dev: head"), 25)
        self.assertRegex(output.rpartition("rpc-sidecar 0.")[2], r"tier 1 +100%")
        self.assertNotIn("\x1b", output)

    def test_in_a_terminal_it_draws_and_obeys_keys(self):
        terminal = Terminal(BINARY, "top", "--socket", self.house.socket, "--interval", "100ms")
        terminal.read_until(b"req/min")
        terminal.read_until(b"q quit")
        terminal.press(b"r")
        terminal.press(b"q")
        self.assertEqual(terminal.wait_end(), 0)
        self.assertIn(b"\x1b[?1049l", terminal.written)  # the screen as it was before

    def test_what_is_wrong_is_said(self):
        for arguments, code, words in [
            (["--sort", "speed"], 2, "none of tier, name, rate, errors, p95, lag"),
            (["--interval", "1ms"], 2, "no duration from 100ms on"),
            (["--count", "0"], 2, "no number from 1 on"),
            (["--chain", "moon"], 2, "no chain named moon"),
            (["--socket", self.folder / "nobody.sock"], 1, "nobody.sock"),
        ]:
            with self.subTest(arguments):
                found = self.top(*map(str, arguments))
                self.assertEqual((found[0], found[1]), (code, ""))
                self.assertIn(words, found[2])


if __name__ == "__main__":
    unittest.main()
