"""Ten thousand runs in the store: the runs screen opens on them, and finds some of them as one types."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from statistics import median

from engine.experiment.layers import Dense, Dropout
from engine.experiment.model import Data, Experiment, Training
from engine.runs import database, row_codec, schema
from engine.training.run import Run
from tests.benchmarks.measuring import Measurement, fresh_home
from tests.benchmarks.screen import Terminal
from tests.engine.fake_runs import FACTS, ended

RUNS, EPOCHS = 10_000, 20
SIZE = (140, 40)
TYPED = "imdb units=16 val_loss<0.35"


def fill(runs: int) -> None:
    """Put finished runs into the store of this home, whose settings differ in many ways."""
    chance, opened_store = random.Random(1), database.Database()
    with opened_store.writing() as connection:
        for number in range(1, runs + 1):
            experiment = made_up(chance, number)
            curve = [ended(experiment.seed, epoch) for epoch in range(1, EPOCHS + 1)]
            curve = [replace(one, logs={name: chance.random() for name in one.logs}) for one in curve]
            row = row_codec.new_run(Run(experiment), None, None, None) | {
                "id": number,
                "status": "finished",
                "epochs": EPOCHS,
                "best_epoch": 3,
                "best": dict(curve[2].logs),
                "data": asdict(FACTS),
                "parameters": 160_305,
                "revision": number,
            }
            connection.execute(schema.runs.insert().values(schema.sealed(schema.runs, row)))
            connection.execute(schema.epochs.insert(), [row_codec.new_epoch(number, one) for one in curve])
    opened_store.close()


def made_up(chance: random.Random, number: int) -> Experiment:
    """An experiment like no other."""
    layers = (Dense(units=chance.choice((4, 16, 64)), activation="relu"), Dropout(), Dense(units=1))
    training = Training(epochs=EPOCHS, learning_rate=chance.choice((0.001, 0.01)), batch_size=number)
    data = Data(dataset=chance.choice(("imdb", "boston", "digits")))
    return Experiment(name=f"Run {number}", seed=chance.randrange(5), data=data, layers=layers, training=training)


def opened(terminal: Terminal) -> float:
    """Seconds from the key to the table."""
    terminal.until(lambda seen: seen.shows("ready") and seen.shows("Commands"))
    terminal.watch(1)
    pressed = terminal.press("2")
    return terminal.until(lambda seen: seen.shows(f"Runs · {RUNS:,}")) - pressed


def typed(terminal: Terminal) -> list[float]:
    """The milliseconds from each key to its painted answer."""
    terminal.press("f")
    terminal.until(lambda seen: seen.shows("val_loss<0.3"))
    terminal.watch(0.5)
    taken = []
    for index in range(1, len(TYPED) + 1):
        pressed = terminal.press(TYPED[index - 1])
        taken.append(1000 * (terminal.until(lambda seen, text=TYPED[:index]: seen.shows(text)) - pressed))
        terminal.watch(0.1)
    terminal.until(lambda seen: seen.shows(f" of {RUNS:,}"))
    return taken


def measurements(rounds: int) -> list[Measurement]:
    """The medians of the rounds: of the time to open, and of the slowest key."""
    seconds, slowest = [], []
    with fresh_home():  # other topics' runs have taken the first numbers in theirs
        fill(RUNS)
        for _ in range(rounds):
            with Terminal(*SIZE, "digits") as terminal:
                seconds.append(opened(terminal))
                slowest.append(max(typed(terminal)))
    return [
        Measurement(f"the runs screen opens on {RUNS:,} runs", median(seconds), "s", 1.0, more=False),
        Measurement(f"a key finds some of {RUNS:,} runs, the slowest", median(slowest), "ms", 100, more=False),
    ]
