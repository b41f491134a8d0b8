"""Pages of a headless Chromium, driven over its debugging pipe (DevTools protocol): what a page
shows, what it asked for, what its console says. No port, no driver program."""

import base64
import collections
import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import tempfile
import time

from chromium import BINARY, FLAGS


class Failed(Exception):
    """The browser refuses a command, or a script of a page throws."""


class Browser:
    """One browser with a profile of its own; close it, or use it as a context."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory(
            prefix="rpcs-chromium-", ignore_cleanup_errors=True
        )
        own = ["--remote-debugging-pipe", f"--user-data-dir={self.folder.name}"]
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()

        def take_pipes():  # the browser reads 3 and writes 4; neither may be overwritten on the way
            moved = [os.dup2(commands, 103), os.dup2(answers, 104)]
            for wanted, fd in zip((3, 4), moved, strict=True):
                os.dup2(fd, wanted)
                os.close(fd)

        self.popen = subprocess.Popen(
            [BINARY, *FLAGS, *own, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=take_pipes,
            close_fds=False,
            start_new_session=True,
        )
        os.close(commands)
        os.close(answers)
        self.buffer = b""
        self.last_id = 0
        self.events = collections.deque()
        self.call("Target.setDiscoverTargets", discover=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)  # with all that it started
        self.popen.wait(timeout=30)
        os.close(self.commands)
        os.close(self.answers)
        self.folder.cleanup()

    def read(self, timeout):
        """The next message of the browser; None when none comes in time."""
        end = time.monotonic() + timeout
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.answers], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            chunk = os.read(self.answers, 1 << 20)
            if not chunk:
                raise Failed("the browser has ended")
            self.buffer += chunk
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, session=None, timeout=60, **params):
        self.last_id += 1
        command = {"id": self.last_id, "method": method, "params": params}
        if session is not None:
            command["sessionId"] = session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data) :]
        end = time.monotonic() + timeout
        while (message := self.read(end - time.monotonic())) is not None:
            if message.get("id") == self.last_id:
                if "error" in message:
                    raise Failed(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)
        raise Failed(f"{method}: no answer in {timeout} s")

    def page(self, **look):
        """A new page; `look`: see Page.look."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session, **look)


class Page:
    """One page: what it asked for (urls), what it logged (messages), what its scripts say."""

    def __init__(self, browser, session, **look):
        self.browser = browser
        self.session = session
        self.urls = []  # of every request, in order
        self.messages = []  # console, exceptions and what the policy forbade
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.look(**look)

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    def look(self, width=1280, height=900, scheme="light", is_phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if is_phone else 1, mobile=is_phone)  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def open(self, url):
        self.call("Page.navigate", url=url)

    def pump(self, timeout=0.0):
        """Takes what the browser has told since."""
        message = self.browser.read(timeout)
        while message is not None:
            self.browser.events.append(message)
            message = self.browser.read(0)
        others = collections.deque()
        for event in self.browser.events:
            if event.get("sessionId") == self.session:
                self.note(event["method"], event["params"])
            else:
                others.append(event)
        self.browser.events = others

    def note(self, method, params):
        if method == "Network.requestWillBeSent":
            self.urls.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.urls.append(params["url"])
        elif method == "Runtime.consoleAPICalled":
            words = [str(one.get("value", one.get("description"))) for one in params["args"]]
            self.messages.append(" ".join(words))
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded":
            self.messages.append(params["entry"]["text"])

    def run(self, script):
        """The value of an expression, which may be a promise."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                         awaitPromise=True)  # fmt: skip
        if "exceptionDetails" in done:
            details = done["exceptionDetails"]
            raise Failed(details.get("exception", {}).get("description", details["text"]))
        return done["result"].get("value")

    def wait(self, script, timeout=30, words=None):
        """Until the expression is true; its value."""
        end = time.monotonic() + timeout
        while not (value := self.run(script)):
            if time.monotonic() > end:
                raise AssertionError(words or f"never true: {script}; {self.messages}")
            self.pump(0.05)
        return value

    def screenshot(self, path, is_whole=True):
        image = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole)
        pathlib.Path(path).write_bytes(base64.b64decode(image["data"]))
