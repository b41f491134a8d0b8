"""Who is asked next, how often and when: the classes of a node's errors, hedges, the budget of
retries, nulls and logs from nodes that lag. Names begin with the ids of the fault catalogue."""

import json
import threading
import unittest

from fault_peer import by_method, error_body, healthy, http_answer, result_body
from mock_provider import MockProvider
from sidecar_process import SidecarTestCase, chain_toml, wait_until

PATIENT = {"probe": {"on": False}, "hedge": {"on": False}, "breaker": {"failures_max": 1000}}
# Of no use here: what an error makes of its provider for later is shown where health is tested.
STANDS, ELSEWHERE = "stands", "elsewhere"
ERRORS = [
    ("a revert", 3, "execution reverted", STANDS),
    ("a revert without its code", -32000, "execution reverted: no", STANDS),
    ("out of gas", -32000, "out of gas", STANDS),
    ("params", -32602, "invalid argument 0: hex string has length 3", STANDS),
    ("a request", -32600, "Invalid Request", STANDS),
    ("no funds", -32000, "insufficient funds for gas * price + value", STANDS),
    ("a range", -32005, "query returned more than 10000 results", STANDS),
    ("a range by its code", -32614, "eth_getLogs is limited to a 10,000 range", STANDS),
    ("a node's fault", -32603, "Internal error", ELSEWHERE),
    ("a node's panic", -32000, "method handler crashed", ELSEWHERE),
    ("a node's patience", -32000, "execution aborted (timeout = 5s)", ELSEWHERE),
    ("a header", -32000, "header not found", ELSEWHERE),
    ("a state", -32000, "missing trie node 5c0e (path ) state 0x5c is not available", ELSEWHERE),
    ("a branch", -32000, "hash is not currently canonical", ELSEWHERE),
    ("a sync", -32000, "node is syncing", ELSEWHERE),
    ("nobody knows it", -32000, "the stars are wrong", ELSEWHERE),
    ("a method", -32601, "the method eth_call does not exist/is not available", ELSEWHERE),
]


class Gate:
    """Holds requests back until it is opened, and knows how many it holds."""

    def __init__(self):
        self.changed = threading.Condition()
        self.is_open = False
        self.held = self.held_max = 0

    def wait(self):
        with self.changed:
            self.held += 1
            self.held_max = max(self.held, self.held_max)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.is_open, 60)
            self.held -= 1

    def open(self):
        with self.changed:
            self.is_open = True
            self.changed.notify_all()

    def wait_held(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: self.held >= count, 20):
                raise AssertionError(f"holds {self.held}, not {count}")

    def before(self, make_bytes):
        """A script that answers with make_bytes(request) once the gate is open."""

        def script(connection):
            while request := connection.read_request():
                self.wait()
                connection.send(make_bytes(request))

        return script


class ErrorsTest(SidecarTestCase):
    def test_A26_each_class_of_errors_stands_or_is_asked_about_elsewhere(self):
        def failing(request):
            _, code, message, _ = ERRORS[request.json["params"][0]]
            error = json.dumps({"code": code, "message": message})
            return http_answer(error_body(request.id, error))

        bad = self.peer(by_method({"eth_call": failing}))
        good = self.peer(healthy('"0x900d"'))
        sidecar = self.sidecar(
            self.provider("bad", bad), self.provider("good", good), policies=PATIENT
        )
        for number, (words, code, message, end) in enumerate(ERRORS):
            with self.subTest(words, message=message):
                asked = len(good.methods())

                answer = self.call(sidecar, "eth_call", [number])

                self.assertEqual(len(bad.methods()), number + 1)
                if end == STANDS:
                    self.assertEqual(answer.error, {"code": code, "message": message})
                    self.assertEqual(len(good.methods()), asked)
                else:
                    self.assertEqual(answer.result, b'"0x900d"')

    def test_A26_an_error_that_all_have_is_passed_on_verbatim(self):
        error = {"code": -32000, "message": "the stars are wrong", "data": {"x": 1}}
        peers = [
            self.peer(
                by_method({}, lambda r: http_answer(error_body(r.id, json.dumps(error))))
            )
            for _ in range(3)
        ]
        sidecar = self.sidecar(
            *(self.provider(name, peer) for name, peer in zip("abc", peers)), policies=PATIENT
        )

        self.assertEqual(self.call(sidecar, "eth_call", [0]).error, error)

        # What nobody knows is asked about once more, and then believed.
        self.assertEqual([len(peer.methods()) for peer in peers], [1, 1, 0])


