"""What the dialects of JSON texts owe their subscribers, as the clients that exist need it: answers
before events, ids, what unsubscribing says, keepalives, close codes, paths and ports."""

import json
import os
import pathlib
import unittest

import ws_client
from feed_case import HEAD, TEXT_DIALECTS, FeedTestCase, mine_slot, number_of, numbers_of
from feed_checker import HeadChecker
from sidecar_process import wait_until
from ws_client import subscription_of

WS_DIALECTS = TEXT_DIALECTS[1:]
STRANGER = '"0x9f"'  # an id that nobody was given
WALLET = "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi"


def subscribing(call_id, *params, method="eth_subscribe"):
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": list(params)}


class AnswerTest(FeedTestCase):
    def test_the_answer_comes_before_the_first_event(self):
        mock = self.mock()
        mock.control({"kind": "late_subscribe", "ms": 100, "events_first": True})
        sidecar = self.serve(self.source("mock", mock), feed={"grace": "0ms"})
        for dialect in TEXT_DIALECTS:
            with self.subTest(dialect):
                opened = mock.ws_stats()["subscriptions"]["opened"]
                client = self.client(sidecar, dialect)
                client.send(subscribing("first", "newHeads"))
                wait_until(lambda: mock.ws_stats()["subscriptions"]["opened"] > opened)
                mock.mine(3)  # while the provider's own answer is out still

                reply = client.next()

                self.assertEqual(reply["id"], "first")
                tip = mock.mine(2)
                heads = HeadChecker()
                while heads.tip is None or number_of(heads.heads[heads.tip]) < tip:
                    heads.take(client.event(reply["result"]))
                client.leave()
                self.wait_open(0, mock)

    def test_the_answer_in_a_batch_comes_before_the_first_event(self):
        mock = self.mock()
        mock.control({"kind": "latency", "min_ms": 300, "methods": ["eth_gasPrice"]})
        sidecar = self.serve(self.source("mock", mock))
        keeper = self.client(sidecar, "json-ipc")
        kept = keeper.result("eth_subscribe", "newHeads")
        for dialect in TEXT_DIALECTS:
            with self.subTest(dialect):
                client = self.client(sidecar, dialect)
                asked = mock.stats()["by_method"].get("eth_gasPrice", 0)
                late = {"jsonrpc": "2.0", "id": 8, "method": "eth_gasPrice", "params": []}
                client.send([subscribing(7, "newHeads"), late])
                wait_until(lambda: mock.stats()["by_method"].get("eth_gasPrice", 0) > asked)
                tip = mock.mine(2)
                self.assertEqual(numbers_of(keeper.events(kept, 2)), [tip - 1, tip])

                batch = client.next()

                self.assertEqual([one["id"] for one in batch], [7, 8])
                told = client.events(batch[0]["result"], 2)
                self.assertEqual(numbers_of(told), [tip - 1, tip])


