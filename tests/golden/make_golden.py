"""Figures of PyTorch 1.13 against which the C++ tests compare.

Re-make them, from the root of the project, with

    /usr/bin/python3 tests/golden/make_golden.py

This needs PyTorch 1.13 (Debian: python3-torch) and writes recurrent.json,
projected_lstm.json, classifier.json, losses.json and schedules.json next to
this file. Everything is computed in double on one thread. Every case has its
own seed, so that a new case does not change the others. Another processor may
differ in the last bits.

Tensors
-------
A tensor is {"shape": [rows, columns], "data": [row by row]}. Features are
rows; time steps or samples are columns. A bias is a column, rows x 1. "Samples"
below is a list with one tensor (features x length) for each sample. Samples are
always in the order of the user, which is not sorted by length. Lengths, labels,
tokens, class weights and other plain lists are lists of numbers. A key that
does not apply is left out. A gradient has the key of its variable with "d_" in
front, or stands under the same name within "gradients".

Gates are stacked along the rows of weight_ih, weight_hh and the biases:
    lstm  i, f, g, o
    gru   r, z, n, with n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
          and h' = (1 - z) * n + z * h
The pre-activation of a gate is weight_ih x + bias_ih + weight_hh h + bias_hh.

recurrent.json
--------------
{"cases": [...]}, each with
    name, cell ("rnn-tanh", "rnn-relu", "lstm", "gru"),
    direction ("forward", "reverse"), input_size, hidden_size, lengths,
    weight_ih, weight_hh, bias_ih, bias_hh,
    input (samples), initial {h, c}, output (samples), final {h, c},
    d_output (samples), d_final {h, c}: chosen at random,
    loss = sum(output * d_output) + sum(final * d_final),
    d_weight_ih, d_weight_hh, d_bias_ih, d_bias_hh, d_input (samples),
    d_initial {h, c}
States are hidden x samples. Only "lstm" has c. "reverse" starts at the last
step of each sample, so that final is the state after step 0; output stays in
the order of time.

projected_lstm.json
-------------------
As recurrent.json, with the cell "lstm-projected": an LSTM with proj_size. It has
weight_hr and d_weight_hr, too; h has fewer rows than c.

classifier.json
---------------
Embedding, LSTM from a zero state, state h after the last step of each sample,
linear layer, cross entropy (mean over the samples).
    vocabulary, embedding_size, hidden_size, classes,
    tokens (a list for each sample), labels,
    weights {embedding, weight_ih, weight_hh, bias_ih, bias_hh, linear_weight,
             linear_bias},
    logits (classes x samples), loss, d_logits, gradients (as weights),
    weighted {class_weights, loss, d_logits}: the same logits, with the loss
             sum(w[label] * loss) / sum(w[label]),
    training: a list of {name, optimizer, options, losses, loss_after, weights}
             and, with clipping, max_norm and norms
The embedding is vocabulary x size, so that a token selects a row. Each training
starts afresh from "weights" and does ten steps on the one batch. losses[k] is
the loss before step k; loss_after and weights are those after the tenth step.
norms[k] is the norm of all gradients together, before clipping; they are
multiplied by min(1, max_norm / (norm + 1e-6)).

losses.json
-----------
    cross_entropy: a list of {name, logits (classes x samples), labels,
        class_weights, label_smoothing, loss, d_logits}
    bce_with_logits: a list of {name, logits, targets (labels x samples),
        pos_weight (a number for each label), mean_elements, mean_samples},
        the last two being {loss, d_logits}
    mse: a list of {name, prediction, target (outputs x samples),
        mean_elements, mean_samples}, the last two being {loss, d_prediction}
mean_elements divides the sum by the number of elements, mean_samples by the
number of samples. Cross entropy is the mean over the samples, weighted as in
classifier.json if there are class_weights; label_smoothing is PyTorch's.

schedules.json
--------------
{"cases": [...]}, each with name, options, rates (one for each of the 20
epochs: rates[e] is the rate used in epoch e), rate_after (the rate after the
last epoch) and, for "plateau", losses (losses[e] is reported after epoch e).
"""

import json
import os

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import rnn as packing

