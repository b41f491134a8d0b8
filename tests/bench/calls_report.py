"""What `scripts/bench calls` prints and writes: the table, the ratios, and whether each target is
met."""

import statistics

IN_FLIGHT = (1, 16, 64)
IDLE_BYTES_MAX = 4096


def median(rounds, name, in_flight, key):
    return statistics.median(one[name][in_flight][key] for one in rounds)


def medians(rounds):
    """Of each figure over the rounds."""
    return {
        name: {
            in_flight: {key: median(rounds, name, in_flight, key) for key in figures}
            for in_flight, figures in by_flight.items()
        }
        for name, by_flight in rounds[0].items()
    }


def added_p50_us(rounds, name):
    """Of each round on its own, so that a slow round is slow for both."""
    return statistics.median(one[name][1]["p50_us"] - one["direct"][1]["p50_us"] for one in rounds)


def speed_ratio(rounds, name, other, in_flight):
    return statistics.median(
        one[name][in_flight]["calls_per_s"] / one[other][in_flight]["calls_per_s"] for one in rounds
    )


def table(header, rows):
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in [header, *rows]
    )


def latency_table(rounds):
    figures = medians(rounds)
    direct, haproxy = figures["direct"][1], figures["haproxy"][1]
    rows = []
    for name, by_flight in figures.items():
        one = by_flight[1]
        rows.append([name, f"{one['p50_us']:.1f}", f"{one['p99_us']:.1f}",
                     f"{added_p50_us(rounds, name):+.1f}",
                     f"{one['p50_us'] / direct['p50_us']:.2f}x",
                     f"{one['p50_us'] / haproxy['p50_us']:.2f}x"])
    header = ["1 in flight", "p50 us", "p99 us", "added p50", "p50/direct", "p50/HAProxy"]
    return table(header, rows)


def speed_table(rounds, in_flight):
    figures = medians(rounds)
    rows = []
    for name, by_flight in figures.items():
        one = by_flight[in_flight]
        proxy_us = one["proxy_cpu_us_per_call"]
        rows.append([name, f"{one['calls_per_s']:.0f}", f"{one['p50_us']:.0f}",
                     f"{one['p99_us']:.0f}",
                     f"{speed_ratio(rounds, name, 'direct', in_flight):.2f}x",
                     f"{speed_ratio(rounds, name, 'haproxy', in_flight):.2f}x",
                     "-" if name == "direct" else f"{proxy_us:.1f}",
                     f"{one['origin_cpu_us_per_call']:.1f}",
                     f"{one['client_cpu_us_per_call']:.1f}"])
    header = [f"{in_flight} in flight", "calls/s", "p50 us", "p99 us", "/direct", "/HAProxy",
              "proxy CPU us", "origin", "client"]
    return table(header, rows)


def idle_table(idle):
    rows = []
    for name, by_sessions in idle.items():
        started = by_sessions[0]
        for sessions, rss in by_sessions.items():
            each = (rss - by_sessions[1]) / (sessions - 1) if sessions > 1 else None
            rows.append([name if rss is started else "", str(sessions), f"{rss / 2**20:.1f}",
                         "-" if each is None else f"{each:.0f}"])
    return table(["RSS", "idle sessions", "MiB", "bytes each"], rows)


def targets(rounds, idle):
    """One of {text, is_met, got} for each; a session's memory is what each after the first adds."""
    found = []
    added = added_p50_us(rounds, "framed")
    for other, words in (("haproxy", "HAProxy's"), ("haproxy-unix", "HAProxy's on a Unix socket")):
        limit = added_p50_us(rounds, other)
        found.append({"text": f"framed: added p50 no worse than {words}",
                      "is_met": added <= limit, "got": f"{added:+.1f} us against {limit:+.1f} us"})
    for other, words in (("haproxy", "HAProxy's"), ("haproxy-unix", "HAProxy's on a Unix socket")):
        ratio = speed_ratio(rounds, "framed", other, 64)
        found.append({"text": f"framed: calls/s at 64 in flight at least {words}",
                      "is_met": ratio >= 1.0, "got": f"{ratio:.2f}x"})
    by_sessions = idle["sidecar"]
    most = max(by_sessions)
    each = (by_sessions[most] - by_sessions[1]) / (most - 1)
    found.append({"text": f"at most {IDLE_BYTES_MAX} bytes of RSS per idle session",
                  "is_met": each <= IDLE_BYTES_MAX, "got": f"{each:.0f} bytes at {most} sessions"})
    return found


def text(report):
    rounds, idle = report["rounds"], report["idle"]
    parts = [latency_table(rounds)]
    parts += [speed_table(rounds, in_flight) for in_flight in IN_FLIGHT]
    parts.append(idle_table(idle))
    parts.append("\n".join(f"{'met  ' if one['is_met'] else 'short'}  {one['text']}: {one['got']}"
                           for one in report["targets"]))
    return "\n\n".join(parts)