class IdsTest(FeedTestCase):
    def subscribed(self, *arguments):
        """A client in each dialect with two equal subscriptions: [(client, [id, id])]."""
        sidecar = self.serve(self.source("mock", self.mocks[0]), *arguments)
        found = []
        for dialect in TEXT_DIALECTS:
            client = self.client(sidecar, dialect)
            ids = [client.result("eth_subscribe", "newHeads") for _ in range(2)]
            found.append((client, ids))
        return found

    def test_evm_ids_are_hex_strings_and_each_tells_every_event_once(self):
        self.mocks = [self.mock()]
        subscribed = self.subscribed()
        every = [one for _, ids in subscribed for one in ids]

        self.assertEqual(len(set(every)), len(every))
        for one in every:
            self.assertRegex(one, "^0x[0-9a-f]+$")
        self.mocks[0].mine(2)
        for client, ids in subscribed:
            told = [client.next() for _ in range(4)]
            self.assertEqual(sorted(map(subscription_of, told)), sorted(ids * 2))
            for mine in ids:
                heads = [one["params"]["result"] for one in told if subscription_of(one) == mine]
                self.assertEqual(numbers_of(heads), [HEAD + 1, HEAD + 2])
            self.assertEqual({one["method"] for one in told}, {"eth_subscription"})

    def test_svm_ids_are_numbers(self):
        mock = self.mock("svm")
        sidecar = self.serve(self.source("mock", mock), family="svm")
        ids = []
        for dialect in TEXT_DIALECTS:
            client = self.client(sidecar, dialect)
            for method in ("slotSubscribe", "rootSubscribe"):
                ids.append(client.result(method))
            slot = mine_slot(mock)
            event = client.next_where(lambda one: one.get("method") == "slotNotification")
            self.assertEqual(event["params"]["subscription"], ids[-2])
            self.assertEqual(event["params"]["result"]["slot"], slot)
        self.assertEqual({type(one) for one in ids}, {int})
        self.assertEqual(len(set(ids)), len(ids))

    def test_ids_survive_a_failover_and_so_do_connections(self):
        self.mocks = [self.mock(), self.mock()]
        subscribed = self.subscribed(self.source("other", self.mocks[1]))
        checkers = [[HeadChecker() for _ in ids] for _, ids in subscribed]
        for _ in range(2):
            self.wait_open(1, *self.mocks)
            is_first = self.mocks[0].ws_stats()["subscriptions_open"] > 0
            lead, other = self.mocks if is_first else self.mocks[::-1]
            for mock in self.mocks:
                mock.mine(2)
            lead.control("refuse")
            for mock in self.mocks:
                tip = mock.mine(3)
            self.wait_open(1, other)
            for (client, ids), mine in zip(subscribed, checkers):
                for one, heads in zip(ids, mine):
                    while heads.tip is None or number_of(heads.heads[heads.tip]) < tip:
                        heads.take(client.event(one))
                self.assertIsNone(client.end)
                self.assertFalse(client.messages)
            lead.heal()
        for mine in checkers:
            for heads in mine:
                self.assertEqual(numbers_of(heads.present()), list(range(HEAD + 1, HEAD + 11)))

    def test_evm_unsubscribing_says_true_or_false_and_ends_ones_own_alone(self):
        self.mocks = [self.mock()]
        subscribed = self.subscribed()
        for at, (client, (gone, kept)) in enumerate(subscribed):
            foreign = subscribed[at - 1][1][1]
            say = lambda *params: client.result("eth_unsubscribe", *params)
            self.assertIs(say(gone), True)
            self.assertIs(say(gone), False)
            self.assertIs(say(foreign), False)
            for wrong in (json.loads(STRANGER), kept.upper(), 1, None, [kept], {}):
                self.assertIs(say(wrong), False, wrong)
            self.assertIs(say(), False)
        self.mocks[0].mine()
        for client, (gone, kept) in subscribed:
            self.assertEqual(number_of(client.event(kept)), HEAD + 1)
            client.result("eth_chainId")
            self.assertFalse(client.messages, "an event of what was given up")

    def test_svm_unsubscribing_says_true_or_that_there_is_none(self):
        mock = self.mock("svm")
        sidecar = self.serve(self.source("mock", mock), family="svm")
        clients = [self.client(sidecar, dialect) for dialect in TEXT_DIALECTS]
        ids = [client.result("slotSubscribe") for client in clients]
        for at, client in enumerate(clients):
            for wrong in (ids[at - 1], 999_999, str(ids[at]), None):
                error = client.call("slotUnsubscribe", [wrong])["error"]
                self.assertEqual((error["code"], "result" in error), (-32602, False), error)
        slot = mine_slot(mock)
        for client, mine in zip(clients, ids):
            self.assertEqual(client.event(mine)["slot"], slot)
            self.assertIs(client.result("slotUnsubscribe", mine), True)
            self.assertEqual(client.call("slotUnsubscribe", [mine])["error"]["code"], -32602)

    def test_a_signature_is_told_once_and_its_subscription_is_over(self):
        mock = self.mock("svm")
        sidecar = self.serve(self.source("mock", mock), family="svm", feed={"grace": "1h"})
        for dialect in TEXT_DIALECTS:
            with self.subTest(dialect):
                client = self.client(sidecar, dialect)
                signature = mock.result("requestAirdrop", [WALLET, 1_000])
                mine = client.result("signatureSubscribe", signature, {"commitment": "processed"})
                mock.mine(3)

                self.assertIsNone(client.event(mine)["value"]["err"])
                error = client.call("signatureUnsubscribe", [mine])["error"]
                self.assertEqual(error["code"], -32602)
                self.assertFalse(client.messages)
        self.wait_open(0, mock)


