# SPDX-License-Identifier: MIT
"""Attention between values whose masks and rows differ: models of one input of token ids, their outputs and the
gradients of sum(output * r) by all weights. Everything is float32: rows without any token have queries without keys,
whose scores Keras lowers by 1e9.
"""

from typing import Any

from common import Draw, jax, keras, native, np, pack, set_precision, write

SEED = 72
ROWS, STEPS, VOCABULARY = 5, 6, 9
layers = keras.layers


def tokens(draw: Draw) -> np.ndarray:
    """Zeros before, behind and between; the first row is full, the last has no token at all."""
    result = draw.integers(1, VOCABULARY, ROWS, STEPS)
    result[1, :3] = result[2, 4:] = 0
    result[3, [0, 2, 5]] = 0
    result[4] = 0
    return result


def embed(name: str, mask: bool, units: int = 4) -> Any:
    return layers.Embedding(VOCABULARY, units, mask_zero=mask, name=name)


def masked_query(x: Any) -> Any:
    query = layers.GRU(5, return_sequences=True, name="query")(embed("masked", True)(x))
    value = layers.LSTM(5, return_sequences=True, name="value")(embed("whole", False)(x))
    return layers.Dense(3, name="last")(layers.Attention(use_scale=True, name="attention")([query, value]))


def masked_value(x: Any) -> Any:
    query = layers.GRU(5, return_sequences=True, name="query")(embed("whole", False)(x))
    value = layers.LSTM(5, return_sequences=True, name="value")(embed("masked", True)(x))
    return layers.Dense(3, name="last")(layers.Attention(use_scale=True, name="attention")([query, value]))


def both_masked(x: Any) -> Any:
    words = embed("masked", True)(x)
    query = layers.GRU(6, return_sequences=True, name="query")(words)
    value = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="value")(words)
    context = layers.AdditiveAttention(name="attention")([query, value])
    return layers.SimpleRNN(4, name="last")(context)


def own_key(x: Any) -> Any:
    words = embed("masked", True)(x)
    query = layers.LSTM(5, return_sequences=True, name="query")(embed("whole", False)(x))
    key = layers.Dense(5, name="key")(layers.GRU(4, return_sequences=True, name="reader")(words))
    context = layers.Attention(name="attention")([query, words, key], use_causal_mask=True)
    return layers.Dense(3, name="last")(context)


def self_attention(x: Any) -> Any:
    words = embed("masked", True)(x)
    context = layers.MultiHeadAttention(2, 3, name="attention")(words, words, use_causal_mask=True)
    return layers.GRU(4, return_sequences=True, name="last")(context)


def heads(x: Any) -> Any:
    query = layers.GRU(5, return_sequences=True, name="query")(embed("whole", False)(x))
    value = layers.LSTM(6, return_sequences=True, name="value")(embed("masked", True)(x))
    context, scores = layers.MultiHeadAttention(2, 4, output_shape=3, name="attention")(
        query, value, return_attention_scores=True
    )
    return layers.Dense(3, name="last")(context)


def dots(x: Any) -> Any:
    query = layers.GRU(5, return_sequences=True, name="query")(embed("whole", False)(x))
    value = layers.LSTM(5, return_sequences=True, name="value")(embed("masked", True)(x))
    weights = layers.Activation("softmax")(layers.Dot(axes=[2, 2])([query, value]))
    return layers.Dense(3, name="last")(layers.Dot(axes=[2, 1])([weights, value]))


def siamese(x: Any) -> Any:
    left = layers.LSTM(5, name="left")(embed("masked", True)(x))
    right = layers.GRU(5, name="right")(embed("whole", False)(x))
    return layers.Dense(2, name="last")(layers.Dot(axes=1, normalize=True)([left, right]))


def shared(x: Any) -> Any:
    attend = layers.Attention(use_scale=True, score_mode="concat", name="attention")
    first = layers.GRU(4, return_sequences=True, name="query")(embed("whole", False)(x))
    second = layers.LSTM(4, return_sequences=True, name="value")(embed("masked", True)(x))
    return layers.Dense(3, name="last")(layers.Dot(axes=1)([attend([first, second]), attend([second, first])]))


def measure(draw: Draw, build: Any) -> dict[str, Any]:
    x = keras.Input((STEPS,), dtype="int32")
    model = keras.Model(x, build(x))
    words = tokens(draw)
    values = [draw.normal(*w.shape, scale=0.7) for w in model.trainable_variables]
    state = [v.value for v in model.non_trainable_variables]

    def outputs(params: Any) -> Any:
        return model.stateless_call(params, state, words)[0]

    params = [native(v) for v in values]
    y = jax.jit(outputs)(params)
    r = draw.normal(*y.shape)
    gradients = jax.jit(jax.grad(lambda p: (outputs(p) * native(r)).sum()))(params)
    layers_of = {id(w): layer.name for layer in model.layers for w in layer.trainable_variables}
    named: dict[str, list[Any]] = {}
    for weight, value, gradient in zip(model.trainable_variables, values, gradients):
        named.setdefault(layers_of[id(weight)], []).append([pack(value), pack(np.asarray(gradient))])
    return {
        "name": build.__name__, "tokens": pack(words), "outputs": pack(np.asarray(y)), "r": pack(r),
        "weights": {name: [w for w, _ in pairs] for name, pairs in named.items()},
        "gradients": {name: [g for _, g in pairs] for name, pairs in named.items()},
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    set_precision("float32")
    builds = (masked_query, masked_value, both_masked, own_key, self_attention, heads, dots, siamese, shared)
    write("attention_models", SEED, {"models": [measure(draw, build) for build in builds]})


main()
