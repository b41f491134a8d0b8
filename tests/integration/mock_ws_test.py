"""The mock provider's WebSockets: subscriptions, their order, faults, reorganisations and counts,
as a client with no cleverness sees them."""

import contextlib
import json
import unittest

import mock_provider
import ws_client
from raw_transaction import RAW_TRANSACTION
from sidecar_process import wait_until

HEAD = 1_000
SYSTEM_PROGRAM = "1" * 32
TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
ROOT_LAG = 32
HEAD_FIELDS = {
    "baseFeePerGas", "blobGasUsed", "difficulty", "excessBlobGas", "extraData", "gasLimit",
    "gasUsed", "hash", "logsBloom", "miner", "mixHash", "nonce", "number", "parentBeaconBlockRoot",
    "parentHash", "receiptsRoot", "sha3Uncles", "stateRoot", "timestamp", "transactionsRoot",
    "withdrawalsRoot",
}  # fmt: skip


def number_of(block):
    return int(block["number"], 16)


class MockWsTest(unittest.TestCase):
    def start(self, family="evm", *arguments, head=HEAD, **more):
        """One whose blocks come by mine() only."""
        return self.start_as(family, "--manual-blocks", "--head", head, *arguments, **more)

    def start_as(self, family, *arguments, **more):
        provider = mock_provider.MockProvider.start(None, family, *arguments, **more)
        self.addCleanup(provider.stop)
        return provider

    def connect(self, provider, path="/"):
        client = provider.ws(path)
        self.addCleanup(client.leave)
        return client

    def subscribe(self, provider, *what):
        """A connection of its own with one subscription of eth_subscribe."""
        client = self.connect(provider)
        return client, client.result("eth_subscribe", *what)


