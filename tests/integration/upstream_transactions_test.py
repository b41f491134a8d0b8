"""Transactions and filters: what must not be lost, sent twice, or told as failed when it is there.
Names begin with the ids of the fault catalogue."""

import json
import unittest

from fault_peer import by_method, failing, healthy, http_answer
from mock_provider import MockProvider
from raw_transaction import RAW_TRANSACTION, RAW_TRANSACTION_HASH
from sidecar_process import IS_SANITIZED, SidecarTestCase, chain_toml, wait_until

SHORT = "800ms" if IS_SANITIZED else "300ms"
SEND, LOOK_UP = "eth_sendRawTransaction", "eth_getTransactionByHash"
ACCEPTED = json.dumps(RAW_TRANSACTION_HASH)
FOUND = json.dumps({"hash": RAW_TRANSACTION_HASH, "blockNumber": "0x10"})

NONCE_TOO_LOW = {"code": -32000, "message": "nonce too low: next nonce 10, tx nonce 9"}
UNDERPRICED = {"code": -32000, "message": "replacement transaction underpriced"}
NO_FUNDS = {"code": -32000, "message": "insufficient funds for gas * price + value"}


def refusing(error, **others):
    """A script that answers a sent transaction with this error."""
    return by_method({SEND: failing(error["code"], error["message"]), **others})


class SendingTest(SidecarTestCase):
    def serve(self, **scripts):
        """Providers by name, tier after tier."""
        self.peers = {name: self.peer(script) for name, script in scripts.items()}
        providers = [
            self.provider(name, peer, timeout=SHORT) for name, peer in self.peers.items()
        ]
        return self.sidecar(*providers)

    def serve_broadcast(self, **scripts):
        """Two providers that are asked at the same time."""
        self.peers = {name: self.peer(script) for name, script in scripts.items()}
        providers = [self.provider(name, peer) for name, peer in self.peers.items()]
        chains = chain_toml("dev", "evm", providers, broadcast=2)
        return self.sidecar(chains=chains)

    def sent(self, name):
        return self.peers[name].methods().count(SEND)

    def test_F13_a_timeout_and_then_already_known_is_success_with_our_hash(self):
        words = [
            "already known",
            "ALREADY_EXISTS: already known",
            "known transaction: 33469b22",
            "transaction already imported",
        ]
        for text in words:
            with self.subTest(text):
                sidecar = self.serve(
                    one=by_method({SEND: lambda _: None}),  # it took it, and says nothing
                    two=refusing({"code": -32000, "message": text}),
                )

                answer = self.call(sidecar, SEND, [RAW_TRANSACTION])

                self.assertEqual(answer.result, ACCEPTED.encode(), answer)
                self.assertEqual((self.sent("one"), self.sent("two")), (1, 1))
                sidecar.stop()

    def test_F13_already_known_without_any_trouble_is_success_as_well(self):
        sidecar = self.serve(one=refusing({"code": -32000, "message": "already known"}))

        self.assertEqual(self.call(sidecar, SEND, [RAW_TRANSACTION]).result, ACCEPTED.encode())

    def test_F14_nonce_too_low_is_success_when_this_transaction_is_found(self):
        for place in ("one", "two"):
            with self.subTest(place):
                results = {"one": "null", "two": "null", place: FOUND}
                sidecar = self.serve(
                    one=refusing(NONCE_TOO_LOW, **{LOOK_UP: results["one"]}),
                    two=by_method({LOOK_UP: results["two"]}),
                )

                answer = self.call(sidecar, SEND, [RAW_TRANSACTION])

                self.assertEqual(answer.result, ACCEPTED.encode(), answer)
                self.assertEqual((self.sent("one"), self.sent("two")), (1, 0))
                self.assertIn(LOOK_UP, self.peers[place].methods())
                sidecar.stop()

    def test_F14_nonce_too_low_stands_verbatim_when_it_is_not_found(self):
        looks = {
            "nobody has it": "null",
            "nobody tells": lambda _: http_answer(b"", "503 Service Unavailable"),
        }
        for words, made in looks.items():
            with self.subTest(words):
                sidecar = self.serve(
                    one=refusing(NONCE_TOO_LOW, **{LOOK_UP: made}), two=by_method({LOOK_UP: made})
                )

                answer = self.call(sidecar, SEND, [RAW_TRANSACTION])

                self.assertEqual(answer.error, NONCE_TOO_LOW)
                self.assertEqual(self.sent("two"), 0)
                for peer in self.peers.values():
                    self.assertIn(LOOK_UP, peer.methods())
                sidecar.stop()

    def test_F15_what_the_transaction_lacks_stands_verbatim_and_is_sent_once(self):
        for error in (UNDERPRICED, NO_FUNDS):
            with self.subTest(error["message"]):
                sidecar = self.serve(one=refusing(error), two=healthy(ACCEPTED))

                answer = self.call(sidecar, SEND, [RAW_TRANSACTION])

                self.assertEqual(answer.error, error)
                self.assertEqual(self.peers["one"].methods(), [SEND])
                self.assertEqual(self.peers["two"].connection_count, 0)
                sidecar.stop()

    def test_F16_sent_to_two_the_one_that_accepts_wins(self):
        for error in (UNDERPRICED, NONCE_TOO_LOW, NO_FUNDS):
            for accepting in ("one", "two"):
                with self.subTest(error["message"], accepting=accepting):
                    scripts = {"one": refusing(error), "two": refusing(error)}
                    scripts[accepting] = by_method({SEND: ACCEPTED})
                    sidecar = self.serve_broadcast(**scripts)

                    answer = self.call(sidecar, SEND, [RAW_TRANSACTION])

                    self.assertEqual(answer.result, ACCEPTED.encode(), answer)
                    for name, peer in self.peers.items():
                        peer.wait_for(lambda p: SEND in [r.method for r in p.requests])
                        self.assertEqual(self.sent(name), 1)
                    sidecar.stop()

    def test_F16_when_both_reject_one_of_them_is_quoted(self):
        sidecar = self.serve_broadcast(one=refusing(UNDERPRICED), two=refusing(UNDERPRICED))

        self.assertEqual(self.call(sidecar, SEND, [RAW_TRANSACTION]).error, UNDERPRICED)

    def test_F16_one_that_is_down_does_not_matter(self):
        down = by_method({SEND: lambda _: http_answer(b"", "502 Bad Gateway")})
        sidecar = self.serve_broadcast(one=down, two=by_method({SEND: ACCEPTED}))

        for _ in range(3):
            self.assertEqual(self.call(sidecar, SEND, [RAW_TRANSACTION]).result, ACCEPTED.encode())


