"""Models of PyTorch, with inputs and outputs, that the C++ tests load.

Re-make them, from the root of the project, with

    /usr/bin/python3 tests/golden/make_torch.py

This needs PyTorch 1.13 (Debian: python3-torch) and writes torch_*.pt and torch_*.safetensors next to this
file. Weights are single, outputs double: PyTorch computes them in double with the weights that are in the file.
Sequences are (steps, samples, features).
"""

import io
import json
import os
import struct
import zipfile

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16",
          torch.int64: "I64", torch.int32: "I32"}


def write_safetensors(path, tensors):
    """Sorted by name, as most writers do it."""
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        tensor = tensor.detach().contiguous()
        raw = bytes(tensor.view(torch.uint8).flatten().tolist()) if tensor.numel() else b""
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    of = {name: dtype for dtype, name in DTYPES.items()}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            raw = torch.frombuffer(data[begin:end], dtype=of[entry["dtype"]])
            tensors[name] = raw.reshape(entry["shape"])
    return tensors


def save(path, content):
    """torch.save without the time of day and the name of the file."""
    raw = io.BytesIO()
    torch.save(content, raw)
    with zipfile.ZipFile(raw) as of, zipfile.ZipFile(path, "w") as to:
        for entry in of.infolist():
            to.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), of.read(entry))


def in_double(module, *inputs):
    """The output as it is with the weights of `module` in double."""
    output = module.double()(*[i.double() if i.is_floating_point() else i for i in inputs])
    module.float()
    return (output[0] if isinstance(output, tuple) else output).detach().clone()


def recurrent():
    """nn.RNN, nn.LSTM, nn.GRU and an LSTM with projection, with 1 to 3 layers, of one and both directions, with and
    without biases. All weights are in one storage, one after the other."""
    torch.manual_seed(1)
    x = torch.randn(4, 2, 2)
    weights, outputs = {}, {}
    for kind in ["rnn", "lstm", "gru", "projected"]:
        for layers in [1, 2, 3]:
            for both in [False, True]:
                for bias in [False, True]:
                    make = {"rnn": nn.RNN, "gru": nn.GRU}.get(kind, nn.LSTM)
                    more = {"proj_size": 2} if kind == "projected" else {}
                    module = make(2, 3, layers, bidirectional=both, bias=bias, **more)
                    name = f"{kind}_{layers}_{'both' if both else 'one'}_{'bias' if bias else 'none'}"
                    outputs[name] = in_double(module, x)
                    for key, tensor in module.state_dict().items():
                        weights[f"{name}.rnn.{key}"] = tensor
    flat = torch.cat([tensor.flatten() for tensor in weights.values()])
    views, at = {}, 0
    for name, tensor in weights.items():
        views[name] = flat[at:at + tensor.numel()].view(tensor.shape)
        at += tensor.numel()
    save(os.path.join(HERE, "torch_recurrent.pt"), {"models": views, "x": {"x": x}, "y": outputs})
    write_safetensors(os.path.join(HERE, "torch_recurrent.safetensors"), weights)


class Cells(nn.Module):
    """One cell over time, as a loop."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def forward(self, x):
        state, outputs = None, []
        for step in x:
            state = self.cell(step, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs)


class Attention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, **options)

    def forward(self, x):
        return self.attention(x, x, x)[0]


class Tagger(nn.Module):
    """Embedding, LSTM, LayerNorm, two Linear with an activation between."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.lstm = nn.LSTM(3, 4, 2, bidirectional=True)
        self.norm = nn.LayerNorm(8)
        self.fc1 = nn.Linear(8, 6)
        self.fc2 = nn.Linear(6, 2, bias=False)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(self.norm(self.lstm(self.embedding(x))[0]))))


