# SPDX-License-Identifier: MIT
"""Plain JAX, written by hand: one lax.scan per layer, the input projection outside it, everything in one jitted step."""

import argparse
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import cases
import jax
import jax.numpy as jnp
import numpy as np

RATE, RHO, EPSILON = 0.001, 0.9, 1e-7


def recurrent(x: Any, kernel: Any, matrix: Any, bias: Any) -> tuple[Any, Any]:
    """States of all steps of [T, N, C], and the last."""
    projected = x @ kernel + bias

    def step(h: Any, p: Any) -> tuple[Any, Any]:
        h = jnp.tanh(p + h @ matrix)
        return h, h

    last, states = jax.lax.scan(step, jnp.zeros(projected.shape[1:]), projected)
    return states, last


def parameters(words: int | None, features: int, units: int, depth: int) -> dict[str, Any]:
    """Random weights with Keras' scales."""
    rng = np.random.default_rng(8)

    def glorot(a: int, b: int) -> Any:
        limit = (6 / (a + b)) ** 0.5
        return rng.uniform(-limit, limit, (a, b)).astype(np.float32)

    orthogonal = [np.linalg.qr(rng.standard_normal((units, units)))[0].astype(np.float32) for _ in range(depth)]
    sizes = [features] + [units] * (depth - 1)
    result: dict[str, Any] = {
        "rnn": [(glorot(c, units), q, np.zeros(units, np.float32)) for c, q in zip(sizes, orthogonal)],
        "head": (glorot(units, 1), np.zeros(1, np.float32)),
    }
    if words is not None:
        result["embedding"] = rng.uniform(-0.05, 0.05, (words, features)).astype(np.float32)
    return jax.tree.map(jnp.asarray, result)


def forward(weights: dict[str, Any], x: Any) -> Any:
    """The logit or value of each row."""
    x = x.T if x.ndim == 2 else jnp.swapaxes(x, 0, 1)
    h = weights["embedding"][x] if "embedding" in weights else x
    last = None
    for layer in weights["rnn"]:
        h, last = recurrent(h, *layer)
    return last @ weights["head"][0] + weights["head"][1]


def binary(weights: dict[str, Any], x: Any, y: Any) -> Any:
    """Binary cross-entropy from the logits."""
    z = forward(weights, x)
    return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z))))


def squared(weights: dict[str, Any], x: Any, y: Any) -> Any:
    """Mean squared error."""
    return jnp.mean((forward(weights, x) - y) ** 2)


def infer() -> Callable[[int], dict[str, Any]]:
    """One sequence, jitted."""
    x, *weights = (jnp.asarray(a) for a in cases.infer_weights())
    function = jax.jit(lambda s: recurrent(s[:, None], *weights)[1])

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            last = function(x).block_until_ready()
        return {"seconds": time.perf_counter() - begin, "loss": float(last.sum())}

    run(3)
    return run


def prepare(options: argparse.Namespace) -> Callable[[int], dict[str, Any]] | None:
    """The case, compiled and warm; None where this peer has no part in it."""
    if options.case == "infer.rnn32":
        return infer()
    if options.case == "train.imdb.book":
        return None
    if options.case in cases.TOKEN_CASES:
        case = cases.TOKEN_CASES[options.case]
        weights, loss = parameters(cases.WORDS, cases.EMBEDDING, case.units, case.depth), binary
    elif options.case in cases.FLOAT_CASES:
        case = cases.FLOAT_CASES[options.case]
        weights, loss = parameters(None, case.units, case.units, 1), squared
    else:
        return None

    def update(weights: Any, slots: Any, x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(weights, x, y)
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
