# SPDX-License-Identifier: MIT
"""What the goldens of recurrent layers share: masks of every form, dropout masks handed in, outputs and gradients.

What is differentiated is the sum of the output and of the final states, each weighed by a random `r`.
"""

from typing import Any

import corrected  # noqa: F401
from common import Draw, computed, jax, keras, native, np, pack, state_of

MASKS = ("pre", "post", "interior", "empty", "mixed")


def mask(draw: Draw, form: str, rows: int, steps: int) -> np.ndarray:
    """1 where a step counts. `empty`: the first row has no step at all; `mixed`: any step of any row."""
    result = np.ones((rows, steps), np.int32)
    lengths = draw.integers(1, steps, rows)
    for row, length in enumerate(lengths):
        if form == "pre":
            result[row, : steps - length] = 0
        elif form == "post":
            result[row, length:] = 0
        elif form == "interior":
            result[row, 1 : steps - 1] = draw.integers(0, 2, steps - 2)
        else:
            result[row] = draw.integers(0, 2, steps)
    if form == "empty":
        result[0] = 0
        result[1] = 1
    return result


def weights(draw: Draw, layer: Any) -> list[np.ndarray]:
    """Random weights of a built layer, small enough to keep gates away from saturation."""
    result = []
    for weight in layer.trainable_variables:
        scale = 0.3 if weight.path.endswith("bias") else 0.7 / weight.shape[0] ** 0.5
        result.append(draw.normal(*weight.shape, scale=scale))
    return result


def factors(draw: Draw, count: int, rows: int, columns: int, rate: float = 0.4) -> list[np.ndarray]:
    """Dropout masks as Keras makes them: 0, or 1 / (1 - rate)."""
    return [
        ((draw.uniform(0, 1, rows, columns) >= rate) / (1 - rate)).astype(np.float32) for _ in range(count)
    ]


def hand_in(cell: Any, kind: str, masks: list[np.ndarray] | None) -> None:
    """Puts dropout masks where the cell keeps those that it has drawn, until the call ends."""
    if masks is not None:
        values = [native(m) for m in masks]
        several = getattr(cell, "dropout_mask_count", None) is not None
        setattr(cell, kind, values if several else values[0])


def measure(
    draw: Draw,
    layer: Any,
    cells: list[Any],
    values: list[np.ndarray],
    x: np.ndarray,
    steps_mask: np.ndarray | None,
    states: list[np.ndarray] | None,
    drops: list[tuple[list[np.ndarray] | None, list[np.ndarray] | None]],
) -> dict[str, Any]:
    """Outputs, final states and gradients of a layer that returns its states. `drops`: masks of each cell."""

    def run(params: Any, inputs: Any, initial: Any) -> list[Any]:
        for cell, (of_inputs, of_states) in zip(cells, drops):
            hand_in(cell, "_dropout_mask", of_inputs)
            hand_in(cell, "_recurrent_dropout_mask", of_states)
        training = any(d is not None for pair in drops for d in pair)
        kwargs: dict[str, Any] = {"training": training}
        if steps_mask is not None:
            kwargs["mask"] = jax.numpy.asarray(steps_mask, bool)
        if initial is not None:
            kwargs["initial_state"] = initial
        return list(layer.stateless_call(params, state_of(layer), inputs, **kwargs)[0])

    args = ([native(v) for v in values], native(x), None if states is None else [native(s) for s in states])
    results = run(*args)
    r = [draw.normal(*result.shape) for result in results]

    def weighted(params: Any, inputs: Any, initial: Any) -> Any:
        return sum((result * native(w)).sum() for result, w in zip(run(params, inputs, initial), r))

    gradients = jax.grad(weighted, argnums=(0, 1) if states is None else (0, 1, 2))(*args)
    return {
        "inputs": pack(x),
        "mask": None if steps_mask is None else steps_mask.ravel().tolist(),
        "initialStates": None if states is None else [pack(s) for s in states],
        "weights": [pack(v) for v in values],
        "results": [computed(result) for result in results],
        "r": [pack(w) for w in r],
        "gradients": {
            "weights": [computed(g) for g in gradients[0]],
            "inputs": computed(gradients[1]),
            "initialStates": None if states is None else [computed(g) for g in gradients[2]],
        },
    }


