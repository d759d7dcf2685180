# SPDX-License-Identifier: MIT
"""Keras' own parameter names and defaults, read by inspect.signature; what has no default is "<required>"."""

import inspect
from typing import Any

from common import keras, set_precision, write

LAYERS = [
    "Embedding", "SimpleRNN", "LSTM", "GRU", "Bidirectional", "TimeDistributed", "Masking", "RepeatVector", "Reshape",
    "Dense", "Dropout", "SpatialDropout1D", "GaussianNoise", "Flatten", "Activation", "LayerNormalization",
    "BatchNormalization", "Conv1D", "MaxPooling1D", "AveragePooling1D", "GlobalMaxPooling1D", "GlobalAveragePooling1D",
    "ActivityRegularization", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Permute",
    "Cropping1D", "ZeroPadding1D", "UpSampling1D", "Softmax", "ReLU", "LeakyReLU", "ELU", "PReLU", "UnitNormalization",
    "Rescaling", "Normalization", "GaussianDropout", "Dot", "Attention", "AdditiveAttention", "MultiHeadAttention",
]  # fmt: skip
OPTIMIZERS = ["SGD", "RMSprop", "Adam", "AdamW", "Nadam", "Adamax", "Adagrad", "Adadelta", "Lion"]
SCHEDULES = [
    "ExponentialDecay", "PiecewiseConstantDecay", "PolynomialDecay", "InverseTimeDecay", "CosineDecay",
    "CosineDecayRestarts",
]  # fmt: skip
CALLBACKS = [
    "EarlyStopping", "History", "ProgbarLogger", "ModelCheckpoint", "ReduceLROnPlateau", "LearningRateScheduler",
    "CSVLogger", "TerminateOnNaN", "BackupAndRestore", "TensorBoard", "SwapEMAWeights",
]  # fmt: skip
INITIALIZERS = [
    "Zeros", "Ones", "Constant", "Identity", "RandomUniform", "RandomNormal", "TruncatedNormal", "VarianceScaling",
    "GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal", "Orthogonal",
]  # fmt: skip
REGULARIZERS = ["L1", "L2", "L1L2", "OrthogonalRegularizer"]
CONSTRAINTS = ["MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"]
LOSSES = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy", "MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError", "Huber", "LogCosh", "CosineSimilarity", "Hinge", "SquaredHinge", "CategoricalHinge",
    "KLDivergence", "Poisson", "Dice", "Tversky",
]  # fmt: skip
# Those that share no name with a loss.
METRICS = [
    "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy", "TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives", "Precision",
    "Recall", "AUC", "SensitivityAtSpecificity", "SpecificityAtSensitivity", "PrecisionAtRecall", "RecallAtPrecision",
    "F1Score", "FBetaScore", "R2Score", "RootMeanSquaredError", "LogCoshError", "PearsonCorrelation",
    "ConcordanceCorrelation", "IoU", "BinaryIoU", "MeanIoU", "Mean", "Sum",
]  # fmt: skip
METHODS = ["fit", "compile", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch", "summary"]


def defaults(function: Any) -> dict[str, Any]:
    """Parameter name -> default, in order."""
    result = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "self":
            continue
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        value = "<required>" if parameter.default is parameter.empty else parameter.default
        if isinstance(value, tuple):
            value = list(value)
        result[name] = value if value is None or isinstance(value, (bool, int, float, str, list)) else repr(value)
    return result


def main() -> None:
    set_precision("float32")
    content: dict[str, Any] = {}
    for group, module, names in (
        ("layers", keras.layers, LAYERS),
        ("optimizers", keras.optimizers, OPTIMIZERS),
        ("schedules", keras.optimizers.schedules, SCHEDULES),
        ("callbacks", keras.callbacks, CALLBACKS),
        ("initializers", keras.initializers, INITIALIZERS),
        ("regularizers", keras.regularizers, REGULARIZERS),
        ("constraints", keras.constraints, CONSTRAINTS),
        ("losses", keras.losses, LOSSES),
        ("metrics", keras.metrics, METRICS),
    ):
        content[group] = {name: defaults(getattr(module, name)) for name in names}
    # Some layers name what the base class takes, most pass it on: it is the same for all.
    for signature in content["layers"].values():
        signature.pop("name", None)
        signature.pop("dtype", None)
    content["Sequential"] = {"__init__": defaults(keras.Sequential)}
    content["Sequential"] |= {name: defaults(getattr(keras.Sequential, name)) for name in METHODS}
    content["functions"] = {
        "pad_sequences": defaults(keras.utils.pad_sequences),
        "imdb.load_data": defaults(keras.datasets.imdb.load_data),
        "imdb.get_word_index": defaults(keras.datasets.imdb.get_word_index),
        "Input": defaults(keras.Input),
        "to_categorical": defaults(keras.utils.to_categorical),
        "ctc_decode": defaults(keras.ops.ctc_decode),
        "StringLookup": defaults(keras.layers.StringLookup),
        "IntegerLookup": defaults(keras.layers.IntegerLookup),
    }
    write("signatures", None, content)


main()
