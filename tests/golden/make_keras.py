#!/usr/bin/python3
"""Writes keras/*.h5, keras/*.keras and keras.json: models in the formats of Keras 1, 2 and 3, inputs and outputs.

The files are written as Keras writes them (keras/saving of Keras 3, hdf5_format.py of Keras 2, topology.py of Keras 1).
The outputs come from the equations in the documentation of Keras, in plain numpy and in double, one sample at a time.
Needs numpy and h5py:

    tests/golden/make_keras.py
"""

import io
import json
import os
import re
import zipfile

import h5py
import numpy as np

random = np.random.default_rng(1)
here = os.path.dirname(os.path.abspath(__file__))


def draw(*shape, scale=0.6):
    return (random.standard_normal(shape) * scale).astype(np.float32)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def activations(version):
    return {
        "linear": lambda a: a,
        "tanh": np.tanh,
        "sigmoid": sigmoid,
        "relu": lambda a: np.maximum(a, 0),
        "softsign": lambda a: a / (1 + np.abs(a)),
        "softplus": lambda a: np.log1p(np.exp(a)),
        "elu": lambda a: np.where(a > 0, a, np.exp(a) - 1),
        "selu": lambda a: 1.0507009873554805 * np.where(a > 0, a, 1.6732632423543772 * (np.exp(a) - 1)),
        "exponential": np.exp,
        "swish": lambda a: a * sigmoid(a),
        "softmax": lambda a: np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True),
        # Keras 3 has another line than Keras 1 and 2.
        "hard_sigmoid": lambda a: np.clip(a / 6 + 0.5 if version == 3 else 0.2 * a + 0.5, 0, 1),
    }


class Layer:
    """name and class in the file, its options, its weights as (name, array), and call(x): steps × features."""

    def __init__(self, kind, config, weights, call):
        self.kind, self.config, self.weights, self.call = kind, config, weights, call
        self.name = None


def recurrent(kind, version, inputs, units, activation="tanh", gate="sigmoid", sequences=True, backwards=False,
              reset_after=True, bias=True, fused=False):
    f = activations(version)
    g, s = f[activation], f[gate]
    gates = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[kind]
    W, U = draw(inputs, gates * units), draw(units, gates * units)
    two = kind == "GRU" and reset_after
    b = draw(*((2, gates * units) if two else (gates * units,)), scale=0.3) if bias else np.zeros(gates * units, np.float32)
    block = lambda m, k: m[..., k * units:(k + 1) * units]

    def step(x, h, c):
        if kind == "SimpleRNN":
            return g(x @ W + h @ U + b), c
        if kind == "LSTM":
            a = x @ W + h @ U + b
            i, o_forget, n, o = s(block(a, 0)), s(block(a, 1)), g(block(a, 2)), s(block(a, 3))
            c = o_forget * c + i * n
            return o * g(c), c
        b_in, b_h = (b[0], b[1]) if two else (b, np.zeros_like(b))
        x_a, h_a = x @ W + b_in, h @ U + b_h
        z, r = s(block(x_a, 0) + block(h_a, 0)), s(block(x_a, 1) + block(h_a, 1))
        inner = r * block(h_a, 2) if reset_after else (r * h) @ block(U, 2)
        return z * h + (1 - z) * g(block(x_a, 2) + inner), c

    def call(x, mask=None):
        h, c, outputs = np.zeros(units), np.zeros(units), []
        order = range(len(x))[::-1] if backwards else range(len(x))
        for t in order:
            if mask is None or mask[t]:  # a masked step leaves the state as it is
                h, c = step(x[t].astype(np.float64), h, c)
            outputs.append(h)
        return np.array(outputs if sequences else outputs[-1:])

    if version == 1:
        config = {"output_dim": units, "input_dim": inputs, "init": "glorot_uniform", "activation": activation,
                  "return_sequences": sequences, "go_backwards": backwards, "stateful": False, "unroll": False,
                  "consume_less": "gpu" if fused else "cpu", "dropout_W": 0.0, "dropout_U": 0.0}
        if gates > 1:
            config["inner_activation"] = gate
        order = {"LSTM": [(0, "i"), (2, "c"), (1, "f"), (3, "o")], "GRU": [(0, "z"), (1, "r"), (2, "h")]}
        if gates > 1 and not fused:
            weights = [(n + "_" + letter, np.ascontiguousarray(block(m, k))) for k, letter in order[kind]
                       for n, m in (("W", W), ("U", U), ("b", b))]
        else:
            weights = [("W", W), ("U", U), ("b", b)]
        return Layer(kind, config, weights, call)
    config = {"units": units, "activation": activation, "use_bias": bias, "return_sequences": sequences,
              "return_state": False, "go_backwards": backwards, "stateful": False, "unroll": False, "dropout": 0.0,
              "recurrent_dropout": 0.0}
    if gates > 1:
        config["recurrent_activation"] = gate
    if kind == "GRU":
        config["reset_after"] = reset_after
    return Layer(kind, config, [("kernel", W), ("recurrent_kernel", U)] + ([("bias", b)] if bias else []), call)


