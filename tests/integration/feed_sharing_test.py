"""What many workers subscribe to is asked of the provider once, by whoever comes first, until the
last one has left."""

import time
import unittest

import frames
from feed_case import DIALECTS, HEAD, TEXT_DIALECTS, FeedTestCase, member, number_of, numbers_of
from sidecar_process import IS_SANITIZED, wait_until

CLIENTS_PER_DIALECT = 10
SUBSCRIPTIONS_PER_CLIENT = 4 if IS_SANITIZED else 25  # 1,000 in all
ADDRESS = "0x" + "aB" * 20
OTHER = "0x" + "0f" * 20


class SharingTest(FeedTestCase):
    def test_D26_equal_subscriptions_of_all_dialects_are_one_upstream(self):
        mock = self.mock()
        sidecar = self.serve(self.source("mock", mock), feed={"grace": "300ms"})
        members = {}
        for dialect in DIALECTS:
            for _ in range(CLIENTS_PER_DIALECT):
                one = member(self, sidecar, dialect)
                members[one] = [
                    one.subscribe(["newHeads"]) for _ in range(SUBSCRIPTIONS_PER_CLIENT)
                ]
        mock.mine(3)
        for one, ids in members.items():
            one.read(3 * len(ids))
            for each in ids:
                self.assertEqual(numbers_of(one.told[each]), [HEAD + 1, HEAD + 2, HEAD + 3])
        self.check_upstream(mock, opened=1)
        self.assertEqual(self.counters(sidecar)["feed_event"], {"newHeads": 3})

        *leaving, last = members
        for at, one in enumerate(leaving):  # by their own word, or none
            for each in members[one] if at % 2 else ():
                self.assertIs(one.unsubscribe(each), True)
            one.leave()
        mock.mine()
        last.read(len(members[last]))
        self.check_upstream(mock, opened=1)
        before = time.monotonic()
        for each in members[last]:
            last.unsubscribe(each)
        self.wait_open(0, mock)
        self.assertGreaterEqual(time.monotonic() - before, 0.3)
        self.assert_none_leaked(mock)
        self.assertEqual(mock.ws_stats()["subscriptions"]["unsubscribed"], 1)

    def check_upstream(self, mock, opened):
        stats = mock.ws_stats()
        self.assertEqual(stats["subscriptions"]["opened"], opened, stats)
        self.assertEqual(stats["subscriptions_open"], opened, stats)
        self.assertEqual(stats["subscriptions_open_max_per_key"], 1, stats)

    def test_what_is_the_same_in_other_words_is_one_upstream(self):
        mock = self.mock()
        sidecar = self.serve(self.source("mock", mock))
        topic = "0x" + "cD" * 32
        same = [
            {"address": [ADDRESS, OTHER], "topics": [None, [topic, "0x" + "00" * 32]]},
            {"topics": [None, ["0x" + "00" * 32, topic.lower()]], "address": [OTHER, ADDRESS]},
            {"address": [OTHER, ADDRESS.lower(), ADDRESS],
             "topics": [None, [topic, "0x" + "00" * 32]], "fromBlock": "0x1"},
        ]  # fmt: skip
        others = [{}, {"address": OTHER}, {"address": [OTHER], "topics": [topic]}]
        for dialect, words in zip(DIALECTS, same):
            member(self, sidecar, dialect).subscribe(["logs", words])
        self.check_upstream(mock, opened=1)
        for words in others:
            member(self, sidecar, "json-ipc").subscribe(["logs", words])
        self.check_upstream(mock, opened=4)

    def test_racing_first_subscribers_open_one(self):
        mock = self.mock()
        mock.control({"kind": "late_subscribe", "ms": 300, "events_first": False})
        sidecar = self.serve(self.source("mock", mock))
        clients = [self.client(sidecar, dialect) for dialect in TEXT_DIALECTS * 3]
        framed = [self.framed(sidecar) for _ in range(3)]
        wanted = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
        for client in clients:
            client.send(wanted)
        for client in framed:
            client.send(frames.encode_subscribe(1, "eth_subscribe", ["newHeads"]))

        ids = [client.next()["result"] for client in clients]
        for client in framed:
            self.assertIsNone(client.finish(1).error)

        self.assertEqual(len(set(ids)), len(ids))
        self.check_upstream(mock, opened=1)
        mock.mine()
        for client, mine in zip(clients, ids):
            self.assertEqual(number_of(client.event(mine)), HEAD + 1)
        for client in framed:
            self.assertEqual(number_of(client.next_event().json()), HEAD + 1)

    def test_who_comes_within_the_grace_finds_it_open(self):
        mock = self.mock()
        sidecar = self.serve(self.source("mock", mock), feed={"grace": "1h"})
        for number, dialect in enumerate(DIALECTS * 2, start=1):
            one = member(self, sidecar, dialect)
            mine = one.subscribe(["newHeads"])
            mock.mine()
            one.read(1)
            self.assertEqual(numbers_of(one.told[mine]), [HEAD + number])
            self.assertIs(one.unsubscribe(mine), True)
            one.leave()
        self.check_upstream(mock, opened=1)


