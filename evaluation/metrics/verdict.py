"""Paired differences of two variants, in all and in slices -> the variant to ship, and sentences that say so.

Judged are age MAE (or the bin accuracy, where no age is exact) and gender accuracy. Every size in a sentence
is a paired difference, and every claim among the slices is corrected for all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.metrics.definitions import GENDER_KEYS
from evaluation.metrics.differences import Difference
from evaluation.metrics.paired_slices import AGE_CUT, GENDER_CUT, LARGE, SIZE, SMALL, SliceDifference
from evaluation.metrics.states import (
    NO_DIFFERENCE,
    bare_size,
    detectable_in_words,
    equal_in_words,
    size_with_interval,
    state_of,
)

MOST_SLICES = 4  # named in a note; all stand in the figures
METRIC_NAMES = {"mae": "age MAE", "bin_accuracy": "ages in the right bin", "accuracy": "gender accuracy"}
JOBS = {"mae": "age", "bin_accuracy": "age", "accuracy": "gender"}
SIZES = {SMALL: (f"where the face is {SMALL} of the side", "above that"), LARGE: (
    f"where the face is {LARGE} of the side", "below that")}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """`sentence` is the answer, `notes` what belongs to it; `states` one of STATES by judged metric.

    `better` is the variant to ship: None without a detected difference, or with one winner per job.
    """

    better: str | None
    sentence: str
    notes: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """One of STATES, of what is claimed; `at age real; at gender …` where two claims differ in it."""
        claims = {key: state for key, state in self.states.items() if state != NO_DIFFERENCE}
        if len(set(claims.values())) < 2:
            return next(iter(claims.values()), NO_DIFFERENCE)
        return "; ".join(f"at {JOBS[key]} {state}" for key, state in claims.items())

    @property
    def is_real(self) -> bool:
        """Whether any difference is detected, in all or in a slice."""
        return any(state != NO_DIFFERENCE for state in self.states.values())


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on: differences by metric in all, and in slices with the second trainings'.

    `bias_size` is the difference of the biases' distances from 0, `state` that of a difference in all,
    `pictures` how many both variants answered.
    """

    first: str
    second: str
    differences: Mapping[str, Difference]
    slices: Sequence[SliceDifference]
    bias_size: Difference
    bias_state: str
    state: Callable[[Difference], str]
    pictures: int

    @property
    def judged(self) -> list[Difference]:
        """The differences that are judged and known: of ages, of genders."""
        return [self.differences[key] for key in judged_keys(self.differences) if self.differences[key].count]

    def winner(self, difference: Difference) -> str | None:
        return {True: self.first, False: self.second, None: None}[difference.first_is_better]

    def in_slices(self, cut: str) -> list[SliceDifference]:
        """The slices of a cut in which a difference is detected."""
        return [one for one in self.slices if one.cut == cut and one.difference.is_real]


def judged_keys(differences: Mapping[str, Difference]) -> tuple[str, str]:
    """The metrics of age and gender that are judged."""
    in_bins = not differences["mae"].count and differences["bin_accuracy"].count > 0
    return ("bin_accuracy" if in_bins else "mae"), "accuracy"


def verdict(evidence: Evidence) -> Verdict:
    """The variant to ship, the sentence and its notes."""
    judged = evidence.judged
    if not judged:
        what = "have no estimate in common on these" if evidence.pictures else "share no"
        names = f"{evidence.first} and {evidence.second}"
        return Verdict(None, f"{names} {what} pictures, so nothing can be compared.")
    if any(difference.is_real for difference in judged):
        answer = _by_totals(evidence, judged)
    else:
        answer = _by_face_size(evidence, judged) or _without_difference(evidence, judged)
    notes = [
        *_other_slices(evidence, answer),
        *_other_measures(evidence),
        *_equality(judged),
        *_detectable(judged),
    ]
    return Verdict(answer.better, answer.sentence, tuple(notes), answer.states)


def _by_totals(evidence: Evidence, judged: Sequence[Difference]) -> Verdict:
    """The verdict where ages or genders differ over all pictures."""
    real = [difference for difference in judged if difference.is_real]
    winners = [evidence.winner(difference) for difference in real]
    states = {difference.key: evidence.state(difference) for difference in judged}
    pictures = f"on {max(difference.count for difference in judged):,} pictures"
    claims = [
        f"{winner} is better at {JOBS[one.key]} by {size_with_interval(one)}"
        for winner, one in zip(winners, real, strict=True)
    ]
    if len(set(winners)) > 1:
        choice = "ship the one whose job matters more"
        return Verdict(None, f"{' and '.join(claims)} {pictures}: {choice}.", states=states)
    also = f" and at {JOBS[real[1].key]} by {size_with_interval(real[1])}" if len(real) > 1 else ""
    rest = [f"at {JOBS[one.key]} there is {NO_DIFFERENCE}" for one in judged if not one.is_real]
    sentence = "; ".join([f"{claims[0]}{also} {pictures}", *rest, *_not_compared(judged)])
    return Verdict(winners[0], f"{sentence}.", states=states)


