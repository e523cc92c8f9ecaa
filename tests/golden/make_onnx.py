"""Models that PyTorch exports to ONNX, with inputs and what PyTorch computes.

Re-make them, from the root of the project, with

    /usr/bin/python3 tests/golden/make_onnx.py

This needs PyTorch 1.13 (Debian: python3-torch) and writes onnx/NAME_OPSET.onnx
and onnx/expected.json next to this file. expected.json has for each NAME its
opsets, its inputs and outputs by name, each as a shape and a flat list. The
sizes of batch and time are open in the files.
"""

import json
import os
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onnx")


class Tagger(nn.Module):
    """Embedding, two bidirectional LSTM layers, and a linear layer at each step."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 5)
        self.rnn = nn.LSTM(5, 4, 2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.rnn(self.embedding(x))[0])


class LastStep(nn.Module):
    """A GRU of which the last step is classified."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return torch.softmax(self.head(self.rnn(x)[0][:, -1]), -1)


class FinalStates(nn.Module):
    """The last two of the final states h_n, one of each direction."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 5)
        self.rnn = nn.LSTM(5, 4, 2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        h = self.rnn(self.embedding(x))[1][0]
        return self.head(torch.cat([h[-2], h[-1]], 1))


class Packed(nn.Module):
    """Sequences of several lengths, sorted by PyTorch and back."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 5)
        self.rnn = nn.LSTM(5, 4, bidirectional=True, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(x), lengths, batch_first=True,
                                                   enforce_sorted=False)
        y = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0]
        return self.head(y)


class Mixed(nn.Module):
    """Branches, a convolution, normalisation, and states in and out."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 4, batch_first=True)
        self.conv = nn.Conv1d(4, 6, 3, padding=1)
        self.side = nn.Linear(3, 6)
        self.norm = nn.LayerNorm(6)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(6, 2)

    def forward(self, x, h, c):
        y, (h, c) = self.rnn(x, (h, c))
        y = torch.relu(self.conv(y.transpose(1, 2)).transpose(1, 2))
        return torch.log_softmax(self.head(self.drop(self.norm(y + self.side(x)))), -1), h, c


class Pieces(nn.Module):
    """Slices, splits, views and products of features, and a mean over time."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(4, 6, nonlinearity="relu")
        self.gate = nn.Linear(3, 2)
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        y = self.rnn(x)[0]
        a, b, c = y.chunk(3, -1)
        y = a * torch.sigmoid(b) - c / 2
        y = y + torch.nn.functional.hardsigmoid(self.gate(x[:, :, 1:]))
        steps, batch, size = y.shape
        y = self.head(y.reshape(steps * batch, size)).view(steps, batch, 2)
        return torch.nn.functional.leaky_relu(y.mean(0), 0.2)


class Stateful(nn.Module):
    """Two layers whose states are one input and one output."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 4, 2)

    def forward(self, x, h, c):
        y, (h, c) = self.rnn(x, (h, c))
        return y, h, c


class Encoder(nn.Module):
    """Embedding, positions, a layer of a transformer's encoder, and the mean over time."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 4)
        self.positions = nn.Embedding(9, 4)
        self.layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, activation="gelu", batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        y = self.embedding(x) + self.positions(torch.arange(x.size(1), device=x.device))
        return self.head(self.layer(y).mean(1))


class Windows(nn.Module):
    """A convolution in groups, a mean that counts zeros, and a maximum of the steps that are left over."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 6, 3, padding=1, groups=2)
        self.mean = nn.AvgPool1d(3, stride=1, padding=1)
        self.max = nn.MaxPool1d(2, ceil_mode=True)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        y = torch.relu(self.conv(x.transpose(1, 2)))
        return self.head(self.max(self.mean(y)).transpose(1, 2))


class Masked(nn.Module):
    """Two inputs and two outputs."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(5, 4, batch_first=True)
        self.head = nn.Linear(4, 3)

    def forward(self, signal, speaker):
        mask = torch.sigmoid(self.head(self.rnn(torch.cat([signal, speaker], -1))[0]))
        return signal * mask, mask


class ScaledDotProduct(torch.autograd.Function):
    """Attention, exported as PyTorch 2 exports nn.functional.scaled_dot_product_attention, which 1.13 does not have."""

    @staticmethod
    def forward(ctx, q, k, v):
        return torch.softmax(q @ k.transpose(-1, -2) / q.size(-1) ** 0.5, -1) @ v

    @staticmethod
    def symbolic(g, q, k, v):
        constant = lambda number: g.op("Constant", value_t=torch.tensor([number]))
        last = g.op("Slice", g.op("Shape", q), constant(-1), constant(2**63 - 1))
        root = g.op("Sqrt", g.op("Cast", last, to_i=1))
        scale = g.op("Cast", g.op("Div", constant(1.0), root), to_i=1)
        k = g.op("Transpose", k, perm_i=[0, 1, 3, 2])
        scores = g.op("MatMul", g.op("Mul", q, g.op("Sqrt", scale)), g.op("Mul", k, g.op("Sqrt", scale)))
        return g.op("MatMul", g.op("Softmax", scores, axis_i=-1), v)


