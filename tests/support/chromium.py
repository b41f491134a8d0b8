"""Chromium without a window, each with a profile of its own that goes when it ends."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

BINARY = shutil.which("chromium")
END_SECONDS = 10
SCREENSHOT_SECONDS = 60
FLAGS = (
    "--headless",
    "--no-sandbox",  # tests may run as root
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


class Chromium:
    """It shows a page until stop(). What the page finds it must tell by itself."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory(
            prefix="rpcs-chromium-", ignore_cleanup_errors=True
        )
        folder = pathlib.Path(self.folder.name)
        self.log = folder / "log"
        environment = {
            key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")
        }
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                [BINARY, *FLAGS, f"--user-data-dir={folder / 'profile'}", *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**environment, "HOME": str(folder)},
                start_new_session=True,  # its many processes are one group, by the first one's id
            )
        self.pid = self.popen.pid
        self.is_stopped = False

    def log_text(self):
        return self.log.read_text(errors="replace")

    def wait_end(self, timeout):
        """Its exit code, for one that ends by itself."""
        return self.popen.wait(timeout)

    def stop(self):
        """Ends it and all that it started."""
        if self.is_stopped:
            return
        self.is_stopped = True
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(END_SECONDS)
        end = time.monotonic() + END_SECONDS
        while self.signal(signal.SIGKILL) and time.monotonic() < end:
            self.popen.poll()
            time.sleep(0.01)  # what it started still writes to its folder
        self.popen.wait()
        self.folder.cleanup()

    def signal(self, number):
        """False: nobody is left of it."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def start(url):
    return Chromium(url)


def screenshot(url, path, *, width=1280, height=900, settle_ms=2_000):
    """A picture of the page as PNG, when its own clock has gone on for settle_ms."""
    browser = Chromium(
        f"--screenshot={path}",
        f"--window-size={width},{height}",
        f"--virtual-time-budget={settle_ms}",
        url,
    )
    try:
        code = browser.wait_end(SCREENSHOT_SECONDS)
        if code != 0 or not pathlib.Path(path).exists():
            raise AssertionError(f"no screenshot, code {code}: {browser.log_text()[-2000:]}")
    finally:
        browser.stop()
