"""Attention and transformers of PyTorch against which the C++ tests compare.

Re-make them, from the root of the project, with

    /usr/bin/python3 tests/golden/make_attention.py

This needs PyTorch 1.13 (Debian: python3-torch) and writes attention.json next
to this file, in double, on one thread. To keep the file short, the inputs are
not in it: both sides draw them, in the order of `case` below, from the
generator of make_ctc.py, each number from -0.5 to 0.5, which starts from the
seed of the case. PyTorch gets padded batches with masks of the padding.

attention.json
--------------
{"cases": [...]}, each with
    name, seed, and sizes for the layer; lengths; memory_lengths, where it
        attends to a memory,
    hidden, where more than padding is hidden: a list of [query, key],
    parameters: their names, in the order in which they are drawn,
    y: a list with one tensor (features x length) for each sample, as in
        make_golden.py,
    gradients {x, memory, each parameter}: of sum(y * d_y), as [projection,
        square], its scalar product with numbers that are drawn after the
        inputs, and its sum of squares
"""

import math
import os

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from make_ctc import Generator
from make_golden import turned, write

LENGTHS, MEMORY_LENGTHS = [2, 5, 1, 4], [3, 2, 4, 1]
HIDDEN = [[2, 1], [3, 1], [4, 4], [1, 1]]  # never key 0: padded queries must see something


def padding(lengths):
    """True where there is no step: samples x steps."""
    return torch.arange(max(lengths))[None, :] >= torch.tensor(lengths)[:, None]


def attend(query, memory, lengths, scores):
    """Contexts of padded queries, from their scores: samples x queries x memory."""
    hidden = padding(lengths)[:, None, :]
    return scores.masked_fill(hidden, -math.inf).softmax(2) @ memory


class Additive(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight_query = nn.Parameter(torch.zeros(5, 3))
        self.weight_memory = nn.Parameter(torch.zeros(5, 4))
        self.weight_score = nn.Parameter(torch.zeros(5))

    def forward(self, q, m, lengths):
        sums = (q @ self.weight_query.T)[:, :, None, :] + (m @ self.weight_memory.T)[:, None, :, :]
        return attend(q, m, lengths, sums.tanh() @ self.weight_score)


class General(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight_memory = nn.Parameter(torch.zeros(3, 4))

    def forward(self, q, m, lengths):
        return attend(q, m, lengths, q @ self.weight_memory @ m.transpose(1, 2))


class Dot(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, q, m, lengths):
        return attend(q, m, lengths, self.scale * q @ m.transpose(1, 2))


class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(5, 3))
        self.bias = nn.Parameter(torch.zeros(5))
        self.weight_score = nn.Parameter(torch.zeros(5))

    def forward(self, x, lengths):
        scores = (x @ self.weight.T + self.bias).tanh() @ self.weight_score
        return attend(None, x, lengths, scores[:, None, :])


def case(name, seed, module, features, run, memory_features=None, hidden=None, single=False):
    g = Generator(seed)

    def drawn(*shape):
        return torch.tensor([g.uniform() - 0.5 for _ in range(math.prod(shape))],
                            dtype=torch.float64).reshape(*shape)

    module = module.double().train()
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(drawn(*p.shape))
    x = [drawn(n, features).requires_grad_() for n in LENGTHS]
    memory = []
    if memory_features:
        memory = [drawn(n, memory_features).requires_grad_() for n in MEMORY_LENGTHS]
    padded = [pad_sequence(v, batch_first=True) for v in (x, memory) if v]
    out = run(module, *padded)
    y = [out[b, :1 if single else n] for b, n in enumerate(LENGTHS)]
    sum((v * drawn(*v.shape)).sum() for v in y).backward()

    def measure(tensors):
        return [sum((t.grad * drawn(*t.shape)).sum().item() for t in tensors),
                sum((t.grad ** 2).sum().item() for t in tensors)]

    made = {"name": name, "seed": seed, "lengths": LENGTHS}
    if memory:
        made["memory_lengths"] = MEMORY_LENGTHS
    if hidden:
        made["hidden"] = hidden
    made["parameters"] = [n for n, _ in module.named_parameters()]
    made["y"] = [turned(v) for v in y]
    made["gradients"] = {"x": measure(x)}
    if memory:
        made["gradients"]["memory"] = measure(memory)
    for n, p in module.named_parameters():
        made["gradients"][n] = measure([p])
    return made


def mask(queries, keys, causal=False, hidden=()):
    m = torch.zeros(queries, keys, dtype=torch.bool)
    if causal:
        m |= torch.ones(queries, keys).triu(1).bool()
    for i, j in hidden:
        m[i, j] = True
    return m


def cases():
    T, M = max(LENGTHS), max(MEMORY_LENGTHS)
    pad, pad_memory = padding(LENGTHS), padding(MEMORY_LENGTHS)
    to_memory = lambda layer, q, m: layer(q, m, MEMORY_LENGTHS)
    yield case("additive", 1, Additive(), 3, to_memory, 4)
    yield case("general", 2, General(), 3, to_memory, 4)
    yield case("dot", 3, Dot(1), 3, to_memory, 3)
    yield case("scaled dot", 4, Dot(3 ** -0.5), 3, to_memory, 3)
    yield case("pool", 5, Pool(), 3, lambda layer, x: layer(x, LENGTHS), single=True)

    def self_attention(attn_mask):
        return lambda layer, x: layer(x, x, x, key_padding_mask=pad, attn_mask=attn_mask)[0]

    heads = lambda: nn.MultiheadAttention(6, 3, batch_first=True)
    yield case("self", 11, heads(), 6, self_attention(None))
    yield case("self causal", 12, heads(), 6, self_attention(mask(T, T, True)))
    yield case("self hidden", 13, heads(), 6, self_attention(mask(T, T, False, HIDDEN)), hidden=HIDDEN)
    yield case("memory", 14, heads(), 6,
               lambda layer, q, m: layer(q, m, m, key_padding_mask=pad_memory)[0], 6)

    def encoder(norm_first, activation):
        return nn.TransformerEncoderLayer(6, 3, 7, dropout=0, activation=activation,
                                          batch_first=True, norm_first=norm_first)

    def encode(src_mask):
        return lambda layer, x: layer(x, src_mask=src_mask, src_key_padding_mask=pad)

    yield case("encoder after relu", 21, encoder(False, "relu"), 6, encode(None))
    yield case("encoder before relu causal", 22, encoder(True, "relu"), 6, encode(mask(T, T, True)))
    yield case("encoder after gelu hidden", 23, encoder(False, "gelu"), 6,
               encode(mask(T, T, False, HIDDEN)), hidden=HIDDEN)
    yield case("encoder before gelu", 24, encoder(True, "gelu"), 6, encode(None))

    def decoder(norm_first, activation):
        return nn.TransformerDecoderLayer(6, 3, 7, dropout=0, activation=activation,
                                          batch_first=True, norm_first=norm_first)

    def decode(layer, x, memory):
        return layer(x, memory, tgt_mask=mask(T, T, True), tgt_key_padding_mask=pad,
                     memory_key_padding_mask=pad_memory)

    yield case("decoder after relu", 31, decoder(False, "relu"), 6, decode, 6)
    yield case("decoder before gelu", 32, decoder(True, "gelu"), 6, decode, 6)


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("attention.json", {"cases": list(cases())})
    print("wrote", os.path.join(os.path.dirname(os.path.abspath(__file__)), "attention.json"))
