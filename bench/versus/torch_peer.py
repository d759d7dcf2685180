# SPDX-License-Identifier: MIT
"""PyTorch, eager: nn.Embedding, nn.RNN, nn.LSTM or nn.GRU (a call for all of time) and the multi-tensor RMSprop."""

import argparse
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import cases
import numpy as np
import torch
from torch import nn

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
# Which of Keras' gates (i f c o, z r h) PyTorch has in turn (i f g o, r z n).
ORDER = {"rnn": [0], "lstm": [0, 1, 2, 3], "gru": [1, 0, 2]}


class Net(nn.Module):
    """Embedding where there are tokens, stacked recurrent layers, one logit or value from the last output."""

    def __init__(self, words: int | None, features: int, units: int, depth: int, cell: str) -> None:
        super().__init__()
        self.embedding = None if words is None else nn.Embedding(words, features)
        self.rnn = CELLS[cell](features, units, num_layers=depth, batch_first=True)
        self.head = nn.Linear(units, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.embedding is not None:
            x = self.embedding(x)
        return self.head(self.rnn(x)[0][:, -1])


class Graph(nn.Module):
    """An encoder and its decoder, with or without attention, or a siamese pair."""

    def __init__(self, case: cases.GraphCase, siamese: bool) -> None:
        super().__init__()
        cell = nn.GRU if case.attention else nn.LSTM
        self.embedding = nn.Embedding(cases.WORDS, case.features) if siamese else None
        self.encoder = cell(case.features, case.units, batch_first=True)
        self.attention = case.attention
        if siamese:
            self.head = nn.Linear(1, 1)
        else:
            self.decoder = cell(case.features, case.units, batch_first=True)
            self.head = nn.Linear(case.units * (1 + case.attention), case.features)

    def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        if self.embedding is not None:
            ends = [self.encoder(self.embedding(text))[0][:, -1] for text in (one, other)]
            return self.head(nn.functional.cosine_similarity(*ends)[:, None])
        encoded, state = self.encoder(one)
        decoded, _ = self.decoder(other, state)
        if self.attention:
            scores = torch.softmax(decoded @ encoded.transpose(1, 2), -1)
            decoded = torch.cat([decoded, scores @ encoded], -1)
        return self.head(decoded).transpose(1, 2)


def tensor(value: np.ndarray | list[np.ndarray]) -> Any:
    """A tensor of an array, or a list of them."""
    return [tensor(one) for one in value] if isinstance(value, list) else torch.from_numpy(value)


def infer(options: argparse.Namespace) -> Callable[[int], dict[str, Any]]:
    """Sequences through one layer, without gradients."""
    case = cases.INFER_CASES[options.case]
    x, *weights = cases.infer_arrays(options)

    def rows(weight: np.ndarray) -> torch.Tensor:
        parts = np.split(weight.T, cases.GATES[case.cell])
        return torch.from_numpy(np.concatenate([parts[gate] for gate in ORDER[case.cell]]))

    kernel, recurrent, bias = weights
    rnn = CELLS[case.cell](case.units, case.units, batch_first=True)
    biases = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(rows(kernel))
        rnn.weight_hh_l0.copy_(rows(recurrent))
        rnn.bias_ih_l0.copy_(rows(biases[0]))
        rnn.bias_hh_l0.copy_(rows(biases[1]))
    sequences = torch.from_numpy(x)

    def run(steps: int) -> dict[str, Any]:
        with torch.inference_mode():
            begin = time.perf_counter()
            for _ in range(steps):
                last = rnn(sequences)[0][:, -1]
            seconds = time.perf_counter() - begin
        return {"seconds": seconds, "loss": float(last.sum())}

    run(3)
    return run


def prepare(options: argparse.Namespace) -> Callable[[int], dict[str, Any]] | None:
    """The case, warm; None where this peer has no part in it."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    if options.case in cases.INFER_CASES:
        return infer(options)
    if options.case == "train.imdb.book":
        return None
    if options.case in cases.TOKEN_CASES:
        case = cases.TOKEN_CASES[options.case]
        model = Net(cases.WORDS, cases.EMBEDDING, case.units, case.depth, case.cell)
        loss = nn.BCEWithLogitsLoss()
    elif options.case in cases.FLOAT_CASES:
        case = cases.FLOAT_CASES[options.case]
        model = Net(None, case.units, case.units, 1, case.cell)
        loss = nn.MSELoss()
    elif options.case in cases.GRAPH_CASES:
        siamese = options.case == "train.siamese"
        model = Graph(cases.GRAPH_CASES[options.case], siamese)
        loss = nn.BCEWithLogitsLoss() if siamese else nn.CrossEntropyLoss()
    else:
        return None
    if options.case in cases.GRAPH_CASES:
        optimizer = torch.optim.Adam(model.parameters(), eps=1e-7, foreach=True)
    else:
        optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001, alpha=0.9, eps=1e-7, foreach=True)
    tensors = cycle([(tensor(x), tensor(y).long() if y.dtype == np.int32 else tensor(y)) for x, y in cases.case_batches(options)])

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            x, y = next(tensors)
            optimizer.zero_grad(set_to_none=True)
            value = loss(model(*x) if isinstance(x, list) else model(x), y)
            value.backward()
            optimizer.step()
        return {"seconds": time.perf_counter() - begin, "loss": float(value.detach())}

    run(3)
    return run
