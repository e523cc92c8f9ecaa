"""Two-layer and bidirectional LSTMs of PyTorch against which the C++ tests compare.

Re-make them, from the root of the project, with

    /usr/bin/python3 tests/golden/make_stacks.py

This needs PyTorch 1.13 (Debian: python3-torch) and writes stacks.json next to
this file, in double, on one thread. The format is that of attention.json, told
in make_attention.py, with the final states h and c beside the output: lists
with one tensor (units x samples) for each layer and direction. The loss also
takes their products with numbers that are drawn after those for the output,
first for all h, then for all c. PyTorch gets packed sequences.
"""

import os

import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from make_ctc import Generator
from make_golden import turned, write

LENGTHS = [2, 7, 1, 6]


def name_of(name):
    """PyTorch's weight_ih_l1_reverse is our 1.reverse.weight_ih."""
    direction = "reverse" if name.endswith("_reverse") else "forward"
    parameter, layer = name.replace("_reverse", "").rsplit("_l", 1)
    return layer, direction, parameter


def case(name, seed, layers, bidirectional):
    g = Generator(seed)

    def drawn(*shape):
        numbers = [g.uniform() - 0.5 for _ in range(torch.Size(shape).numel())]
        return torch.tensor(numbers, dtype=torch.float64).reshape(*shape)

    lstm = nn.LSTM(3, 4, layers, bidirectional=bidirectional).double()
    with torch.no_grad():
        for p in lstm.parameters():
            p.copy_(drawn(*p.shape))
    x = [drawn(n, 3).requires_grad_() for n in LENGTHS]
    packed, (h, c) = lstm(pack_sequence(x, enforce_sorted=False))
    padded, _ = pad_packed_sequence(packed)
    y = [padded[:n, b] for b, n in enumerate(LENGTHS)]
    loss = sum((v * drawn(*v.shape)).sum() for v in y)
    for states in (h, c):
        loss = loss + sum((s * drawn(*s.shape)).sum() for s in states)
    loss.backward()

    def measure(tensors):
        return [sum((t.grad * drawn(*t.shape)).sum().item() for t in tensors),
                sum((t.grad ** 2).sum().item() for t in tensors)]

    names = []
    for n, _ in lstm.named_parameters():
        layer, direction, parameter = name_of(n)
        parts = [layer] if layers > 1 else []
        names.append(".".join(parts + ([direction] if bidirectional else []) + [parameter]))
    made = {"name": name, "seed": seed, "lengths": LENGTHS, "parameters": names,
            "y": [turned(v) for v in y], "h": [turned(s) for s in h], "c": [turned(s) for s in c],
            "gradients": {"x": measure(x)}}
    for n, (_, p) in zip(names, lstm.named_parameters()):
        made["gradients"][n] = measure([p])
    return made


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("stacks.json", {"cases": [case("two layers", 1, 2, False),
                                    case("bidirectional", 2, 1, True),
                                    case("two bidirectional layers", 3, 2, True)]})
    print("wrote", os.path.join(os.path.dirname(os.path.abspath(__file__)), "stacks.json"))
