"""Who may do what: users told apart on every dialect of the Unix socket, rules and quotas. Workers
of other users need root to start."""

import contextlib
import json
import os
import re
import signal
import socket
import threading
import time
import unittest

import frames
import sidecar_process
import ws_client
from access_case import AccessTestCase, run
from sidecar_process import post, read_line, wait_until

ALICE, BOB, CAROL = 12_001, 12_002, 12_003
DESK = 13_001  # a group of bob's
IS_ROOT = os.geteuid() == 0

RULES = f"""
[[access]]
name = "alice"
uids = [{ALICE}]
allow = ["*", "eth_accounts"]
deny = ["eth_getLogs"]
may_send_tx = false

[[access]]
name = "desk"
gids = [{DESK}]
allow = ["eth_chainId"]
"""


def as_user(uid, groups, work):
    """What `work` returns, as JSON, in a process of that user; its failure is ours."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os.close(reader)
            os.setgroups(groups)
            os.setgid(uid)
            os.setuid(uid)
            try:
                text = json.dumps({"is": work()})
            except BaseException as error:  # noqa: BLE001
                text = json.dumps({"failed": repr(error)})
            os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    said = json.loads(text)
    if "failed" in said:
        raise AssertionError(f"as user {uid}: {said['failed']}")
    return said["is"]


def request(method, params=()):
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}


def outcome(reply):
    """`ok`, or the name of the sidecar's error."""
    return reply["error"]["data"]["name"] if "error" in reply else "ok"


def over_framed(path, methods):
    with frames.FramedClient(path) as client:
        return [client.call(method, []).error for method in methods]


def over_ipc(path, methods):
    said = []
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(30)
        sock.connect(str(path))
        for method in methods:
            sock.sendall(json.dumps(request(method)).encode())
            said.append(json.loads(read_line(sock)).get("error"))
    return said


def over_http(path, methods):
    connection = sidecar_process.http.client.HTTPConnection("localhost", timeout=30)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(30)
    connection.sock.connect(str(path))
    said = [json.loads(post(connection, request(method))[1]).get("error") for method in methods]
    connection.close()
    return said


def over_ws(path, methods):
    said = []
    with ws_client.WebSocket(str(path)) as client:
        for method in methods:
            client.send_text(json.dumps(request(method)))
            said.append(json.loads(client.read_text()).get("error"))
    return said


DIALECTS = {"framed": over_framed, "json_ipc": over_ipc, "http": over_http, "ws": over_ws}


def names(errors):
    return [error["data"]["name"] if error else "ok" for error in errors]