class KeepaliveTest(FeedTestCase):
    def test_pings_are_answered_beside_events(self):
        """Of the client's three kinds: a Ping frame, a request without an id, one with null."""
        mock = self.mock()
        sidecar = self.serve(self.source("mock", mock))
        for dialect in WS_DIALECTS:
            with self.subTest(dialect):
                client = self.client(sidecar, dialect)
                heads = client.result("eth_subscribe", "newHeads")
                payload = os.urandom(125)
                client.send_frame(ws_client.PING, payload)
                self.assertEqual(client.read_frame(), (ws_client.PONG, True, payload))
                client.send({"jsonrpc": "2.0", "method": "ping"})
                client.send({"jsonrpc": "2.0", "id": None, "method": "net_version", "params": []})
                self.assertEqual(client.next(), {"jsonrpc": "2.0", "id": None, "result": "1"})
                tip = mock.mine()
                self.assertEqual(number_of(client.event(heads)), tip)
                self.assertFalse(client.messages)
        self.assertNotIn("ping", mock.stats()["by_method"])

    def test_notifications_over_json_ipc_are_answered_by_nothing(self):
        mock = self.mock()
        client = self.client(self.serve(self.source("mock", mock)), "json-ipc")
        client.send({"jsonrpc": "2.0", "method": "ping"})
        client.send({"jsonrpc": "2.0", "method": "eth_subscribe", "params": ["newHeads"]})
        client.send({"jsonrpc": "2.0", "id": None, "method": "net_version"})

        self.assertEqual(client.next(), {"jsonrpc": "2.0", "id": None, "result": "1"})
        self.assertEqual(mock.ws_stats()["subscriptions"]["opened"], 0)

    def test_no_extension_is_agreed_and_a_close_is_echoed(self):
        mock = self.mock()
        sidecar = self.serve(self.source("mock", mock))
        for address in (sidecar.http_address, sidecar.socket):
            offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
            client = ws_client.WebSocket(address, headers=[offer])
            self.addCleanup(client.leave)
            client.result("eth_subscribe", "newHeads")
            self.assertEqual(client.close(1000), 1000)
        self.assert_none_leaked(mock)


class CloseTest(FeedTestCase):
    def test_workers_are_closed_on_shutdown_alone_and_with_1012(self):
        mocks = [self.mock(), self.mock()]
        sidecar = self.serve(*(self.source(f"mock{at}", mock) for at, mock in enumerate(mocks)))
        clients = [self.client(sidecar, dialect) for dialect in TEXT_DIALECTS]
        ids = [client.result("eth_subscribe", "newHeads") for client in clients]
        checkers = [HeadChecker() for _ in clients]

        def check():
            """All are told of one block more."""
            for mock in mocks:
                tip = mock.mine()
            for client, mine, heads in zip(clients, ids, checkers):
                while heads.tip is None or number_of(heads.heads[heads.tip]) < tip:
                    heads.take(client.event(mine))

        check()
        for code in (1000, 1001, 1011, 1012, 1013):
            for mock in mocks:
                mock.close_sockets(code)
            check()
        for mock in mocks:
            mock.reset_sockets()
            mock.control("refuse")
        wait_until(lambda: self.counters(sidecar)["feed_source"].get("refused", 0) > 1)
        for mock in mocks:
            mock.heal()
        check()
        self.assertEqual([client.end for client in clients], [None] * 3)
        self.assertEqual(sidecar.stop(), 0)

        self.assertEqual([client.wait_end() for client in clients], ["fin", 1012, 1012])


