"""Paired differences in the slices that a figure shows -> one clause that names what differs and where."""

from collections.abc import Sequence

from evaluation.metrics.paired_slices import SliceDifference
from evaluation.metrics.states import NO_DIFFERENCE, size_with_interval, state_of

MOST_NAMED = 3


def slices_in_words(slices: Sequence[SliceDifference], first: str, second: str, where: str) -> str:
    """`cropped is better at 50–59 by 1.29 years (0.72–1.84; real); elsewhere no detectable difference`.

    `where` is the preposition or clause before the name of a slice. The least likely by chance come first.
    """
    if not slices:
        return f"too few pictures to compare {first} and {second} by slice"
    real = sorted((one for one in slices if one.difference.is_real), key=lambda one: one.difference.p)
    if not real:
        return f"{NO_DIFFERENCE} between {first} and {second}"
    parts = [
        f"{first if one.difference.first_is_better else second} is better {where} {one.name} by "
        f"{size_with_interval(one.difference, state_of(one.difference, one.second_training))}"
        for one in real[:MOST_NAMED]
    ]
    if len(real) > MOST_NAMED:
        parts.append(f"{len(real) - MOST_NAMED} more differ")
    if len(real) < len(slices):
        parts.append(f"elsewhere {NO_DIFFERENCE}")
    return "; ".join(parts)
