"""The rpc-sidecar under test as a process: its configuration, its start, its end, its memory, and
the base class of the tests that use it."""

import contextlib
import http.client
import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import fault_peer
import frames

BINARY = os.environ.get("RPC_SIDECAR_BIN", "build/release/rpc-sidecar")
IS_SANITIZED = os.environ.get("RPC_SIDECAR_IS_SANITIZED") == "1"
START_SECONDS = 30


def to_toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {to_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)


def provider_toml(provider):
    lines = ["  [[chain.provider]]"]
    lines += [f"  {key} = {to_toml(value)}" for key, value in provider.items()]
    return "\n".join(lines)


def chain_toml(name, family, providers, **keys):
    lines = ["[[chain]]", f'name = "{name}"', f'family = "{family}"']
    lines += [f"{key} = {to_toml(value)}" for key, value in keys.items()]
    return "\n".join(lines + [provider_toml(provider) for provider in providers]) + "\n"


def wait_until(claim, timeout=20, words="never came true"):
    """For what only the outside of the process shows; asks again every few milliseconds."""
    end = time.monotonic() + timeout
    while not (value := claim()):
        if time.monotonic() > end:
            raise AssertionError(words() if callable(words) else words)
        time.sleep(0.005)
    return value


class Process:
    """A program of ours that says on standard output when it serves."""

    def __init__(self, arguments, env=None, preexec=None, binary=None, pass_fds=()):
        environment = {
            key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")
        }
        if IS_SANITIZED:  # or freed memory would count as held for longer than any test lasts
            environment["ASAN_OPTIONS"] = "quarantine_size_mb=8"
            environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
        environment.update(env or {})
        self.popen = subprocess.Popen(
            [binary or BINARY, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            preexec_fn=preexec,
            pass_fds=pass_fds,
        )
        self.pid = self.popen.pid
        self.log = bytearray()
        self.lines = queue.Queue()
        self.readers = [
            threading.Thread(target=self.read_lines, daemon=True),
            threading.Thread(target=self.read_log, daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    def read_lines(self):
        for line in self.popen.stdout:
            self.lines.put(line.decode().rstrip("\n"))
        self.lines.put(None)

    def read_log(self):
        for line in self.popen.stderr:
            self.log += line

    def wait_listening(self):
        try:
            line = self.lines.get(timeout=START_SECONDS)
        except queue.Empty:
            line = None
        if line is None or not line.startswith("listening "):
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"did not serve: {line!r}\n{self.log_text()}")
        return dict(field.partition("=")[::2] for field in line.split()[1:])

    def log_text(self):
        return self.log.decode(errors="replace")

    def wait_end(self, timeout=30):
        """Its exit code and log, for one that is expected to end by itself."""
        code = self.popen.wait(timeout)
        self.finish_reading()
        return code, self.log_text()

    def finish_reading(self):
        for reader in self.readers:
            reader.join(timeout=10)
        self.popen.stdout.close()
        self.popen.stderr.close()

    def stop(self, how=signal.SIGTERM):
        if self.popen.poll() is None:
            self.popen.send_signal(how)
        try:
            code = self.popen.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            self.finish_reading()
            raise AssertionError(f"did not end on {how!r}\n{self.log_text()}") from None
        self.finish_reading()
        return code

    def status_kib(self, field):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise AssertionError(field)

    def rss_kib(self):
        return self.status_kib("VmRSS")

    def reset_peak(self):
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak_kib(self):
        return self.status_kib("VmHWM")

    def fd_count(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def connections_to(self, port):
        """Local ports of its established TCP connections to a port of this host."""
        own = set()
        for fd in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(OSError):
                own.add(os.readlink(f"/proc/{self.pid}/fd/{fd}"))
        found = []
        for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            cells = row.split()
            is_there = cells[2].endswith(f":{port:04X}") and cells[3] == "01"
            if is_there and f"socket:[{cells[9]}]" in own:
                found.append(int(cells[1].partition(":")[2], 16))
        return found

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Sidecar(Process):
    def __init__(self, folder, config, *, socket_path=None, env=None, preexec=None):
        self.config = pathlib.Path(folder) / "sidecar.toml"
        self.config.write_text(config)
        self.config.chmod(0o600)
        arguments = ["run", "--config", self.config]
        if socket_path:
            arguments += ["--socket", socket_path]
        super().__init__(arguments, env, preexec)

    def wait_listening(self):
        where = super().wait_listening()
        self.socket = where["socket"]
        self.http_address = where.get("http", "").removeprefix("http://")
        return where

    def framed(self, **more):
        return frames.FramedClient(self.socket, **more)

    def http(self, timeout=30):
        return http.client.HTTPConnection(self.http_address, timeout=timeout)

    def http_unix(self, timeout=30):
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = self.raw(timeout)
        return connection

    def raw(self, timeout=30):
        """A bare connection to the Unix socket."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(timeout)
        sock.connect(self.socket)
        return sock

    def raw_tcp(self, timeout=30):
        host, _, port = self.http_address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout)


def post(connection, body, path="/", **headers):
    """Status and body of one POST."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    connection.request("POST", path, data, {"Content-Type": "application/json", **named})
    response = connection.getresponse()
    return response.status, response.read()


def read_line(sock):
    """One line, and nothing after it, of a json-ipc connection that is asked one thing at a time."""
    data = bytearray()
    while not data.endswith(b"\n"):
        chunk = sock.recv(1 << 20)
        if not chunk:
            raise EOFError(f"closed after {bytes(data[:64])!r}")
        data += chunk
    return bytes(data)


def read_to_end(sock):
    data = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(1 << 20):
            data += chunk
    return bytes(data)


class SidecarTestCase(unittest.TestCase):
    """Starts peers and sidecars, ends them in reverse order, and takes the census: a sidecar leaves
    with code 0, says nothing as a sanitizer would, and holds no more descriptors than at its start
    once its workers are gone."""

    def setUp(self):
        temp = tempfile.TemporaryDirectory(prefix="rpcs-")
        self.addCleanup(temp.cleanup)
        self.folder = pathlib.Path(temp.name)
        self.sidecar_count = 0

    def peer(self, script, **more):
        peer = fault_peer.FaultPeer(script, **more)
        self.addCleanup(peer.close)
        return peer

    def provider(self, name, peer, **keys):
        """Providers are asked in the order of their tiers, which makes a test's order certain."""
        return {"name": name, "http": peer if isinstance(peer, str) else peer.url, **keys}

    def sidecar(
        self, *providers, limits=None, http=None, family="evm", chains=None, policies=None, **more
    ):
        """One chain with these providers, tier after tier; or `chains`: TOML text. `policies`: the
        sections that decide about providers. Left out, a peer sees only what its test sends: each
        provider is asked once, and nobody is probed, hedged or left alone."""
        if chains is None:
            tiered = [{"tier": tier, **one} for tier, one in enumerate(providers, start=1)]
            chains = chain_toml("dev", family, tiered, dev=True)  # eth_sendTransaction is for all
        self.sidecar_count += 1
        folder = self.folder / f"sidecar-{self.sidecar_count}"
        folder.mkdir()
        socket_path = folder / "rpc.sock"
        config = f'[listen]\npath = "{socket_path}"\n[http]\nlisten = "127.0.0.1:0"\n'
        config += "".join(f"{key} = {to_toml(value)}\n" for key, value in (http or {}).items())
        if policies is None:
            policies = {
                "probe": {"on": False},
                "hedge": {"on": False},
                "retry": {"attempts_max": max(1, len(providers))},
                "breaker": {"failures_max": 1000},
            }
        for section, keys in policies.items():
            config += f"[{section}]\n"
            config += "".join(f"{key} = {to_toml(value)}\n" for key, value in keys.items())
        config += "[limits]\n"
        config += "".join(f"{key} = {to_toml(value)}\n" for key, value in (limits or {}).items())
        sidecar = Sidecar(folder, config + chains, **more)
        self.addCleanup(self.end, sidecar, providers)
        sidecar.wait_listening()
        wait_until(lambda: self.has_settled(sidecar), words="its descriptors never settled")
        sidecar.fds_at_start = sidecar.fd_count()
        return sidecar

    def has_settled(self, sidecar):
        """Its loop has turned, so what it opens at first is open, and a worker that left is gone.
        Probes may connect meanwhile and hide that: then the next look tells."""
        with sidecar.framed() as client:
            client.send(frames.encode(frames.PING, 1))
            client.recv()
            with_one = sidecar.fd_count()
        with contextlib.suppress(AssertionError):
            return wait_until(lambda: sidecar.fd_count() < with_one, timeout=2)
        return False

    def end(self, sidecar, providers):
        try:
            if sidecar.popen.poll() is None:
                kept = sum(one.get("connections_max", 8) for one in providers) or 64
                wait_until(
                    lambda: sidecar.fd_count() <= sidecar.fds_at_start + kept,
                    words=lambda: f"holds {sidecar.fd_count()} descriptors, "
                    f"began with {sidecar.fds_at_start}",
                )
        finally:
            code = sidecar.stop()
        log = sidecar.log_text()
        self.assertEqual(code, 0, log)
        self.assertNotIn("Sanitizer", log)
        self.assertNotIn("runtime error:", log)

    def framed(self, sidecar, **more):
        client = sidecar.framed(**more)
        self.addCleanup(client.close)
        return client

    def raw(self, sidecar):
        sock = sidecar.raw()
        self.addCleanup(sock.close)
        return sock

    def call(self, sidecar, method="eth_blockNumber", params=None, **more):
        """One framed call on a connection of its own."""
        with sidecar.framed() as client:
            return client.call(method, params, **more)

    def endpoints(self, sidecar):
        """What `sidecar_status` says about each provider of the first chain, by name."""
        status = json.loads(self.call(sidecar, "sidecar_status").result)
        return {one["provider"]: one for one in status["chains"][0]["endpoints"]}

    def wait_state(self, sidecar, provider, *states, timeout=20):
        """Until the sidecar says that the provider is in one of these states."""
        wait_until(
            lambda: self.endpoints(sidecar)[provider]["state"] in states,
            timeout,
            lambda: f"{provider} is {self.endpoints(sidecar)[provider]}",
        )

    def assert_error(self, answer, name, *, sent, tried):
        """A sidecar's own error; `tried` as [(provider, outcome)], `sent` one word or several."""
        self.assertIsNotNone(answer.error, f"a result instead: {answer.result!r}"[:300])
        error = answer.error["data"]
        found = [(one["provider"], one["outcome"]) for one in error["tried"]]
        self.assertEqual((error["name"], found), (name, tried), answer.error)
        self.assertIn(error["sent"], (sent,) if isinstance(sent, str) else sent)
        self.assertIsInstance(error["retryable"], bool)
