"""The base class of tests that subscribe: mocks whose blocks come on command, a sidecar that is
quick to see trouble, and clients in every dialect."""

import collections
import json

import ipc_client
import ws_client
from mock_provider import MockProvider
from sidecar_process import SidecarTestCase, chain_toml, wait_until
from ws_client import subscription_of

HEAD = 1_000
BLOCK_TIME = "50ms"
TEXT_DIALECTS = ("json-ipc", "ws over tcp", "ws over unix")
DIALECTS = ("framed", *TEXT_DIALECTS)
# What these spans are is no matter of the tests; that they are short is.
QUICK = {
    "feed": {
        "stall_min": "150ms",
        "failback_interval": "150ms",
        "poll_interval": "50ms",
        "grace": "100ms",
    },
    "breaker": {"open_min": "50ms", "open_max": "100ms"},
    "cooldown": {"pause_min": "50ms", "pause_max": "100ms", "retry_after_max": "100ms"},
    "probe": {"on": False},
    "hedge": {"on": False},
}


class FeedTestCase(SidecarTestCase):
    def mock(self, family="evm", *arguments):
        """All of one family are nodes of one chain, if they are told the same."""
        words = ("--manual-blocks", "--head", HEAD, *arguments)
        provider = MockProvider.start(None, family, *words)
        self.addCleanup(provider.stop)
        return provider

    def source(self, name, mock, *transports, **keys):
        """A provider's section; `transports` left out: ws and http."""
        urls = {"ws": mock.ws_url, "http": mock.url}
        return {"name": name, **{one: urls[one] for one in transports or urls}, **keys}

    def chain(self, name, family, *sources, **keys):
        tiered = [{"tier": tier, **one} for tier, one in enumerate(sources, start=1)]
        return chain_toml(name, family, tiered, block_time=BLOCK_TIME, **keys)

    def serve(self, *sources, family="evm", feed=None, chains=None, **more):
        """A sidecar for one chain with these providers, tier after tier; or for `chains`."""
        policies = {**QUICK, "feed": {**QUICK["feed"], **(feed or {})}}
        chains = chains or self.chain("dev", family, *sources)
        return self.sidecar(chains=chains, policies=policies, **more)

    def client(self, sidecar, dialect, path="/", **more):
        """One that speaks JSON texts."""
        if dialect == "json-ipc":
            client = ipc_client.JsonIpc(sidecar.socket)
        else:
            is_unix = dialect == "ws over unix"
            address = sidecar.socket if is_unix else sidecar.http_address
            client = ws_client.WebSocket(address, path, **more)
        self.addCleanup(client.leave)
        return client

    def counters(self, sidecar):
        connection = sidecar.http_unix()
        try:
            connection.request("GET", "/")
            return json.loads(connection.getresponse().read())["counters"]
        finally:
            connection.close()

    def wait_open(self, count, *mocks):
        """Until so many subscriptions are open at the mocks together."""
        stats = lambda: [mock.ws_stats() for mock in mocks]
        wait_until(
            lambda: sum(one["subscriptions_open"] for one in stats()) == count,
            words=lambda: f"not {count} open: {stats()}",
        )

    def assert_none_leaked(self, *mocks):
        """Every subscription there has ended, in good order."""
        self.wait_open(0, *mocks)
        for mock in mocks:
            self.assertEqual(mock.ws_stats()["subscriptions"]["leaked"], 0, mock.ws_stats())


class Member:
    """A client with its subscriptions; what each was told."""

    def __init__(self, case, sidecar, dialect, **more):
        self.client = case.client(sidecar, dialect, **more)
        self.told = collections.defaultdict(list)

    def subscribe(self, params):
        return self.client.result("eth_subscribe", *params)

    def unsubscribe(self, one):
        return self.client.result("eth_unsubscribe", one)

    def read(self, count):
        """So many events, whichever they are."""
        for _ in range(count):
            event = self.client.next()
            self.told[subscription_of(event)].append(event["params"]["result"])

    def leave(self):
        self.client.leave()


class FramedMember(Member):
    def __init__(self, case, sidecar, _):
        self.client = case.framed(sidecar)
        self.told = collections.defaultdict(list)

    def subscribe(self, params):
        return self.client.subscribe("eth_subscribe", params)

    def unsubscribe(self, one):
        return self.client.unsubscribe(one)

    def read(self, count):
        for _ in range(count):
            event = self.client.next_event()
            self.told[event.id].append(event.json())

    def leave(self):
        self.client.close()


def member(case, sidecar, dialect, **more):
    kind = FramedMember if dialect == "framed" else Member
    return kind(case, sidecar, dialect, **more)


def number_of(block):
    return int(block["number"], 16)


def numbers_of(blocks):
    return [number_of(one) for one in blocks]


def mine_slot(mock):
    """The next slot that has a block: some have none."""
    before = mock.stats()["head"]
    while (slot := mock.mine()) == before:
        pass
    return slot
