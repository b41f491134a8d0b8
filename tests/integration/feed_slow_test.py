"""A worker that stops reading its events is ended, told so where that can be, and counted; nobody
else waits for it."""

import threading
import time
import unittest

import frames
from feed_case import DIALECTS, HEAD, FeedTestCase, member

LIMITS = {
    "event_queue_bytes": "64KiB",
    "event_queue_bytes_max": "256KiB",
    "event_queue_time": "1h",
}
RECEIVE_BYTES = 16_384  # or the kernel would take megabytes over TCP
DELAY_SECONDS_MAX = 2
KEPT_SECONDS = 0.25
BLOCKS_MAX = 5_000  # of some kilobytes each


class Stuck:
    """It subscribes to all logs, and reads no more until it is counted as overflown. Then it reads
    to its end, at once: what is queued is kept for it only so long."""

    def __init__(self, case, sidecar, dialect):
        more = {"receive_bytes": RECEIVE_BYTES} if dialect == "ws over tcp" else {}
        self.case, self.sidecar = case, sidecar
        self.member = member(case, sidecar, dialect, **more)
        self.id = self.member.subscribe(["logs", {}])
        self.frames = []
        self.thread = threading.Thread(target=self.wait_and_read, daemon=True)
        self.thread.start()

    def wait_and_read(self):
        since = time.monotonic()
        while not self.is_counted():
            since = time.monotonic()
            time.sleep(0.005)
        client = self.member.client
        if isinstance(client, frames.FramedClient):
            self.frames = client.recv_to_end()
        else:
            client.wait_end()
        self.took = time.monotonic() - since  # at the most, from the overflow to the end

    def is_counted(self):
        return "limit" in self.case.counters(self.sidecar)

    def told(self):
        if self.frames:
            return [frames.event_of(one).json() for one in self.frames if one.type == frames.EVENT]
        return [one["params"]["result"] for one in self.member.client.messages]


class FeedSlowTest(FeedTestCase):
    def overflow(self, dialect):
        """One is stuck while others in all dialects read in step with the blocks."""
        mock = self.mock()
        sidecar = self.serve(self.source("mock", mock), limits=LIMITS)
        readers = [member(self, sidecar, other) for other in DIALECTS]
        ids = [one.subscribe(["logs", {}]) for one in readers]
        stuck = Stuck(self, sidecar, dialect)
        logs, longest = [], 0
        while stuck.thread.is_alive():
            tip = mock.mine()
            self.assertLess(tip, HEAD + BLOCKS_MAX, "it never overflows")
            block = mock.result("eth_getLogs", [{"fromBlock": hex(tip), "toBlock": hex(tip)}])
            began = time.monotonic()
            for one in readers:
                one.read(len(block))
            longest = max(longest, time.monotonic() - began)
            logs += block

        for one, mine in zip(readers, ids):
            self.assertEqual(one.told[mine], logs)
        self.assertLess(longest, DELAY_SECONDS_MAX)
        self.assertEqual(self.counters(sidecar)["limit"], {"event_queue_bytes": 1})
        told = stuck.told()
        self.assertGreater(len(told), 10)
        self.assertEqual(told, logs[: len(told)])
        return stuck

    def test_D02_framed_is_told_sub_overflow(self):
        # Who takes longer to read what is queued finds the end of the connection alone.
        tries = (self.overflow("framed") for _ in range(5))
        stuck = next(one for one in tries if one.took < KEPT_SECONDS)

        error = stuck.frames[-1]
        self.assertEqual((error.type, error.id), (frames.ERROR, stuck.id))
        self.assertEqual(error.json()["data"]["name"], "SUB_OVERFLOW")

    def test_D02_json_ipc_is_ended(self):
        self.assertEqual(self.overflow("json-ipc").member.client.end, "fin")

    def test_D02_ws_is_closed_with_1012(self):
        for dialect in ("ws over tcp", "ws over unix"):
            with self.subTest(dialect):
                self.assertEqual(self.overflow(dialect).member.client.end, 1012)


if __name__ == "__main__":
    unittest.main()