class FiltersTest(SidecarTestCase):
    """Filters live in one node: real ones, of two mocks that take turns."""

    def setUp(self):
        super().setUp()
        self.mocks = {}
        for name in ("one", "two"):
            self.mocks[name] = MockProvider.start(None, "evm", "--block-time", "50ms")
            self.addCleanup(self.mocks[name].stop)
        providers = [{"name": name, "http": mock.url} for name, mock in self.mocks.items()]
        chains = chain_toml("dev", "evm", providers, chain_id=1, strategy="round_robin")
        self.running = self.sidecar(chains=chains)
        self.client = self.framed(self.running)

    def call_ok(self, method, params=()):
        answer = self.client.call(method, list(params))
        self.assertIsNone(answer.error, f"{method} {params}")
        return json.loads(answer.result)

    def assert_not_found(self, method, filter_id):
        answer = self.client.call(method, [filter_id])
        self.assertIsNotNone(answer.error, f"{method}: {answer.result}")
        self.assertEqual(
            (answer.error["code"], answer.error["message"]), (-32000, "filter not found")
        )

    def test_F17_a_filter_is_always_asked_of_the_node_that_made_it(self):
        filters = [self.call_ok("eth_newBlockFilter") for _ in range(4)]
        self.assertEqual(len(set(filters)), 4)
        for mock in self.mocks.values():
            self.assertEqual(mock.stats()["by_method"]["eth_newBlockFilter"], 2)

        seen = {one: [] for one in filters}

        def poll():
            for one in filters:
                seen[one] += self.call_ok("eth_getFilterChanges", [one])
            return all(len(blocks) >= 3 for blocks in seen.values())

        wait_until(poll)
        for blocks in seen.values():
            self.assertEqual(len(blocks), len(set(blocks)))  # none told twice
        for one in filters:
            self.assertIs(self.call_ok("eth_uninstallFilter", [one]), True)
            self.assert_not_found("eth_getFilterChanges", one)

    def test_F17_when_its_node_is_lost_the_filter_is_not_found_and_not_misrouted(self):
        one, two = (self.call_ok("eth_newBlockFilter") for _ in range(2))
        self.mocks["one"].control("refuse")

        self.assert_not_found("eth_getFilterChanges", one)
        self.assert_not_found("eth_getFilterChanges", one)
        self.call_ok("eth_getFilterChanges", [two])

        self.assertEqual(self.mocks["two"].stats()["by_method"]["eth_getFilterChanges"], 1)

    def test_F17_an_id_of_nobody_is_not_found(self):
        for method in ("eth_getFilterChanges", "eth_getFilterLogs", "eth_uninstallFilter"):
            self.assert_not_found(method, "0x1")


if __name__ == "__main__":
    unittest.main()
