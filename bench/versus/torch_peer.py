# SPDX-License-Identifier: MIT
"""PyTorch, eager: nn.Embedding, nn.RNN (its fused walk over time) and the multi-tensor RMSprop."""

import argparse
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import cases
import torch
from torch import nn


class Net(nn.Module):
    """Embedding where there are tokens, stacked recurrent layers, one logit or value from the last output."""

    def __init__(self, words: int | None, features: int, units: int, depth: int) -> None:
        super().__init__()
        self.embedding = None if words is None else nn.Embedding(words, features)
        self.rnn = nn.RNN(features, units, num_layers=depth, batch_first=True)
        self.head = nn.Linear(units, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.embedding is not None:
            x = self.embedding(x)
        return self.head(self.rnn(x)[0][:, -1])


def infer() -> Callable[[int], dict[str, Any]]:
    """One sequence through nn.RNN, without gradients."""
    x, kernel, recurrent, bias = cases.infer_weights()
    rnn = nn.RNN(cases.INFER_FEATURES, cases.INFER_UNITS, batch_first=True)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.from_numpy(kernel.T.copy()))
        rnn.weight_hh_l0.copy_(torch.from_numpy(recurrent.T.copy()))
        rnn.bias_ih_l0.copy_(torch.from_numpy(bias))
        rnn.bias_hh_l0.zero_()
    sequence = torch.from_numpy(x)[None]

    def run(steps: int) -> dict[str, Any]:
        with torch.inference_mode():
            begin = time.perf_counter()
            for _ in range(steps):
                last = rnn(sequence)[1]
            seconds = time.perf_counter() - begin
        return {"seconds": seconds, "loss": float(last.sum())}

    run(3)
    return run


def prepare(options: argparse.Namespace) -> Callable[[int], dict[str, Any]] | None:
    """The case, warm; None where this peer has no part in it."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    if options.case == "infer.rnn32":
        return infer()
    if options.case == "train.imdb.book":
        return None
    if options.case in cases.TOKEN_CASES:
        case = cases.TOKEN_CASES[options.case]
        model = Net(cases.WORDS, cases.EMBEDDING, case.units, case.depth)
        loss = nn.BCEWithLogitsLoss()
    elif options.case in cases.FLOAT_CASES:
        case = cases.FLOAT_CASES[options.case]
        model = Net(None, case.units, case.units, 1)
        loss = nn.MSELoss()
    else:
        return None
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001, alpha=0.9, eps=1e-7, foreach=True)
    tensors = cycle([(torch.from_numpy(x), torch.from_numpy(y)) for x, y in cases.case_batches(options)])

    def run(steps: int) -> dict[str, Any]:
        begin = time.perf_counter()
        for _ in range(steps):
            x, y = next(tensors)
            optimizer.zero_grad(set_to_none=True)
            value = loss(model(x), y)
            value.backward()
            optimizer.step()
        return {"seconds": time.perf_counter() - begin, "loss": float(value.detach())}

    run(3)
    return run
