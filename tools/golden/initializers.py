# SPDX-License-Identifier: MIT
"""Initializers: limits and standard deviations as Keras computes them, whole values where nothing is random,
and the mean and deviation of one large Keras sample for comparison."""

import math
from typing import Any

from common import keras, np, number, pack, set_precision, write
from keras.src.initializers.random_initializers import compute_fans

SEED = 29
SHAPES = [(32, 32), (64, 10), (10, 300), (10000, 32), (7,), (3, 5, 8)]
VALUES = [[0.1, -2.5, 3.0], [1e-3, 0.0, 7.25]]
TRUNCATION = 0.87962566103423978  # standard deviation of a unit normal cut at two deviations
# (name, Keras class, scale, mode, distribution)
SCALING = [
    ("glorot_uniform", "GlorotUniform", 1.0, "fan_avg", "uniform"),
    ("glorot_normal", "GlorotNormal", 1.0, "fan_avg", "truncated_normal"),
    ("he_uniform", "HeUniform", 2.0, "fan_in", "uniform"),
    ("he_normal", "HeNormal", 2.0, "fan_in", "truncated_normal"),
    ("lecun_uniform", "LecunUniform", 1.0, "fan_in", "uniform"),
    ("lecun_normal", "LecunNormal", 1.0, "fan_in", "truncated_normal"),
]
VARIANCE = [
    (scale, mode, distribution)
    for scale, mode in ((1.0, "fan_in"), (0.5, "fan_out"), (3.0, "fan_avg"))
    for distribution in ("truncated_normal", "untruncated_normal", "uniform")
]


def sample_facts(values: Any) -> dict[str, Any]:
    """Mean, deviation and range of a sample."""
    v = np.asarray(values, np.float64)
    return {"mean": number(v.mean()), "std": number(v.std()), "min": number(v.min()), "max": number(v.max())}


def scaling_case(name: str, initializer: Any, scale: float, mode: str, distribution: str, shape: tuple) -> dict:
    """What VarianceScaling comes to for one shape."""
    fan_in, fan_out = compute_fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    variance = scale / max(1.0, fan)
    deviation = math.sqrt(variance)
    cut = None
    if distribution == "uniform":
        cut = math.sqrt(3 * variance)
    elif distribution == "truncated_normal":
        cut = 2 * deviation / TRUNCATION
    sample = np.asarray(initializer(shape, dtype="float32"))
    if cut is not None:
        assert np.abs(sample).max() <= cut * (1 + 1e-6)
    return {
        "initializer": name, "scale": scale, "mode": mode, "distribution": distribution, "shape": list(shape),
        "fanIn": number(fan_in), "fanOut": number(fan_out), "std": number(deviation),
        "limit": None if cut is None else number(cut), "size": int(np.prod(shape)), "sample": sample_facts(sample),
        # Five standard errors of a normal sample: what a sample of this size may differ by.
        "meanTolerance": number(5 * deviation / math.sqrt(np.prod(shape))),
        "stdTolerance": number(5 * deviation / math.sqrt(2 * np.prod(shape))),
    }  # fmt: skip


def main() -> None:
    set_precision("float32")
    make = keras.initializers
    scaling = []
    for shape in SHAPES:
        for name, cls, scale, mode, distribution in SCALING:
            scaling.append(scaling_case(name, getattr(make, cls)(seed=SEED), scale, mode, distribution, shape))
        for scale, mode, distribution in VARIANCE:
            initializer = make.VarianceScaling(scale, mode, distribution, seed=SEED)
            scaling.append(scaling_case("variance_scaling", initializer, scale, mode, distribution, shape))
    random = []
    for name, initializer, options, mean, deviation, low, high in (
        ("random_uniform", make.RandomUniform(seed=SEED), {"minval": -0.05, "maxval": 0.05}, 0, 0.1 / 12**0.5, -0.05, 0.05),
        ("random_uniform", make.RandomUniform(0.5, 2.0, seed=SEED), {"minval": 0.5, "maxval": 2.0}, 1.25, 1.5 / 12**0.5, 0.5, 2.0),
        ("random_normal", make.RandomNormal(seed=SEED), {"mean": 0.0, "stddev": 0.05}, 0, 0.05, None, None),
        ("random_normal", make.RandomNormal(1.5, 0.3, seed=SEED), {"mean": 1.5, "stddev": 0.3}, 1.5, 0.3, None, None),
        ("truncated_normal", make.TruncatedNormal(seed=SEED), {"mean": 0.0, "stddev": 0.05}, 0, 0.05 * TRUNCATION, -0.1, 0.1),
        ("truncated_normal", make.TruncatedNormal(1.0, 0.2, seed=SEED), {"mean": 1.0, "stddev": 0.2}, 1.0, 0.2 * TRUNCATION, 0.6, 1.4),
    ):  # fmt: skip
        shape = (200, 300)
        random.append(
            {"initializer": name, "options": options, "shape": list(shape), "mean": number(mean), "std": number(deviation),
             "min": low, "max": high, "sample": sample_facts(initializer(shape, dtype="float32")),
             "meanTolerance": number(5 * deviation / math.sqrt(np.prod(shape))),
             "stdTolerance": number(5 * deviation / math.sqrt(2 * np.prod(shape)))}
        )  # fmt: skip
    exact = [
        {"initializer": name, "options": options, "values": pack(initializer(shape, dtype="float32"))}
        for name, initializer, options, shape in (
            ("zeros", make.Zeros(), {}, (2, 3)),
            ("ones", make.Ones(), {}, (3, 2)),
            ("constant", make.Constant(), {}, (4,)),
            ("constant", make.Constant(-1.25), {"value": -1.25}, (2, 2)),
            ("constant", make.Constant(np.array(VALUES, np.float32)), {"value": VALUES}, (2, 3)),
            ("identity", make.Identity(), {}, (3, 3)),
            ("identity", make.Identity(2.5), {"gain": 2.5}, (2, 4)),
            ("identity", make.Identity(0.5), {"gain": 0.5}, (4, 2)),
        )
    ]
    orthogonal = []
    for shape, gain in (((32, 32), 1.0), ((5, 9), 1.0), ((9, 5), 2.0), ((2, 3, 4), 0.5), ((1, 1), 1.0)):
        q = np.asarray(make.Orthogonal(gain, seed=SEED)(shape, dtype="float32"), np.float64).reshape(-1, shape[-1])
        tall = q.shape[0] >= q.shape[1]
        gram = q.T @ q if tall else q @ q.T
        assert np.abs(gram - gain**2 * np.eye(len(gram))).max() < 1e-5 * gain**2
        orthogonal.append(
            {"shape": list(shape), "gain": gain, "matrix": list(q.shape), "orthonormal": "columns" if tall else "rows",
             "gramDiagonal": number(gain**2)}
        )  # fmt: skip
    write("initializers", SEED, {"scaling": scaling, "random": random, "exact": exact, "orthogonal": orthogonal})


main()