class ExtraAttemptsTest(SidecarTestCase):
    def test_A46_a_hedge_wins_and_the_late_answer_of_the_loser_is_no_second_one(self):
        gate = Gate()
        self.addCleanup(gate.open)
        slow = self.peer(gate.before(lambda r: http_answer(result_body(r.id, '"0x510"'))))
        fast = self.peer(healthy('"0xfa57"'))
        policies = {"probe": {"on": False}, "hedge": {"delay_cold": "1s", "delay_min": "1s"}}
        sidecar = self.sidecar(
            self.provider("slow", slow), self.provider("fast", fast), policies=policies
        )
        with self.framed(sidecar) as client:
            call = client.start("eth_gasPrice")
            gate.wait_held(1)
            self.assertEqual(client.finish(call).result, b'"0xfa57"')
            gate.open()
            # Whatever the loser sends now is nobody's answer: finish() takes none twice.
            for _ in range(10):
                self.assertIn(client.call("eth_chainId").result, (b'"0x510"', b'"0xfa57"'))
            self.assertEqual((client.answers, client.partial), ({}, {}))

        self.assertEqual(slow.methods()[0], "eth_gasPrice")
        self.assertEqual(fast.methods().count("eth_gasPrice"), 1)
        wait_until(lambda: self.endpoints(sidecar)["slow"]["inflight"] == 0)
        self.assertEqual(self.endpoints(sidecar)["fast"]["inflight"], 0)

    def test_A46_both_answer_at_once_and_the_worker_gets_one(self):
        gates = Gate(), Gate()
        answers = b'"0x1"', b'"0x2"'
        peers = []
        for gate, result in zip(gates, answers):
            self.addCleanup(gate.open)
            text = result.decode()
            script = gate.before(lambda r, t=text: http_answer(result_body(r.id, t)))
            peers.append(self.peer(script))
        policies = {"probe": {"on": False}, "hedge": {"delay_cold": "50ms", "delay_min": "50ms"}}
        sidecar = self.sidecar(
            self.provider("one", peers[0]), self.provider("two", peers[1]), policies=policies
        )
        with self.framed(sidecar) as client:
            calls = [client.start("eth_gasPrice") for _ in range(3)]
            for gate in gates:
                gate.wait_held(3)
            for gate in gates:
                gate.open()
            for call in calls:
                self.assertIn(client.finish(call).result, answers)
            self.assertIn(client.call("eth_gasPrice").result, answers)
            self.assertEqual((client.answers, client.partial), ({}, {}))

    def test_A47_in_a_total_outage_extra_attempts_stay_within_a_fifth_of_the_calls(self):
        calls_count = 100
        gates = Gate(), Gate()
        down = http_answer(b"down", "503 Service Unavailable")
        peers = [self.peer(gate.before(lambda _: down)) for gate in gates]
        for gate in gates:
            self.addCleanup(gate.open)
        keys = {"connections_max": calls_count, "timeout": "60s"}
        sidecar = self.sidecar(
            self.provider("one", peers[0], **keys),
            self.provider("two", peers[1], **keys),
            policies=PATIENT,
        )
        client = self.framed(sidecar)

        calls = [client.start("eth_gasPrice") for _ in range(calls_count)]
        gates[0].wait_held(calls_count)
        gates[0].open()

        # All have failed once; a fifth of them is asked about elsewhere, the others wait.
        gates[1].wait_held(calls_count // 5)
        wait_until(lambda: gates[0].held == 0)
        client.call("sidecar_status")
        self.assertEqual(len(peers[1].methods()), calls_count // 5)
        gates[1].open()
        for call in calls:
            self.assertEqual(client.finish(call).name, "UPSTREAM_HTTP_STATUS")
        self.assertLessEqual(gates[1].held_max, calls_count // 5)

    def test_A47_when_all_breakers_are_open_extra_attempts_stay_a_fifth_of_the_calls(self):
        """As long as so many calls are open that a fifth of them is more than the three that are
        always allowed."""
        open_count, calls_count = 50, 1_000
        mocks = [MockProvider.start(None, "evm", "--latency", "10ms-20ms") for _ in range(2)]
        providers = []
        for name, mock in zip(("one", "two"), mocks):
            self.addCleanup(mock.stop)
            mock.control({"kind": "http_status", "status": 503})
            providers.append(self.provider(name, mock.url, connections_max=2 * open_count))
        policies = {"probe": {"on": False}, "hedge": {"on": False}}
        sidecar = self.sidecar(*providers, policies=policies)

        with self.framed(sidecar) as client:
            calls = [client.start("eth_gasPrice") for _ in range(open_count)]
            for number in range(open_count + calls_count):
                if number == open_count:  # both breakers have opened long since
                    before = sum(mock.stats()["requests"] for mock in mocks)
                self.assertIsNotNone(client.finish(calls.pop(0)).error)
                if number < calls_count:
                    calls.append(client.start("eth_gasPrice"))

        attempts = sum(mock.stats()["requests"] for mock in mocks) - before
        self.assertGreaterEqual(attempts, calls_count - 2 * open_count)
        self.assertLessEqual(attempts, calls_count * 1.2 + 2 * open_count)


class LaggingNodesTest(SidecarTestCase):
    """Tier 1 lags a little, too little to be out of rotation; tier 2 is at the head."""

    LAG = 8

    def setUp(self):
        super().setUp()
        arguments = ["--head", 1_000, "--block-time", "1s"]
        self.behind = MockProvider.start(
            None, "evm", *arguments, faults=[{"kind": "lag", "blocks": self.LAG}]
        )
        self.ahead = MockProvider.start(None, "evm", *arguments)
        self.addCleanup(self.behind.stop)
        self.addCleanup(self.ahead.stop)
        providers = [
            {"name": "behind", "http": self.behind.url, "tier": 1},
            {"name": "ahead", "http": self.ahead.url, "tier": 2},
        ]
        chains = chain_toml("dev", "evm", providers, chain_id=1, block_time="1s")
        policies = {"probe": {"interval": "100ms", "timeout": "2s"}}
        self.running = self.sidecar(chains=chains, policies=policies)
        for name in ("behind", "ahead"):
            self.wait_state(self.running, name, "healthy")
        wait_until(lambda: (self.endpoints(self.running)["behind"]["lag_blocks"] or 0) > 4)

    def head(self):
        return int(self.ahead.result("eth_blockNumber"), 16)

    def new_transaction(self):
        """A block's number and the hash of a transaction in it, which only tier 2 has."""
        for number in range(self.head(), self.head() - 4, -1):
            block = self.ahead.result("eth_getBlockByNumber", [hex(number), False])
            if block["transactions"]:
                return number, block["transactions"][0]
        raise AssertionError("the mock makes empty blocks only")

    def test_F02_null_from_a_node_that_lags_is_asked_about_elsewhere(self):
        number, hash_ = self.new_transaction()
        calls = [
            ("eth_getTransactionReceipt", [hash_]),
            ("eth_getTransactionByHash", [hash_]),
            ("eth_getBlockByNumber", [hex(number), False]),
        ]
        for method, params in calls:
            with self.subTest(method):
                self.assertIsNone(self.behind.result(method, params))

                answer = self.call(self.running, method, params)

                self.assertEqual(
                    json.loads(answer.result or b"null"), self.ahead.result(method, params)
                )

    def test_F02_null_that_all_say_is_the_answer(self):
        answer = self.call(self.running, "eth_getTransactionReceipt", ["0x" + "11" * 32])

        self.assertEqual(answer.result, b"null")
        for mock in (self.behind, self.ahead):
            self.assertEqual(mock.stats()["by_method"].get("eth_getTransactionReceipt"), 1)

    def test_F12_logs_up_to_a_block_that_the_node_lacks_come_from_one_that_has_it(self):
        head = self.head()
        logs = [{"fromBlock": hex(head - 20), "toBlock": hex(head)}]

        answer = self.call(self.running, "eth_getLogs", logs)

        self.assertEqual(json.loads(answer.result), self.ahead.result("eth_getLogs", logs))
        self.assertNotIn("eth_getLogs", self.behind.stats()["by_method"])

    def test_F12_no_logs_of_blocks_that_the_node_lacks_are_no_success(self):
        head = self.head()
        logs = [{"fromBlock": hex(head), "toBlock": hex(head)}]
        self.ahead.control({"kind": "http_status", "status": 503, "methods": ["eth_getLogs"]})

        answer = self.call(self.running, "eth_getLogs", logs, deadline_ms=20_000)

        self.assertIsNotNone(answer.error, f"a success: {answer.result}")
        self.assertIn("beyond current head", answer.error["message"])


class LogLimitsTest(SidecarTestCase):
    def test_F12_a_range_or_result_limit_stands_in_the_nodes_own_words(self):
        table = [
            (-32005, "query returned more than 10000 results"),
            (-32614, "eth_getLogs is limited to a 10,000 range"),
            (-32602, "query exceeds max block range 100000"),
            (-32000, "block range too large"),
        ]
        for code, message in table:
            with self.subTest(message):
                error = {"code": code, "message": message}
                text = json.dumps(error)
                bad = self.peer(by_method({}, lambda r, t=text: http_answer(error_body(r.id, t))))
                good = self.peer(healthy("[]"))
                sidecar = self.sidecar(
                    self.provider("bad", bad), self.provider("good", good), policies=PATIENT
                )

                answer = self.call(sidecar, "eth_getLogs", [{"fromBlock": "0x0"}])

                self.assertEqual(answer.error, error)
                self.assertEqual(good.connection_count, 0)
                self.assertEqual(self.endpoints(sidecar)["bad"]["throttles"], 0)
                sidecar.stop()


if __name__ == "__main__":
    unittest.main()