class EvmFeedsTest(MockWsTest):
    def test_calls_and_batches_are_answered_as_over_http(self):
        provider = self.start()
        client = self.connect(provider, "/some/path?key=1")

        self.assertEqual(client.result("eth_blockNumber"), hex(HEAD))
        client.send([
            {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"},
            {"jsonrpc": "2.0", "id": None, "method": "net_version"},
            {"jsonrpc": "2.0", "method": "eth_chainId"},
        ])
        self.assertEqual([one["id"] for one in client.next()], ["a", None])
        client.send_text("{")
        self.assertEqual(client.next()["error"]["code"], -32700)
        self.assertEqual(
            client.call("eth_getBlockByNumber", [hex(HEAD), True])["result"],
            provider.result("eth_getBlockByNumber", [hex(HEAD), True]),
        )
        self.assertEqual(provider.call("eth_subscribe", ["newHeads"])["error"]["code"], -32601)

    def test_heads_are_the_headers_of_the_blocks(self):
        provider = self.start()
        client, heads = self.subscribe(provider, "newHeads")
        self.assertRegex(heads, "^0x[0-9a-f]+$")

        provider.mine(3)

        told = client.events(heads, 3)
        self.assertEqual([number_of(one) for one in told], [HEAD + 1, HEAD + 2, HEAD + 3])
        for head in told:
            self.assertEqual(set(head), HEAD_FIELDS)
            block = provider.result("eth_getBlockByHash", [head["hash"], False])
            self.assertEqual(head, {key: block[key] for key in head})
        self.assertEqual(told[1]["parentHash"], told[0]["hash"])

    def test_logs_are_those_of_get_logs_after_their_head(self):
        provider = self.start()
        logs_of = lambda **wanted: provider.result("eth_getLogs", [wanted])
        blocks = {"fromBlock": hex(HEAD + 1), "toBlock": hex(HEAD + 6)}
        client = self.connect(provider)
        every = client.result("eth_subscribe", "logs", {})

        provider.mine(6)

        whole = logs_of(**blocks)
        self.assertGreater(len(whole), 6)
        self.assertEqual(client.events(every, len(whole)), whole)
        client = self.connect(provider)
        token, topic = whole[0]["address"], whole[0]["topics"][1]
        upper = "0x" + token[2:].upper()
        by_address = client.result("eth_subscribe", "logs", {"address": [upper]})
        by_topic = client.result("eth_subscribe", "logs", {"topics": [None, [topic]]})
        provider.mine(40)
        blocks = {"fromBlock": hex(HEAD + 7), "toBlock": hex(HEAD + 46)}
        wanted = logs_of(address=token, **blocks)
        self.assertEqual(client.events(by_address, len(wanted)), wanted)
        for log in logs_of(topics=[None, topic], **blocks):
            self.assertEqual(client.event(by_topic), log)

    def test_one_block_tells_its_head_first_and_then_its_logs(self):
        provider = self.start()
        client = self.connect(provider)
        logs = client.result("eth_subscribe", "logs")
        heads = client.result("eth_subscribe", "newHeads")

        provider.mine(4)
        count = len(provider.result("eth_getLogs", [{"fromBlock": hex(HEAD + 1)}]))

        seen = [client.next()["params"] for _ in range(4 + count)]
        newest = HEAD
        for event in seen:
            if event["subscription"] == heads:
                newest = number_of(event["result"])
            else:
                self.assertEqual(event["subscription"], logs)
                self.assertEqual(int(event["result"]["blockNumber"], 16), newest)
        self.assertEqual(newest, HEAD + 4)

    def test_pending_transactions_are_told_before_their_block(self):
        provider = self.start()
        client = self.connect(provider)
        hashes = client.result("eth_subscribe", "newPendingTransactions")
        whole = client.result("eth_subscribe", "newPendingTransactions", True)
        heads = client.result("eth_subscribe", "newHeads")

        sent = client.result("eth_sendRawTransaction", RAW_TRANSACTION)
        self.assertEqual(client.event(hashes), sent)
        self.assertEqual(client.event(whole)["hash"], sent)
        provider.mine(2)

        expected = provider.result("eth_getBlockByNumber", [hex(HEAD + 2), True])["transactions"]
        told = client.events(hashes, len(expected))
        self.assertEqual(told, [one["hash"] for one in expected])
        for transaction in expected:
            pending = client.event(whole)
            self.assertEqual(pending["hash"], transaction["hash"])
            self.assertIsNone(pending["blockHash"])
        self.assertEqual([number_of(one) for one in client.events(heads, 2)], [HEAD + 1, HEAD + 2])

    def test_a_node_that_falls_out_of_step_says_so(self):
        provider = self.start()
        client, syncing = self.subscribe(provider, "syncing")

        provider.control({"kind": "syncing", "blocks": 10})
        event = client.event(syncing)
        self.assertIs(event["syncing"], True)
        self.assertEqual(event["status"]["currentBlock"], hex(HEAD - 10))
        provider.heal()
        self.assertIs(client.event(syncing), False)

    def test_unsubscribing_ends_ones_own_alone(self):
        provider = self.start()
        client, heads = self.subscribe(provider, "newHeads")
        other, others = self.subscribe(provider, "newHeads")
        again = client.result("eth_subscribe", "newHeads")
        self.assertEqual(len({heads, others, again}), 3)

        self.assertIn("error", client.call("eth_unsubscribe", [others]))
        self.assertIs(client.result("eth_unsubscribe", heads), True)
        self.assertIn("error", client.call("eth_unsubscribe", [heads]))

        provider.mine()
        self.assertEqual(number_of(other.event(others)), HEAD + 1)
        self.assertEqual(number_of(client.event(again)), HEAD + 1)
        self.assertTrue(client.is_silent_for(0.1))

    def test_what_cannot_be_subscribed_to_is_refused(self):
        client = self.connect(self.start())

        code = lambda *params: client.call("eth_subscribe", params)["error"]["code"]
        self.assertEqual(code("newThings"), -32601)
        self.assertEqual(code(), -32602)
        self.assertEqual(code("logs", {"address": "0x12"}), -32602)
        self.assertEqual(client.call("slotSubscribe")["error"]["code"], -32601)

    def test_by_the_clock_blocks_come_by_themselves(self):
        provider = self.start_as("evm", "--block-time", "50ms")
        client = self.connect(provider)
        heads = client.result("eth_subscribe", "newHeads")
        pending = client.result("eth_subscribe", "newPendingTransactions")

        told = client.events(heads, 5)

        self.assertEqual(
            [number_of(one) for one in told],
            list(range(number_of(told[0]), number_of(told[0]) + 5)),
        )
        self.assertRegex(client.event(pending), "^0x[0-9a-f]{64}$")

    def test_two_of_one_seed_are_one_chain_also_when_stepped_by_hand(self):
        one, other = self.start(), self.start()
        feeds = [self.subscribe(provider, "newHeads") for provider in (one, other)]
        for provider in (one, other):
            provider.mine(2)

        told = [client.events(heads, 2) for client, heads in feeds]

        self.assertEqual(told[0], told[1])


class ReorgTest(MockWsTest):
    def test_the_new_branch_is_told_in_order_after_what_was_orphaned(self):
        provider = self.start()
        client = self.connect(provider)
        heads = client.result("eth_subscribe", "newHeads")
        logs = client.result("eth_subscribe", "logs", {})
        provider.mine(6)
        before = client.events(heads, 6)
        blocks = {"fromBlock": hex(HEAD + 4), "toBlock": hex(HEAD + 6)}
        old_logs = provider.result("eth_getLogs", [blocks])
        client.messages.clear()
        while not client.is_silent_for(0.1):
            client.messages.clear()

        done = provider.reorg(at=HEAD + 4, salt=7)

        self.assertEqual(done, {"head": HEAD + 6, "at": HEAD + 4})
        after = client.events(heads, 3)
        self.assertEqual([number_of(one) for one in after], [HEAD + 4, HEAD + 5, HEAD + 6])
        self.assertEqual(after[0]["parentHash"], before[2]["hash"])
        self.assertEqual(after[1]["parentHash"], after[0]["hash"])
        self.assertTrue({one["hash"] for one in after}.isdisjoint(one["hash"] for one in before))
        new_logs = provider.result("eth_getLogs", [blocks])
        told = client.events(logs, len(old_logs) + len(new_logs))
        removed = [{**one, "removed": True} for one in reversed(old_logs)]
        self.assertEqual(told, removed + new_logs)
        self.assertNotEqual(
            [(one["transactionHash"], one["data"]) for one in old_logs],
            [(one["transactionHash"], one["data"]) for one in new_logs],
        )
        survivors = {one["transactionHash"] for one in old_logs} & {
            one["transactionHash"] for one in new_logs
        }
        self.assertTrue(survivors)

        provider.mine()
        self.assertEqual(client.event(heads)["parentHash"], after[-1]["hash"])

    def test_later_queries_see_the_new_branch_and_orphans_by_their_hash(self):
        provider = self.start()
        ask = provider.result
        old = ask("eth_getBlockByNumber", [hex(HEAD), True])
        old_logs = ask("eth_getLogs", [{"blockHash": old["hash"]}])
        receipts = ask("eth_getBlockReceipts", [old["hash"]])

        provider.reorg(depth=2)

        new = ask("eth_getBlockByNumber", ["latest", True])
        self.assertEqual(new["number"], old["number"])
        self.assertNotEqual(new["hash"], old["hash"])
        self.assertEqual(ask("eth_getBlockByHash", [new["hash"], True]), new)
        self.assertEqual(ask("eth_getBlockByHash", [old["hash"], True]), old)
        self.assertEqual(ask("eth_getLogs", [{"blockHash": old["hash"]}]), old_logs)
        self.assertEqual(ask("eth_getBlockReceipts", [old["hash"]]), receipts)
        for transaction in new["transactions"]:
            found = ask("eth_getTransactionByHash", [transaction["hash"]])
            self.assertEqual(found["blockHash"], new["hash"])
        kept = {one["hash"] for one in new["transactions"]}
        for transaction in old["transactions"]:
            found = ask("eth_getTransactionReceipt", [transaction["hash"]])
            self.assertEqual(found is not None, transaction["hash"] in kept)
        parent = ask("eth_getBlockByHash", [new["parentHash"], False])
        self.assertEqual(number_of(parent), HEAD - 1)
        unborn = ask("eth_getBlockByNumber", [hex(HEAD + 1), False])
        self.assertIsNone(unborn)

    def test_mocks_told_the_same_agree_and_others_do_not(self):
        one, other, third = self.start(), self.start(), self.start()
        other.mine(2)
        for provider in (one, other):
            provider.reorg(at=HEAD - 5, salt=1)
            provider.reorg(at=HEAD - 2, salt=2)
        third.reorg(at=HEAD - 2, salt=2)
        one.mine(2)
        third.mine(2)

        chain = lambda provider: [
            provider.result("eth_getBlockByNumber", [hex(number), False])["hash"]
            for number in range(HEAD - 7, HEAD + 3)
        ]
        self.assertEqual(chain(one), chain(other))
        self.assertEqual(chain(one)[:2], chain(third)[:2])
        self.assertTrue(set(chain(one)[2:]).isdisjoint(chain(third)[2:]))

    def test_filters_that_are_polled_tell_of_it_too(self):
        provider = self.start()
        blocks = provider.result("eth_newBlockFilter")
        logs = provider.result("eth_newFilter", [{}])
        provider.mine(3)
        provider.result("eth_getFilterChanges", [blocks])
        old_logs = provider.result("eth_getFilterChanges", [logs])[-1:]
        gone = provider.result("eth_getLogs", [{"fromBlock": hex(HEAD + 3)}])

        provider.reorg(depth=1)

        new = provider.result("eth_getBlockByNumber", ["latest", False])
        self.assertEqual(provider.result("eth_getFilterChanges", [blocks]), [new["hash"]])
        changes = provider.result("eth_getFilterChanges", [logs])
        removed = [{**one, "removed": True} for one in reversed(gone)]
        new_logs = provider.result("eth_getLogs", [{"fromBlock": hex(HEAD + 3)}])
        self.assertEqual(changes, removed + new_logs)
        self.assertEqual(old_logs, gone[-1:])

    def test_wrong_actions_are_refused(self):
        provider = self.start()
        for action, words in (
            ({"reorg": {"at": HEAD + 1}}, "at: want a block"),
            ({"reorg": {"at": 5, "depth": 1}}, "reorg.at"),
            ({"reorg": {"deep": 1}}, "reorg.deep"),
            ({"reorg": 3}, "reorg: an action is an object"),
            ({"mine": {"count": 0}}, "mine.count"),
            ({"mine": {}, "faults": []}, "goes alone"),
            ({"close_sockets": {"code": 3}}, "close_sockets.code"),
        ):
            with self.subTest(action=action):
                status, text = provider.page("POST", "/control", json.dumps(action))
                self.assertEqual(status, 400)
                self.assertIn(words, text)
        by_the_clock = self.start_as("svm")
        for action in ({"mine": {}}, {"reorg": {"at": 1}}):
            self.assertEqual(by_the_clock.page("POST", "/control", json.dumps(action))[0], 400)


class SvmFeedsTest(MockWsTest):
    def setUp(self):
        self.provider = self.start("svm")
        self.client = self.connect(self.provider)

    def wallets(self):
        """Some that pay in the next slots: the payers of the newest blocks."""
        slot = self.provider.result("getSlot", [{"commitment": "confirmed"}])
        block = self.block(slot)
        return [one["transaction"]["message"]["accountKeys"][0] for one in block["transactions"]]

    def block(self, slot):
        return self.provider.result("getBlock", [slot, {"commitment": "confirmed"}])

    def slots(self, first, last, commitment="confirmed"):
        return self.provider.result("getBlocks", [first, last, {"commitment": commitment}])

    def test_slots_and_roots(self):
        slots = self.client.result("slotSubscribe")
        roots = self.client.result("rootSubscribe")
        self.assertEqual([slots, roots], [0, 1])
        head = self.provider.result("getSlot", [{"commitment": "processed"}])
        root = self.provider.result("getSlot")

        self.provider.mine(70)

        blocks = self.slots(head + 1, HEAD + 69)
        told = self.client.events(slots, len(blocks))
        self.assertEqual([one["slot"] for one in told], blocks)
        self.assertEqual([one["parent"] for one in told], [head] + blocks[:-1])
        self.assertLess(len(blocks), 69)  # some are skipped
        rooted = self.slots(root + 1, HEAD + 70 - ROOT_LAG, "finalized")
        self.assertEqual(self.client.events(roots, len(rooted)), rooted)
        self.assertTrue(all(one["root"] <= one["slot"] - ROOT_LAG for one in told))

    def test_logs_by_mention_have_several_events_in_one_slot(self):
        confirmed = {"commitment": "confirmed"}
        every = self.client.result("logsSubscribe", "all", confirmed)
        system = self.client.result("logsSubscribe", {"mentions": [SYSTEM_PROGRAM]}, confirmed)
        wallet = self.wallets()[0]
        mine = self.client.result("logsSubscribe", {"mentions": [wallet]}, confirmed)
        first = self.provider.result("getSlot", [confirmed]) + 1

        self.provider.mine(40)

        newest = self.provider.result("getSlot", [confirmed])
        expected = []
        for slot in self.slots(first, newest):
            for one in self.block(slot)["transactions"]:
                value = {
                    "signature": one["transaction"]["signatures"][0],
                    "err": one["meta"]["err"],
                    "logs": one["meta"]["logMessages"],
                }
                expected.append({"context": {"slot": slot}, "value": value})
        self.assertEqual(self.client.events(every, len(expected)), expected)
        self.assertEqual(self.client.events(system, len(expected)), expected)
        slots = [one["context"]["slot"] for one in expected]
        self.assertLess(len(set(slots)), len(slots))
        history = self.provider.result("getSignaturesForAddress", [wallet, confirmed])
        wanted = [one["signature"] for one in reversed(history) if one["slot"] >= first]
        self.assertTrue(wanted)
        told = self.client.events(mine, len(wanted))
        self.assertEqual([one["value"]["signature"] for one in told], wanted)

    def test_several_transactions_of_one_account_can_be_in_one_slot(self):
        target = self.provider.result("getIdentity")["identity"]
        processed = {"commitment": "processed"}
        logs = self.client.result("logsSubscribe", {"mentions": [target]}, processed)
        account = self.client.result(
            "accountSubscribe", target, {"commitment": "processed", "encoding": "base64"}
        )
        signatures = [
            self.provider.result("requestAirdrop", [target, 1_000_000 + n]) for n in range(3)
        ]

        self.provider.mine(3)

        told = self.client.events(logs, 3)
        self.assertEqual([one["value"]["signature"] for one in told], signatures)
        self.assertEqual(len({one["context"]["slot"] for one in told}), 1)
        event = self.client.event(account)
        self.assertEqual(event["context"], told[0]["context"])
        info = self.provider.result(
            "getAccountInfo", [target, {"commitment": "processed", "encoding": "base64"}]
        )
        self.assertEqual(event["value"], info["value"])
        self.assertTrue(self.client.is_silent_for(0.1))

    def test_accounts_of_wallets_change_by_fees(self):
        wallet = self.wallets()[0]
        config = {"commitment": "confirmed", "encoding": "base64"}
        account = self.client.result("accountSubscribe", wallet, config)
        before = self.provider.result("getBalance", [wallet, config])["value"]

        self.provider.mine(60)

        event = self.client.event(account)
        self.assertEqual(before - event["value"]["lamports"], 5_000)
        listed = self.provider.result("getSignaturesForAddress", [wallet, config])
        self.assertIn(event["context"]["slot"], [one["slot"] for one in listed])

    def test_a_program_tells_of_its_accounts(self):
        config = {"commitment": "processed", "encoding": "base64"}
        token = self.provider.result("getProgramAccounts", [TOKEN_PROGRAM, config])[0]
        self.assertEqual(token["account"]["owner"], TOKEN_PROGRAM)
        program = self.provider.stats()["svm_program"]
        feed = self.client.result("programSubscribe", program, config)

        self.provider.mine(1)
        accounts = {
            one["pubkey"]: one["account"]
            for one in self.provider.result("getProgramAccounts", [program, config])
        }
        told = [self.client.event(feed) for _ in range(4)]
        self.assertTrue(self.client.is_silent_for(0.1))
        for event in told:
            self.assertEqual(event["value"]["account"], accounts[event["value"]["pubkey"]])
        self.assertEqual(len({one["value"]["pubkey"] for one in told}), 4)

    def test_signatures_are_told_once_at_their_commitment(self):
        target = self.provider.result("getIdentity")["identity"]
        signature = self.provider.result("requestAirdrop", [target, 5])
        at = {
            commitment: self.client.result(
                "signatureSubscribe", signature, {"commitment": commitment}
            )
            for commitment in ("processed", "confirmed", "finalized")
        }

        self.provider.mine(2)
        event = self.client.event(at["processed"])
        self.assertEqual(event["value"], {"err": None})
        self.provider.mine(ROOT_LAG + 5)
        self.client.event(at["confirmed"])
        self.client.event(at["finalized"])

        self.assertTrue(self.client.is_silent_for(0.1))
        stats = self.provider.ws_stats()
        self.assertEqual(stats["subscriptions_open"], 0)
        self.assertEqual(stats["subscriptions"]["over"], 3)
        reply = self.client.call("signatureUnsubscribe", [at["processed"]])
        self.assertEqual(reply["error"]["code"], -32602)

        self.client.send({
            "jsonrpc": "2.0", "id": 77, "method": "signatureSubscribe",
            "params": [signature, {"enableReceivedNotification": True}],
        })  # fmt: skip
        reply, received, done = (self.client.next() for _ in range(3))
        self.assertEqual(reply["id"], 77)
        self.assertEqual(received["method"], "signatureNotification")
        self.assertEqual(received["params"]["subscription"], reply["result"])
        self.assertEqual(received["params"]["result"]["value"], "receivedSignature")
        self.assertEqual(done["params"]["result"]["value"], {"err": None})

    def test_blocks_votes_and_slot_updates(self):
        config = {
            "commitment": "confirmed",
            "encoding": "json",
            "maxSupportedTransactionVersion": 0,
        }
        blocks = self.client.result("blockSubscribe", "all", config)
        wallet = self.wallets()[0]
        mine = self.client.result("blockSubscribe", {"mentionsAccountOrProgram": wallet}, config)
        votes = self.client.result("voteSubscribe")
        updates = self.client.result("slotsUpdatesSubscribe")
        head = self.provider.result("getSlot", [{"commitment": "processed"}])

        self.provider.mine(60)

        event = self.client.event(blocks)
        self.assertEqual(event["context"]["slot"], event["value"]["slot"])
        self.assertIsNone(event["value"]["err"])
        block = self.provider.result("getBlock", [event["value"]["slot"], config])
        self.assertEqual(event["value"]["block"], block)
        chosen = self.client.event(mine)["value"]["block"]["transactions"]
        self.assertTrue(chosen)
        for one in chosen:
            self.assertIn(wallet, one["transaction"]["message"]["accountKeys"])
        vote = self.client.event(votes)
        self.assertEqual(vote["slots"], [head])
        kinds = {self.client.event(updates)["type"] for _ in range(12)}
        self.assertEqual(
            kinds,
            {"firstShredReceived", "createdBank", "completed", "frozen", "optimisticConfirmation",
             "root"},
        )  # fmt: skip

    def test_the_same_params_are_one_subscription(self):
        wallet = self.wallets()[0]
        subscribe = lambda client: client.result(
            "accountSubscribe", wallet, {"encoding": "base64", "commitment": "processed"}
        )
        first = subscribe(self.client)
        self.assertEqual(subscribe(self.client), first)
        other = self.connect(self.provider)
        self.assertEqual(subscribe(other), first)
        self.assertEqual(self.provider.ws_stats()["subscriptions_open_max_per_key"], 3)

        self.assertIs(self.client.result("accountUnsubscribe", first), True)
        self.assertIn("error", self.client.call("accountUnsubscribe", [first]))
        self.provider.mine(64)
        other.event(first)
        self.assertTrue(self.client.is_silent_for(0.1))

    def test_wrong_params_are_refused(self):
        code = lambda method, *params: self.client.call(method, params)["error"]["code"]
        self.assertEqual(code("accountSubscribe", "short"), -32602)
        self.assertEqual(code("logsSubscribe", {"mentions": []}), -32602)
        self.assertEqual(code("blockSubscribe", "all", {"commitment": "processed"}), -32602)
        self.assertEqual(code("thingSubscribe"), -32601)
        self.assertEqual(code("eth_subscribe", "newHeads"), -32601)
        self.assertEqual(self.provider.ws_stats()["subscriptions_open"], 0)

    def test_by_the_clock_slots_come_by_themselves(self):
        provider = self.start_as("svm", "--block-time", "20ms", "--ws-port", 0)
        self.assertNotEqual(provider.ws_address, provider.address)
        client = ws_client.WebSocket(provider.ws_address)
        self.addCleanup(client.leave)
        slots = client.result("slotSubscribe")

        told = client.events(slots, 5)

        self.assertEqual([one["parent"] for one in told[1:]], [one["slot"] for one in told[:-1]])


class FaultsTest(MockWsTest):
    def setUp(self):
        self.provider = self.start()

    def heads(self):
        return self.subscribe(self.provider, "newHeads")

    def test_a_connection_is_closed_or_reset_after_some_events(self):
        self.provider.control({"kind": "ws_close", "code": 1013, "after_events": 2, "count": 1})
        client, heads = self.heads()
        self.provider.mine()
        self.assertEqual(number_of(client.event(heads)), HEAD + 1)
        self.provider.mine()
        self.assertEqual(client.wait_end(), 1013)
        self.assertEqual(len(client.messages), 1)

        client, heads = self.heads()
        self.provider.control({"kind": "ws_reset", "count": 1})
        self.provider.mine()
        self.assertEqual(client.wait_end(), "reset")
        self.assertEqual(self.provider.ws_stats()["subscriptions"]["cut"], 2)
        wait_until(lambda: self.provider.ws_stats()["open"] == 0)

    def test_every_connection_is_closed_on_command(self):
        clients = [self.heads()[0] for _ in range(3)]

        self.assertEqual(self.provider.close_sockets(1001), 3)
        self.assertEqual([client.wait_end() for client in clients], [1001] * 3)

        client, _ = self.heads()
        self.assertEqual(self.provider.reset_sockets(), 1)
        self.assertEqual(client.wait_end(), "reset")

    def test_a_dead_provider_resets_its_websockets_too(self):
        client, _ = self.heads()

        self.provider.control("refuse")

        self.assertEqual(client.wait_end(), "reset")
        with self.assertRaises(ConnectionRefusedError):
            self.provider.ws()

    def test_an_upgrade_is_refused(self):
        self.provider.control({"kind": "ws_refuse", "status": 429, "count": 1})

        with self.assertRaises(ws_client.Refused) as refused:
            self.provider.ws()

        self.assertEqual(refused.exception.status, 429)
        self.assertEqual(self.provider.ws_stats()["refused"], 1)
        self.heads()

    def test_a_silent_one_answers_calls_or_nothing_at_all(self):
        client, heads = self.heads()
        self.provider.control("ws_silent")
        self.provider.mine()
        self.assertTrue(client.is_silent_for(0.1))
        self.assertEqual(client.result("eth_blockNumber"), hex(HEAD + 1))

        self.provider.control({"kind": "ws_silent", "answers": False})
        client.send({"jsonrpc": "2.0", "id": 9, "method": "eth_blockNumber"})
        self.assertTrue(client.is_silent_for(0.1))

        self.provider.heal()
        self.provider.mine()
        self.assertEqual(number_of(client.event(heads)), HEAD + 2)
        self.assertEqual(self.provider.ws_stats()["events_withheld"], 1)

    def test_heads_are_missed(self):
        client = self.connect(self.provider)
        heads = client.result("eth_subscribe", "newHeads")
        self.provider.control({"kind": "missed_heads", "every": 3})

        self.provider.mine(6)

        told = [number_of(one) - HEAD for one in client.events(heads, 4)]
        self.assertEqual(told, [1, 2, 4, 5])

    def test_events_come_twice(self):
        client, heads = self.heads()
        self.provider.control({"kind": "duplicate", "count": 1})

        self.provider.mine(2)

        told = [number_of(one) - HEAD for one in client.events(heads, 3)]
        self.assertEqual(told, [1, 1, 2])

    def test_events_change_places(self):
        client = self.connect(self.provider)
        heads = client.result("eth_subscribe", "newHeads")
        logs = client.result("eth_subscribe", "logs", {})
        self.provider.control(
            {"kind": "reorder", "how": "swap", "methods": ["newHeads"], "count": 1},
            {"kind": "reorder", "methods": ["logs"]},
        )

        self.provider.mine(4)

        told = [number_of(one) - HEAD for one in client.events(heads, 4)]
        self.assertEqual(told, [2, 1, 3, 4])
        right = self.provider.result("eth_getLogs", [{"fromBlock": hex(HEAD + 1)}])
        told = client.events(logs, len(right))
        key = lambda log: (log["blockNumber"], log["logIndex"])
        self.assertNotEqual(list(map(key, told)), list(map(key, right)))
        blocks = lambda logs: [log["blockNumber"] for log in logs]
        self.assertEqual(blocks(told), blocks(right))
        self.assertCountEqual(map(key, told), map(key, right))

    def test_the_answer_to_a_subscription_comes_after_its_events(self):
        client = self.connect(self.provider)
        for is_early in (True, False):
            self.provider.control(
                {"kind": "late_subscribe", "ms": 100, "events_first": is_early, "count": 1}
            )
            client.send(
                {"jsonrpc": "2.0", "id": 5, "method": "eth_subscribe", "params": ["newHeads"]}
            )
            wait_until(lambda: self.provider.ws_stats()["subscriptions_open"] == 1)
            self.provider.mine()
            first, second = client.next(), client.next()
            answer, event = (second, first) if is_early else (first, second)
            self.assertEqual(answer["id"], 5)
            self.assertEqual(event["params"]["subscription"], answer["result"])
            client.result("eth_unsubscribe", answer["result"])

    def test_ones_connection_has_a_limit_of_subscriptions(self):
        self.provider.control({"kind": "subscription_limit", "limit": 2})
        client = self.connect(self.provider)
        first = client.result("eth_subscribe", "newHeads")
        client.result("eth_subscribe", "logs")

        refused = client.call("eth_subscribe", ["newHeads"])["error"]

        self.assertEqual(refused["code"], -32005)
        self.heads()  # on another connection
        client.result("eth_unsubscribe", first)
        client.result("eth_subscribe", "newHeads")

    def test_there_are_no_subscriptions_or_not_of_one_kind(self):
        self.provider.control({"kind": "ws_unsupported", "methods": ["logs"]})
        client, _ = self.heads()
        self.assertEqual(client.call("eth_subscribe", ["logs"])["error"]["code"], -32601)
        self.provider.control("ws_unsupported")
        self.assertEqual(client.call("eth_subscribe", ["newHeads"])["error"]["code"], -32601)

    def test_one_behind_tells_of_its_blocks_later_and_one_that_is_stuck_not_at_all(self):
        client, heads = self.heads()
        self.provider.control({"kind": "lag", "blocks": 2})
        self.provider.mine(3)
        self.assertEqual(number_of(client.event(heads)), HEAD + 1)
        self.assertTrue(client.is_silent_for(0.1))
        self.provider.control("stuck")  # which begins now
        self.provider.mine(2)
        told = [number_of(one) - HEAD for one in client.events(heads, 2)]
        self.assertEqual(told, [2, 3])
        self.assertTrue(client.is_silent_for(0.1))
        self.provider.heal()
        told = [number_of(one) - HEAD for one in client.events(heads, 2)]
        self.assertEqual(told, [4, 5])

    def test_one_that_changes_to_a_branch_and_back_tells_of_both(self):
        client, heads = self.heads()
        self.provider.mine(2)
        common = client.events(heads, 2)

        self.provider.control({"kind": "fork", "from": HEAD + 2})
        own = client.event(heads)
        self.assertEqual(own["number"], common[1]["number"])
        self.assertEqual(own["parentHash"], common[0]["hash"])
        self.assertNotEqual(own["hash"], common[1]["hash"])
        self.provider.heal()
        self.assertEqual(client.event(heads), common[1])

    def test_faults_of_calls_and_answers_strike_here_too(self):
        client = self.connect(self.provider)
        self.provider.control({"kind": "rpc_error", "code": -32000, "methods": ["eth_subscribe"]})
        self.assertEqual(client.call("eth_subscribe", ["newHeads"])["error"]["code"], -32000)
        self.provider.control({"kind": "garbage", "count": 1})
        client.send({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
        with self.assertRaises(json.JSONDecodeError):
            client.next()
        self.provider.control({"kind": "blackhole", "count": 1})
        client.send({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
        self.assertTrue(client.is_silent_for(0.1))
        self.provider.control({"kind": "reset", "count": 1})
        client.send({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
        self.assertEqual(client.wait_end(), "reset")

    def test_wrong_faults_are_refused(self):
        for fault, words in (
            ({"kind": "ws_close", "code": 99}, "code"),
            ({"kind": "missed_heads"}, "every: must be given"),
            ({"kind": "reorder", "how": "up"}, "how: want shuffle"),
            ({"kind": "late_subscribe"}, "ms: must be given"),
            ({"kind": "ws_unsupported", "limit": 1}, "limit: no such key"),
        ):
            with self.subTest(fault=fault):
                status, text = self.provider.page("POST", "/control", json.dumps({"add": [fault]}))
                self.assertEqual(status, 400)
                self.assertIn(words, text)


class StatsTest(MockWsTest):
    def test_what_is_open_and_how_it_ended_is_counted(self):
        provider = self.start()
        client, heads = self.subscribe(provider, "newHeads")
        other, _ = self.subscribe(provider, "newHeads")
        other.result("eth_subscribe", "logs", {"address": []})
        provider.mine()
        client.event(heads)

        stats = provider.ws_stats()
        self.assertEqual((stats["open"], stats["total"]), (2, 2))
        self.assertEqual(stats["subscriptions_open"], 3)
        self.assertEqual(stats["subscriptions_open_by_kind"], {"logs": 1, "newHeads": 2})
        self.assertEqual(stats["subscriptions_open_max_per_key"], 2)
        self.assertGreaterEqual(stats["events_sent"], 2)
        client.result("eth_unsubscribe", heads)
        client.close()
        other.leave()
        wait_until(lambda: provider.ws_stats()["open"] == 0)
        stats = provider.ws_stats()
        self.assertEqual(stats["subscriptions_open"], 0)
        self.assertEqual(stats["subscriptions"], {
            "opened": 3, "unsubscribed": 1, "leaked": 2, "cut": 0, "over": 0
        })  # fmt: skip
        self.assertEqual(stats["subscriptions_open_max_per_key"], 2)

    def test_one_that_does_not_read_holds_up_nobody(self):
        provider = self.start()
        slow, _ = self.subscribe(provider, "logs", {})
        quick, heads = self.subscribe(provider, "newHeads")

        provider.mine(2_000)

        self.assertEqual(number_of(quick.events(heads, 2_000)[-1]), HEAD + 2_000)
        count = 0
        with contextlib.suppress(TimeoutError):
            while slow.next(timeout=2) is not None:
                count += 1
        self.assertEqual(slow.end, None)
        self.assertEqual(count + 2_000, provider.ws_stats()["events_sent"])


if __name__ == "__main__":
    unittest.main()
