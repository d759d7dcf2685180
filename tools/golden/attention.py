# SPDX-License-Identifier: MIT
"""Dot, Attention, AdditiveAttention and MultiHeadAttention: outputs, attention scores, and gradients of
sum(output * r) + sum(scores * s) by all inputs and weights. Queries without any key are computed in float32: Keras
lowers their scores by 1e9, which leaves nothing of the scores in single precision, and all of them in double.
"""

from typing import Any

from common import Draw, computed, jax, keras, native, np, pack, set_precision, write

SEED = 71
layers = keras.layers


def masks(draw: Draw, rows: int, steps: int, empty: bool) -> np.ndarray:
    """Holes and ends; row 0 is whole. With `empty` row 1 has no step that counts, else each row has its first."""
    result = draw.uniform(0, 1, rows, steps) > 0.35
    result[0] = True
    if empty:
        result[1] = False
    else:
        result[:, 0] = True
    return result


def run(layer: Any, params: Any, state: Any, given: dict[str, Any], call: dict[str, Any]) -> Any:
    """What a layer gives for inputs whose masks are `query_mask`, `value_mask`, `key_mask`."""
    inputs = [given[name] for name in ("query", "value", "key") if name in given]
    named = {name: call[name] for name in call if name.endswith("mask") and name != "use_causal_mask"}
    flags = {name: call[name] for name in ("use_causal_mask", "return_attention_scores") if name in call}
    if isinstance(layer, layers.MultiHeadAttention):
        # The mask of the query is read from the tensor, whatever is given.
        if "query_mask" in named:
            keras.src.backend.set_keras_mask(inputs[0], named.pop("query_mask"))
        out = layer.stateless_call(params, state, *inputs, **named, **flags)[0]
    else:
        mask = [named.get("query_mask"), named.get("value_mask")]
        out = layer.stateless_call(params, state, inputs, mask=mask, **flags)[0]
    return out if isinstance(out, (tuple, list)) else (out,)


def measure(draw: Draw, layer: Any, given: dict[str, np.ndarray], call: dict[str, Any]) -> dict[str, Any]:
    if isinstance(layer, layers.MultiHeadAttention):
        layer.build(*[value.shape for value in given.values()])
    else:
        layer.build([value.shape for value in given.values()])
    weights = [draw.normal(*w.shape, scale=0.5) for w in layer.trainable_variables]
    state = [v.value for v in layer.non_trainable_variables]
    call = {k: jax.numpy.asarray(v) if isinstance(v, np.ndarray) else v for k, v in call.items()}

    def outputs(params: Any, inputs: Any) -> Any:
        return run(layer, params, state, inputs, call)

    args = ([native(w) for w in weights], {name: native(value) for name, value in given.items()})
    out = jax.jit(outputs)(*args)
    slopes = [draw.normal(*value.shape) for value in out]

    def loss(params: Any, inputs: Any) -> Any:
        return sum((y * native(r)).sum() for y, r in zip(outputs(params, inputs), slopes))

    by_weight, by_input = jax.jit(jax.grad(loss, argnums=(0, 1)))(*args)
    names = [w.path.split("/", 1)[1] for w in layer.trainable_variables]
    return {
        "inputs": {name: pack(value) for name, value in given.items()},
        "masks": {k: pack(np.asarray(v).astype(int)) for k, v in call.items() if not isinstance(v, bool)},
        "call": {k: v for k, v in call.items() if isinstance(v, bool)},
        "names": names,
        "weights": [pack(w) for w in weights],
        "outputs": [computed(y) for y in out],
        "slopes": [pack(r) for r in slopes],
        "gradients": {
            "weights": [computed(g) for g in by_weight],
            "inputs": {name: computed(g) for name, g in by_input.items()},
        },
    }


def sequences(draw: Draw, rows: int, queries: int, keys: int, width: int, values: int | None) -> dict[str, np.ndarray]:
    """Query, value and, where `values` differ in width, key."""
    given = {"query": draw.normal(rows, queries, width), "value": draw.normal(rows, keys, values or width)}
    if values is not None:
        given["key"] = draw.normal(rows, keys, width)
    return given


