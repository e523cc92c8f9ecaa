"""Trains on in PyTorch what was trained elsewhere, and gives it back.

    python3 go_on.py make OPTIMIZER OUT       a model, five steps old
    python3 go_on.py on OPTIMIZER IN OUT      five steps more, loaded with strict=True
    python3 go_on.py whole OPTIMIZER OUT      ten steps without a stop

It trains the Regression of golden/make_torch.py, with its data.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))

import torch
from make_torch import OPTIMIZERS, Regression, save, train

what, name = sys.argv[1:3]
torch.set_num_threads(1)
torch.manual_seed(3)
x, y = torch.randn(4, 2, 2), torch.randn(4, 2, 1)
module = Regression()
optimizer = OPTIMIZERS[name](module.parameters())
if what == "on":
    checkpoint = torch.load(sys.argv[3])
    module.load_state_dict(checkpoint["model"], strict=True)
    for group in optimizer.param_groups:  # all settings should come from the file
        group["lr"] = 1e9
    optimizer.load_state_dict(checkpoint["optimizer"])
train(module, optimizer, x, y, 10 if what == "whole" else 5)
save(sys.argv[-1], {"model": module.state_dict(), "optimizer": optimizer.state_dict()})