def _by_face_size(evidence: Evidence, judged: Sequence[Difference]) -> Verdict | None:
    """The verdict where variants differ on small faces alone, or on large ones; None where they do not."""
    slices = evidence.in_slices(SIZE)
    winners = {(evidence.winner(one.difference), one.name) for one in slices}
    if not slices:
        return None
    states = {one.difference.key: state_of(one.difference, one.second_training) for one in slices}
    claims = [
        _in_one_slice(evidence, winner, SIZES[name][0], [one for one in slices if one.name == name])
        for winner, name in sorted(winners, key=lambda pair: pair[1] != SMALL)
    ]
    names = {name for _, name in winners}
    others = max(
        [one.difference.count for one in evidence.slices if one.cut == SIZE and one.name not in names],
        default=0,
    )
    rest = (
        f"; {SIZES[names.pop()][1]} there is {NO_DIFFERENCE} ({others:,} pictures)" if len(names) == 1 else ""
    )
    better = {winner for winner, _ in winners}
    return Verdict(better.pop() if len(better) == 1 else None, f"{'; '.join(claims)}{rest}.", states=states)


def _in_one_slice(
    evidence: Evidence, winner: str | None, where: str, slices: Sequence[SliceDifference]
) -> str:
    """`cropped is better where the face is under 20 % of the side (age MAE 1.32 years …; 682 pictures)`."""
    sizes = [
        f"{METRIC_NAMES[one.difference.key]} {size_with_interval(one.difference)}"
        for one in slices
        if evidence.winner(one.difference) == winner
    ]
    count = max(one.difference.count for one in slices)
    return f"{winner} is better {where} ({', '.join(sizes)}; {count:,} pictures)"


def _without_difference(evidence: Evidence, judged: Sequence[Difference]) -> Verdict:
    sizes = " and ".join(f"{METRIC_NAMES[one.key]} by {bare_size(one.key, one.value)}" for one in judged)
    count = max(difference.count for difference in judged)
    rest = "".join(f"; {text}" for text in _not_compared(judged))
    sentence = (
        f"No detectable difference between {evidence.first} and {evidence.second}: they differ in {sizes} "
        f"on {count:,} pictures{rest}."
    )
    return Verdict(None, sentence, states={difference.key: NO_DIFFERENCE for difference in judged})


def _not_compared(judged: Sequence[Difference]) -> list[str]:
    if len(judged) > 1:
        return []
    return [f"{'ages' if judged[0].key in GENDER_KEYS else 'genders'} cannot be compared here"]


def _other_slices(evidence: Evidence, answer: Verdict) -> list[str]:
    """Where else a difference is detected, the least likely by chance first."""
    named_by_size = bool(evidence.in_slices(SIZE)) and not any(one.is_real for one in evidence.judged)
    slices = [
        one for one in evidence.slices if one.difference.is_real and not (named_by_size and one.cut == SIZE)
    ]
    if not slices:
        return []
    slices = sorted(slices, key=lambda one: one.difference.p)
    parts = [
        f"{_where(one)} {evidence.winner(one.difference)} is better in {METRIC_NAMES[one.difference.key]} by "
        f"{size_with_interval(one.difference, state_of(one.difference, one.second_training))}"
        for one in slices[:MOST_SLICES]
    ]
    more = f"; {len(slices) - MOST_SLICES} more slices differ" if len(slices) > MOST_SLICES else ""
    tested = len(evidence.slices)
    return [f"Of {tested} differences in slices, corrected together: {'; '.join(parts)}{more}."]


def _where(one: SliceDifference) -> str:
    if one.cut == SIZE:
        return SIZES[one.name][0]
    return {AGE_CUT: f"at {one.name} years", GENDER_CUT: f"of true gender {one.name}"}.get(
        one.cut, f"of race {one.name}"
    )


def _other_measures(evidence: Evidence) -> list[str]:
    """RMSE and bias where they point to another variant than the age MAE, and why they may."""
    if not evidence.differences["mae"].count:
        return []
    by_mae = evidence.winner(evidence.differences["mae"])
    rmse, bias = evidence.differences["rmse"], evidence.bias_size
    parts = []
    if (by_rmse := evidence.winner(rmse)) and by_rmse != by_mae:
        size = size_with_interval(rmse, evidence.state(rmse))
        parts.append(f"by RMSE, in which large errors weigh more, {by_rmse} is better by {size}")
    by_bias = (evidence.first if bias.value < 0 else evidence.second) if bias.is_real else None
    if by_bias and by_bias != by_mae:
        size = size_with_interval(bias, evidence.bias_state)
        parts.append(f"the age bias of {by_bias} is nearer to 0 by {size}")
    return [f"MAE alone does not show it: {'; '.join(parts)}."] if parts else []


def _equality(judged: Sequence[Difference]) -> list[str]:
    """Where two one-sided tests say that a difference is too small to matter."""
    parts = [f"{METRIC_NAMES[one.key]}: {words}" for one in judged if (words := equal_in_words(one))]
    return [f"Over all pictures, {'; '.join(parts)}."] if parts else []


def _detectable(judged: Sequence[Difference]) -> list[str]:
    parts = [f"{words} of {METRIC_NAMES[one.key]}" for one in judged if (words := detectable_in_words(one))]
    if not parts:
        return []
    return [f"The smallest difference that these pictures would show four times in five: {', '.join(parts)}."]
