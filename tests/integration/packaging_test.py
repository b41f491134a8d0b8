"""The Debian packages: made from this build, installed on a booted host, and serving there."""

import pathlib
import subprocess
import tempfile
import unittest

import nspawn
from sidecar_process import BINARY, IS_SANITIZED

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(BINARY).resolve().parent
CONFIG = """
[[chain]]
name = "dev"
family = "evm"
  [[chain.provider]]
  name = "mock"
  http = "http://127.0.0.1:8545"
"""
MOCK = """
[Service]
ExecStart=/usr/bin/rpc-sidecar mock --family evm --listen 127.0.0.1:8545
"""


@unittest.skipIf(IS_SANITIZED, "what is shipped is the release build")
class PackagingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temp = tempfile.TemporaryDirectory(prefix="rpcs-deb-")
        cls.addClassCleanup(temp.cleanup)
        folder = pathlib.Path(temp.name)
        done = subprocess.run(
            ["cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.packages = {path.name.partition("_")[0]: path for path in folder.glob("*.deb")}

    def field(self, package, name):
        return subprocess.check_output(
            ["dpkg-deb", "-f", self.packages[package], name], text=True
        ).strip()

    def files(self, package):
        listing = subprocess.check_output(["dpkg-deb", "-c", self.packages[package]], text=True)
        return {line.split()[5].lstrip(".") for line in listing.splitlines()}

    def test_each_package_has_its_own_and_what_it_needs(self):
        self.assertEqual(
            set(self.packages), {"rpc-sidecar", "librpcsidecar0", "librpcsidecar-dev"}
        )
        daemon = self.files("rpc-sidecar")
        for path in (
            "/usr/bin/rpc-sidecar",
            "/usr/lib/systemd/system/rpc-sidecar.service",
            "/usr/lib/systemd/system/rpc-sidecar.socket",
            "/usr/lib/sysusers.d/rpc-sidecar.conf",
            "/usr/share/bash-completion/completions/rpc-sidecar",
            "/usr/share/man/man1/rpc-sidecar.1",
            "/usr/share/rpc-sidecar/monitoring/rules.yml",
        ):
            self.assertIn(path, daemon)
        self.assertIn("/usr/include/rpcsidecar.h", self.files("librpcsidecar-dev"))
        shared = {path for path in daemon & self.files("librpcsidecar0") if not path.endswith("/")}
        self.assertEqual(shared, set())
        self.assertIn("libwebsockets-evlib-uv", self.field("rpc-sidecar", "Depends"))
        self.assertIn("libuv1", self.field("rpc-sidecar", "Depends"))
        self.assertIn("librpcsidecar0 (= ", self.field("librpcsidecar-dev", "Depends"))
        self.assertRegex(self.field("rpc-sidecar", "Description"), "^Owner of all")

    def test_installed_on_a_host_it_serves_and_removed_it_leaves_nothing_running(self):
        files = {
            "/etc/rpc-sidecar/config.toml": CONFIG,
            "/etc/systemd/system/mock.service": MOCK,
        }
        programs = {f"/opt/{path.name}": path for path in self.packages.values()}
        with nspawn.Host(files=files, programs=programs, is_writable=True) as host:
            packages = [f"/opt/{path.name}" for path in self.packages.values()]
            host.run("dpkg", "--install", *packages)
            self.assertEqual(host.property("rpc-sidecar.socket", "ActiveState"), "active")
            self.assertIn("rpc", host.run("stat", "-c", "%G %a", "/run/rpc.sock"))
            host.run("systemctl", "start", "mock.service")
            answer = host.run("rpc-sidecar", "call", "eth_chainId")
            self.assertEqual(answer.strip(), '"0x1"')
            self.assertEqual(host.property("rpc-sidecar.service", "ActiveState"), "active")

            host.run("dpkg", "--remove", "rpc-sidecar")
            self.assertEqual(host.property("rpc-sidecar.service", "ActiveState"), "inactive")
            self.assertFalse(host.path("/run/rpc.sock").exists())


if __name__ == "__main__":
    unittest.main()
