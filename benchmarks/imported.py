"""PyTorch's side of the figure imported-pytorch.

    python3 imported.py MODEL.pt

Makes an nn.LSTM(64, 128, num_layers=2, bidirectional=True) and 32 sequences of 100 steps, writes its weights, the
sequences, its output and the gradient of its first weights to MODEL.pt, and prints the seconds of inference and of
training on one thread, each the median of many runs. The loss is half of the sum of the squares of the output.
"""

import statistics
import sys
import time

import torch

torch.set_num_threads(1)
torch.ones(64, 64) @ torch.ones(64, 64)  # now its library of products is there
with open("/proc/self/maps") as maps:
    if not any(name in line for line in maps for name in ("openblas", "mkl", "blis")):
        # Debian's PyTorch then takes some ten times as long, which would say nothing.
        sys.exit("PyTorch has the reference BLAS: install libopenblas0-openmp")

torch.manual_seed(1)
lstm = torch.nn.LSTM(64, 128, num_layers=2, bidirectional=True)
x = torch.randn(100, 32, 64)


def infer():
    with torch.no_grad():
        return lstm(x)[0]


def train():
    lstm.zero_grad()
    x.grad = None
    y = lstm(x.requires_grad_())[0]
    y.backward(y.detach())


def seconds(run, times):
    run()  # takes its memory
    all = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        all.append(time.perf_counter() - begin)
    return statistics.median(all)


print(seconds(infer, 11), seconds(train, 11))
torch.save({"model": lstm.state_dict(), "data": {"x": x.detach(), "y": infer(), "d_weight_ih_l0": lstm.weight_ih_l0.grad}},
           sys.argv[1])
