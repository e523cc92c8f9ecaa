"""Runs ONNX models in plain numpy and compares with what is expected.

    python3 evaluator.py DIRECTORY

DIRECTORY/expected.json has for each NAME its inputs and outputs, each as a
shape and a flat list, and perhaps "opsets": the file is NAME.onnx, or
NAME_OPSET.onnx for each of them. Where an output is null, any number is legal. onnx.checker must accept each file, and each
output be equal to 1e-5. Ends with 77 if numpy or onnx is not installed. The
equations are those of the specification,
https://github.com/onnx/onnx/blob/main/docs/Operators.md.
"""

import json
import math
import os
import sys

try:
    import numpy as np
    import onnx
    import onnx.checker
    import onnx.helper
    import onnx.numpy_helper
except ImportError as error:
    print(f"evaluator: {error}")
    sys.exit(77)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def function(name, alphas, betas):
    """An activation; it takes its parameters from the lists."""
    def take(values, otherwise):
        return values.pop(0) if values else otherwise
    if name == "Relu":
        return lambda x: np.maximum(x, 0)
    if name == "Tanh":
        return np.tanh
    if name == "Sigmoid":
        return sigmoid
    if name == "Softsign":
        return lambda x: x / (1 + np.abs(x))
    if name == "Softplus":
        return lambda x: np.log1p(np.exp(x))
    if name == "Affine":
        a, b = take(alphas, 1.0), take(betas, 0.0)
        return lambda x: a * x + b
    if name == "ScaledTanh":
        a, b = take(alphas, 1.0), take(betas, 1.0)
        return lambda x: a * np.tanh(b * x)
    if name == "HardSigmoid":
        a, b = take(alphas, 0.2), take(betas, 0.5)
        return lambda x: np.clip(a * x + b, 0, 1)
    if name == "LeakyRelu":
        a = take(alphas, 0.01)
        return lambda x: np.where(x > 0, x, a * x)
    if name == "ThresholdedRelu":
        a = take(alphas, 1.0)
        return lambda x: np.where(x > a, x, 0)
    if name == "Elu":
        a = take(alphas, 1.0)
        return lambda x: np.where(x > 0, x, a * (np.exp(x) - 1))
    raise NotImplementedError(name)


def recurrent(op, x, w, r, b=None, lengths=None, h0=None, c0=None, p=None, *, hidden_size, direction=b"forward",
              activations=None, activation_alpha=(), activation_beta=(), clip=None, linear_before_reset=0,
              input_forget=0, layout=0):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    n = hidden_size
    if layout:
        x = x.swapaxes(0, 1)
        h0, c0 = (s if s is None else s.swapaxes(0, 1) for s in (h0, c0))
    steps, batch, _ = x.shape
    ways = 2 if direction == b"bidirectional" else 1
    default = {"RNN": [b"Tanh"], "GRU": [b"Sigmoid", b"Tanh"], "LSTM": [b"Sigmoid", b"Tanh", b"Tanh"]}[op] * ways
    alphas, betas = list(activation_alpha), list(activation_beta)
    functions = [function(f.decode(), alphas, betas) for f in activations or default]
    each = len(functions) // ways
    b = np.zeros((ways, 2 * gates * n)) if b is None else b
    p = np.zeros((ways, 3 * n)) if p is None else p
    lengths = np.full(batch, steps) if lengths is None else lengths
    y, hn, cn = np.zeros((steps, ways, batch, n)), np.zeros((ways, batch, n)), np.zeros((ways, batch, n))

    def bounded(a):
        return a if clip is None else np.clip(a, -clip, clip)

    for d in range(ways):
        f = [lambda a, one=one: one(bounded(a)) for one in functions[d * each:(d + 1) * each]]
        wb, rb = b[d].reshape(2, gates, n)
        pi, po, pf = p[d].reshape(3, n)
        for k in range(batch):
            h = np.zeros(n) if h0 is None else h0[d, k].astype(float)
            c = np.zeros(n) if c0 is None else c0[d, k].astype(float)
            order = range(lengths[k])
            for t in reversed(order) if direction == b"reverse" or d == 1 else order:
                u = [w[d, g * n:(g + 1) * n] @ x[t, k] + wb[g] for g in range(gates)]

                def v(g, state):
                    return r[d, g * n:(g + 1) * n] @ state + rb[g]
                if op == "RNN":
                    h = f[0](u[0] + v(0, h))
                elif op == "GRU":
                    z, s = f[0](u[0] + v(0, h)), f[0](u[1] + v(1, h))
                    m = f[1](u[2] + s * v(2, h)) if linear_before_reset else f[1](u[2] + v(2, s * h))
                    h = (1 - z) * m + z * h
                else:
                    i = f[0](u[0] + v(0, h) + pi * c)
                    forget = 1 - i if input_forget else f[0](u[2] + v(2, h) + pf * c)
                    c = forget * c + i * f[1](u[3] + v(3, h))
                    h = f[0](u[1] + v(1, h) + po * c) * f[2](c)
                y[t, d, k] = h
            hn[d, k], cn[d, k] = h, c
    if layout:
        y, hn, cn = y.transpose(2, 0, 1, 3), hn.swapaxes(0, 1), cn.swapaxes(0, 1)
    return (y, hn, cn) if op == "LSTM" else (y, hn)


