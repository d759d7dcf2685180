# SPDX-License-Identifier: MIT
"""The cases in numbers, the same for every peer, and their data."""

import argparse
from dataclasses import dataclass

import numpy as np

WORDS = 10_000
EMBEDDING = 32


@dataclass(frozen=True)
class TokenCase:
    """Embedding(10000, 32) -> SimpleRNN(32) x depth -> Dense(1, sigmoid); rmsprop, binary cross-entropy."""

    batch: int
    depth: int = 1
    units: int = 32


@dataclass(frozen=True)
class FloatCase:
    """SimpleRNN(units) -> Dense(1) on [batch, steps, units] floats; rmsprop, mean squared error."""

    batch: int
    steps: int
    units: int


TOKEN_CASES = {
    "train.imdb.b128": TokenCase(128),
    "train.imdb.b32": TokenCase(32),
    "train.imdb.book": TokenCase(128),
    "train.stack4": TokenCase(128, depth=4),
}
FLOAT_CASES = {
    "train.rnn128": FloatCase(64, 100, 128),
    "train.rnn512": FloatCase(64, 50, 512),
}

# infer.rnn32: one sequence.
INFER_STEPS, INFER_FEATURES, INFER_UNITS = 500, 32, 32


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


def case_batches(options: argparse.Namespace) -> list[tuple[np.ndarray, np.ndarray]]:
    """The batches of a training case."""
    if options.case in TOKEN_CASES:
        return batches(options, TOKEN_CASES[options.case].batch)
    return float_batches(FLOAT_CASES[options.case])


def infer_weights() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """infer.rnn32: sequence [T, C], kernel [C, H], recurrent kernel [H, H], bias [H]."""
    rng = np.random.default_rng(7)
    return (
        rng.standard_normal((INFER_STEPS, INFER_FEATURES), np.float32),
        rng.standard_normal((INFER_FEATURES, INFER_UNITS), np.float32) * np.float32(0.2),
        rng.standard_normal((INFER_UNITS, INFER_UNITS), np.float32) * np.float32(0.12),
        rng.standard_normal(INFER_UNITS, np.float32) * np.float32(0.1),
    )
