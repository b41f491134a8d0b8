"""Providers fail over and over while blocks go on and are replaced: every subscriber, in whatever
dialect, sees each event once and in order, and no provider has a subscription too many."""

import collections
import itertools
import json
import os
import random
import unittest

import frames
from feed_checker import HeadChecker, LogChecker
from mock_provider import MockProvider
from sidecar_process import IS_SANITIZED, Sidecar, SidecarTestCase, chain_toml, to_toml
from subscribers import DIALECTS, Crowd, subscribe

HEAD = 1_000
MOCKS = 18  # each is dialled ten times in ten seconds, no more; fewer mocks are waited for
SUBSCRIBERS = 50
FAILOVERS = 40 if IS_SANITIZED else 200
SEED = int(os.environ.get("FEED_SEED") or random.randrange(1 << 32))
# Quick to see trouble and quick to forget it: what these spans are is no matter of this test. Where
# nothing but a busy machine makes the sidecar wait, it has patience, and tells no gap.
POLICIES = {
    "feed": {
        "stall_min": "150ms",
        "failback_interval": "150ms",
        "poll_interval": "50ms",
        "grace": "100ms",
        "answer_timeout": "5s",
        "fill_timeout": "2m",
        "subscribe_timeout": "100s",
    },
    "breaker": {"open_min": "50ms", "open_max": "100ms"},
    "cooldown": {"pause_min": "50ms", "pause_max": "100ms", "retry_after_max": "100ms"},
    "probe": {"interval": "200ms"},
}