def cases(draw: Draw, make: Any, sizes: list[tuple[int, int, int, int]], variants: list[dict[str, Any]]) -> list[Any]:
    """`variants` one after the other, the sizes taken in turn; `make(units, **options)` is the layer."""
    result = []
    for i, variant in enumerate(variants):
        n, t, c, h = sizes[i % len(sizes)]
        options = {k: v for k, v in variant.items() if k not in ("mask", "given", "dropout", "recurrent_dropout")}
        rates = {k: 0.4 for k in ("dropout", "recurrent_dropout") if variant.get(k)}
        layer = make(h, return_state=True, **options, **rates)
        layer.build((n, t, c))
        gates = layer.cell.kernel.shape[1] // h
        several = getattr(layer.cell, "dropout_mask_count", None) is not None
        steps_mask = mask(draw, variant["mask"], n, t) if variant.get("mask") else None
        count = len(layer.cell.state_size) if isinstance(layer.cell.state_size, list) else 1
        states = [draw.normal(n, h, scale=0.5) for _ in range(count)] if variant.get("given") else None
        of_inputs = factors(draw, gates if several else 1, n, c) if variant.get("dropout") else None
        of_states = factors(draw, gates, n, h) if variant.get("recurrent_dropout") else None
        measured = measure(
            draw, layer, [layer.cell], weights(draw, layer), draw.normal(n, t, c), steps_mask, states, [(of_inputs, of_states)]
        )
        result.append(
            {
                "n": n, "t": t, "c": c, "units": h,
                "activation": options.get("activation", "tanh"),
                "recurrentActivation": options.get("recurrent_activation", "sigmoid"),
                "useBias": options.get("use_bias", True),
                "resetAfter": options.get("reset_after", True),
                "returnSequences": options.get("return_sequences", False),
                "goBackwards": options.get("go_backwards", False),
                "zeroOutputForMask": options.get("zero_output_for_mask", False),
                "inputDropout": None if of_inputs is None else [pack(f) for f in of_inputs],
                "recurrentDropout": None if of_states is None else [pack(f) for f in of_states],
                **measured,
            }  # fmt: skip
        )
    return result


# Every option beside each form of mask; what a case does not name has Keras' default.
VARIANTS: list[dict[str, Any]] = [
    {},
    {"return_sequences": True, "given": True},
    {"use_bias": False, "return_sequences": True},
    {"go_backwards": True, "given": True},
    {"go_backwards": True, "return_sequences": True, "mask": "post"},
    {"mask": "pre"},
    {"mask": "post", "given": True, "return_sequences": True},
    {"mask": "interior", "return_sequences": True, "zero_output_for_mask": True},
    {"mask": "empty", "given": True, "return_sequences": True},
    {"mask": "empty", "zero_output_for_mask": True},
    {"mask": "mixed", "go_backwards": True, "given": True, "return_sequences": True, "zero_output_for_mask": True},
    {"mask": "mixed", "go_backwards": True, "zero_output_for_mask": True, "use_bias": False},
    {"activation": "relu", "return_sequences": True},
    {"activation": "softsign", "recurrent_activation": "hard_sigmoid", "return_sequences": True, "given": True},
    {"activation": "linear", "recurrent_activation": "tanh", "mask": "mixed"},
    {"dropout": True, "return_sequences": True},
    {"recurrent_dropout": True, "return_sequences": True, "given": True},
    {"dropout": True, "recurrent_dropout": True, "mask": "mixed", "return_sequences": True},
]
# (N, T, C, H): rows, steps, inputs and units all differ.
SIZES = [(2, 3, 5, 1), (5, 4, 2, 3), (3, 6, 4, 7), (4, 5, 3, 2), (2, 5, 3, 9)]
