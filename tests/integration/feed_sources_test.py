"""Where a feed's events come from when a provider has no subscription for it, closes its sockets
now and then, or has no WebSocket at all: the same events, none missing."""

import unittest

from feed_case import (
    DIALECTS,
    HEAD,
    TEXT_DIALECTS,
    FeedTestCase,
    member,
    mine_slot,
    number_of,
    numbers_of,
)
from feed_checker import HeadChecker, LogChecker
from raw_transaction import RAW_TRANSACTION

WALLET = "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi"
REFUSALS = {
    "an error": {"kind": "rpc_error", "code": -32000, "message": "not today", "methods": ["eth_subscribe"]},
    "a limit": {"kind": "subscription_limit", "limit": 0},
    "no such method": {"kind": "ws_unsupported"},
    "no upgrade": {"kind": "ws_refuse", "status": 503},
}  # fmt: skip


class RefusedTest(FeedTestCase):
    """B13: whoever subscribes has an answer only once somebody tells events."""

    def test_B13_another_provider_is_asked(self):
        for words, fault in REFUSALS.items():
            for sources in (("ws",), ("ws", "http")):
                with self.subTest(words, sources=sources):
                    first, second = self.mock(), self.mock()
                    first.control(fault)
                    second.control({"kind": "late_subscribe", "ms": 100, "events_first": False})
                    sidecar = self.serve(
                        self.source("first", first, *sources), self.source("second", second)
                    )
                    self.check_told([first, second], sidecar, DIALECTS)
                    self.assertEqual(second.ws_stats()["subscriptions_open"], 1)
                    self.assertEqual(first.ws_stats()["subscriptions_open"], 0)
                    self.assertEqual(second.stats()["by_method"]["eth_subscribe"], 1)

    def test_B13_without_another_one_it_is_polled(self):
        for words, fault in REFUSALS.items():
            with self.subTest(words):
                mock = self.mock()
                mock.control(fault)
                sidecar = self.serve(self.source("only", mock))
                self.check_told([mock], sidecar, DIALECTS)
                self.assertEqual(mock.ws_stats()["subscriptions"]["opened"], 0)

    def check_told(self, mocks, sidecar, dialects):
        """Heads from the answer on."""
        members = []
        for dialect in dialects:
            one = member(self, sidecar, dialect)
            members.append((one, one.subscribe(["newHeads"])))
        for mock in mocks:
            mock.mine(3)
        for one, mine in members:
            one.read(3)
            self.assertEqual(numbers_of(one.told[mine]), [HEAD + 1, HEAD + 2, HEAD + 3])

    def test_B13_what_nobody_has_is_refused_in_the_providers_words(self):
        mock = self.mock()
        mock.control({"kind": "subscription_limit", "limit": 0})
        sidecar = self.serve(self.source("only", mock))
        params = ["newPendingTransactions", True]  # whole ones: nothing to poll
        straight = mock.ws()
        self.addCleanup(straight.leave)
        wanted = straight.call("eth_subscribe", params)["error"]
        for dialect in TEXT_DIALECTS:
            with self.subTest(dialect):
                client = self.client(sidecar, dialect)
                self.assertEqual(client.call("eth_subscribe", params)["error"], wanted)
                self.assertEqual(client.result("eth_chainId"), "0x1")
        with self.assertRaisesRegex(AssertionError, str(wanted["code"])):
            self.framed(sidecar).subscribe("eth_subscribe", params)

    def test_B13_a_provider_that_mends_takes_over_from_polling(self):
        mock = self.mock()
        mock.control({"kind": "ws_refuse", "status": 503})
        sidecar = self.serve(self.source("only", mock))
        one = member(self, sidecar, "json-ipc")
        mine = one.subscribe(["newHeads"])
        mock.mine(2)
        one.read(2)
        mock.heal()
        self.wait_open(1, mock)
        mock.mine(3)
        one.read(3)
        self.assertEqual(numbers_of(one.told[mine]), list(range(HEAD + 1, HEAD + 6)))


class ScheduledCloseTest(FeedTestCase):
    """B16: a provider cuts its connections as it pleases; nobody misses or is told twice."""

    LOST = 6  # so often is a subscription of one's cut
    BLOCKS_MAX = 1_000

    def check(self, *mocks):
        sidecar = self.serve(*(self.source(f"mock{at}", one) for at, one in enumerate(mocks)))
        start = mocks[0].result("eth_getBlockByNumber", ["latest", False])["hash"]
        members = []
        for dialect in DIALECTS:
            for what, checker in ((["newHeads"], HeadChecker(start)), (["logs", {}], LogChecker())):
                one = member(self, sidecar, dialect)
                members.append((one, one.subscribe(what), checker))
        while self.counters(sidecar).get("feed_source", {}).get("lost", 0) < self.LOST:
            for mock in mocks:
                tip = mock.mine()
            self.assertLess(tip, HEAD + self.BLOCKS_MAX, "nothing is cut")
            for one, _, checker in members:
                one.read(1 if isinstance(checker, HeadChecker) else 0)  # not all at once
        logs = mocks[0].result("eth_getLogs", [{"fromBlock": hex(HEAD + 1)}])
        for one, mine, checker in members:
            one.read(0 if isinstance(checker, HeadChecker) else len(logs))
            for value in one.told[mine]:
                checker.take(value)
        for one, mine, checker in members:
            if isinstance(checker, HeadChecker):
                self.assertEqual(number_of(checker.heads[checker.tip]), tip)
            else:
                self.assertEqual(checker.present(), logs)
        self.assertNotIn("feed_gap", self.counters(sidecar))

    def test_B16_one_provider_that_closes_after_some_events(self):
        for fault in (
            {"kind": "ws_close", "code": 1001, "after_events": 37},
            {"kind": "ws_reset", "after_events": 29},
        ):
            with self.subTest(fault["kind"]):
                mock = self.mock()
                mock.control(fault)
                self.check(mock)

    def test_B16_two_providers_that_do(self):
        mocks = [self.mock(), self.mock()]
        for mock, count in zip(mocks, (37, 29)):
            mock.control({"kind": "ws_close", "code": 1012, "after_events": count})
        self.check(*mocks)


