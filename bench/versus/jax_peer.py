# SPDX-License-Identifier: MIT
"""Plain JAX, written by hand: one lax.scan per layer, the input projection outside it, everything in one jitted step."""

import argparse
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any

import cases
import jax
import jax.numpy as jnp
import numpy as np

RATE, RHO, EPSILON = 0.001, 0.9, 1e-7


def simple(h: Any, matrix: Any, bias: Any, p: Any) -> Any:
    """SimpleRNN's state after a step, from the state before and the projected input."""
    return jnp.tanh(p + h @ matrix)


def lstm(state: Any, matrix: Any, bias: Any, p: Any) -> Any:
    """LSTM's (h, c); gates i, f, c, o."""
    h, c = state
    i, f, g, o = jnp.split(p + h @ matrix, 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def gru(h: Any, matrix: Any, bias: Any, p: Any) -> Any:
    """GRU's state with the reset after the product; gates z, r, h."""
    z, r, g = jnp.split(p, 3, axis=-1)
    hz, hr, hg = jnp.split(h @ matrix + bias[1], 3, axis=-1)
    z, r = jax.nn.sigmoid(z + hz), jax.nn.sigmoid(r + hr)
    return z * h + (1 - z) * jnp.tanh(g + r * hg)


CELLS = {"rnn": simple, "lstm": lstm, "gru": gru}


def recurrent(cell: str, x: Any, kernel: Any, matrix: Any, bias: Any) -> tuple[Any, Any]:
    """States of all steps of [T, N, C], and the last."""
    projected = x @ kernel + (bias[0] if cell == "gru" else bias)
    zeros = jnp.zeros((x.shape[1], matrix.shape[0]))

    def step(state: Any, p: Any) -> tuple[Any, Any]:
        state = CELLS[cell](state, matrix, bias, p)
        return state, state[0] if cell == "lstm" else state

    last, states = jax.lax.scan(step, (zeros, zeros) if cell == "lstm" else zeros, projected)
    return states, last[0] if cell == "lstm" else last


def parameters(words: int | None, features: int, units: int, depth: int, cell: str) -> dict[str, Any]:
    """Random weights with Keras' scales."""
    rng = np.random.default_rng(8)
    width = cases.GATES[cell] * units

    def glorot(a: int, b: int) -> Any:
        limit = (6 / (a + b)) ** 0.5
        return rng.uniform(-limit, limit, (a, b)).astype(np.float32)

    def orthogonal() -> Any:
        return np.linalg.qr(rng.standard_normal((width, units)))[0].T.astype(np.float32)

    bias = np.zeros((2, width) if cell == "gru" else width, np.float32)
    if cell == "lstm":
        bias[units : 2 * units] = 1
    result: dict[str, Any] = {
        "rnn": [(glorot(c, width), orthogonal(), bias) for c in [features] + [units] * (depth - 1)],
        "head": (glorot(units, 1), np.zeros(1, np.float32)),
    }
    if words is not None:
        result["embedding"] = rng.uniform(-0.05, 0.05, (words, features)).astype(np.float32)
    return jax.tree.map(jnp.asarray, result)


def forward(cell: str, weights: dict[str, Any], x: Any) -> Any:
    """The logit or value of each row."""
    x = x.T if x.ndim == 2 else jnp.swapaxes(x, 0, 1)
    h = weights["embedding"][x] if "embedding" in weights else x
    last = None
    for layer in weights["rnn"]:
        h, last = recurrent(cell, h, *layer)
    return last @ weights["head"][0] + weights["head"][1]


def binary(cell: str, weights: dict[str, Any], x: Any, y: Any) -> Any:
    """Binary cross-entropy from the logits."""
    z = forward(cell, weights, x)
    return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z))))


def squared(cell: str, weights: dict[str, Any], x: Any, y: Any) -> Any:
    """Mean squared error."""
    return jnp.mean((forward(cell, weights, x) - y) ** 2)


def infer(options: argparse.Namespace) -> Callable[[int], dict[str, Any]]:
    """The last states of the sequences, jitted."""
    cell = cases.INFER_CASES[options.case].cell
    x, *weights = (jnp.asarray(a) for a in cases.infer_arrays(options))
    function = jax.jit(lambda s: recurrent(cell, jnp.swapaxes(s, 0, 1), *weights)[1])

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            last = function(x).block_until_ready()
        return {"seconds": time.perf_counter() - begin, "loss": float(last.sum())}

    run(3)
    return run


def prepare(options: argparse.Namespace) -> Callable[[int], dict[str, Any]] | None:
    """The case, compiled and warm; None where this peer has no part in it."""
    if options.case in cases.INFER_CASES:
        return infer(options)
    if options.case == "train.imdb.book":
        return None
    if options.case in cases.TOKEN_CASES:
        case = cases.TOKEN_CASES[options.case]
        weights, loss = parameters(cases.WORDS, cases.EMBEDDING, case.units, case.depth, case.cell), binary
    elif options.case in cases.FLOAT_CASES:
        case = cases.FLOAT_CASES[options.case]
        weights, loss = parameters(None, case.units, case.units, 1, case.cell), squared
    else:
        return None

    def update(weights: Any, slots: Any, x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(partial(loss, case.cell))(weights, x, y)
        slots = jax.tree.map(lambda v, g: RHO * v + (1 - RHO) * g * g, slots, gradients)
        weights = jax.tree.map(lambda w, g, v: w - RATE * g / jnp.sqrt(v + EPSILON), weights, gradients, slots)
        return value, weights, slots

    step = jax.jit(update, donate_argnums=(0, 1))
    state = [weights, jax.tree.map(jnp.zeros_like, weights)]
    arrays = cycle([(jnp.asarray(x), jnp.asarray(y)) for x, y in cases.case_batches(options)])

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            value, state[0], state[1] = step(state[0], state[1], *next(arrays))
        last = float(value)
        return {"seconds": time.perf_counter() - begin, "loss": last}

    run(3)
    return run