HERE = os.path.dirname(os.path.abspath(__file__))


# --- writing ---------------------------------------------------------------

def tensor(t):
    """A matrix whose rows are already features; a vector becomes a column."""
    t = t.detach()
    if t.dim() == 1:
        t = t.unsqueeze(1)
    assert t.dim() == 2 and t.dtype == torch.float64
    assert bool(torch.isfinite(t).all())
    return {"shape": list(t.shape), "data": t.reshape(-1).tolist()}


def turned(t):
    """A matrix whose rows are time steps or samples."""
    return tensor(t.t())


def text(value, indent=0):
    """JSON with a line for each tensor and for each list of numbers."""
    pad = " " * (indent + 1)
    nested = (dict, list)
    if isinstance(value, dict) and "shape" not in value:
        items = [pad + json.dumps(k) + ": " + text(v, indent + 1)
                 for k, v in value.items()]
        return "{\n" + ",\n".join(items) + "\n" + " " * indent + "}"
    if isinstance(value, list) and any(isinstance(v, nested) for v in value):
        items = [pad + text(v, indent + 1) for v in value]
        return "[\n" + ",\n".join(items) + "\n" + " " * indent + "]"
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def write(name, value):
    with open(os.path.join(HERE, name), "w", encoding="ascii") as f:
        f.write(text(value) + "\n")


def chosen(generator, *shape, scale=1.0):
    """Random values of four decimals, which keep the files short."""
    t = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
    return torch.tensor([round(v, 4) for v in t.reshape(-1).tolist()],
                        dtype=torch.float64).reshape(*shape)


def seeded(seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    return generator


# --- recurrent layers ------------------------------------------------------

WEIGHTS = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]


def recurrent_case(name, cell, direction, inputs, hidden, lengths, seed,
                   projection=0):
    g = seeded(seed)
    reverse = direction == "reverse"
    batch = len(lengths)
    directions = 2 if reverse else 1
    has_c = cell.startswith("lstm")
    shown = projection or hidden  # units of h

    if has_c:
        module = nn.LSTM(inputs, hidden, bidirectional=reverse,
                         proj_size=projection)
    elif cell == "gru":
        module = nn.GRU(inputs, hidden, bidirectional=reverse)
    else:
        module = nn.RNN(inputs, hidden, bidirectional=reverse,
                        nonlinearity=cell.split("-")[1])
    module.double()

    # The loss of "reverse" sees the reverse half of a bidirectional layer only.
    suffix = "_l0_reverse" if reverse else "_l0"
    weights = {k: getattr(module, k + suffix)
               for k in WEIGHTS + ["weight_hr"] * (projection > 0)}
    with torch.no_grad():
        for p in weights.values():
            p.copy_(chosen(g, *p.shape, scale=hidden ** -0.5))

    x = [chosen(g, n, inputs).requires_grad_() for n in lengths]
    units = {"h": shown, "c": hidden}
    initial = {k: chosen(g, batch, units[k], scale=0.5).requires_grad_()
               for k in ("hc" if has_c else "h")}
    d_output = [chosen(g, n, shown) for n in lengths]
    d_final = {k: chosen(g, batch, units[k]) for k in initial}

    def both(state):
        parts = [torch.zeros_like(state)] * (directions - 1) + [state]
        return torch.stack(parts)

    state = tuple(both(v) for v in initial.values())
    packed = packing.pack_sequence(x, enforce_sorted=False)
    packed_output, last = module(packed, state if has_c else state[0])
    padded, got = packing.pad_packed_sequence(packed_output, batch_first=True)
    assert got.tolist() == lengths
    output = [padded[b, :n, -shown:] for b, n in enumerate(lengths)]
    last = last if has_c else (last,)
    final = {k: v[-1] for k, v in zip(initial, last)}

    loss = sum((o * d).sum() for o, d in zip(output, d_output))
    loss = loss + sum((final[k] * d_final[k]).sum() for k in final)
    loss.backward()

    case = {"name": name, "cell": cell, "direction": direction,
            "input_size": inputs, "hidden_size": hidden, "lengths": lengths}
    case.update({k: tensor(v) for k, v in weights.items()})
    case["input"] = [turned(v) for v in x]
    case["initial"] = {k: turned(v) for k, v in initial.items()}
    case["output"] = [turned(v) for v in output]
    case["final"] = {k: turned(v) for k, v in final.items()}
    case["d_output"] = [turned(v) for v in d_output]
    case["d_final"] = {k: turned(v) for k, v in d_final.items()}
    case["loss"] = loss.item()
    case.update({"d_" + k: tensor(v.grad) for k, v in weights.items()})
    case["d_input"] = [turned(v.grad) for v in x]
    case["d_initial"] = {k: turned(v.grad) for k, v in initial.items()}
    return case


