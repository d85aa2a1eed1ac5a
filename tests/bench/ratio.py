"""What a bench says: how much slower an answer gets when the data grows. Ratios hold on any machine; times do not."""

import statistics
import time
from collections.abc import Callable


def median_seconds(question: Callable[[], object], times: int) -> float:
    """The median time of one question, after some that warm up."""
    for _turn in range(times // 10):
        question()
    took = []
    for _turn in range(times):
        started = time.perf_counter()
        question()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def hold_to(name: str, small: float, large: float, goal: float) -> None:
    """The ratio is printed beside its goal; a miss fails the bench."""
    assert is_at_most(name, small, large, goal)


def is_at_most(name: str, small: float, large: float, goal: float) -> bool:
    """small, large: seconds. The ratio is printed beside its goal."""
    ratio = large / small
    verdict = "ok" if ratio <= goal else "MISSED"
    print(f"\nbench: {name}: {small * 1000:.2f} ms -> {large * 1000:.2f} ms, ratio {ratio:.2f}, goal <= {goal:.2f}: {verdict}")
    return ratio <= goal


def is_flat(name: str, small: float, large: float, goal: float) -> bool:
    """small, large: MB."""
    ratio = large / small
    verdict = "ok" if ratio <= goal else "MISSED"
    print(f"\nbench: memory of {name}: {small:.0f} MB -> {large:.0f} MB, ratio {ratio:.2f}, goal <= {goal:.2f}: {verdict}")
    return ratio <= goal


def is_at_least(name: str, measured: float, reference: float, goal: float) -> bool:
    """measured, reference: how many a second. Their ratio is printed beside its goal."""
    ratio = measured / reference
    verdict = "ok" if ratio >= goal else "MISSED"
    print(f"\nbench: {name}: {measured:,.0f} of {reference:,.0f}/s, ratio {ratio:.2f}, goal >= {goal:.2f}: {verdict}")
    return ratio >= goal