def padded(x, size, attributes, fill):
    """Zeros around time, and the step of each window."""
    stride, dilation = attributes.get("strides", [1])[0], attributes.get("dilations", [1])[0]
    span = (size - 1) * dilation + 1
    before, after = attributes.get("pads", [0, 0])
    if attributes.get("auto_pad") == b"SAME_UPPER":
        around = max(0, ((x.shape[2] + stride - 1) // stride - 1) * stride + span - x.shape[2])
        before, after = around // 2, around - around // 2
    x = np.pad(x, ((0, 0), (0, 0), (before, after)), constant_values=fill)
    starts = range(0, x.shape[2] - span + 1, stride)
    return x, starts, dilation


def conv(x, w, b=None, **attributes):
    size = w.shape[2]
    x, starts, dilation = padded(x, size, attributes, 0)
    y = np.stack([sum(x[:, :, s + k * dilation] @ w[:, :, k].T for k in range(size)) for s in starts], 2)
    return y if b is None else y + b[:, None]


def pool(x, reduce, size, attributes):
    x, starts, _ = padded(x, size, attributes, np.nan)
    return np.stack([reduce(x[:, :, s:s + size], axis=2) for s in starts], 2)


def slices(x, starts, ends, axes=None, steps=None):
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    cut = [slice(None)] * x.ndim
    for a, s, e, k in zip(axes, starts, ends, steps):
        e = int(e)
        cut[a] = slice(int(s), None if k < 0 and e < -x.shape[a] else e, int(k))
    return x[tuple(cut)]


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def reshape(x, shape):
    return x.reshape([x.shape[k] if s == 0 else s for k, s in enumerate(shape)])


def gemm(a, b, c=0, alpha=1.0, beta=1.0, transA=0, transB=0):
    return alpha * ((a.T if transA else a) @ (b.T if transB else b)) + beta * c


def axes_of(v, a):
    return tuple(v[1]) if len(v) > 1 else tuple(a["axes"])


def reversed_sequence(x, lengths):
    y = x.copy()
    for k, n in enumerate(lengths):
        y[:n, k] = x[:n, k][::-1]
    return y


CASTS = {1: np.float64, 6: np.int32, 7: np.int64, 11: np.float64}

OPERATORS = {
    "Abs": lambda v, a: np.abs(v[0]), "Add": lambda v, a: v[0] + v[1], "Sub": lambda v, a: v[0] - v[1],
    "Mul": lambda v, a: v[0] * v[1], "Div": lambda v, a: v[0] / v[1] if v[0].dtype.kind == "f" else v[0] // v[1],
    "Pow": lambda v, a: v[0] ** v[1], "Sqrt": lambda v, a: np.sqrt(v[0]), "Exp": lambda v, a: np.exp(v[0]),
    "Erf": lambda v, a: np.vectorize(math.erf)(v[0]), "Identity": lambda v, a: v[0], "Tanh": lambda v, a: np.tanh(v[0]),
    "Relu": lambda v, a: np.maximum(v[0], 0), "Sigmoid": lambda v, a: sigmoid(v[0]),
    "Softplus": lambda v, a: np.log1p(np.exp(v[0])), "Softsign": lambda v, a: v[0] / (1 + np.abs(v[0])),
    "LeakyRelu": lambda v, a: np.where(v[0] > 0, v[0], a.get("alpha", 0.01) * v[0]),
    "ThresholdedRelu": lambda v, a: np.where(v[0] > a.get("alpha", 1.0), v[0], 0),
    "Elu": lambda v, a: np.where(v[0] > 0, v[0], a.get("alpha", 1.0) * (np.exp(v[0]) - 1)),
    "Selu": lambda v, a: a["gamma"] * np.where(v[0] > 0, v[0], a["alpha"] * (np.exp(v[0]) - 1)),
    "HardSigmoid": lambda v, a: np.clip(a.get("alpha", 0.2) * v[0] + a.get("beta", 0.5), 0, 1),
    "PRelu": lambda v, a: np.where(v[0] > 0, v[0], v[1] * v[0]),
    "Softmax": lambda v, a: softmax(v[0], a.get("axis", -1)),
    "LogSoftmax": lambda v, a: np.log(softmax(v[0], a.get("axis", -1))),
    "MatMul": lambda v, a: v[0] @ v[1], "Gemm": lambda v, a: gemm(*v, **a),
    "Gather": lambda v, a: np.take(v[0], v[1], axis=a.get("axis", 0)),
    "Concat": lambda v, a: np.concatenate(v, a["axis"]), "Shape": lambda v, a: np.array(v[0].shape, np.int64),
    "Transpose": lambda v, a: v[0].transpose(a.get("perm", list(range(v[0].ndim))[::-1])),
    "Reshape": lambda v, a: reshape(v[0], v[1]), "Squeeze": lambda v, a: np.squeeze(v[0], axes_of(v, a)),
    "Unsqueeze": lambda v, a: np.expand_dims(v[0], axes_of(v, a)),
    "Expand": lambda v, a: v[0] * np.ones(v[1], v[0].dtype),
    "ConstantOfShape": lambda v, a: np.full(v[0], onnx.numpy_helper.to_array(a["value"])[0]),
    "Constant": lambda v, a: onnx.numpy_helper.to_array(a["value"]),
    "Slice": lambda v, a: slices(*v) if len(v) > 1 else slices(v[0], a["starts"], a["ends"], a.get("axes")),
    "ReduceMean": lambda v, a: v[0].mean(axes_of(v, a), keepdims=bool(a.get("keepdims", 1))),
    "ReduceMax": lambda v, a: v[0].max(axes_of(v, a), keepdims=bool(a.get("keepdims", 1))),
    "ReduceSum": lambda v, a: v[0].sum(axes_of(v, a), keepdims=bool(a.get("keepdims", 1))),
    "Sin": lambda v, a: np.sin(v[0]), "Clip": lambda v, a: np.clip(v[0], v[1], v[2]),
    "Range": lambda v, a: np.arange(v[0], v[1], v[2]), "Cast": lambda v, a: v[0].astype(CASTS[a["to"]]),
    "ReverseSequence": lambda v, a: reversed_sequence(*v),
    "Conv": lambda v, a: conv(*v, **a), "MaxPool": lambda v, a: pool(v[0], np.nanmax, a["kernel_shape"][0], a),
    "AveragePool": lambda v, a: pool(v[0], np.nanmean, a["kernel_shape"][0], a),
}


def run(model, inputs):
    values = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    values.update(inputs)
    for node in model.graph.node:
        given = [values[name] if name else None for name in node.input]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type in ("RNN", "GRU", "LSTM"):
            outputs = recurrent(node.op_type, *given, **attributes)
        else:
            outputs = (OPERATORS[node.op_type](given, attributes),)
        values.update((name, y) for name, y in zip(node.output, outputs) if name)
    return values


def tensor(json_value):
    numbers = [math.nan if n is None else n for n in json_value["data"]]  # anything is legal there
    kind = np.int64 if all(isinstance(n, int) for n in numbers) else np.float64
    return np.array(numbers, kind).reshape(json_value["shape"])


def main():
    directory = sys.argv[1]
    worst = 0.0
    files = 0
    with open(os.path.join(directory, "expected.json")) as file:
        cases = json.load(file)
    for name, case in cases.items():
        for end in [f"_{opset}" for opset in case["opsets"]] if "opsets" in case else [""]:
            model = onnx.load(os.path.join(directory, name + end + ".onnx"))
            onnx.checker.check_model(model, full_check=True)
            values = run(model, {n: tensor(x) for n, x in case["inputs"].items()})
            for output, expected in case["outputs"].items():
                expected = tensor(expected)
                if values[output].shape != expected.shape:
                    sys.exit(f"{name}{end}: {output} has the shape {values[output].shape}, expected {expected.shape}")
                difference = float(np.abs(values[output] - expected)[~np.isnan(expected)].max())
                if not difference < 1e-5:
                    sys.exit(f"{name}{end}: {output} differs by {difference}")
                worst = max(worst, difference)
            files += 1
    print(f"{files} files, largest difference {worst:.1e}")


if __name__ == "__main__":
    main()
