"""A strict reader of Prometheus' text format 0.0.4: it takes nothing that the format does not say, and
nothing of it that we do not use (comments, timestamps, untyped metrics)."""

import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
HELP = re.compile(r"# HELP ([^ ]+) (.*)")
TYPE = re.compile(r"# TYPE ([^ ]+) (counter|gauge|histogram)")
# As strconv.ParseFloat reads it, of which we need this much.
VALUE = re.compile(r"[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN")
SUFFIXES = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


class Malformed(ValueError):
    pass


def check(claim, words):
    if not claim:
        raise Malformed(words)


class Family:
    def __init__(self, name, help_text):
        self.name = name
        self.help = help_text
        self.kind = None
        self.samples = {}  # {(suffix, ((label, value), ...)): value}


def read_labels(text, at):
    """The labels from an opening brace on, and where they end."""
    labels = []
    at += 1
    while text[at : at + 1] != "}":
        if labels:
            check(text[at : at + 1] == ",", f"no comma between labels: {text}")
            at += 1
        name = LABEL.match(text, at)
        check(name and text[name.end() : name.end() + 2] == '="', f"no label: {text}")
        at = name.end() + 2
        value = []
        while (char := text[at : at + 1]) != '"':
            check(char, f"a value without an end: {text}")
            if char == "\\":
                at += 1
                check(text[at : at + 1] in ("\\", '"', "n"), f"no such escape: {text}")
                char = "\n" if text[at] == "n" else text[at]
            value.append(char)
            at += 1
        at += 1
        labels.append((name.group(), "".join(value)))
    check(len({name for name, _ in labels}) == len(labels), f"a label twice: {text}")
    return tuple(labels), at + 1


def read_sample(text):
    name = NAME.match(text)
    check(name, f"no sample: {text}")
    at = name.end()
    labels = ()
    if text[at : at + 1] == "{":
        labels, at = read_labels(text, at)
    check(text[at : at + 1] == " ", f"no blank before the value: {text}")
    value = VALUE.fullmatch(text, at + 1)
    check(value, f"no value: {text}")
    return name.group(), labels, float(value.group().replace("Inf", "inf"))


def check_histogram(family):
    buckets = {}
    for (suffix, labels), value in family.samples.items():
        if suffix == "_bucket":
            check(labels and labels[-1][0] == "le", f"{family.name}: a bucket without le last")
            bound = float(labels[-1][1].replace("Inf", "inf"))
            buckets.setdefault(labels[:-1], []).append((bound, value))
    for labels, found in buckets.items():
        bounds = [bound for bound, _ in found]
        counts = [count for _, count in found]
        where = f"{family.name}{labels}"
        check(bounds == sorted(set(bounds)) and bounds[-1] == math.inf, f"{where}: {bounds}")
        check(counts == sorted(counts), f"{where}: buckets do not add up: {counts}")
        check(family.samples.get(("_count", labels)) == counts[-1], f"{where}: count")
        check(("_sum", labels) in family.samples, f"{where}: no sum")
    of_suffix = lambda suffix: sum(1 for key in family.samples if key[0] == suffix)
    check(of_suffix("_sum") == of_suffix("_count") == len(buckets), f"{family.name}: one too many")


def parse(text):
    """{name: Family}; raises Malformed."""
    check(text.endswith("\n"), "the last line has no end")
    families = {}
    family = None
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            if found := HELP.fullmatch(line):
                check(family is None or family.kind, f"no type for {family and family.name}")
                check(NAME.fullmatch(found[1]), line)
                check(found[1] not in families, f"twice: {line}")
                check(not re.search(r"\\[^\\n]", found[2].replace("\\\\", "")), line)
                family = families[found[1]] = Family(found[1], found[2])
                continue
            found = TYPE.fullmatch(line)
            check(found and family and family.name == found[1], f"a type elsewhere: {line}")
            check(family.kind is None, f"a second type: {line}")
            family.kind = found[2]
            continue
        name, labels, value = read_sample(line)
        check(family and family.kind, f"before any type: {line}")
        suffixes = [one for one in SUFFIXES[family.kind] if name == family.name + one]
        check(suffixes, f"among {family.name}: {line}")
        check((suffixes[0], labels) not in family.samples, f"twice: {line}")
        check(family.kind == "gauge" or suffixes[0] == "_sum" or value >= 0, line)
        family.samples[(suffixes[0], labels)] = value
    check(family is None or family.kind, "ends without a type")
    for family in families.values():
        if family.kind == "histogram":
            check_histogram(family)
    return families


class Scrape:
    """What one scrape told, to be asked by name and labels."""

    def __init__(self, text):
        self.text = text
        self.families = parse(text)

    def series_count(self):
        return sum(len(family.samples) for family in self.families.values())

    def value(self, name, suffix="", **labels):
        """Of the one series with exactly these labels; None when it is not there."""
        wanted = set(labels.items())
        for (at, have), value in self.families[name].samples.items():
            if at == suffix and set(have) == wanted:
                return value
        return None

    def sum(self, name, suffix="", **labels):
        """Over all series with these labels among theirs."""
        wanted = set(labels.items())
        samples = self.families[name].samples.items()
        return sum(value for (at, have), value in samples if at == suffix and wanted <= set(have))

    def labels(self, name):
        """The label sets of a metric, as dicts."""
        return [dict(have) for _, have in self.families[name].samples]