def recurrent():
    cases = []
    seed = 100
    for cell in ["rnn-tanh", "rnn-relu", "lstm", "gru"]:
        for direction in ["forward", "reverse"]:
            seed += 1
            cases.append(recurrent_case(cell + "-" + direction, cell, direction,
                                        3, 5, [2, 7, 1, 6], seed))
    # Longer than a SIMD packet, not a multiple of one; two equal lengths.
    for cell in ["lstm", "gru"]:
        seed += 1
        cases.append(recurrent_case(cell + "-forward-large", cell, "forward",
                                    7, 19, [4, 6, 2, 6, 3], seed))
    return {"cases": cases}


def projected_lstm():
    sizes = [("forward", 3, 5, 2, [2, 7, 1, 6]),
             ("reverse", 3, 5, 2, [2, 7, 1, 6]),
             ("forward", 7, 19, 6, [4, 6, 2, 6, 3])]
    return {"cases": [
        recurrent_case("lstm-projected-" + direction, "lstm-projected",
                       direction, inputs, hidden, lengths, 120 + i, projection)
        for i, (direction, inputs, hidden, projection, lengths)
        in enumerate(sizes)]}


# --- a classifier and its training -----------------------------------------

VOCABULARY, EMBEDDING, HIDDEN, CLASSES = 11, 4, 6, 3
STEPS = 10
# Some tokens come twice in a sample, some in several, 5 and 9 in none.
TOKENS = [[3, 0, 7],
          [1, 4, 4, 10, 2, 8, 1],
          [6],
          [8, 2, 3, 3, 0, 10, 7, 4],
          [10, 6]]
LABELS = [2, 0, 1, 2, 0]


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN)
        self.linear = nn.Linear(HIDDEN, CLASSES)
        self.double()
        g = seeded(200)
        with torch.no_grad():
            for name, p in self.named().items():
                scale = 1.0 if name == "embedding" else HIDDEN ** -0.5
                p.copy_(chosen(g, *p.shape, scale=scale))

    def named(self):
        named = {"embedding": self.embedding.weight}
        named.update({k: getattr(self.lstm, k + "_l0") for k in WEIGHTS})
        named["linear_weight"] = self.linear.weight
        named["linear_bias"] = self.linear.bias
        return named

    def forward(self, tokens):
        x = [self.embedding(torch.tensor(sample)) for sample in tokens]
        _, (h, _) = self.lstm(packing.pack_sequence(x, enforce_sorted=False))
        return self.linear(h[-1])


def training_case(name, optimizer, options, max_norm=None):
    model = Classifier()
    labels = torch.tensor(LABELS)
    stepper = getattr(torch.optim, optimizer)(model.parameters(), **options)
    losses, norms = [], []
    for _ in range(STEPS):
        stepper.zero_grad()
        loss = F.cross_entropy(model(TOKENS), labels)
        loss.backward()
        losses.append(loss.item())
        if max_norm is not None:
            norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            norms.append(norm.item())
        stepper.step()
    case = {"name": name, "optimizer": optimizer,
            "options": {k: stepper.defaults[k] for k in options}}
    # State the defaults that matter, too.
    for k in ["betas", "eps"]:
        if k in stepper.defaults:
            v = stepper.defaults[k]
            case["options"][k] = list(v) if isinstance(v, tuple) else v
    if max_norm is not None:
        case["max_norm"] = max_norm
        case["norms"] = norms
    case["losses"] = losses
    case["loss_after"] = F.cross_entropy(model(TOKENS), labels).item()
    case["weights"] = {k: tensor(v) for k, v in model.named().items()}
    return case


