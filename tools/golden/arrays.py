# SPDX-License-Identifier: MIT
"""Reductions of arrays as numpy has them, and one-hot vectors."""

import json
from typing import Any

from common import Draw, keras, np, pack, write

SEED = 79


def plain(array: Any) -> dict[str, Any]:
    """An array as {"shape", "data"}; NaN is null."""
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [None if np.isnan(v) else float(v) for v in array.ravel()]}


def reductions(note: str, kind: str, array: np.ndarray) -> dict[str, Any]:
    """All reductions, of all elements and along each axis."""
    axes = [None, *range(-array.ndim, array.ndim)]
    # In double, rounded in the end: numpy's own float32 sums depend on its blocks.
    wide = array.astype(np.float64)
    results = [
        {
            "axis": axis, "argmax": plain(np.argmax(array, axis)), "max": plain(np.max(array, axis)),
            "sum": plain(np.sum(wide, axis)), "mean": plain(np.mean(wide, axis)),
        }
        for axis in axes
    ]  # fmt: skip
    return {"note": note, "kind": kind, "array": plain(array), "results": results}


def main() -> None:
    draw = Draw(SEED)
    holes = draw.normal(3, 4)
    holes[0, 1] = holes[2, 2] = np.nan
    ties = draw.integers(0, 3, 4, 3, 2)
    cases = [
        reductions("a vector", "Float32Array", draw.normal(7)),
        reductions("a matrix", "Float32Array", draw.normal(4, 5)),
        reductions("sequences", "Float32Array", draw.normal(2, 3, 4)),
        reductions("NaN among them", "Float32Array", holes),
        reductions("integers with ties", "Int32Array", ties),
        reductions("large integers", "Int32Array", draw.integers(2**30, 2**31 - 1, 3, 50)),
        reductions("bytes", "Uint8Array", draw.integers(0, 256, 5, 6).astype(np.uint8)),
        reductions("one element", "Float64Array", np.array([[[-2.5]]])),
    ]
    ids = draw.integers(0, 5, 2, 3)
    categorical = [
        {"x": x, "numClasses": n, "result": pack(keras.utils.to_categorical(np.array(x), n))}
        for x, n in (
            ([0, 2, 1, 2], None), ([0, 2, 1, 2], 5), ([[1], [0], [3]], None), (ids.tolist(), 6), ([[0, 1]], None),
            (ids[..., None].tolist(), 5), ([4], None), ([[[1]]], 2),
        )
    ]  # fmt: skip
    write("arrays", SEED, {"cases": cases, "categorical": json.loads(json.dumps(categorical))})


main()
