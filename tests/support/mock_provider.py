"""The built-in mock provider as a process, with faults switched on and off while it runs."""

import http.client
import json

import sidecar_process
import ws_client


class MockProvider(sidecar_process.Process):
    """Serves on loopback, and its control pages on a port of their own. Start it with start()."""

    def __init__(self, family, *arguments, binary=None, faults=(), **more):
        words = ["mock", "--family", family, "--control-port", 0, *arguments]
        for fault in faults:
            words += ["--fault", json.dumps(fault)]
        super().__init__(words, binary=binary, **more)
        self.family = family

    @classmethod
    def start(cls, binary=None, family="evm", *arguments, **more):
        """One that serves already; `binary` None is the one under test."""
        provider = cls(family, *arguments, binary=binary, **more)
        provider.wait_listening()
        return provider

    def wait_listening(self):
        where = super().wait_listening()
        self.address = where["http"]
        self.control_address = where["control"]
        self.ws_address = where.get("ws", where["http"])
        return where

    @property
    def url(self):
        return f"http://{self.address}"

    @property
    def ws_url(self):
        return f"ws://{self.address}"

    def ws(self, path="/", **more):
        """A WebSocket to it."""
        return ws_client.WebSocket(self.address, path, **more)

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    def page(self, method, path, body=None):
        """Status and text of one of its control pages."""
        connection = http.client.HTTPConnection(self.control_address, timeout=30)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def command(self, **control):
        """POST /control with these members; the set that is on then."""
        status, text = self.page("POST", "/control", json.dumps(control))
        if status != 200:
            raise AssertionError(f"/control answers {status}: {text}")
        return json.loads(text)["faults"]

    def control(self, *faults):
        """These faults, and no others, from now on: {"kind": ...} or just a kind."""
        return self.command(faults=[as_fault(one) for one in faults])

    def add(self, *faults):
        return self.command(add=[as_fault(one) for one in faults])

    def clear(self, *kinds):
        return self.command(clear=list(kinds))

    def heal(self):
        return self.control()

    def faults(self):
        """The present set with its strikes."""
        return json.loads(self.page("GET", "/control")[1])

    def stats(self):
        return json.loads(self.page("GET", "/stats")[1])

    def ws_stats(self):
        """WebSockets and subscriptions: open, subscriptions_open, events_sent, ..."""
        return self.stats()["ws"]

    def act(self, **action):
        """One of the actions of /control; what it answers, the head first of all."""
        status, text = self.page("POST", "/control", json.dumps(action))
        if status != 200:
            raise AssertionError(f"/control answers {status}: {text}")
        return json.loads(text)

    def mine(self, count=1):
        """So many blocks or slots more, for --manual-blocks; the new head."""
        return self.act(mine={"count": count})["head"]

    def reorg(self, **how):
        """The blocks from `at` on, or the last `depth`, become others by `salt`; {head, at}."""
        return self.act(reorg=how)

    def close_sockets(self, code=1011):
        """Closes every WebSocket now; how many there were."""
        return self.act(close_sockets={"code": code})["sockets"]

    def reset_sockets(self):
        return self.act(close_sockets={"reset": True})["sockets"]

    def call(self, method, params=(), call_id=1):
        """The reply to one call, straight to the provider."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            body = {"jsonrpc": "2.0", "id": call_id, "method": method, "params": list(params)}
            status, text = sidecar_process.post(connection, body)
            if status != 200:
                raise AssertionError(f"{method}: status {status}: {text!r}")
            return json.loads(text)
        finally:
            connection.close()

    def result(self, method, params=()):
        reply = self.call(method, params)
        if "error" in reply:
            raise AssertionError(f"{method}: {reply['error']}")
        return reply["result"]


def as_fault(one):
    return {"kind": one} if isinstance(one, str) else one