class Attention(nn.Module):
    """Attention of a sequence to itself, in two heads."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(6, 18)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        batch, steps = x.shape[:2]
        q, k, v = (part.view(batch, steps, 2, 3).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        y = ScaledDotProduct.apply(q, k, v).transpose(1, 2).reshape(batch, steps, 6)
        return self.head(y)


CASES = {
    "tagger": (Tagger, ["x"], ["y"], {"x": {0: "b", 1: "t"}, "y": {0: "b", 1: "t"}}, (9, 13, 16)),
    "last_step": (LastStep, ["x"], ["y"], {"x": {0: "b", 1: "t"}, "y": {0: "b"}}, (9, 16)),
    "final_states": (FinalStates, ["x"], ["y"], {"x": {0: "b", 1: "t"}, "y": {0: "b"}}, (9, 16)),
    "packed": (Packed, ["x", "lengths"], ["y"],
               {"x": {0: "b", 1: "t"}, "lengths": {0: "b"}, "y": {0: "b", 1: "t"}}, (11, 16)),
    "mixed": (Mixed, ["x", "h", "c"], ["y", "h_n", "c_n"],
              {"x": {0: "b", 1: "t"}, "h": {1: "b"}, "c": {1: "b"}, "y": {0: "b", 1: "t"}}, (9, 13, 16)),
    "stateful": (Stateful, ["x", "h", "c"], ["y", "h_n", "c_n"],
                 {"x": {0: "t", 1: "b"}, "h": {1: "b"}, "c": {1: "b"}, "y": {0: "t", 1: "b"}}, (9, 16)),
    "pieces": (Pieces, ["x"], ["y"], {"x": {0: "t", 1: "b"}, "y": {0: "b"}}, (13, 16)),
    "encoder": (Encoder, ["x"], ["y"], {"x": {0: "b", 1: "t"}, "y": {0: "b"}}, (13, 17)),
    "windows": (Windows, ["x"], ["y"], {"x": {0: "b", 1: "t"}, "y": {0: "b", 1: "t2"}}, (11, 16)),
    "masked": (Masked, ["signal", "speaker"], ["masked", "mask"],
               {n: {0: "b", 1: "t"} for n in ["signal", "speaker", "masked", "mask"]}, (13,)),
    "attention": (Attention, ["x"], ["y"], {"x": {0: "b", 1: "t"}, "y": {0: "b", 1: "t"}}, (14,)),
}
TOKENS = torch.tensor([[3, 7, 1, 10, 0, 4], [9, 2, 2, 5, 8, 6]])
INPUTS = {
    "tagger": lambda: [TOKENS],
    "last_step": lambda: [torch.randn(2, 6, 3)],
    "final_states": lambda: [TOKENS],
    "packed": lambda: [TOKENS, torch.tensor([4, 6])],
    "mixed": lambda: [torch.randn(2, 6, 3), torch.randn(1, 2, 4), torch.randn(1, 2, 4)],
    "stateful": lambda: [torch.randn(6, 2, 3), torch.randn(2, 2, 4), torch.randn(2, 2, 4)],
    "pieces": lambda: [torch.randn(6, 2, 4)],
    "encoder": lambda: [TOKENS],
    "windows": lambda: [torch.randn(2, 7, 4)],
    "masked": lambda: [torch.randn(2, 6, 3), torch.randn(2, 6, 2)],
    "attention": lambda: [torch.randn(2, 7, 6)],
}


def plain(tensor):
    return {"shape": list(tensor.shape), "data": tensor.flatten().tolist()}


def main():
    torch.set_num_threads(1)
    os.makedirs(HERE, exist_ok=True)
    expected = {}
    for seed, (name, (make, inputs, outputs, axes, opsets)) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        # Without training, PyTorch runs an encoder in one operator of its own, which it can't export.
        model = make().train(name == "encoder")
        given = INPUTS[name]()
        with torch.no_grad():
            computed = model(*given)
        computed = computed if isinstance(computed, tuple) else (computed,)
        for opset in opsets:
            torch.onnx.export(model, tuple(given), os.path.join(HERE, f"{name}_{opset}.onnx"), input_names=inputs,
                              output_names=outputs, dynamic_axes=axes, opset_version=opset,
                              training=torch.onnx.TrainingMode.PRESERVE)
        expected[name] = {"opsets": list(opsets), "inputs": {n: plain(x) for n, x in zip(inputs, given)},
                          "outputs": {n: plain(y) for n, y in zip(outputs, computed)}}
    with open(os.path.join(HERE, "expected.json"), "w") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
