# SPDX-License-Identifier: MIT
"""The cases in numbers, the same for every peer, and their data."""

import argparse
from dataclasses import dataclass

import numpy as np

WORDS = 10_000
EMBEDDING = 32

# Columns of a cell's matrices, in units: its gates side by side.
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


@dataclass(frozen=True)
class TokenCase:
    """Embedding(10000, 32) -> cell(32) x depth -> Dense(1, sigmoid); rmsprop, binary cross-entropy."""

    batch: int
    depth: int = 1
    units: int = 32
    cell: str = "rnn"


@dataclass(frozen=True)
class FloatCase:
    """cell(units) -> Dense(1) on [batch, steps, units] floats; rmsprop, mean squared error."""

    batch: int
    steps: int
    units: int
    cell: str = "rnn"


@dataclass(frozen=True)
class InferCase:
    """The last state of cell(units) on [batch, steps, units] floats."""

    steps: int
    units: int
    cell: str
    batch: int = 1


@dataclass(frozen=True)
class GraphCase:
    """A graph of two sequences: a decoder over an encoder on [batch, steps, features] floats, or a pair of texts; Adam."""

    batch: int
    steps: int
    units: int
    features: int = 64
    attention: bool = False


@dataclass(frozen=True)
class StepCase:
    """One timestep of a decoder: LSTM(units) on [features] from given states, Dense(features, softmax)."""

    units: int
    features: int


TOKEN_CASES = {
    "train.imdb.b128": TokenCase(128),
    "train.imdb.b32": TokenCase(32),
    "train.imdb.book": TokenCase(128),
    "train.stack4": TokenCase(128, depth=4),
    "train.lstm32": TokenCase(128, cell="lstm"),
    "train.gru32": TokenCase(128, cell="gru"),
}
FLOAT_CASES = {
    "train.rnn128": FloatCase(64, 100, 128),
    "train.rnn512": FloatCase(64, 50, 512),
    "train.lstm128": FloatCase(64, 100, 128, "lstm"),
    "train.gru128": FloatCase(64, 100, 128, "gru"),
    "train.lstm512": FloatCase(64, 50, 512, "lstm"),
    "train.gru512": FloatCase(64, 50, 512, "gru"),
}
GRAPH_CASES = {
    "train.seq2seq": GraphCase(64, 40, 256),
    "train.attention": GraphCase(64, 40, 128, attention=True),
    "train.siamese": GraphCase(128, 200, 32, features=EMBEDDING),
}
INFER_CASES = {
    "infer.rnn32": InferCase(500, 32, "rnn"),
    "infer.lstm32": InferCase(500, 32, "lstm"),
    "infer.gru32": InferCase(500, 32, "gru"),
    "infer.lstm128": InferCase(100, 128, "lstm"),
    "infer.gru128": InferCase(100, 128, "gru"),
    "infer.lstm256": InferCase(150, 256, "lstm"),
    "infer.gru256": InferCase(150, 256, "gru"),
    "infer.lstm512.b64": InferCase(25, 512, "lstm", batch=64),
}


STEP_CASES = {"infer.seq2seq.step": StepCase(256, 64)}


def token_data(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Tokens [N, T] and labels [N, 1] from the files; Zipf-like stand-ins where none are named."""
    if options.tokens:
        tokens = np.fromfile(options.tokens, np.int32).reshape(options.shape)
        return tokens, np.fromfile(options.labels, np.float32).reshape(-1, 1)
    n, steps = options.shape or (1280, 500)
    rng = np.random.default_rng(5)
    tokens = np.minimum(rng.zipf(1.3, (n, steps)) + 3, WORDS - 1).astype(np.int32)
    for row, length in enumerate(rng.integers(60, steps + 1, n)):
        tokens[row, : steps - length] = 0
    return tokens, rng.integers(0, 2, (n, 1)).astype(np.float32)


def batches(options: argparse.Namespace, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The full batches of the data, in their order."""
    x, y = token_data(options)
    count = len(x) // size
    return [(np.ascontiguousarray(x[i * size : (i + 1) * size]), y[i * size : (i + 1) * size]) for i in range(count)]


def float_batches(case: FloatCase) -> list[tuple[np.ndarray, np.ndarray]]:
    """Random batches of a float case; enough of them that the loss does not run to zero."""
    rng = np.random.default_rng(6)
    return [
        (
            rng.standard_normal((case.batch, case.steps, case.units), np.float32),
            rng.standard_normal((case.batch, 1), np.float32),
        )
        for _ in range(8)
    ]


def graph_batches(options: argparse.Namespace) -> list[tuple[list[np.ndarray], np.ndarray]]:
    """Batches of a graph: two random sequences and an id for each step, or halves of the reviews as pairs."""
    case = GRAPH_CASES[options.case]
    if options.case == "train.siamese":
        x, y = token_data(options)
        half = len(x) // 2
        cut = np.ascontiguousarray(x[:, -case.steps :])
        starts = range(0, half - case.batch + 1, case.batch)
        return [([cut[i : i + case.batch], cut[half + i : half + i + case.batch]], y[i : i + case.batch]) for i in starts]
    rng = np.random.default_rng(8)
    shape = (case.batch, case.steps, case.features)
    return [
        (
            [rng.standard_normal(shape, np.float32) for _ in range(2)],
            rng.integers(0, case.features, shape[:2]).astype(np.int32),
        )
        for _ in range(8)
    ]


def case_batches(options: argparse.Namespace) -> list[tuple[np.ndarray | list[np.ndarray], np.ndarray]]:
    """The batches of a training case."""
    if options.case in GRAPH_CASES:
        return graph_batches(options)
    if options.case in TOKEN_CASES:
        return batches(options, TOKEN_CASES[options.case].batch)
    return float_batches(FLOAT_CASES[options.case])


def infer_arrays(options: argparse.Namespace) -> list[np.ndarray]:
    """Sequences [N, T, C], kernel [C, gates H], recurrent kernel [H, gates H] and bias, in Keras' layouts."""
    case = INFER_CASES[options.case]
    units, width = case.units, GATES[case.cell] * case.units
    bias = (2, width) if case.cell == "gru" else (width,)
    shapes = [(case.batch, case.steps, units), (units, width), (units, width), bias]
    return _arrays(options, shapes, [1, units**-0.5, 0.7 * units**-0.5, 0.1])


def step_arrays(options: argparse.Namespace) -> list[np.ndarray]:
    """A timestep [C], states h and c [H], kernel, recurrent kernel and bias in Keras' layouts, those of the dense layer."""
    case = STEP_CASES[options.case]
    units, features = case.units, case.features
    shapes = [(features,), (units,), (units,), (features, 4 * units), (units, 4 * units), (4 * units,)]
    scales = [1, 0.5, 0.5, features**-0.5, 0.7 * units**-0.5, 0.1]
    return _arrays(options, [*shapes, (units, features), (features,)], [*scales, units**-0.5, 0.1])


def _arrays(options: argparse.Namespace, shapes: list[tuple[int, ...]], scales: list[float]) -> list[np.ndarray]:
    """From the file, or drawn."""
    if options.arrays:
        ends = np.cumsum([np.prod(shape) for shape in shapes])
        parts = np.split(np.fromfile(options.arrays, np.float32), ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
    rng = np.random.default_rng(7)
    return [rng.standard_normal(shape, np.float32) * np.float32(scale) for shape, scale in zip(shapes, scales)]