class House:
    """Mocks of one chain, a sidecar before them, and its subscribers."""

    def __init__(self, case, sources=("ws", "http")):
        self.case = case
        self.random = random.Random(SEED)
        self.salts = itertools.count(1)
        self.mocks = []
        self.refusing = []
        self.deeds = collections.deque(maxlen=12)  # for people: what was done to the chain
        for _ in range(MOCKS):
            mock = MockProvider.start(None, "evm", "--manual-blocks", "--head", HEAD)
            case.addCleanup(mock.stop)
            self.mocks.append(mock)
        self.head = HEAD
        self.floor = HEAD  # no reorganisation reaches below it
        providers = []
        for number, mock in enumerate(self.mocks):
            urls = {"ws": mock.ws_url, "http": mock.url}
            providers.append({"name": f"mock{number}", **{key: urls[key] for key in sources}})
        chain = chain_toml("ethereum", "evm", providers, chain_id=1, block_time="50ms")
        self.sidecar = self.start_sidecar(chain)
        self.crowd = Crowd()
        case.addCleanup(self.crowd.close)
        self.address = self.busiest_address()
        self.feeds = {
            "heads": ["newHeads"],
            "logs": ["logs", {}],
            "logs of one": ["logs", {"address": self.address}],
        }
        self.subscribe_all()

    def start_sidecar(self, chain):
        """Probes open connections from the start, so descriptors are counted by what is kept."""
        folder = self.case.folder
        config = f'[listen]\npath = "{folder}/rpc.sock"\n[http]\nlisten = "127.0.0.1:0"\n'
        for section, keys in POLICIES.items():
            config += f"[{section}]\n"
            config += "".join(f"{key} = {to_toml(value)}\n" for key, value in keys.items())
        sidecar = Sidecar(folder, config + chain)
        sidecar.wait_listening()
        sidecar.fds_at_start = sidecar.fd_count()
        self.case.addCleanup(self.case.end, sidecar, [{"connections_max": 9}] * MOCKS)
        return sidecar

    def busiest_address(self):
        logs = self.any().result("eth_getLogs", [{"fromBlock": hex(HEAD - 20)}])
        return collections.Counter(one["address"] for one in logs).most_common(1)[0][0]

    def any(self):
        """One that answers."""
        return next(mock for mock in self.mocks if mock not in self.refusing)

    def refuse(self, mocks):
        self.refusing = mocks
        for mock in mocks:
            mock.control("refuse")

    def serve_again(self):
        for mock in self.refusing:
            mock.heal()
        self.refusing = []

    def hash_of(self, number):
        return self.any().result("eth_getBlockByNumber", [hex(number), False])["hash"]

    def subscribe_all(self):
        start = self.hash_of(HEAD)
        names = itertools.cycle(self.feeds)
        dialects = itertools.cycle(DIALECTS)
        self.checkers = {name: [] for name in self.feeds}
        self.checker_of = {}
        for _ in range(SUBSCRIBERS):
            name = next(names)
            checker = HeadChecker(start) if name == "heads" else LogChecker()
            self.checkers[name].append(checker)
            member = subscribe(self.sidecar, next(dialects), self.feeds[name], checker.take)
            self.crowd.add(member)
            if member.dialect == "framed":
                self.checker_of[member] = checker
        self.absent = []
        self.framed = [one for one in self.crowd.members if one.dialect == "framed"]
        self.wait_settled("at the start")

    # ---- the chain

    def every(self, act):
        """To all mocks, in any order."""
        for mock in self.random.sample(self.mocks, len(self.mocks)):
            act(mock)

    def mine(self, count):
        self.deeds.append(f"+{count}")
        self.every(lambda mock: mock.mine(count))
        self.head += count

    def reorg(self):
        depth = min(self.random.randint(1, 4), self.head - self.floor)
        if depth > 0:
            at, salt = self.head - depth + 1, next(self.salts)
            self.deeds.append(f"reorg at {at}")
            self.every(lambda mock: mock.reorg(at=at, salt=salt))

    def advance(self):
        """Some blocks more; now and then others in place of the last ones."""
        self.mine(self.random.randint(1, 3))
        if self.random.random() < 0.3:
            self.reorg()
            if self.random.random() < 0.5:
                self.mine(1)

    # ---- what is seen of it

    def upstream(self):
        """Per mock, what is subscribed to there."""
        return [mock.ws_stats() for mock in self.mocks]

    def open_by_kind(self, upstream):
        found = collections.Counter()
        for stats in upstream:
            found.update(stats["subscriptions_open_by_kind"])
        return +found

    def opened(self):
        """How many subscriptions there were when all was settled last."""
        return sum(one["subscriptions"]["opened"] for one in self.settled)

    def leads(self):
        """Who told the events then."""
        return [mock for mock, one in zip(self.mocks, self.settled) if one["subscriptions_open"] > 0]

    def census(self):
        """Like upstream(), but of one moment: nothing changes between two counts."""
        counts = [self.upstream()]

        def is_still():
            counts.append(self.upstream())
            *_, before, after = [[one["subscriptions"] for one in count] for count in counts]
            return before == after

        self.crowd.read_until(is_still, words=lambda: f"upstream never rests; {self.why()}")
        return counts[-1]

    def check_upstream(self):
        """While a feed moves there may be two; never two at one provider."""
        wanted = self.open_by_kind(self.census())
        self.case.assertLessEqual(wanted["newHeads"], 2, wanted)
        self.case.assertLessEqual(wanted["logs"], 4, wanted)

    def is_single(self):
        self.settled = self.upstream()
        return self.open_by_kind(self.settled) == {"newHeads": 1, "logs": 2}

    def wanted_logs(self, name, first):
        what = self.feeds[name][1]
        return self.any().result("eth_getLogs", [{**what, "fromBlock": hex(first)}])

    def leave(self, count):
        """Some framed workers lose their connection."""
        self.absent = self.random.sample(self.framed, count)
        for member in self.absent:
            self.crowd.pause(member)

    def come_back(self):
        for member in self.absent:
            self.crowd.resume(member)
        self.absent = []

    def wait_told(self, what):
        """Until everybody who is there has all there is."""
        tip = self.hash_of(self.head)
        first = max(self.floor + 1, self.head - 30)
        wanted = {
            name: [(one["blockHash"], one["logIndex"]) for one in self.wanted_logs(name, first)]
            for name in self.feeds
            if name != "heads"
        }

        absent = [self.checker_of[member] for member in self.absent]

        def behind():
            for name, checkers in self.checkers.items():
                for one in checkers:
                    is_right = (
                        one.tip == tip if name == "heads" else one.newest(first) == wanted[name]
                    )
                    if not is_right and one not in absent:
                        yield one

        def words():
            late = [*behind()]
            told = late[0].told[-40:]
            wished = {name: keys[-20:] for name, keys in wanted.items()}
            return f"{what}: {len(late)} behind: {told}, wanted {wished}, {tip}; {self.why()}"

        self.crowd.read_until(lambda: next(behind(), None) is None, words=words)

    def wait_settled(self, what):
        """And each feed is told by one provider."""
        if self.head > HEAD:
            self.wait_told(what)
        self.crowd.read_until(
            self.is_single, words=lambda: f"{what}: not one of each; {self.why()}"
        )

    def why(self):
        log = self.sidecar.log_text()[-3000:]
        return f"seed {SEED}, upstream {[one['subscriptions_open_by_kind'] for one in self.upstream()]}\n{log}"

    def check_end(self):
        """Everybody's whole story against the chain as it is now."""
        asserts = self.case
        [*_, newest] = blocks = [
            self.any().result("eth_getBlockByNumber", [hex(number), False])
            for number in range(HEAD + 1, self.head + 1)
        ]
        for checker in self.checkers["heads"]:
            told = checker.present()
            asserts.assertEqual(
                told, [{key: block[key] for key in head} for head, block in zip(told, blocks)]
            )
            asserts.assertEqual((len(told), checker.tip), (len(blocks), newest["hash"]))
        for name in ("logs", "logs of one"):
            wanted = self.wanted_logs(name, HEAD + 1)
            asserts.assertGreater(len(wanted), 100)
            for checker in self.checkers[name]:
                asserts.assertEqual(checker.present(), wanted)
        for name, checkers in self.checkers.items():
            for checker in checkers:
                asserts.assertEqual(checker.told, checkers[0].told, f"{name}: not all saw the same")


