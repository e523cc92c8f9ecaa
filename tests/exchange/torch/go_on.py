"""Trains on in PyTorch what was trained elsewhere, and gives it back.

    python3 go_on.py make OPTIMIZER OUT       a model, five steps old
    python3 go_on.py on OPTIMIZER IN OUT [WEIGHTS.safetensors]
                                              five steps more, loaded with strict=True; with WEIGHTS, IN has
                                              only the optimizer
    python3 go_on.py whole OPTIMIZER OUT      ten steps without a stop

It trains the Regression of golden/make_torch.py, with its data. OUT is a .pt with the optimizer, or a .safetensors
of the weights alone.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "golden"))

import torch
from make_torch import OPTIMIZERS, Regression, read_safetensors, save, train, write_safetensors

what, name = sys.argv[1:3]
out = sys.argv[4 if what == "on" else 3]
torch.set_num_threads(1)
torch.manual_seed(3)
x, y = torch.randn(4, 2, 2), torch.randn(4, 2, 1)
module = Regression()
optimizer = OPTIMIZERS[name](module.parameters())
if what == "on":
    checkpoint = torch.load(sys.argv[3])
    module.load_state_dict(read_safetensors(sys.argv[5]) if len(sys.argv) > 5 else checkpoint["model"], strict=True)
    for group in optimizer.param_groups:  # all settings should come from the file
        group["lr"] = 1e9
    optimizer.load_state_dict(checkpoint["optimizer"])
train(module, optimizer, x, y, 10 if what == "whole" else 5)
if out.endswith(".safetensors"):
    write_safetensors(out, module.state_dict())
else:
    save(out, {"model": module.state_dict(), "optimizer": optimizer.state_dict()})
