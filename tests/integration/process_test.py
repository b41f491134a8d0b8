"""The process itself: how it takes its socket, how it refuses to start, how it leaves. Names begin
with the ids of the fault catalogue."""

import grp
import json
import os
import pathlib
import resource
import signal
import socket
import stat
import subprocess
import unittest

from fault_peer import healthy
from sidecar_process import BINARY, Process, Sidecar, SidecarTestCase, chain_toml, wait_until

CHAIN = chain_toml("dev", "evm", [{"name": "one", "http": "http://127.0.0.1:1"}])


class ProcessTest(SidecarTestCase):
    def config(self, path, **listen):
        keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in listen.items())
        return f"[listen]\npath = {json.dumps(str(path))}\n{keys}{CHAIN}"

    def start(self, path=None, name="a", **listen):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        sidecar = Sidecar(folder, self.config(path or self.folder / "rpc.sock", **listen))
        self.addCleanup(sidecar.stop)
        sidecar.wait_listening()
        return sidecar

    def refused(self, path, preexec=None, config=None):
        """Its words on standard error, for a start that must fail."""
        folder = self.folder / "refused"
        folder.mkdir(exist_ok=True)
        sidecar = Sidecar(folder, config or self.config(path), preexec=preexec)
        self.addCleanup(sidecar.stop)
        code, log = sidecar.wait_end()
        self.assertIn(code, (1, 2), log)
        self.assertNotIn("Sanitizer", log)
        return log

    def test_prints_one_line_when_it_serves_and_leaves_with_0(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(how.name):
                sidecar = self.start(name=how.name)
                self.assertEqual(sidecar.socket, str(self.folder / "rpc.sock"))
                self.assertEqual(sidecar.http_address, "")

                self.assertEqual(sidecar.stop(how), 0)
                self.assertIsNone(sidecar.lines.get(timeout=5))
                self.assertFalse((self.folder / "rpc.sock").exists())

    def test_starts_with_nothing_healthy(self):
        sidecar = self.start()

        self.assertEqual(self.call(sidecar).name, "NO_UPSTREAM")

    def test_mode_and_group_of_the_socket(self):
        group = grp.getgrgid(os.getgid()).gr_name
        self.start(mode="0620", group=group)

        found = (self.folder / "rpc.sock").stat()
        self.assertEqual(stat.S_IMODE(found.st_mode), 0o620)
        self.assertEqual(found.st_gid, os.getgid())

    def test_E13_stale_socket_file_is_taken_over(self):
        path = self.folder / "rpc.sock"
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(path))  # closed without unlink: a file on which nobody answers
        sidecar = self.start()

        self.assertEqual(self.call(sidecar).name, "NO_UPSTREAM")

    def test_E13_after_kill_9_the_next_one_starts(self):
        first = self.start()
        first.popen.kill()
        first.popen.wait()
        self.assertTrue((self.folder / "rpc.sock").exists())

        second = self.start(name="b")

        self.assertEqual(self.call(second).name, "NO_UPSTREAM")

    def test_E13_live_socket_of_another_program_is_not_stolen(self):
        path = self.folder / "rpc.sock"
        other = socket.socket(socket.AF_UNIX)
        self.addCleanup(other.close)
        other.bind(str(path))
        other.listen()

        log = self.refused(path)

        self.assertIn(str(path), log)
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))  # still theirs

    def test_E13_file_that_is_no_socket_is_left_alone(self):
        path = self.folder / "rpc.sock"
        path.write_text("precious")

        self.refused(path)

        self.assertEqual(path.read_text(), "precious")

    def test_E14_second_instance_leaves_and_names_the_first(self):
        first = self.start()

        log = self.refused(self.folder / "rpc.sock")

        self.assertIn(str(first.pid), log)
        self.assertEqual(self.call(first).name, "NO_UPSTREAM")  # its socket is still its own

    def test_E15_path_too_long(self):
        path = self.folder / ("x" * (108 - len(str(self.folder)) - 1))
        self.assertEqual(len(str(path)), 108)

        self.assertIn("107", self.refused(path))

        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith("x")], [])

    def test_E15_longest_path_works(self):
        path = self.folder / ("x" * (107 - len(str(self.folder)) - 1))
        self.assertEqual(len(str(path)), 107)

        sidecar = self.start(path)

        self.assertEqual(self.call(sidecar).name, "NO_UPSTREAM")

    def test_E15_folder_that_is_not_there(self):
        path = self.folder / "nowhere" / "rpc.sock"

        self.assertIn(str(path.parent), self.refused(path))

    @unittest.skipUnless(
        pathlib.Path("/sys/kernel").is_dir(), "needs a file system that cannot be written"
    )
    def test_E15_folder_that_cannot_be_written(self):
        path = pathlib.Path("/sys/kernel/rpc.sock")

        self.assertIn(str(path), self.refused(path))

    def test_E21_too_few_descriptors_for_the_configured_sessions(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))

        log = self.refused(self.folder / "rpc.sock", preexec=few)

        self.assertRegex(log, r"sessions_max|nofile|NOFILE|descriptors")
        config = self.config(self.folder / "rpc.sock") + "[limits]\nsessions_max = 50\n"
        folder = self.folder / "small"
        folder.mkdir()
        sidecar = Sidecar(folder, config, preexec=few)
        self.addCleanup(sidecar.stop)
        sidecar.wait_listening()
        self.assertEqual(self.call(sidecar).name, "NO_UPSTREAM")

    def test_wrong_configuration_ends_with_2_and_every_fault(self):
        config = self.folder / "bad.toml"
        config.write_text(
            '[listen]\npaht = "/tmp/x"\nmode = 9\n[[chain]]\nname = "a"\nfamily = "btc"\n'
        )
        for command in ("run", "check"):
            with self.subTest(command):
                run = subprocess.run(
                    [BINARY, command, "--config", config],
                    capture_output=True,
                    text=True,
                    timeout=30,
                    check=False,
                )
                self.assertEqual(run.returncode, 2)
                faults = run.stdout + run.stderr
                for where in (f"{config}:2:", f"{config}:3:", f"{config}:6:"):
                    self.assertIn(where, faults)
                self.assertIn("path", faults)  # did you mean

    def test_secrets_are_in_no_output(self):
        secret = "s3cr3t-k3y"
        peer = self.peer(healthy())
        provider = {
            "name": "one",
            "http": f"{peer.url}/v2/{secret}",
            "headers": {"Authorization": f"Bearer {secret}"},
        }
        sidecar = self.sidecar(provider)
        self.assertEqual(self.call(sidecar).result, b'"0x2a"')
        self.assertIn(secret, peer.requests[0].line)
        peer.close()
        answer = self.call(sidecar)
        self.assertIsNotNone(answer.error)
        command_line = pathlib.Path(f"/proc/{sidecar.pid}/cmdline").read_bytes()
        sidecar.stop()
        check = subprocess.run(
            [BINARY, "check", "--config", sidecar.config],
            capture_output=True,
            timeout=30,
            check=False,
        )
        self.assertEqual(check.returncode, 0)

        for words in (json.dumps(answer.error), sidecar.log_text(), check.stdout.decode()):
            self.assertNotIn(secret, words)
        self.assertNotIn(secret.encode(), command_line)

    def test_environment_alone_configures_it(self):
        peer = self.peer(healthy())
        environment = {
            "ERIGON_HTTP": peer.url,
            "RPC_SIDECAR_SOCKET": str(self.folder / "env.sock"),
            "RPC_SIDECAR_HTTP": "127.0.0.1:0",
        }
        process = Process(["run"], environment)
        self.addCleanup(process.stop)
        where = process.wait_listening()

        self.assertEqual(where["socket"], str(self.folder / "env.sock"))
        run = subprocess.run(
            [BINARY, "call", "eth_chainId", "--socket", where["socket"]],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        self.assertEqual((run.returncode, run.stdout.strip()), (0, '"0x2a"'), run.stderr)

    def test_provider_that_comes_back_is_used_again(self):
        peer = self.peer(healthy())
        port = peer.port
        sidecar = self.sidecar(self.provider("one", peer))
        self.assertEqual(self.call(sidecar).result, b'"0x2a"')
        peer.close()
        self.assertIsNotNone(self.call(sidecar).error)

        revived = self.peer(healthy('"0xbacc"'), port=port)
        self.assertEqual(revived.port, port)
        wait_until(lambda: self.call(sidecar).result == b'"0xbacc"')


if __name__ == "__main__":
    unittest.main()
