# SPDX-License-Identifier: MIT
"""State dicts of PyTorch's modules, with what these compute: test/golden/formats/torch/*.safetensors and files.json.

    python tools/golden/torch_weights.py

Needs torch, safetensors and numpy. Modules compute in float64, of the float32 weights of the file.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

OUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "formats" / "torch"
SEED = 17


def modules() -> dict[str, torch.nn.Module]:
    """By name; a recurrent module reads rows first."""
    both = {"batch_first": True, "bidirectional": True}
    return {
        "rnn": torch.nn.RNN(3, 4, batch_first=True),
        "rnn_relu_bidirectional": torch.nn.RNN(3, 4, nonlinearity="relu", **both),
        "lstm": torch.nn.LSTM(3, 4, batch_first=True),
        "lstm_no_bias": torch.nn.LSTM(3, 4, bias=False, batch_first=True),
        "lstm_bidirectional_2": torch.nn.LSTM(3, 4, num_layers=2, **both),
        "gru": torch.nn.GRU(3, 4, batch_first=True),
        "gru_3": torch.nn.GRU(3, 4, num_layers=3, batch_first=True),
        "gru_bidirectional": torch.nn.GRU(3, 4, **both),
        "linear": torch.nn.Linear(3, 5),
        "tagger": torch.nn.ModuleDict(
            {
                "words": torch.nn.Embedding(9, 3),
                "lstm": torch.nn.LSTM(3, 4, num_layers=2, batch_first=True),
                "tags": torch.nn.Linear(4, 2, bias=False),
            }
        ),
    }


def output(name: str, module: Any, x: torch.Tensor) -> torch.Tensor:
    if name == "tagger":
        return module["tags"](module["lstm"](module["words"](x))[0])
    return module(x) if name == "linear" else module(x)[0]


def pack(values: torch.Tensor) -> dict[str, Any]:
    return {"shape": list(values.shape), "data": [float(f"{v:.9g}") for v in values.detach().numpy().ravel()]}


def main() -> None:
    torch.manual_seed(SEED)
    OUT.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, module in modules().items():
        save_file(module.state_dict(), OUT / f"{name}.safetensors")
        (OUT / f"{name}.safetensors").chmod(0o644)
        x = torch.randint(0, 9, (2, 5)) if name == "tagger" else torch.randn(2, 5, 3)
        y = output(name, module.double(), x if name == "tagger" else x.double())
        entries.append({"name": name, "x": pack(x), "y": pack(y)})
    provenance = {"torch": torch.__version__, "numpy": np.__version__, "seed": SEED, "command": "python tools/golden/torch_weights.py"}
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    (OUT / "files.json").write_text(f'{{"provenance":{json.dumps(provenance)},\n"files":[\n{lines}\n]}}\n')
    print(f"{len(entries)} state dicts")


if __name__ == "__main__":
    main()