def bidirectional(merge, make):
    """Keras turns the outputs of the layer that reads backward around, if it gives sequences."""
    forward, backward = make(False), make(True)

    def call(x):
        there, back = forward.call(x), backward.call(x)
        back = back[::-1]
        if merge is None:
            return there, back
        return {"concat": lambda: np.concatenate([there, back], axis=1), "sum": lambda: there + back,
                "ave": lambda: (there + back) / 2, "mul": lambda: there * back}[merge]()

    layer = Layer("Bidirectional", {"merge_mode": merge}, forward.weights + backward.weights, call)
    layer.inner, layer.halves = forward, (forward, backward)
    return layer


def dense(version, inputs, units, activation="linear", bias=True, kind="Dense"):
    W, b = draw(inputs, units), draw(units, scale=0.3) if bias else np.zeros(units, np.float32)
    config = {"activation": activation}
    config.update({"output_dim": units, "bias": bias, "input_dim": inputs} if version == 1 else {"units": units, "use_bias": bias})
    names = ("W", "b") if version == 1 else ("kernel", "bias")
    return Layer(kind, config, [(names[0], W)] + ([(names[1], b)] if bias else []),
                 lambda x: activations(version)[activation](x @ W.astype(np.float64) + b))


def time_distributed(inner):
    layer = Layer("TimeDistributed", {}, inner.weights, inner.call)
    layer.inner = inner
    return layer


