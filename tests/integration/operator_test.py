"""What an operator asks a running sidecar: status and explain, and what a worker may ask for by header."""

import json
import os
import subprocess
import unittest

from mock_provider import MockProvider
from sidecar_process import BINARY, SidecarTestCase, post, wait_until

KEY = "planted-k3y"


def run(*arguments):
    """Exit code, standard output, standard error."""
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60,
                          env={"PATH": os.environ["PATH"]})
    return done.returncode, done.stdout, done.stderr


class OperatorTest(SidecarTestCase):
    def setUp(self):
        super().setUp()
        self.own, self.paid = (MockProvider.start(BINARY, "evm") for _ in range(2))
        self.addCleanup(self.own.stop)
        self.addCleanup(self.paid.stop)
        providers = [
            {"name": "own", "http": self.own.url},
            {"name": "paid", "http": f"{self.paid.url}/{KEY}", "per_day": 1000},
        ]
        self.running = self.sidecar(*providers, policies={})
        wait_until(lambda: all(one["state"] == "healthy" for one in self.endpoints()))

    def status(self):
        code, out, err = run("status", "--json", "--socket", self.running.socket)
        self.assertEqual((code, err), (0, ""))
        return json.loads(out)

    def endpoints(self):
        return self.status()["chains"][0]["endpoints"]

    def ask(self, request, **headers):
        connection = self.running.http()
        self.addCleanup(connection.close)
        return post(connection, request, **headers)

    def test_status_tells_states_heads_and_budgets_and_no_key(self):
        code, out, err = run("status", "--socket", self.running.socket)
        self.assertEqual((code, err), (0, ""))
        lines = out.splitlines()
        self.assertRegex(lines[2], r"^dev \(evm\): head \d+, a block in ")
        self.assertRegex(lines[4], r"^  own +http +1 +healthy +\d+ s +\d+ +\d+ +closed +0$")
        self.assertRegex(lines[5], r"^  paid +http +2 +healthy ")
        self.assertRegex(lines[8], r"^  own +http +100 ")
        self.assertRegex(lines[9], r"^  paid +http .* \d+ \(day\)$")
        spent = self.endpoints()[1]["units_spent"]
        self.assertGreater(spent, 0)
        self.assertEqual(self.endpoints()[1]["budget_left"]["day"] + spent, 1000)
        self.assertNotIn(KEY, json.dumps(self.status()) + out + self.running.log_text())

    def test_status_of_a_chain_that_is_none_and_of_no_sidecar(self):
        code, out, err = run("status", "--socket", self.running.socket, "--chain", "nope")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("no chain named nope", err)
        code, out, err = run("status", "--socket", self.folder / "none.sock")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("none.sock", err)

    def test_sidecar_status_is_answered_in_every_dialect(self):
        with self.running.framed() as client:
            self.assertIn("chains", json.loads(client.call("sidecar_status").result))
        request = {"jsonrpc": "2.0", "id": 7, "method": "sidecar_status"}
        status, body = self.ask(request)
        self.assertEqual((status, json.loads(body)["id"]), (200, 7))
        self.assertEqual(json.loads(body)["result"]["chains"][0]["name"], "dev")

    def test_explain_tells_who_was_asked_and_why_not_the_other(self):
        code, out, err = run("explain", "--socket", self.running.socket, "eth_chainId")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"(?m)^eth_chainId on dev, ")
        self.assertRegex(out, r"(?m)^ +own +http +tier 1 +healthy +asked$")
        self.assertRegex(out, r"(?m)^ +paid +http +tier 2 +healthy +a better tier can serve the call$")
        self.assertTrue(out.endswith('result\n"0x1"\n'), out)

    def test_explain_of_a_failing_provider_tells_each_attempt(self):
        self.own.control({"kind": "http_status", "status": 503})
        code, out, _ = run("explain", "--json", "--socket", self.running.socket, "eth_chainId")
        self.assertEqual(code, 0)
        steps = json.loads(out)["steps"]
        ends = [(one["provider"], one["outcome"]) for one in steps if one["step"] == "h"]
        self.assertEqual(ends, [("own", "http_status"), ("paid", "result")])
        kinds = [(one["kind"], one["provider"]) for one in steps if one["step"] == "g"]
        self.assertEqual(kinds, [("first", "own"), ("retry", "paid")])

    def test_explain_of_an_error_leaves_with_one(self):
        self.own.control({"kind": "rpc_error", "name": "execution_reverted"})
        code, out, _ = run("explain", "--socket", self.running.socket, "eth_call", "[{}]")
        self.assertEqual(code, 1)
        self.assertIn("own: reverted after", out)
        self.assertIn("execution reverted", out)

    def test_call_may_be_pinned_to_a_provider(self):
        code, out, _ = run("explain", "--socket", self.running.socket, "--provider", "paid",
                           "eth_chainId")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"(?m)^ +own .* the call is for another provider or node$")
        code, _, err = run("call", "--socket", self.running.socket, "--provider", "x", "eth_chainId")
        self.assertEqual(code, 1)
        self.assertIn("no provider named x", err)

    def test_headers_pin_explain_and_bound_a_call(self):
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
        named = {"X_Rpc_Provider": "paid", "X_Rpc_Explain": "1"}
        _, body = self.ask(request, **named)
        ends = [one["provider"] for one in json.loads(body)["result"]["steps"] if one["step"] == "h"]
        self.assertEqual(ends, ["paid"])

        sleep = {"jsonrpc": "2.0", "id": 2, "method": "mock_sleep", "params": [20_000]}
        _, body = self.ask(sleep, X_Rpc_Deadline_Ms="100")
        self.assertEqual(json.loads(body)["error"]["data"]["name"], "UPSTREAM_TIMEOUT")

        status, body = self.ask(request, X_Rpc_Deadline_Ms="soon")
        self.assertEqual(status, 400)
        self.assertIn(b"X-Rpc-Deadline-Ms", body)


if __name__ == "__main__":
    unittest.main()
