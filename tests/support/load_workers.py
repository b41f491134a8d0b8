"""Workers that read through a sidecar all the time, and keep account of every call."""

import importlib.util
import json
import pathlib
import subprocess
import threading
import time

import sidecar_process

ROOT = pathlib.Path(__file__).resolve().parents[2]
# None of them is a question of the sidecar's own prober, and any node answers them.
ADDRESS = "0x000000000000000000000000000000000000dead"
READS = [
    ("eth_getBalance", [ADDRESS, "latest"]),
    ("eth_gasPrice", []),
    ("eth_getTransactionCount", [ADDRESS, "latest"]),
    ("eth_getCode", [ADDRESS, "latest"]),
]
METHODS = [method for method, _ in READS]


def load_example():
    """client/examples/call.py as a module."""
    path = ROOT / "client" / "examples" / "call.py"
    spec = importlib.util.spec_from_file_location("call_example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ViemWorker:
    """tests/clients/worker_load.mjs, which needs `npm ci` in its folder."""

    def __init__(self, sidecar, rate):
        folder = ROOT / "tests" / "clients"
        self.popen = subprocess.Popen(
            ["node", "worker_load.mjs", f"http://{sidecar.http_address}", sidecar.socket, str(rate)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def take(self):
        """What became of the calls that ended since the last time."""
        self.popen.stdin.write(b"take\n")
        self.popen.stdin.flush()
        line = self.popen.stdout.readline()
        if not line:
            raise AssertionError(f"the viem worker ended with {self.popen.wait()}")
        return json.loads(line)

    def close(self):
        self.popen.stdin.close()
        self.popen.stdout.close()
        self.popen.wait(timeout=30)


class ShimWorker:
    """librpcsidecar in threads of this process, each with a handle of its own."""

    THREADS = 8

    def __init__(self, sidecar, rate):
        library = pathlib.Path(sidecar_process.BINARY).resolve().parent / "client"
        self.example = load_example()
        self.library = str(library / "librpcsidecar.so.0")
        self.socket = sidecar.socket
        self.pause = self.THREADS / rate
        self.lock = threading.Lock()
        self.ledger = self.empty()
        self.is_done = threading.Event()
        self.threads = [
            threading.Thread(target=self.run, args=(number,), daemon=True)
            for number in range(self.THREADS)
        ]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def empty():
        return {"calls": 0, "failed": [], "max_ms": 0, "slowest": ""}

    def run(self, number):
        # Not all at the same moment.
        self.is_done.wait(self.pause * number / self.THREADS)
        with self.example.Sidecar(self.socket, library=self.library) as sidecar:
            turn = number
            while not self.is_done.wait(self.pause):
                turn += 1
                self.read(sidecar, *READS[turn % len(READS)])

    def read(self, sidecar, method, params):
        begun = time.monotonic()
        fault = None
        try:
            sidecar.call(method, params, may_resend=True)
        except (self.example.RpcError, self.example.SidecarError) as error:
            fault = f"{method}: {error} {getattr(error, 'error', '')}"
        took = (time.monotonic() - begun) * 1000
        with self.lock:
            self.ledger["calls"] += 1
            if fault:
                self.ledger["failed"].append(fault)
            if took > self.ledger["max_ms"]:
                self.ledger["max_ms"], self.ledger["slowest"] = took, method

    def take(self):
        with self.lock:
            taken, self.ledger = self.ledger, self.empty()
        return taken

    def close(self):
        self.is_done.set()
        for thread in self.threads:
            thread.join(timeout=40)