def convolution(version, inputs, filters, size, stride=1, dilation=1, padding="valid", activation="linear"):
    W, b = draw(size, inputs, filters), draw(filters, scale=0.3)
    span = (size - 1) * dilation + 1

    def call(x):
        before, after = 0, 0
        if padding == "causal":
            before = span - 1
        elif padding == "same":
            total = max((-(-len(x) // stride) - 1) * stride + span - len(x), 0)
            before, after = total // 2, total - total // 2
        x = np.pad(x.astype(np.float64), ((before, after), (0, 0)))
        starts = range(0, len(x) - span + 1, stride)
        return activations(version)[activation](
            np.array([sum(x[t + k * dilation] @ W[k] for k in range(size)) + b for t in starts]))

    if version == 1:
        config = {"nb_filter": filters, "filter_length": size, "border_mode": padding, "subsample_length": stride,
                  "activation": activation, "bias": True, "input_dim": inputs}
        return Layer("Convolution1D", config, [("W", W[:, None]), ("b", b)], call)
    config = {"filters": filters, "kernel_size": [size], "strides": [stride], "padding": padding, "data_format": "channels_last",
              "dilation_rate": [dilation], "groups": 1, "activation": activation, "use_bias": True}
    return Layer("Conv1D", config, [("kernel", W), ("bias", b)], call)


def pooling(version, size, stride, padding="valid", kind="MaxPooling1D"):
    def call(x):
        total = max((-(-len(x) // stride) - 1) * stride + size - len(x), 0) if padding == "same" else 0
        count = -(-len(x) // stride) if padding == "same" else (len(x) - size) // stride + 1
        join = np.max if kind == "MaxPooling1D" else np.mean
        return np.array([join(x[max(t * stride - total // 2, 0):t * stride - total // 2 + size], axis=0) for t in range(count)])

    config = ({"pool_length": size, "stride": stride, "border_mode": padding} if version == 1 else
              {"pool_size": [size], "strides": [stride], "padding": padding, "data_format": "channels_last"})
    return Layer(kind, config, [], call)


def batch_norm(features, epsilon=1e-3):
    gamma, beta, mean, variance = draw(features), draw(features), draw(features), np.abs(draw(features)) + np.float32(0.1)
    return Layer("BatchNormalization", {"axis": [2], "momentum": 0.99, "epsilon": epsilon, "center": True, "scale": True},
                 [("gamma", gamma), ("beta", beta), ("moving_mean", mean), ("moving_variance", variance)],
                 lambda x: gamma * (x - mean) / np.sqrt(variance.astype(np.float64) + epsilon) + beta)


def layer_norm(features, epsilon=1e-3):
    gamma, beta = draw(features), draw(features)
    return Layer("LayerNormalization", {"axis": [-1], "epsilon": epsilon, "center": True, "scale": True},
                 [("gamma", gamma), ("beta", beta)],
                 lambda x: gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + epsilon) + beta)


def embedding(words, features):
    table = draw(words, features)
    return Layer("Embedding", {"input_dim": words, "output_dim": features, "mask_zero": True, "input_length": None},
                 [("embeddings", table)], lambda x: table[x].astype(np.float64))


def plain(kind, call=lambda x: x, **config):
    return Layer(kind, config, [], call)


# ---- The three formats.

def name_layers(layers):
    counts = {}
    for layer in layers:
        snake = snake_case(layer.kind)
        counts[snake] = counts.get(snake, 0) + 1
        layer.name = f"{snake}_{counts[snake]}"
        layer.config["name"] = layer.name


def snake_case(name):
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def described(layer, version):
    config = dict(layer.config)
    if hasattr(layer, "inner"):
        inner = layer.inner
        config["layer"] = {"class_name": inner.kind, "config": dict(inner.config, name="inner_" + layer.name)}
    json_of_layer = {"class_name": layer.kind, "config": config}
    if version == 3:
        json_of_layer.update({"module": "keras.layers", "registered_name": None, "build_config": {}})
    return json_of_layer


def write_weights(group, layers, version):
    group.attrs["layer_names"] = np.array([layer.name.encode() for layer in layers])
    for layer in layers:
        own = group.create_group(layer.name)
        suffix = ":0" if version == 2 else ""
        halves = len(layer.weights) // 2 if layer.kind == "Bidirectional" else len(layer.weights)
        names = []
        for i, (name, _) in enumerate(layer.weights):
            prefix = layer.name + ("/forward" if layer.kind == "Bidirectional" and i < halves else
                                   "/backward" if layer.kind == "Bidirectional" else "")
            names.append(f"{prefix}/{name}{suffix}" if version > 1 else f"{prefix}_{name}".replace("/", "_"))
        own.attrs["weight_names"] = np.array([n.encode() for n in names]) if names else np.array([])
        for name, (_, values) in zip(names, layer.weights):
            own.create_dataset(name, data=values)


def write_h5(path, config, layers, version, text):
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = text
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(config) if version > 1 else json.dumps(config).encode()
        write_weights(file.create_group("model_weights"), layers, version)


def write_keras(path, config, layers):
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        used = {}
        for layer in layers:
            snake = snake_case(layer.kind)
            count = used[snake] = used.get(snake, -1) + 1
            base = f"layers/{snake}" + (f"_{count}" if count else "")
            if layer.kind == "Bidirectional":
                parts = list(zip(("/forward_layer/cell", "/backward_layer/cell"), (half.weights for half in layer.halves)))
            elif layer.kind in ("SimpleRNN", "LSTM", "GRU"):
                parts = [("/cell", layer.weights)]
            elif layer.kind == "TimeDistributed":
                parts = [("/layer", layer.weights)]
            else:
                parts = [("", layer.weights)]
            for part, weights in parts:
                group = file.create_group(f"{base}{part}/vars")
                for i, (_, values) in enumerate(weights):
                    group.create_dataset(str(i), data=values)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in (("metadata.json", json.dumps({"keras_version": "3.3.3", "date_saved": "2024-05-01@12:00:00"})),
                           ("config.json", json.dumps(config)), ("model.weights.h5", memory.getvalue())):
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 1, 0, 0, 0)), data)


cases = []


def save(name, version, layers, inputs, functional=None, outputs=None, h5=False):
    """A chain, or a functional model: (name of the layer, names that it reads) each. "x/1" is the second output of x."""
    place = lambda f: [f.split("/")[0], 0, int("/" in f)]
    archive = version == 3 and not h5
    if functional is None:
        name_layers(layers)
        if version == 1:
            config = {"class_name": "Sequential", "config": [described(layer, version) for layer in layers]}
        else:
            config = {"class_name": "Sequential", "config": {"name": "sequential", "layers": [described(l, version) for l in layers]}}
    else:
        listed = []
        for layer in layers:
            layer.config["name"] = layer.name
            from_ = functional[layer.name]
            if version == 3:
                tensors = [{"class_name": "__keras_tensor__", "config": {"shape": [None, None, 4], "dtype": "float32",
                                                                        "keras_history": place(f)}} for f in from_]
                arguments = [tensors] if len(tensors) > 1 else tensors
                nodes = [{"args": arguments, "kwargs": {"mask": None}}] if from_ else []
            else:
                nodes = [[place(f) + [{}] for f in from_]] if from_ else []
            listed.append(dict(described(layer, version), name=layer.name, inbound_nodes=nodes))
        first, last = layers[0].name, layers[-1].name
        config = {"class_name": "Functional" if version == 3 else "Model",
                  "config": {"name": "model", "layers": listed,
                             "input_layers": [first, 0, 0] if version == 3 else [[first, 0, 0]],
                             "output_layers": [last, 0, 0] if version == 3 else [[last, 0, 0]]}}
    file = f"keras/{name}." + ("keras" if archive else "h5")
    path = os.path.join(here, file)
    if archive:
        write_keras(path, config, layers)
    else:
        write_h5(path, config, layers, version, {1: "1.2.2", 2: "2.4.0", 3: "3.3.3"}[version])
    results = []
    for i, x in enumerate(inputs):
        if outputs:
            y = outputs(x)
        else:
            y = x
            for layer in layers:
                y = layer.call(y)
        results.append(np.asarray(y, np.float64))
    cases.append({"file": file, "tokens": bool(inputs[0].dtype.kind == "i"),
                  "inputs": [x.tolist() for x in inputs],
                  "outputs": [[[float(f"{v:.9g}") for v in row] for row in y] for y in results]})


def samples(features, *lengths):
    return [draw(length, features, scale=1) for length in lengths]


save("k2_chain", 2, [
    plain("Masking", mask_value=0.0), recurrent("SimpleRNN", 2, 3, 4, activation="relu"),
    recurrent("LSTM", 2, 4, 5, activation="softsign", gate="hard_sigmoid"),
    recurrent("GRU", 2, 5, 4), recurrent("GRU", 2, 4, 3, reset_after=False, bias=False),
    recurrent("SimpleRNN", 2, 3, 4, activation="selu", backwards=True), dense(2, 4, 3, "softmax")], samples(3, 6, 2))
save("k2_both_sequences", 2, [
    bidirectional("sum", lambda back: recurrent("SimpleRNN", 2, 2, 3, backwards=back)),
    bidirectional("mul", lambda back: recurrent("LSTM", 2, 3, 3, backwards=back)),
    bidirectional("ave", lambda back: recurrent("GRU", 2, 3, 2, gate="hard_sigmoid", reset_after=False, backwards=back)),
    bidirectional("concat", lambda back: recurrent("GRU", 2, 2, 3, backwards=back))], samples(2, 5, 3))
for merge in ("concat", "sum", "mul", "ave"):
    save("k2_both_" + merge, 2, [
        bidirectional(merge, lambda back: recurrent("LSTM", 2, 2, 3, sequences=False, backwards=back)),
        plain("Flatten"), dense(2, 6 if merge == "concat" else 3, 2, "sigmoid")], samples(2, 5, 3))
save("k2_convolutions", 2, [
    convolution(2, 3, 4, 3, stride=2, padding="same", activation="relu"), batch_norm(4),
    pooling(2, 2, 2), convolution(2, 4, 3, 2, dilation=2, padding="causal", activation="swish"), layer_norm(3),
    pooling(2, 3, 1, "same", "AveragePooling1D"), time_distributed(dense(2, 3, 4, "elu", bias=False)),
    plain("Dropout", rate=0.5), plain("Activation", activations(2)["softplus"], activation="softplus"),
    recurrent("LSTM", 2, 4, 3, sequences=False), dense(2, 3, 2)], samples(3, 17, 10))


def text_model(version, backwards):
    words, units = 11, 3
    table, gru, out = embedding(words, 4), recurrent("GRU", version, 4, units, reset_after=version == 3, sequences=False,
                                                      backwards=backwards), dense(version, units, 2, "tanh")
    start = plain("InputLayer", batch_input_shape=[None, None], dtype="int32")
    start.name, table.name, gru.name, out.name = "words", "table", "gru", "out"
    tokens = [np.array([3, 7, 1, 10]), np.array([5, 2])]
    # What Keras computes of a padded batch with mask_zero is what it computes of each sample alone.
    for x in tokens:
        padded = np.concatenate([x, np.zeros(3, int)])
        assert np.array_equal(gru.call(table.call(padded), padded != 0), gru.call(table.call(x)))
    return [start, table, gru, out], tokens


for version, backwards in ((2, True), (3, False)):
    layers, tokens = text_model(version, backwards)
    save(f"k{version}_text", version, layers, tokens,
         functional={"words": [], "table": ["words"], "gru": ["table"], "out": ["gru"]})

for version in (2, 3):
    start = plain("InputLayer", **{"batch_input_shape" if version == 2 else "batch_shape": [None, None, 3]})
    left, right, both = recurrent("LSTM", version, 3, 4), dense(version, 3, 4, "relu"), dense(version, 4, 4)
    added, average, joined, out = plain("Add"), plain("Average"), plain("Concatenate", axis=-1), dense(version, 8, 2)
    for layer, name in ((start, "start"), (left, "left"), (right, "right"), (added, "added"), (both, "both"),
                        (average, "average"), (joined, "joined"), (out, "out")):
        layer.name = name

    def run(x, left=left, right=right, both=both, out=out):
        a, b = left.call(x), right.call(x)
        c = both.call(a + b)
        return out.call(np.concatenate([(a + c) / 2, b], axis=1))

    save(f"k{version}_branches", version, [start, left, right, added, both, average, joined, out], samples(3, 5, 2),
         functional={"start": [], "left": ["start"], "right": ["start"], "added": ["left", "right"], "both": ["added"],
                     "average": ["left", "both"], "joined": ["average", "right"], "out": ["joined"]}, outputs=run)

save("k1_chain", 1, [
    recurrent("LSTM", 1, 3, 4, gate="hard_sigmoid"), recurrent("GRU", 1, 4, 3, gate="hard_sigmoid", reset_after=False),
    recurrent("SimpleRNN", 1, 3, 4), dense(1, 4, 3, "tanh", kind="TimeDistributedDense"),
    recurrent("LSTM", 1, 3, 2, fused=True, sequences=False), plain("Dropout", p=0.3), dense(1, 2, 2, "sigmoid")], samples(3, 6, 2))
save("k1_convolution", 1, [
    convolution(1, 2, 3, 3, activation="relu"), pooling(1, 2, 2), recurrent("GRU", 1, 3, 3, reset_after=False, fused=True)],
    samples(2, 9, 6))
save("k3_chain", 3, [
    convolution(3, 3, 4, 2, padding="causal"), recurrent("LSTM", 3, 4, 3, gate="hard_sigmoid"),
    bidirectional("concat", lambda back: recurrent("GRU", 3, 3, 2, backwards=back)), batch_norm(4),
    time_distributed(dense(3, 4, 3, "softsign")), recurrent("LSTM", 3, 3, 3),
    bidirectional("sum", lambda back: recurrent("SimpleRNN", 3, 3, 2, sequences=False, backwards=back)), dense(3, 2, 2)],
    samples(3, 6, 3))
save("k3_legacy", 3, [recurrent("LSTM", 3, 2, 3, gate="hard_sigmoid", sequences=False), dense(3, 3, 1)], samples(2, 4, 1), h5=True)
# The first of the two layers has go_backwards itself: Keras gives the other one the opposite.
save("k2_both_backwards", 2, [
    bidirectional("concat", lambda back: recurrent("LSTM", 2, 2, 3, backwards=not back)),
    bidirectional("sum", lambda back: recurrent("GRU", 2, 6, 2, backwards=not back)),
    bidirectional("concat", lambda back: recurrent("SimpleRNN", 2, 2, 3, sequences=False, backwards=not back))], samples(2, 5, 3))

for version in (2, 3):  # the two directions apart, for each step and at their ends
    start = plain("InputLayer", **{"batch_input_shape" if version == 2 else "batch_shape": [None, None, 3]})
    both = bidirectional(None, lambda back: recurrent("GRU", version, 3, 4, sequences=version == 2, backwards=back))
    one, apart, out = dense(version, 4, 4, "tanh"), plain("Subtract"), dense(version, 4, 2)
    for layer, name in ((start, "start"), (both, "both"), (one, "one"), (apart, "apart"), (out, "out")):
        layer.name = name

    def run(x, both=both, one=one, out=out):
        there, back = both.call(x)
        return out.call(one.call(back) - there)

    save(f"k{version}_both_apart", version, [start, both, one, apart, out], samples(3, 5, 2),
         functional={"start": [], "both": ["start"], "one": ["both/1"], "apart": ["one", "both"], "out": ["apart"]}, outputs=run)

with open(os.path.join(here, "keras.json"), "w") as file:
    file.write('{"cases": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n")
