"""A run.toml that tests change: a training of two phases on two sets, of which one epoch is done."""

from datetime import UTC, datetime

from recipes.run import TRAINING, PlannedPhase, RunState, SetFacts

RUN = RunState(
    command='python -m training run wide --out "a b"',
    device="CPU, 2 threads",
    start="random weights",
    parameters=1000,
    skipped_pictures=4,
    sets=(SetFacts("chips", 80, 10, 15.0, 0.55), SetFacts("fairface", 20, 5)),
    state=TRAINING,
    recipe="wide",
    started=datetime(2026, 5, 4, 10, 0, tzinfo=UTC),
    updated=datetime(2026, 5, 4, 12, 0, tzinfo=UTC),
    epochs=4,
    epochs_done=1,
    best_epoch=1,
    phases=(PlannedPhase("main", 3), PlannedPhase("all", 1)),
)