def classifier():
    model = Classifier()
    labels = torch.tensor(LABELS)
    logits = model(TOKENS)
    logits.retain_grad()
    loss = F.cross_entropy(logits, labels)
    loss.backward()

    class_weights = [0.5, 2.0, 1.0]
    again = logits.detach().clone().requires_grad_()
    weighted = F.cross_entropy(
        again, labels, weight=torch.tensor(class_weights, dtype=torch.float64))
    weighted.backward()

    return {
        "vocabulary": VOCABULARY, "embedding_size": EMBEDDING,
        "hidden_size": HIDDEN, "classes": CLASSES,
        "tokens": TOKENS, "labels": LABELS,
        "weights": {k: tensor(v) for k, v in model.named().items()},
        "logits": turned(logits), "loss": loss.item(),
        "d_logits": turned(logits.grad),
        "gradients": {k: tensor(v.grad) for k, v in model.named().items()},
        "weighted": {"class_weights": class_weights, "loss": weighted.item(),
                     "d_logits": turned(again.grad)},
        "training": [
            training_case("adam", "Adam", {"lr": 0.01}),
            training_case("adamw", "AdamW", {"lr": 0.01, "weight_decay": 0.1}),
            training_case("sgd", "SGD", {"lr": 0.1}),
            training_case("momentum", "SGD", {"lr": 0.1, "momentum": 0.9}),
            training_case("nesterov", "SGD",
                          {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
            training_case("rmsprop", "RMSprop", {"lr": 0.01, "alpha": 0.9}),
            training_case("adagrad", "Adagrad", {"lr": 0.1}),
            training_case("adam_clip", "Adam", {"lr": 0.01}, max_norm=0.1),
        ]}


# --- losses ----------------------------------------------------------------

def double(values):
    return torch.tensor(values, dtype=torch.float64)


def gradient(f, at, key):
    at = at.clone().requires_grad_()
    loss = f(at)
    loss.backward()
    return {"loss": loss.item(), key: turned(at.grad)}


# Below, a row is a sample; it becomes a column in the file.
def cross_entropy_case(name, logits, labels, class_weights=None, smoothing=0.0):
    case = {"name": name, "logits": turned(logits), "labels": labels}
    if smoothing:
        case["label_smoothing"] = smoothing
    weight = None
    if class_weights is not None:
        case["class_weights"] = class_weights
        weight = double(class_weights)
    case.update(gradient(
        lambda z: F.cross_entropy(z, torch.tensor(labels), weight=weight,
                                  label_smoothing=smoothing),
        logits, "d_logits"))
    return case


def bce_case(name, logits, targets, pos_weight=None):
    case = {"name": name, "logits": turned(logits), "targets": turned(targets)}
    weight = None
    if pos_weight is not None:
        case["pos_weight"] = pos_weight
        weight = double(pos_weight)

    def value(z, reduction):
        return F.binary_cross_entropy_with_logits(
            z, targets, pos_weight=weight, reduction=reduction)

    samples = logits.shape[0]
    case["mean_elements"] = gradient(lambda z: value(z, "mean"), logits,
                                     "d_logits")
    case["mean_samples"] = gradient(lambda z: value(z, "sum") / samples, logits,
                                    "d_logits")
    return case


def mse_case(name, prediction, target):
    samples = prediction.shape[0]
    return {
        "name": name,
        "prediction": turned(prediction), "target": turned(target),
        "mean_elements": gradient(
            lambda y: F.mse_loss(y, target), prediction, "d_prediction"),
        "mean_samples": gradient(
            lambda y: F.mse_loss(y, target, reduction="sum") / samples,
            prediction, "d_prediction")}


def losses():
    g = seeded(300)
    logits = chosen(g, 5, 4, scale=2.0)
    labels = [3, 0, 2, 0, 1]
    class_weights = [0.5, 2.0, 1.0, 3.0]
    # Sure and right, sure and wrong, a tie, two that are close, all equal.
    extreme = double([[1e4, -1e4, 0.0, 1.0],
                      [1e4, -1e4, 0.0, 1.0],
                      [1e4, 1e4, -1e4, 0.0],
                      [-1e4, 1e4 - 1, 3.0, 1e4],
                      [-1e4, -1e4, -1e4, -1e4]])
    extreme_labels = [0, 1, 0, 3, 2]

    many_logits = chosen(g, 5, 3, scale=2.0)
    many_targets = double([[1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 0, 0],
                           [0, 1, 0]])
    pos_weight = [0.5, 3.0, 1.25]
    many_extreme = double([[1e4, 1e4, 0.0], [-1e4, -1e4, 0.0],
                           [1e4, -1e4, 30.0], [-1e4, 1e4, -30.0],
                           [40.0, -40.0, 1e4]])
    extreme_targets = double([[1, 0, 1], [0, 1, 0], [1, 0, 0], [1, 1, 1],
                              [0, 1, 1]])

    prediction = chosen(g, 5, 3)
    target = chosen(g, 5, 3)
    return {
        "cross_entropy": [
            cross_entropy_case("plain", logits, labels),
            cross_entropy_case("weighted", logits, labels, class_weights),
            cross_entropy_case("extreme", extreme, extreme_labels),
            cross_entropy_case("extreme_weighted", extreme, extreme_labels,
                               class_weights),
            cross_entropy_case("smoothed", logits, labels, smoothing=0.1),
            cross_entropy_case("smoothed_weighted", logits, labels,
                               class_weights, 0.3),
            cross_entropy_case("extreme_smoothed", extreme, extreme_labels,
                               class_weights, 0.1)],
        "bce_with_logits": [
            bce_case("plain", many_logits, many_targets),
            bce_case("pos_weight", many_logits, many_targets, pos_weight),
            bce_case("extreme", many_extreme, extreme_targets),
            bce_case("extreme_pos_weight", many_extreme, extreme_targets,
                     pos_weight)],
        "mse": [
            mse_case("plain", prediction, target),
            mse_case("extreme", prediction * 1e4, target)]}


# --- schedules -------------------------------------------------------------

EPOCHS = 20
# Gains, a gain too small to count, one just large enough, long stalls and
# stalls that a gain ends in time.
PLATEAU = [1.0, 0.8, 0.9, 0.85, 0.5, 0.49996, 0.49997, 0.49994, 0.6, 0.55,
           0.52, 0.51, 0.505, 0.5, 0.45, 0.46, 0.47, 0.44, 0.44, 0.44]


def schedule_case(name, rate, schedule, options, reported=None):
    stepper = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=rate)
    scheduler = getattr(torch.optim.lr_scheduler, schedule)(stepper, **options)
    rates = []
    for epoch in range(EPOCHS):
        rates.append(stepper.param_groups[0]["lr"])
        stepper.step()
        if reported is None:
            scheduler.step()
        else:
            scheduler.step(reported[epoch])
    case = {"name": name, "options": dict(lr=rate, **options), "rates": rates,
            "rate_after": stepper.param_groups[0]["lr"]}
    if reported is not None:
        case["losses"] = reported
    return case


def schedules():
    assert len(PLATEAU) == EPOCHS
    return {"cases": [
        schedule_case("step", 0.1, "StepLR", {"step_size": 5, "gamma": 0.5}),
        schedule_case("cosine", 0.1, "CosineAnnealingLR",
                      {"T_max": 20, "eta_min": 1e-4}),
        schedule_case("plateau", 0.1, "ReduceLROnPlateau",
                      {"mode": "min", "factor": 0.5, "patience": 2,
                       "threshold": 1e-4, "threshold_mode": "rel",
                       "cooldown": 0}, PLATEAU),
        schedule_case("warmup", 0.1, "LinearLR",
                      {"start_factor": 0.1, "end_factor": 1.0,
                       "total_iters": 5})]}


def main():
    torch.set_num_threads(1)
    write("recurrent.json", recurrent())
    write("projected_lstm.json", projected_lstm())
    write("classifier.json", classifier())
    write("losses.json", losses())
    write("schedules.json", schedules())


if __name__ == "__main__":
    main()
