"""The mock provider's WebSockets for Solana: what each kind of subscription tells, at which
commitment, and when it is over."""

import unittest

import ws_client
from mock_ws_case import HEAD, MockWsTestCase

SYSTEM_PROGRAM = "1" * 32
TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
ROOT_LAG = 32


class SvmFeedsTest(MockWsTestCase):
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


if __name__ == "__main__":
    unittest.main()