class Convolution(nn.Module):
    """Causal: padded on the left."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 3, 2, dilation=2)
        self.gru = nn.GRU(3, 2)

    def forward(self, x):
        along = nn.functional.pad(x.permute(1, 2, 0), (2, 0))
        return self.gru(torch.tanh(self.conv(along).permute(2, 0, 1)))[0]


class Windows(nn.Module):
    """A convolution that is not causal."""

    def __init__(self, **options):
        super().__init__()
        self.conv = nn.Conv1d(4, 3, 3, **options)

    def forward(self, x):
        return self.conv(x.permute(1, 2, 0)).permute(2, 0, 1)


def modules():
    torch.manual_seed(2)
    x = torch.randn(4, 2, 4)
    tokens = torch.randint(0, 5, (4, 2))
    file = {"x": {"x": x, "tokens": tokens}, "y": {}}

    def add(name, module, given=x):
        for parameter in module.parameters():  # LayerNorm begins with ones and zeros
            nn.init.normal_(parameter, 0, 0.5)
        file[name] = module.state_dict()
        file["y"][name] = in_double(module.eval(), given)

    add("rnn_cell", Cells(nn.RNNCell(4, 3)))
    add("relu_cell", Cells(nn.RNNCell(4, 3, nonlinearity="relu")))
    add("relu", nn.RNN(4, 3, nonlinearity="relu"))
    add("lstm_cell", Cells(nn.LSTMCell(4, 3)))
    add("gru_cell", Cells(nn.GRUCell(4, 3, bias=False)))
    add("tagger", Tagger(), tokens)
    add("conv", Convolution())
    add("attention", Attention())
    layer = nn.TransformerEncoderLayer(4, 2, 5)
    add("layer", layer)
    before = nn.TransformerEncoderLayer(4, 2, 5, activation="gelu", norm_first=True)
    add("encoder", nn.TransformerEncoder(before, 2, nn.LayerNorm(4)))
    add("attention_none", Attention(bias=False))
    add("conv_valid", Windows(bias=False))
    add("conv_same", Windows(padding="same"))
    add("conv_numbers", Windows(padding=2, stride=2, dilation=2))
    # Other types and layouts of the same numbers, of which the half types hold few digits.
    module = nn.Linear(4, 3)
    weight = (torch.arange(12).reshape(3, 4) - 5) / 8
    bias = torch.tensor([0.5, -0.25, 1])
    for name, change in {"half": lambda t: t.half(), "bfloat": lambda t: t.bfloat16(), "double": lambda t: t.double(),
                         "whole": lambda t: t.long(), "parameter": nn.Parameter,
                         "turned": lambda t: t.t().contiguous().t(),
                         "inside": lambda t: torch.cat([torch.zeros(7), t.flatten()])[7:].view(t.shape),
                         "apart": lambda t: torch.stack([t, t], -1)[..., 1]}.items():
        file[name] = {"weight": change(weight), "bias": change(bias)}
    save(os.path.join(HERE, "torch_modules.pt"), file)
    write_safetensors(os.path.join(HERE, "torch_tagger.safetensors"), file["tagger"])


class Regression(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(2, 3)
        self.fc = nn.Linear(3, 1)

    def forward(self, x):
        return self.fc(self.rnn(x)[0])


OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-7, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
}


def train(module, optimizer, x, y, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.mse_loss(module(x), y).backward()
        optimizer.step()


def training():
    """Each optimizer after five steps, and the weights after ten."""
    for name, make in OPTIMIZERS.items():
        torch.manual_seed(3)
        x, y = torch.randn(4, 2, 2), torch.randn(4, 2, 1)
        module = Regression()
        save(os.path.join(HERE, "torch_begin.pt"), module.state_dict())  # the same each time
        optimizer = make(module.parameters())
        train(module, optimizer, x, y, 5)
        file = {"data": {"x": x, "y": y}, "model": {k: v.clone() for k, v in module.state_dict().items()},
                "optimizer": optimizer.state_dict()}
        raw = io.BytesIO()
        torch.save(file, raw)  # before training goes on
        raw.seek(0)
        file = torch.load(raw)
        train(module, optimizer, x, y, 5)
        file["later"] = module.state_dict()
        save(os.path.join(HERE, f"torch_{name}.pt"), file)


if __name__ == "__main__":
    torch.set_num_threads(1)
    recurrent()
    modules()
    training()