def attention(draw: Draw, empty: bool = False) -> list[dict[str, Any]]:
    result = []
    for kind, options, (rows, queries, keys, width, values), masked, causal, scores in [
        ("Attention", {}, (3, 4, 5, 3, None), "", False, False),
        ("Attention", {"use_scale": True}, (2, 5, 4, 9, None), "qv", False, True),
        ("Attention", {}, (3, 6, 6, 5, 3), "v", True, True),
        ("Attention", {"use_scale": True}, (3, 3, 7, 4, 5), "q", True, False),
        ("Attention", {"score_mode": "concat"}, (2, 4, 6, 5, None), "qv", False, True),
        ("Attention", {"score_mode": "concat", "use_scale": True}, (3, 5, 5, 4, 3), "v", True, False),
        ("AdditiveAttention", {}, (3, 5, 4, 6, None), "qv", False, True),
        ("AdditiveAttention", {}, (2, 4, 7, 5, 2), "v", True, True),
        ("AdditiveAttention", {"use_scale": False}, (2, 7, 3, 4, None), "", True, False),
        ("Attention", {}, (2, 1, 1, 2, None), "", False, True),
        ("Attention", {}, (2, 18, 17, 8, None), "v", False, False),
    ]:
        if empty and not masked:
            continue
        given = sequences(draw, rows, queries, keys, width, values)
        call: dict[str, Any] = {"use_causal_mask": causal, "return_attention_scores": scores}
        if "q" in masked:
            call["query_mask"] = masks(draw, rows, queries, False)
        if "v" in masked:
            call["value_mask"] = masks(draw, rows, keys, empty)
        layer = getattr(layers, kind)(**options)
        result.append({"layer": kind, "options": options, **measure(draw, layer, given, call)})
    return result


def multi_head(draw: Draw, empty: bool = False) -> list[dict[str, Any]]:
    result = []
    for options, (rows, queries, keys, width, values, key_width), masked, causal, scores in [
        ({"num_heads": 1, "key_dim": 4}, (2, 3, 4, 5, 5, None), "", False, False),
        ({"num_heads": 3, "key_dim": 5}, (3, 4, 6, 7, 3, 4), "", False, True),
        ({"num_heads": 2, "key_dim": 16}, (2, 5, 5, 4, 4, None), "qv", True, False),
        ({"num_heads": 2, "key_dim": 3, "value_dim": 6}, (3, 6, 4, 5, 6, 7), "vk", False, True),
        ({"num_heads": 4, "key_dim": 2, "use_bias": False}, (3, 4, 4, 6, 6, None), "a", False, False),
        ({"num_heads": 2, "key_dim": 4, "output_shape": 3}, (3, 5, 3, 4, 4, None), "qva", True, True),
        # Without scores JAX cannot do values of another width than keys.
        ({"num_heads": 2, "key_dim": 8, "value_dim": 17}, (2, 4, 5, 6, 6, None), "b", False, True),
        ({"num_heads": 2, "key_dim": 3}, (3, 4, 5, 6, 6, None), "bq", True, False),
    ]:
        if empty and not masked:
            continue
        given = {"query": draw.normal(rows, queries, width), "value": draw.normal(rows, keys, values)}
        if key_width is not None:
            given["key"] = draw.normal(rows, keys, key_width)
        call: dict[str, Any] = {"use_causal_mask": causal, "return_attention_scores": scores}
        if "q" in masked:
            call["query_mask"] = masks(draw, rows, queries, empty)
        if "v" in masked:
            call["value_mask"] = masks(draw, rows, keys, empty)
        if "k" in masked:
            call["key_mask"] = masks(draw, rows, keys, False)
        if "a" in masked:
            call["attention_mask"] = masks(draw, rows * queries, keys, empty).reshape(rows, queries, keys)
        if "b" in masked:
            call["attention_mask"] = masks(draw, rows, keys, empty).reshape(rows, 1, keys)
        layer = layers.MultiHeadAttention(**options)
        result.append({"layer": "MultiHeadAttention", "options": options, **measure(draw, layer, given, call)})
    return result


def dot(draw: Draw) -> list[dict[str, Any]]:
    result = []
    for axes, first, second in [
        (-1, (3, 5), (3, 5)),
        (1, (2, 17), (2, 17)),
        ((1, 2), (3, 4), (3, 5, 4)),
        ((1, 1), (3, 6), (3, 6, 2)),
        ((2, 1), (3, 5, 4), (3, 4)),
        ((1, -1), (2, 7, 3), (2, 7)),
        (2, (3, 4, 6), (3, 5, 6)),
        ((2, 1), (2, 3, 5), (2, 5, 20)),
        (1, (3, 6, 2), (3, 6, 5)),
        ((1, 2), (2, 5, 3), (2, 18, 5)),
        ((-2, -1), (2, 3, 34), (2, 2, 3)),
    ]:
        for normalize in (False, True):
            layer = layers.Dot(axes=axes, normalize=normalize)
            inputs = [draw.normal(*first), draw.normal(*second)]
            args = [native(x) for x in inputs]
            out = jax.jit(layer.call)(args)
            r = draw.normal(*out.shape)
            gradients = jax.jit(jax.grad(lambda xs: (layer.call(xs) * native(r)).sum()))(args)  # noqa: B023
            result.append({
                "axes": axes, "normalize": normalize, "inputs": [pack(x) for x in inputs], "outputs": computed(out),
                "slopes": pack(r), "gradients": [computed(g) for g in gradients],
            })  # fmt: skip
    return result


def main() -> None:
    draw = Draw(SEED)
    content = {"dot": dot(draw), "attention": attention(draw), "multi_head": multi_head(draw)}
    set_precision("float32")
    content["without_keys"] = attention(draw, True) + multi_head(draw, True)
    set_precision("float64")
    write("attention", SEED, content)


main()