class PathsTest(FeedTestCase):
    def test_a_chain_is_chosen_by_its_path(self):
        mocks = [self.mock(), self.mock("evm", "--seed", 2), self.mock("svm")]
        chains = "".join(
            self.chain(name, mock.family, self.source(name, mock))
            for name, mock in zip(("one", "two", "sol"), mocks)
        )
        sidecar = self.serve(chains=chains)
        places = {
            ("/", "eth_subscribe"): mocks[0],
            ("/one", "eth_subscribe"): mocks[0],
            ("/v1/ws/one", "eth_subscribe"): mocks[0],
            ("/two", "eth_subscribe"): mocks[1],
            ("/v1/ws/two", "eth_subscribe"): mocks[1],
            ("/", "slotSubscribe"): mocks[2],
            ("/v1/ws/sol", "slotSubscribe"): mocks[2],
        }
        for dialect in WS_DIALECTS:
            for (path, method), mock in places.items():
                with self.subTest(f"{dialect} {path} {method}"):
                    client = self.client(sidecar, dialect, path)
                    is_evm = method == "eth_subscribe"
                    mine = client.result(method, *(["newHeads"] if is_evm else []))
                    tip = mine_slot(mock)
                    event = client.event(mine)
                    if is_evm:
                        digest = mock.result("eth_getBlockByNumber", [hex(tip), False])["hash"]
                        self.assertEqual(event["hash"], digest)
                    else:
                        self.assertEqual(event["slot"], tip)
            with self.subTest(f"{dialect}, another family's"):
                client = self.client(sidecar, dialect, "/sol")
                self.assertIn("error", client.call("eth_subscribe", ["newHeads"]))
            for path in ("/three", "/v1/ws/three", "/v1/ws", "/v1/ws/", "/one/two"):
                with self.subTest(f"{dialect} {path}"):
                    with self.assertRaises(ws_client.Refused) as refused:
                        self.client(sidecar, dialect, path)
                    self.assertEqual(refused.exception.status, 404)

    @staticmethod
    def listening_ports(process):
        """TCP ports that it listens on."""
        inodes = set()
        for fd in os.listdir(f"/proc/{process.pid}/fd"):
            inodes.add(os.readlink(f"/proc/{process.pid}/fd/{fd}"))
        rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sorted(
            int(row[1].partition(":")[2], 16)
            for row in rows
            if row[3] == "0A" and f"socket:[{row[9]}]" in inodes
        )

    def test_with_solana_the_next_port_serves_websocket_too_unless_it_is_not_wanted(self):
        mock, other = self.mock("svm"), self.mock()
        svm, evm = self.source("mock", mock), self.source("other", other)
        for family, source, http, count in (
            ("svm", svm, {}, 2),
            ("svm", svm, {"ws_next_port": True}, 2),
            ("svm", svm, {"ws_next_port": False}, 1),
            ("evm", evm, {}, 1),
        ):
            with self.subTest(family=family, http=http):
                sidecar = self.serve(source, family=family, http=http)
                host, _, port = sidecar.http_address.rpartition(":")
                ports = [int(port) + at for at in range(count)]
                self.assertEqual(self.listening_ports(sidecar), ports)
                for port in ports if family == "svm" else ():
                    for path in ("/", "/dev", "/v1/ws/dev"):
                        client = ws_client.WebSocket(f"{host}:{port}", path)
                        self.addCleanup(client.leave)
                        mine = client.result("slotSubscribe")
                        slot = mine_slot(mock)
                        self.assertEqual(client.event(mine)["slot"], slot)


if __name__ == "__main__":
    unittest.main()