class PolledTest(FeedTestCase):
    """Two chains of the same blocks in one sidecar: events are told for one, and asked for of the
    other, whose provider has HTTP alone."""

    def pair(self, family):
        """(mock, client) of either."""
        mocks = [self.mock(family), self.mock(family)]
        chains = self.chain("told", family, self.source("a", mocks[0]))
        chains += self.chain("polled", family, self.source("b", mocks[1], "http"))
        sidecar = self.serve(chains=chains)
        clients = [
            self.client(sidecar, "ws over unix", path) for path in ("/told", "/v1/ws/polled")
        ]
        return mocks, clients

    def both(self, clients, method, *params):
        return [client.result(method, *params) for client in clients]

    def test_evm_events_are_the_same_by_polling(self):
        mocks, clients = self.pair("evm")
        heads = self.both(clients, "eth_subscribe", "newHeads")
        logs = self.both(clients, "eth_subscribe", "logs", {})
        checkers = [LogChecker(), LogChecker()]
        steps = ["mine", "mine", 1, "mine", 3, "mine"]  # a number: so deep a reorganisation
        for salt, step in enumerate(steps, start=1):
            for mock in mocks:
                mock.mine(2) if step == "mine" else mock.reorg(depth=step, salt=salt)
            self.assertEqual(*self.next_events(clients, heads, 2 if step == "mine" else step))
            wanted = mocks[0].result("eth_getLogs", [{"fromBlock": hex(HEAD + 1)}])
            for client, mine, checker in zip(clients, logs, checkers):
                while checker.present() != wanted:
                    checker.take(client.event(mine))
        self.assertEqual(checkers[0].told, checkers[1].told)
        self.assertEqual(mocks[1].ws_stats()["total"], 0)

    def next_events(self, clients, ids, count):
        return [client.events(mine, count) for client, mine in zip(clients, ids)]

    def test_pending_transactions_and_syncing_by_polling(self):
        mocks, clients = self.pair("evm")
        pending = self.both(clients, "eth_subscribe", "newPendingTransactions")
        syncing = self.both(clients, "eth_subscribe", "syncing")
        sent = [mock.result("eth_sendRawTransaction", [RAW_TRANSACTION]) for mock in mocks]
        self.assertEqual(self.next_events(clients, pending, 1), [sent[:1], sent[1:]])
        for mock in mocks:
            mock.control({"kind": "syncing", "blocks": 10})
        [told], [polled] = self.next_events(clients, syncing, 1)
        self.assertIs(told["syncing"], True)
        self.assertEqual(told, polled)
        for mock in mocks:
            mock.heal()
        self.assertEqual(self.next_events(clients, syncing, 1), [[False], [False]])

    def test_svm_events_are_the_same_by_polling(self):
        mocks, clients = self.pair("svm")
        config = {"commitment": "confirmed", "encoding": "base64"}
        roots = self.both(clients, "rootSubscribe")
        accounts = self.both(clients, "accountSubscribe", WALLET, config)
        mentions = self.both(clients, "logsSubscribe", {"mentions": [WALLET]}, config)
        for amount in (1_000_000, 2_000_000, 3_000_000):
            [signature, other] = [mock.result("requestAirdrop", [WALLET, amount]) for mock in mocks]
            self.assertEqual(signature, other)
            signed = self.both(clients, "signatureSubscribe", signature, config)
            for mock in mocks:
                for _ in range(3):
                    mine_slot(mock)
            [told], [polled] = self.next_events(clients, accounts, 1)
            self.assertEqual(told["value"], polled["value"])  # the slot is that of the asking
            [told], [polled] = self.next_events(clients, mentions, 1)
            self.assertEqual(told, polled)
            self.assertEqual(told["value"]["signature"], signature)
            [told], [polled] = self.next_events(clients, signed, 1)
            self.assertEqual(told["value"], polled["value"])
        self.assertEqual(*self.next_events(clients, roots, 3))
        self.assertEqual(mocks[1].ws_stats()["total"], 0)

    def test_what_cannot_be_polled_is_refused_at_once(self):
        _, [told, polled] = self.pair("svm")
        for method, params in (
            ("slotSubscribe", []),
            ("voteSubscribe", []),
            ("slotsUpdatesSubscribe", []),
            ("logsSubscribe", ["all"]),
        ):
            with self.subTest(method):
                told.result(method, *params)
                error = polled.call(method, params)["error"]
                self.assertEqual((error["data"]["name"], error["data"]["retryable"]),
                                 ("NO_UPSTREAM", False))  # fmt: skip


if __name__ == "__main__":
    unittest.main()
