"""The base class of tests about who may do what: mocks by name, a sidecar that every user can
reach, and its own commands as an administrator runs them."""

import json
import os
import subprocess

from mock_provider import MockProvider
from sidecar_process import BINARY, SidecarTestCase, chain_toml


def run(*arguments):
    """Exit code, standard output, standard error."""
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, env={"PATH": os.environ["PATH"]})
    return done.returncode, done.stdout, done.stderr


class AccessTestCase(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.mocks = {}

    def mock(self, name, *arguments):
        self.mocks[name] = MockProvider.start(BINARY, "evm", *arguments)
        self.addCleanup(self.mocks[name].stop)
        return {"name": name, "http": self.mocks[name].url}

    def counters(self, running):
        return json.loads(self.call(running, "sidecar_status").result)["counters"]

    def serve(self, rules, *providers, policies=None, **chain):
        providers = providers or (self.mock("own"),)
        tiered = [{"tier": tier, **one} for tier, one in enumerate(providers, start=1)]
        running = self.sidecar(chains=chain_toml("main", "evm", tiered, **chain) + rules,
                               policies=policies)
        os.chmod(os.path.dirname(running.socket), 0o755)
        os.chmod(running.socket, 0o666)
        return running
