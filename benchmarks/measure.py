"""Timing several ways of doing one thing, by turns, and saying what came of it."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the table: what was found, what was promised, whether it holds.

    `target` and `holds` are None for what is only reported.
    """

    what: str
    found: str
    target: str | None = None
    holds: bool | None = None


def by_turns(
    ways: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    after: Callable[[], object] = lambda: None,
) -> dict[str, list[float]]:
    """Return the seconds that each way took, round by round.

    The ways alternate, A B A B, so that a busy machine slows them alike; one round before
    the first is not counted. `after` tidies up after each, which is not timed.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, act in ways.items():
            start = time.perf_counter()
            act()
            taken = time.perf_counter() - start
            after()
            if number:
                seconds[name].append(taken)
    return seconds


def ratio(seconds: Mapping[str, list[float]], of: str, to: str, *, most: float) -> Finding:
    """Return how many times as long `of` took as `to`, of the medians, against the target."""
    value = statistics.median(seconds[of]) / statistics.median(seconds[to])
    return Finding(f"{of} / {to}", f"{value:.2f}x", f"at most {most:g}x", value <= most)


def times(name: str, seconds: list[float]) -> Finding:
    """Return median and 95th percentile, in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    median = statistics.median(ordered) * 1000
    return Finding(name, f"p50 {median:,.1f} ms  p95 {p95 * 1000:,.1f} ms  n={len(ordered)}")


def table(title: str, findings: list[Finding]) -> str:
    """Return the findings as lines of text."""
    lines = [f"\n{title}"]
    for item in findings:
        verdict = {True: "holds", False: "MISSED", None: ""}[item.holds]
        lines.append(f"  {item.what:<50} {item.found:<34} {item.target or '':<14} {verdict}")
    return "\n".join(line.rstrip() for line in lines)