class LeavingTest(FeedTestCase):
    def test_B18_who_leaves_before_the_answer_leaves_nothing_behind(self):
        mock = self.mock()
        mock.control({"kind": "late_subscribe", "ms": 200, "events_first": True})
        sidecar = self.serve(self.source("mock", mock), feed={"grace": "0ms"})
        for at, dialect in enumerate(TEXT_DIALECTS):
            client = self.client(sidecar, dialect)
            filter_ = {"address": f"0x{at:040x}"}
            client.send({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe",
                         "params": ["logs", filter_]})  # fmt: skip
            wait_until(lambda: mock.ws_stats()["subscriptions"]["opened"] > at)
            client.leave()
        with sidecar.framed() as framed:
            framed.send(frames.encode_subscribe(1, "eth_subscribe", ["newHeads"]))
            wait_until(lambda: mock.ws_stats()["subscriptions"]["opened"] == 4)
        self.assert_none_leaked(mock)
        self.assertEqual(mock.ws_stats()["subscriptions"]["unsubscribed"], 4)

    def test_B18_nothing_is_left_of_many_that_came_and_went(self):
        """Solana's and EVM's kinds, over all dialects, while the provider is lost now and then."""
        mocks = [self.mock(), self.mock("svm")]
        chains = "".join(
            self.chain(mock.family, mock.family, self.source("mock", mock)) for mock in mocks
        )
        sidecar = self.serve(chains=chains)
        kinds = [
            ("eth_subscribe", ["newHeads"]), ("eth_subscribe", ["logs", {}]),
            ("eth_subscribe", ["newPendingTransactions"]), ("eth_subscribe", ["syncing"]),
            ("slotSubscribe", []), ("rootSubscribe", []), ("voteSubscribe", []),
            ("accountSubscribe", ["1" * 32]), ("logsSubscribe", ["all"]),
        ]  # fmt: skip
        for round_ in range(4):
            clients = []
            for dialect in TEXT_DIALECTS:
                client = self.client(sidecar, dialect)
                ids = [(method, client.result(method, *params)) for method, params in kinds]
                clients.append((client, ids))
            self.wait_open(4, mocks[0])
            self.wait_open(5, mocks[1])
            for mock in mocks:
                mock.mine()
                if round_ % 2:
                    mock.close_sockets(1011)
            for client, ids in clients:
                if round_ < 2:
                    for method, mine in ids:
                        undone = method.replace("ubscribe", "nsubscribe").replace("Sn", "Un")
                        undone = undone.replace("_sn", "_un")
                        self.assertIs(client.result(undone, mine), True)
                client.leave()
            self.wait_open(0, *mocks)
        for mock in mocks:
            stats = mock.ws_stats()
            self.assertEqual(stats["subscriptions"]["leaked"], 0, stats)
            self.assertEqual(stats["subscriptions_open_max_per_key"], 1, stats)
        fds = sidecar.fds_at_start + 4 * len(mocks)
        wait_until(lambda: sidecar.fd_count() <= fds)


if __name__ == "__main__":
    unittest.main()