class FailoverTest(SidecarTestCase):
    def rounds(self):
        """Kinds of trouble in any order, so many of each as they take time."""
        shares = {
            "close": 60, "reset": 30, "silent": 40, "refuse": 10, "late_subscribe": 20,
            "subscription_limit": 10, "missed_heads": 15, "duplicate": 10, "outage": 5,
        }  # fmt: skip
        kinds = [kind for kind, share in shares.items() for _ in range(share * FAILOVERS // 200)]
        kinds += ["close"] * (FAILOVERS - len(kinds))
        self.house.random.shuffle(kinds)
        return kinds

    def test_nothing_is_lost_told_twice_or_out_of_order(self):
        self.house = house = House(self)
        moved = collections.Counter()
        for number, kind in enumerate(self.rounds()):
            what = f"round {number}, {kind}"
            before = house.opened()
            house.leave(2)
            try:
                getattr(self, kind)(what)
            except AssertionError as error:
                error.add_note(f"{what}, seed {SEED}, head {house.head} after {[*house.deeds]}")
                error.add_note(house.why())
                raise
            house.check_upstream()
            house.come_back()
            house.wait_settled(what)
            self.assertGreater(house.opened(), before, what)
            moved[kind] += 1
        self.assertEqual(sum(moved.values()), FAILOVERS)

        house.mine(2)
        house.wait_settled("at the end")
        house.check_end()
        self.assertTrue(any(one.flags & frames.REPLAYED for one in house.framed))
        for one in house.upstream():
            self.assertLessEqual(one["subscriptions_open_max_per_key"], 1)
        for member in house.crowd.members:
            house.crowd.pause(member)
        house.crowd.read_until(
            lambda: not house.open_by_kind(house.upstream()), words=house.why
        )
        for one in house.upstream():
            self.assertEqual(one["subscriptions"]["leaked"], 0, one)

    # ---- kinds of trouble; each comes to the providers that tell the events just now

    def close(self, _):
        code = self.house.random.choice((1001, 1011, 1012))
        for mock in self.house.leads():
            mock.close_sockets(code)
        self.house.advance()

    def reset(self, _):
        for mock in self.house.leads():
            mock.reset_sockets()
        self.house.advance()

    def silent(self, what):
        """Nothing is closed, and calls are answered: only no event comes."""
        leads = self.house.leads()
        for mock in leads:
            mock.add("ws_silent")
        self.house.advance()
        self.house.wait_told(what)
        for mock in leads:
            mock.heal()

    def refuse(self, what):
        self.house.refuse(self.house.leads())
        self.house.advance()
        self.house.wait_told(what)
        self.house.serve_again()

    def late_subscribe(self, what):
        leads = self.house.leads()
        self.house.every(
            lambda mock: mock.control({"kind": "late_subscribe", "ms": 30, "events_first": True})
        )
        for mock in leads:
            mock.close_sockets(1012)
        self.house.advance()
        self.house.advance()
        self.house.wait_told(what)
        self.house.every(lambda mock: mock.heal())

    def subscription_limit(self, what):
        leads = self.house.leads()
        self.house.every(lambda mock: mock.control({"kind": "subscription_limit", "limit": 1}))
        for mock in leads:
            mock.close_sockets(1011)
        self.house.advance()
        self.house.wait_told(what)
        self.house.every(lambda mock: mock.heal())

    def missed_heads(self, what):
        leads = self.house.leads()
        for mock in leads:
            mock.control({"kind": "missed_heads", "every": 2})
        self.house.mine(3)
        self.house.advance()
        self.house.wait_told(what)
        for mock in leads:
            mock.heal()
            mock.close_sockets(1011)

    def duplicate(self, what):
        leads = self.house.leads()
        for mock in leads:
            mock.control({"kind": "duplicate"})
        self.house.advance()
        self.house.wait_told(what)
        for mock in leads:
            mock.heal()
            mock.reset_sockets()
        self.house.advance()

    def outage(self, _):
        """No provider at all for as long as some blocks take."""
        self.house.refuse(self.house.mocks)
        self.house.advance()
        self.house.advance()
        self.house.serve_again()


if __name__ == "__main__":
    unittest.main()
