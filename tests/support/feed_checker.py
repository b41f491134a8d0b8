"""What a subscriber may rightly see, told from its events alone: nothing lost, nothing twice,
nothing out of order. Knows nothing of how the sidecar goes about it."""

import collections


class Wrong(AssertionError):
    """A stream of events that no subscriber should see."""


def number_of(block):
    return int(block["number"], 16)


class HeadChecker:
    """Heads are one chain: each one's parent has been told and is not taken back. A head on an
    older parent takes back all that were built on that. `after` is the hash that the first one
    follows; None takes any."""

    def __init__(self, after=None):
        self.chain = [after] if after else []  # hashes from the first parent to the tip
        self.places = {after: 0} if after else {}
        self.heads = {}  # by hash, of the present chain
        self.told = []  # all hashes, in their order

    def take(self, head):
        digest, parent = head["hash"], head["parentHash"]
        where = f"head {number_of(head)} {digest[:10]} on {parent[:10]}, tip {self.tip}"
        if digest in self.places:
            raise Wrong(f"told twice: {where}")
        if not self.chain:
            self.places[parent] = 0
            self.chain.append(parent)
        if parent not in self.places:
            raise Wrong(f"its parent was never told: {where}")
        while self.chain[-1] != parent:
            gone = self.chain.pop()
            del self.places[gone]
            self.heads.pop(gone, None)
        if parent in self.heads and number_of(self.heads[parent]) + 1 != number_of(head):
            raise Wrong(f"a number is left out: {where}")
        self.places[digest] = len(self.chain)
        self.chain.append(digest)
        self.heads[digest] = head
        self.told.append(digest)

    @property
    def tip(self):
        return self.chain[-1] if self.chain else None

    def present(self):
        """The heads that stand, in order."""
        return [self.heads[digest] for digest in self.chain if digest in self.heads]


class LogChecker:
    """Logs come in the order of the chain, each once; one that is taken back was told, and nothing
    takes its place before that."""

    def __init__(self):
        self.live = {}  # by block hash and index, in their order
        self.tops = []  # places of the same
        self.told = []
        self.numbers = collections.deque(maxlen=20)  # for people: the last ones

    def last(self):
        return " ".join(self.numbers)

    def take(self, log):
        key = (log["blockHash"], log["logIndex"])
        place = (int(log["blockNumber"], 16), int(log["logIndex"], 16))
        where = f"log {place[1]} of block {place[0]} {log['blockHash'][:10]}; before: {self.last()}"
        self.told.append((key, log.get("removed", False)))
        self.numbers.append(f"{'-' if log.get('removed') else '+'}{place[0]}/{key[0][2:6]}.{place[1]}")
        if log.get("removed"):
            if key not in self.live:
                raise Wrong(f"taken back, but never told: {where}")
            told = self.live.pop(key)
            self.tops.remove(place)
            if {**told, "removed": True} != log:
                raise Wrong(f"taken back as another one: {where}")
            return
        if key in self.live:
            raise Wrong(f"told twice: {where}")
        if self.tops and self.tops[-1] >= place:
            raise Wrong(f"out of order, after {self.tops[-1]}: {where}")
        self.live[key] = log
        self.tops.append(place)

    def present(self):
        """The logs that stand, in order."""
        return list(self.live.values())

    def newest(self, first_block):
        """Keys of those from a block on."""
        found = []
        for key, log in reversed(self.live.items()):
            if int(log["blockNumber"], 16) < first_block:
                break
            found.append(key)
        return found[::-1]


class SequenceChecker:
    """Framed events are numbered without a hole, over all connections of a worker that resumes."""

    def __init__(self, epoch, seq):
        self.epoch, self.seq = epoch, seq

    def take(self, epoch, seq):
        if (epoch, seq) != (self.epoch, self.seq + 1):
            raise Wrong(f"event {seq} of epoch {epoch} after {self.seq} of {self.epoch}")
        self.seq = seq
