# SPDX-License-Identifier: MIT
"""The layers that stand beside recurrent ones: normalization, convolution and pooling over time, masking, repetition."""

from typing import Any

from common import Draw, computed, jax, keras, native, np, pack, state_of, write
from recurrent import mask

SEED = 34
layers = keras.layers


def measure(draw: Draw, layer: Any, x: np.ndarray, values: list[np.ndarray], **kwargs: Any) -> dict[str, Any]:
    """Output and gradients of sum(output * r)."""
    if not layer.built:
        layer.build(x.shape)

    def run(params: Any, inputs: Any) -> Any:
        return layer.stateless_call(params, state_of(layer), inputs, **kwargs)[0]

    args = ([native(v) for v in values], native(x))
    y = run(*args)
    r = draw.normal(*y.shape)
    gradients = jax.grad(lambda p, v: (run(p, v) * native(r)).sum(), argnums=(0, 1))(*args)
    return {
        "inputs": pack(x), "weights": [pack(v) for v in values], "outputs": computed(y), "r": pack(r),
        "gradients": {"weights": [computed(g) for g in gradients[0]], "inputs": computed(gradients[1])},
    }  # fmt: skip


def weights(draw: Draw, layer: Any, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Random trainable weights; `build` is called here."""
    layer.build(shape)
    scale = {"gamma": 0.8, "kernel": 0.5}
    return [draw.normal(*w.shape, scale=scale.get(w.name, 0.4)) for w in layer.trainable_variables]


def layer_normalization(draw: Draw) -> list[dict[str, Any]]:
    result = []
    for shape, center, scale, epsilon in [
        ((4, 7), True, True, 1e-3),
        ((2, 3, 5), True, True, 1e-3),
        ((3, 4), False, True, 1e-6),
        ((3, 2, 6), True, False, 0.1),
        ((2, 17), False, False, 1e-3),
    ]:
        layer = layers.LayerNormalization(center=center, scale=scale, epsilon=epsilon)
        values = weights(draw, layer, shape)
        measured = measure(draw, layer, draw.normal(*shape, scale=2.0), values)
        result.append({"center": center, "scale": scale, "epsilon": epsilon, **measured})
    return result


def batch_normalization(draw: Draw) -> list[dict[str, Any]]:
    result = []
    for shape, center, scale, epsilon, momentum, form, training in [
        ((5, 3), True, True, 1e-3, 0.99, None, True),
        ((3, 4, 2), True, True, 1e-3, 0.9, None, True),
        ((4, 5, 3), True, True, 1e-3, 0.9, "mixed", True),
        ((3, 6, 2), False, True, 1e-2, 0.5, "empty", True),
        ((3, 4, 5), True, False, 1e-3, 0.99, "pre", True),
        ((5, 3), True, True, 1e-3, 0.99, None, False),
        ((3, 4, 5), False, False, 1e-3, 0.99, "post", False),
    ]:
        layer = layers.BatchNormalization(center=center, scale=scale, epsilon=epsilon, momentum=momentum)
        values = weights(draw, layer, shape)
        moving = [draw.normal(shape[-1]), draw.uniform(0.2, 3.0, shape[-1])]
        layer.moving_mean.assign(native(moving[0]))
        layer.moving_variance.assign(native(moving[1]))
        steps_mask = None if form is None else mask(draw, form, *shape[:2])
        kwargs = {"training": training}
        if steps_mask is not None:
            kwargs["mask"] = jax.numpy.asarray(steps_mask, bool)
        x = draw.normal(*shape, scale=2.0)
        measured = measure(draw, layer, x, values, **kwargs)
        after = layer.stateless_call([native(v) for v in values], state_of(layer), native(x), **kwargs)[1]
        result.append(
            {
                "center": center, "scale": scale, "epsilon": epsilon, "momentum": momentum, "training": training,
                "mask": None if steps_mask is None else steps_mask.ravel().tolist(),
                "moving": [pack(m) for m in moving], "movingAfter": [computed(a) for a in after[:2]], **measured,
            }  # fmt: skip
        )
    return result


def conv1d(draw: Draw) -> list[dict[str, Any]]:
    result = []
    for (n, t, c), filters, size, strides, padding, dilation, groups, activation, use_bias in [
        ((2, 6, 3), 4, 3, 1, "valid", 1, 1, "linear", True),
        ((2, 7, 2), 3, 3, 2, "valid", 1, 1, "relu", True),
        ((3, 5, 2), 3, 2, 1, "same", 1, 1, "tanh", True),
        ((2, 8, 3), 2, 3, 3, "same", 1, 1, "linear", False),
        ((2, 7, 4), 6, 3, 1, "same", 2, 2, "sigmoid", True),
        ((2, 6, 3), 3, 3, 1, "causal", 1, 1, "linear", True),
        ((2, 7, 2), 4, 2, 1, "causal", 3, 1, "tanh", False),
        ((2, 7, 4), 4, 3, 2, "causal", 1, 4, "linear", True),
        ((2, 9, 2), 3, 3, 1, "valid", 2, 1, "softsign", True),
        ((2, 5, 3), 2, 1, 1, "valid", 1, 1, "softmax", True),
    ]:
        layer = layers.Conv1D(
            filters, size, strides=strides, padding=padding, dilation_rate=dilation, groups=groups,
            activation=activation, use_bias=use_bias,
        )  # fmt: skip
        values = weights(draw, layer, (n, t, c))
        result.append(
            {
                "filters": filters, "kernelSize": size, "strides": strides, "padding": padding,
                "dilationRate": dilation, "groups": groups, "activation": activation, "useBias": use_bias,
                **measure(draw, layer, draw.normal(n, t, c), values),
            }  # fmt: skip
        )
    return result


def pooling(draw: Draw) -> list[dict[str, Any]]:
    result = []
    for pool, kind in (("max", layers.MaxPooling1D), ("average", layers.AveragePooling1D)):
        for shape, size, strides, padding in [
            ((2, 6, 3), 2, None, "valid"),
            ((3, 7, 2), 3, 2, "valid"),
            ((2, 7, 3), 3, 2, "same"),
            ((2, 8, 2), 3, None, "same"),
            ((2, 5, 2), 4, 1, "same"),
        ]:
            layer = kind(size, strides=strides, padding=padding)
            measured = measure(draw, layer, draw.normal(*shape), [])
            result.append({"pool": pool, "poolSize": size, "strides": strides or size, "padding": padding, **measured})
    return result


def global_pooling(draw: Draw) -> list[dict[str, Any]]:
    result = []
    for pool, kind, form, keepdims in [
        ("max", layers.GlobalMaxPooling1D, None, False),
        ("max", layers.GlobalMaxPooling1D, None, True),
        ("average", layers.GlobalAveragePooling1D, None, False),
        ("average", layers.GlobalAveragePooling1D, "pre", False),
        ("average", layers.GlobalAveragePooling1D, "post", True),
    ]:
        n, t, c = 3, 5, 4
        steps_mask = None if form is None else mask(draw, form, n, t)
        kwargs = {} if steps_mask is None else {"mask": jax.numpy.asarray(steps_mask, bool)}
        result.append(
            {
                "pool": pool, "keepdims": keepdims,
                "mask": None if steps_mask is None else steps_mask.ravel().tolist(),
                **measure(draw, kind(keepdims=keepdims), draw.normal(n, t, c), [], **kwargs),
            }  # fmt: skip
        )
    return result


def moving(draw: Draw) -> list[dict[str, Any]]:
    """Masking, RepeatVector, Reshape."""
    x = draw.normal(3, 5, 2)
    x[0, :2] = x[1, 3:] = x[2, 1] = -1
    x[2, 4, 0] = -1
    hidden = {"layer": "masking", "maskValue": -1, **measure(draw, layers.Masking(-1), x, [])}
    hidden["mask"] = np.asarray(layers.Masking(-1).compute_mask(native(x))).astype(int).ravel().tolist()
    return [
        hidden,
        {"layer": "repeat_vector", "n": 4, **measure(draw, layers.RepeatVector(4), draw.normal(3, 2), [])},
        {"layer": "reshape", "targetShape": [3, 4], **measure(draw, layers.Reshape((3, -1)), draw.normal(2, 6, 2), [])},
        {"layer": "reshape", "targetShape": [12], **measure(draw, layers.Reshape((12,)), draw.normal(2, 6, 2), [])},
    ]


def main() -> None:
    draw = Draw(SEED)
    write("layers_beside", SEED, {f.__name__: f(draw) for f in (
        layer_normalization, batch_normalization, conv1d, pooling, global_pooling, moving,
    )})  # fmt: skip


main()
