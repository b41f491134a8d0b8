"""Keys are planted wherever a configuration may hold one, before providers that repeat all they are
told; then everything that the sidecar says is searched for them."""

import base64
import json
import os
import pathlib
import signal
import subprocess
import unittest

from sidecar_process import BINARY, Sidecar, SidecarTestCase, chain_toml, post, wait_until

KEYS = {
    "path": "pl4nted-in-path",
    "query": "pl4nted-in-query",
    "user": "pl4nted-user",
    "password": "pl4nted-password",
    "basic": base64.b64encode(b"pl4nted-user:pl4nted-password").decode(),
    "header": "pl4nted-in-header",
    "credential": "pl4nted-credential",
    "variable": "pl4nted-variable",
}


def echo(connection):
    """A provider that answers everything with an error that tells what it was asked with."""
    turn = 0
    while request := connection.read_request():
        turn += 1
        said = f"refused: {request.line} {json.dumps(request.headers)}"
        body = {"jsonrpc": "2.0", "id": request.id, "error": {"code": -32000, "message": said}}
        text = json.dumps(body).encode()
        status = [b"200 OK", b"500 Oh"][turn % 2]
        connection.send(
            b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: "
            + str(len(text)).encode() + b"\r\n\r\n" + text
        )


class SecretsTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        keys = self.folder / "keys"
        keys.mkdir()
        (keys / "node").write_text(KEYS["credential"] + "\n")
        (keys / "node").chmod(0o600)
        self.echoing = self.peer(echo)
        host = self.echoing.url.removeprefix("http://")
        dead = "127.0.0.1:1"
        providers = [
            {"name": "one", "http": f"http://{host}/v2/{KEYS['path']}?key={KEYS['query']}"},
            {"name": "two", "http": f"http://{KEYS['user']}:{KEYS['password']}@{host}/"},
            {"name": "three", "http": f"http://{host}/", "headers": {"X-Key": KEYS["header"]}},
            {"name": "four", "http": f"http://{host}/${{CRED:node}}"},
            {"name": "five", "http": f"http://{host}/${{RPC_KEY}}"},
            {"name": "six", "http": f"http://{dead}/{KEYS['path']}",
             "ws": f"ws://{dead}/{KEYS['path']}?k={KEYS['query']}"},
        ]
        config = f'credentials_dir = "{keys}"\n[listen]\npath = "{self.folder}/rpc.sock"\n'
        config += '[http]\nlisten = "127.0.0.1:0"\n[log]\nlevel = "debug"\ncalls = 100\n'
        config += '[retry]\nattempts_max = 6\n[breaker]\nfailures_max = 1000\n[probe]\non = false\n'
        self.running = Sidecar(
            self.folder, config + chain_toml("dev", "evm", providers),
            env={"RPC_KEY": KEYS["variable"]},
        )
        self.addCleanup(self.running.stop)
        self.running.wait_listening()

    def get(self, path):
        connection = self.running.http_unix()
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def run_command(self, *arguments):
        done = subprocess.run(
            [BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], "RPC_KEY": KEYS["variable"]},
        )
        return done.stdout + done.stderr

    def test_no_key_is_told_anywhere(self):
        said = {}
        for turn in range(12):
            for name in ("one", "two", "three", "four", "five", "six", None):
                more = {"X_Rpc_Provider": name} if name else {}
                request = {"jsonrpc": "2.0", "id": 1, "method": "eth_gasPrice", "params": []}
                connection = self.running.http_unix()
                status, body = post(connection, request, **more)
                connection.close()
                said[f"answer {turn} of {name}"] = body.decode()
            self.call(self.running, "eth_subscribe", ["newHeads"])
        stars = sum("***" in one for one in said.values())
        self.assertGreater(stars, 12, "the echo never came: the test shows nothing")
        for path in ("/metrics", "/health", "/status", "/", "/v1/chains", "/v1/chains/dev/status"):
            said[path] = self.get(path)
        socket = self.running.socket
        said["status"] = self.run_command("status", "--socket", socket)
        said["status --json"] = self.run_command("status", "--json", "--socket", socket)
        said["explain"] = self.run_command("explain", "--socket", socket, "eth_gasPrice")
        said["check"] = self.run_command("check", "--config", self.running.config)
        said["argv"] = pathlib.Path(f"/proc/{self.running.pid}/cmdline").read_text()
        # A reload with a fault beside each key.
        text = self.running.config.read_text()
        broken = text.replace("http://", "htp://").replace('X-Key = "', 'Connection = "')
        self.running.config.write_text(broken)
        said["check of a bad one"] = self.run_command("check", "--config", self.running.config)
        self.running.popen.send_signal(signal.SIGHUP)
        wait_until(lambda: "reload_failed" in self.running.log_text())
        self.assertIn("chain.provider.http", said["check of a bad one"])

        said["log"] = self.running.log_text()
        for place, words in said.items():
            for kind, key in KEYS.items():
                self.assertNotIn(key, words, f"the key in the {kind} is in: {place}")


if __name__ == "__main__":
    unittest.main()
