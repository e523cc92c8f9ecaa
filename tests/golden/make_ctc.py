"""Losses and gradients of PyTorch's CTC against which the C++ tests compare.

Re-make them, from the root of the project, with

    /usr/bin/python3 tests/golden/make_ctc.py

This needs PyTorch 1.13 (Debian: python3-torch) and writes ctc.json next to this
file, in double, on one thread. To keep the file short, the inputs are not in
it: both sides draw them from one generator, in the order of `case` below,

    state = 6364136223846793005 state + 1442695040888963407 (mod 2^64)
    uniform = (state >> 11) / 2^53        below(n) = floor(n uniform)

which starts from the seed of the case.

ctc.json
--------
{"cases": [...]}, each with
    seed,
    lengths, labels (a list for each sample), blank, classes: to show that both
        sides drew the same,
    losses (-log p of each sample; null where it is infinite),
    sum {loss, projection, square}, mean {loss, projection, square}: of
        CTCLoss(reduction=..., zero_infinity=True); the gradient with respect to
        the logits, as its scalar product with numbers from -0.5 to 0.5 that are
        drawn after the inputs (sample by sample, step by step, class by class),
        and as its sum of squares,
    d_logits, in the first cases: the whole gradient of "sum", a list with one
        tensor (classes x length) for each sample, as in make_golden.py
"""

import math
import os

import torch
from torch.nn import functional as F

from make_golden import turned, write

CASES, WHOLE = 100, 4


class Generator:
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (6364136223846793005 * self.state + 1442695040888963407) % 2 ** 64
        return (self.state >> 11) * 2.0 ** -53

    def below(self, n):
        return int(n * self.uniform())


def inputs(seed):
    g = Generator(seed)
    batch, classes = 1 + g.below(4), 2 + g.below(6)
    blank = g.below(classes)
    scale = 60.0 if g.below(10) == 0 else 6.0
    lengths, labels, logits = [], [], []
    for _ in range(batch):
        length = 1 + g.below(12)
        count = g.below(1 + min(length, 6)) + (1 if g.below(8) == 0 else 0)
        sample = []
        for _ in range(count):
            label = g.below(classes - 1)
            label += label >= blank
            if sample and g.below(4) == 0:
                label = sample[-1]
            sample.append(label)
        lengths.append(length)
        labels.append(sample)
        logits.append(torch.tensor(
            [[scale * (g.uniform() - 0.5) for _ in range(classes)]
             for _ in range(length)], dtype=torch.float64))
    directions = [torch.tensor([[g.uniform() - 0.5 for _ in range(classes)]
                                for _ in range(length)], dtype=torch.float64)
                  for length in lengths]
    return classes, blank, lengths, labels, logits, directions


def case(seed, whole):
    classes, blank, lengths, labels, logits, directions = inputs(seed)
    joined = torch.tensor([c for sample in labels for c in sample], dtype=torch.long)
    counts = torch.tensor([len(sample) for sample in labels])

    def loss(samples, reduction, zero_infinity):
        padded = torch.nn.utils.rnn.pad_sequence(samples)
        return F.ctc_loss(padded.log_softmax(2), joined, torch.tensor(lengths), counts,
                          blank=blank, reduction=reduction, zero_infinity=zero_infinity)

    losses = loss(logits, "none", False).tolist()
    made = {"seed": seed, "lengths": lengths, "labels": labels, "blank": blank,
            "classes": classes,
            "losses": [v if math.isfinite(v) else None for v in losses]}
    for reduction in ["sum", "mean"]:
        at = [z.clone().requires_grad_() for z in logits]
        value = loss(at, reduction, True)
        value.backward()
        made[reduction] = {
            "loss": value.item(),
            "projection": sum((z.grad * d).sum().item() for z, d in zip(at, directions)),
            "square": sum((z.grad ** 2).sum().item() for z in at)}
        if whole and reduction == "sum":
            made["d_logits"] = [turned(z.grad) for z in at]
    return made


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("ctc.json", {"cases": [case(1000 + i, i < WHOLE) for i in range(CASES)]})
    print("wrote", os.path.join(os.path.dirname(os.path.abspath(__file__)), "ctc.json"))
