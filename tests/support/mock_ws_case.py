"""The base class of tests of the mock provider's WebSockets: mocks whose blocks come on command,
and clients with no cleverness."""

import unittest

import mock_provider

HEAD = 1_000


class MockWsTestCase(unittest.TestCase):
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
