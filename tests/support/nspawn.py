"""A real systemd in a container of its own (systemd-nspawn): the host's /usr, everything else empty
and in memory, no network but loopback. For tests of units as an operator would see them.

    with nspawn.Host(files={"/etc/systemd/system/a.service": text}) as host:
        host.run("systemctl", "start", "a.service")

Where it cannot boot (no root, inside a chroot or another container, no cgroups to write),
`nspawn.Host` raises unittest.SkipTest and says why.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BOOT_SECONDS = 30
STOP_SECONDS = 15
COMMAND_SECONDS = 60


class CommandError(AssertionError):
    pass


def children_of(pid):
    with contextlib.suppress(OSError):
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        for child in map(int, text.split()):
            yield child
            yield from children_of(child)


def is_init(pid):
    """Is it process 1 of a namespace of its own?"""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return len(line.split()) > 2 and line.split()[-1] == "1"
    return False


class Host:
    """One booted machine. `files`: texts by path, or (text, mode). `programs`: files of this host,
    by the path they have inside. `is_writable`: all of the host's files are there, and may be changed
    without changing the host. Leaving the block, or stop(), ends it with all that runs in it."""

    def __init__(self, files=(), programs=(), is_writable=False):
        self.files = dict(files)
        self.programs = dict(programs)
        self.is_writable = is_writable
        self.sources = {}  # of `files`, on this side
        self.process = None
        self.init = None
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self.boot()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def boot(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("systemd-nspawn needs root")
        if shutil.which("systemd-nspawn") is None:
            raise unittest.SkipTest("systemd-nspawn is not installed (package systemd-container)")
        # One at a time: each would hold a lock on / and take the same cgroup.
        lock = self.stack.enter_context(
            open(pathlib.Path(tempfile.gettempdir()) / "rpc-sidecar-nspawn.lock", "w")
        )
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.folder = pathlib.Path(
            self.stack.enter_context(tempfile.TemporaryDirectory(prefix="rpcs-nspawn-"))
        )
        self.folder.chmod(0o755)
        self.console = self.folder / "console"
        binds = []
        for number, (path, file) in enumerate(sorted(self.files.items())):
            text, mode = file if isinstance(file, tuple) else (file, 0o644)
            source = self.folder / f"file-{number}"
            source.write_text(text)
            source.chmod(mode)
            binds.append(f"--bind-ro={source}:{path}")
            self.sources[path] = source
        for path, source in self.programs.items():
            binds.append(f"--bind-ro={pathlib.Path(source).resolve()}:{path}")
        root = ["--directory=/", "--volatile=yes"]
        if self.is_writable:
            root = [f"--directory={self.overlay()}"]
        with open(self.console, "wb") as console:
            self.process = subprocess.Popen(
                [
                    "systemd-nspawn",
                    "--quiet",
                    "--register=no",
                    "--keep-unit",
                    f"--machine=rpcs-{os.getpid()}",
                    *root,
                    "--private-network",
                    "--console=pipe",
                    "--boot",
                    *binds,
                    "systemd.unit=basic.target",
                    "systemd.firstboot=off",
                    "systemd.default_timeout_stop_sec=5s",
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        end = time.monotonic() + BOOT_SECONDS
        while not self.is_booted():
            if self.process.poll() is not None or time.monotonic() > end:
                raise unittest.SkipTest(f"systemd-nspawn cannot boot here: {self.last_words()}")
            time.sleep(0.02)

    def overlay(self):
        """The host's root with a layer of memory over it."""
        layers = self.folder / "layers"
        merged = self.folder / "root"
        for path in (layers, merged):
            path.mkdir()
        self.mount("tmpfs", layers, "mode=0755")
        for name in ("upper", "work"):
            (layers / name).mkdir()
        self.mount(
            "overlay", merged, f"lowerdir=/,upperdir={layers}/upper,workdir={layers}/work"
        )
        return merged

    def mount(self, kind, where, options):
        done = subprocess.run(
            ["mount", "-t", kind, "-o", options, kind, where],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise unittest.SkipTest(f"cannot mount here: {done.stderr.strip()}")
        self.stack.callback(subprocess.run, ["umount", where], check=True)

    def is_booted(self):
        if self.init is None:
            self.init = next(filter(is_init, children_of(self.process.pid)), None)
            return False
        return self.run("systemctl", "is-active", "basic.target", may_fail=True).strip() == "active"

    def last_words(self):
        lines = self.console.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"

    def run(self, *command, may_fail=False, timeout=COMMAND_SECONDS):
        """What a command prints that root runs inside; standard error too if it may fail."""
        done = subprocess.run(
            ["nsenter", f"--target={self.init}", "--all", *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            text=True,
            errors="replace",
        )
        if done.returncode != 0 and not may_fail:
            raise CommandError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
        return done.stdout

    def path(self, inside):
        """How this host's processes reach a path of the machine, sockets included."""
        return pathlib.Path(f"/proc/{self.init}/root{inside}")

    def rewrite(self, path, text):
        """Changes one of `files` while the machine runs."""
        self.sources[path].write_text(text)

    def property(self, unit, name):
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def main_pid(self, unit):
        """The unit's main process as this host numbers it; 0 when there is none."""
        inside = int(self.property(unit, "MainPID"))
        if inside == 0:
            return 0
        for pid in children_of(self.process.pid):
            with contextlib.suppress(OSError):
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                numbers = status.partition("NSpid:")[2].partition("\n")[0].split()
                if len(numbers) > 1 and numbers[1] == str(inside):
                    return pid
        return 0

    def journal(self, unit):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit, may_fail=True)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()  # a poweroff inside
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
            if self.process.poll() is None:
                if self.init is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self.init, signal.SIGKILL)  # and all in its namespace with it
                self.process.kill()
                self.process.wait()
        self.stack.close()