@unittest.skipUnless(IS_ROOT, "only root can be several users")
class UsersTest(AccessTestCase):
    def test_d22_users_and_groups_are_known_on_every_dialect(self):
        running = self.serve(RULES)
        methods = ["eth_chainId", "eth_accounts", "eth_blockNumber", "eth_getLogs",
                   "eth_sendRawTransaction", "personal_sign"]
        denied = "POLICY_DENIED"
        expected = {
            "alice": ["ok", "ok", "ok", denied, denied, denied],
            "bob": ["ok", denied, denied, denied, denied, denied],
        }
        for dialect, ask in DIALECTS.items():
            with self.subTest(dialect):
                alice = as_user(ALICE, [], lambda ask=ask: ask(running.socket, methods))
                bob = as_user(BOB, [7, DESK], lambda ask=ask: ask(running.socket, methods))
                carol = as_user(CAROL, [7], lambda ask=ask: ask(
                    running.socket, ["eth_blockNumber", "eth_accounts"]))
                self.assertEqual(names(alice), expected["alice"])
                self.assertEqual(names(bob), expected["bob"])
                self.assertEqual(names(carol), ["ok", denied])
                self.assertIn('rule "desk"', bob[1]["message"])
                self.assertIn('rule "default"', carol[1]["message"])
                self.assertEqual(carol[1]["code"], -32601)
                self.assertIs(carol[1]["data"]["retryable"], False)

    def test_d22_a_denial_is_logged_with_uid_and_pid_and_not_without_end(self):
        running = self.serve(RULES)

        def flood():
            with frames.FramedClient(running.socket) as client:
                ids = [client.start("personal_sign", []) for _ in range(500)]
                said = {client.finish(one).name for one in ids}
            return [os.getpid(), sorted(said)]

        pid, said = as_user(CAROL, [], flood)
        self.assertEqual(said, ["POLICY_DENIED"])
        lines = re.findall(r"policy_denied.*", running.log_text())
        self.assertIn(str(CAROL), lines[0])
        self.assertRegex(lines[0], rf"\b{pid}\b")
        self.assertIn("personal_sign", lines[0])
        self.assertLess(len(lines), 40)
        self.assertEqual(self.counters(running)["policy_denied"], {"default": 500})

    def test_over_tcp_nobody_is_known(self):
        running = self.serve('[[access]]\nname = "root"\nuids = [0]\nallow = ["*", "eth_accounts"]\n')
        self.assertEqual(names(over_http(running.socket, ["eth_accounts"])), ["ok"])
        connection = running.http()
        self.addCleanup(connection.close)
        status, body = post(connection, request("eth_accounts"))
        self.assertEqual((status, outcome(json.loads(body))), (200, "POLICY_DENIED"))
        status, body = post(connection, request("sidecar_setLogLevel", ["debug"]))
        self.assertEqual((status, outcome(json.loads(body))), (200, "POLICY_DENIED"))

    def test_views_about_blocks_obey_the_rules(self):
        running = self.serve(RULES)

        def view():
            connection = sidecar_process.http.client.HTTPConnection("localhost", timeout=30)
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(running.socket))
            connection.request("GET", "/v1/chains/main/blocks/latest")
            return connection.getresponse().status

        self.assertEqual(as_user(ALICE, [], view), 200)
        self.assertEqual(as_user(BOB, [DESK], view), 403)

    def test_d13_a_flood_is_stopped_at_its_user_and_others_do_not_notice(self):
        running = self.serve(f"""
[[access]]
name = "metered"
uids = [{ALICE}]
rate = 200
burst = 100
""")
        stop = threading.Event()
        told = {"ok": 0, "CLIENT_LIMIT": 0}

        def flood():
            for _ in range(4):  # the quota is of the user, not of a session
                with frames.FramedClient(running.socket) as client:
                    ids = [client.start("eth_chainId", []) for _ in range(1000)]
                    for one in ids:
                        error = client.finish(one).error
                        told[error["data"]["name"] if error else "ok"] += 1
                        if error and not 0 < error["data"]["retry_after_ms"] <= 1000:
                            raise AssertionError(error)
            return told

        def steady():
            took = []
            with running.framed() as client:
                while not stop.is_set() or len(took) < 50:
                    began = time.monotonic()
                    if client.call("eth_chainId", []).error:
                        raise AssertionError("refused")
                    took.append(time.monotonic() - began)
            calm.extend(sorted(took))

        calm = []
        worker = threading.Thread(target=steady)
        worker.start()
        flooded = as_user(ALICE, [], flood)
        stop.set()
        worker.join()
        self.assertGreaterEqual(flooded["ok"], 100)
        self.assertGreater(flooded["CLIENT_LIMIT"], 2000)
        self.assertGreaterEqual(len(calm), 50)
        self.assertLess(calm[len(calm) // 2], 0.1)

        def pause_as_told():
            with frames.FramedClient(running.socket) as client:
                for _ in range(20):
                    answer = client.call("eth_chainId", [])
                    if not answer.error:
                        return True
                    time.sleep(answer.error["data"]["retry_after_ms"] / 1000)
            return False

        self.assertTrue(as_user(ALICE, [], pause_as_told))

    def test_sighup_takes_new_rules_along_for_open_sessions_too(self):
        running = self.serve(RULES)
        client = self.framed(running)
        self.assertIsNone(client.call("eth_blockNumber", []).error)
        text = running.config.read_text()
        running.config.write_text(text + '\n[[access]]\nname = "rest"\ndeny = ["eth_block*"]\n')
        running.popen.send_signal(signal.SIGHUP)
        wait_until(lambda: client.call("eth_blockNumber", []).error)
        self.assertIn('rule "rest"', client.call("eth_blockNumber", []).error["message"])
        self.assertIsNone(client.call("eth_chainId", []).error)
        self.assertEqual(names(as_user(ALICE, [], lambda: over_framed(
            running.socket, ["eth_blockNumber"]))), ["ok"])

    def test_open_calls_and_subscriptions_are_bounded_over_all_sessions(self):
        own = self.mock("own")
        self.mocks["own"].control({"kind": "latency", "min_ms": 60000, "methods": ["eth_getBalance"]})
        running = self.serve(f"""
[[access]]
name = "small"
uids = [{ALICE}]
inflight_max = 2
subscriptions_max = 2
""", {**own, "ws": self.mocks["own"].ws_url, "timeout": "2m"})

        def calls():
            with (frames.FramedClient(running.socket) as one,
                  frames.FramedClient(running.socket) as two):
                first = one.start("eth_getBalance", ["0x" + "11" * 20, "latest"])
                one.send(frames.encode(frames.PING, 77))
                if one.recv().type != frames.PONG:  # then its call is open
                    raise AssertionError("no PONG")
                second = two.start("eth_getBalance", ["0x" + "11" * 20, "latest"])
                limited = two.call("eth_chainId", []).error
                one.send(frames.encode(frames.CANCEL, first))
                two.send(frames.encode(frames.CANCEL, second))
                wait_until(lambda: two.call("eth_chainId", []).error is None)
                return limited

        limited = as_user(ALICE, [], calls)
        self.assertEqual(limited["data"]["name"], "CLIENT_LIMIT")
        self.assertIn("inflight_max", limited["message"])
        self.assertGreater(limited["data"]["retry_after_ms"], 0)

        def subscriptions():
            with (frames.FramedClient(running.socket) as one,
                  frames.FramedClient(running.socket) as two):
                first = one.subscribe("eth_subscribe", ["newHeads"])
                two.subscribe("eth_subscribe", ["newHeads"])
                two.send(frames.encode_subscribe(99, "eth_subscribe", ["newHeads"]))
                limited = two.finish(99).error
                one.unsubscribe(first)
                two.subscribe("eth_subscribe", ["newHeads"])
                return limited

        self.assertIn("subscriptions_max", as_user(ALICE, [], subscriptions)["message"])

    def test_admin_is_for_root_and_for_whom_a_rule_says(self):
        running = self.serve(f'[[access]]\nname = "ops"\ngids = [{DESK}]\nadmin = true\n')
        words = ["admin", "drain", "main", "own", "--socket", running.socket]
        code, out, err = as_user(CAROL, [], lambda: run(*words))
        self.assertEqual((code, out), (1, ""))
        self.assertIn("POLICY_DENIED", err)
        self.assertNotEqual(self.endpoints(running)["own"]["state"], "drained")
        code, out, err = as_user(BOB, [DESK], lambda: run(*words))
        self.assertEqual((code, json.loads(out)["state"], err), (0, "drained", ""))
        self.assertEqual(self.endpoints(running)["own"]["state"], "drained")
        self.assertRegex(running.log_text(), rf"admin_call.*{BOB}")


if __name__ == "__main__":
    unittest.main()
