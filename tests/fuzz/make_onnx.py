"""Small ONNX models for the corpus of the fuzzer, one of each idea that the reader knows.

Re-make them, from the root of the project, with

    /usr/bin/python3 tests/fuzz/make_onnx.py

This needs numpy and onnx (Debian: python3-onnx) and writes corpus/onnx/NAME.onnx.
"""

import os

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "onnx")
random = np.random.RandomState(0)


class Model:
    def __init__(self, opset):
        self.opset, self.nodes, self.constants = opset, [], []

    def constant(self, value):
        """A constant: an array, or the shape of random numbers."""
        name = f"c{len(self.constants)}"
        value = random.rand(*value).astype(np.float32) - 0.5 if isinstance(value, tuple) else np.array(value)
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def __call__(self, op, inputs, outputs, **attributes):
        self.nodes.append(helper.make_node(op, inputs.split(" "), outputs.split(" "), **attributes))

    def save(self, name, inputs=("x",), outputs=("y",)):
        kinds = {"x": (TensorProto.FLOAT, ["b", "t", 3]), "tokens": (TensorProto.INT64, ["b", "t"]),
                 "lengths": (TensorProto.INT32, ["b"]), "h": (TensorProto.FLOAT, [1, "b", 2])}
        graph = helper.make_graph(self.nodes, "g", [helper.make_tensor_value_info(n, *kinds[n]) for n in inputs],
                                  [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs],
                                  self.constants)
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=7),
             os.path.join(HERE, name + ".onnx"))


def main():
    m = Model(14)  # a bidirectional GRU that resets after the product, ragged
    m("Transpose", "x", "a", perm=[1, 0, 2])
    m("GRU", f"a {m.constant((2, 6, 3))} {m.constant((2, 6, 2))} {m.constant((2, 12))} lengths", "b c", hidden_size=2,
      direction="bidirectional", linear_before_reset=1)
    m("Transpose", "c", "d", perm=[1, 0, 2])
    m("Flatten", "d", "y")
    m.save("gru_ragged", ("x", "lengths"))

    m = Model(11)  # a projection by Gemm of all steps at once, and states in and out
    m("Transpose", "x", "a", perm=[1, 0, 2])
    m("RNN", f"a {m.constant((1, 2, 3))} {m.constant((1, 2, 2))}   h", "b hn", hidden_size=2)
    m("Shape", "b", "shape")
    m("Gather", f"shape {m.constant([0, 2])}", "size", axis=0)
    m("Reshape", f"b {m.constant([-1, 2])}", "flat")
    m("Gemm", f"flat {m.constant((4, 2))} {m.constant((4,))}", "g", transB=1)
    m("Concat", f"size {m.constant([4])}", "back", axis=0)
    m("Reshape", "g back", "y")
    m.save("gemm_states", ("x", "h"), ("y", "hn"))

    m = Model(13)  # convolutions and pools
    m("Transpose", "x", "a", perm=[0, 2, 1])
    m("Unsqueeze", f"a {m.constant([2])}", "b")
    m("Conv", f"b {m.constant((4, 3, 1, 3))} {m.constant((4,))}", "c", kernel_shape=[1, 3], pads=[0, 1, 0, 1])
    m("Squeeze", f"c {m.constant([2])}", "d")
    m("MaxPool", "d", "e", kernel_shape=[2], strides=[2])
    m("Pad", f"e {m.constant([0, 0, 1, 0, 0, 0])}", "f")
    m("Conv", f"f {m.constant((2, 4, 2))}", "g", dilations=[1], strides=[1])
    m("GlobalAveragePool", "g", "h")
    m("Flatten", "h", "y")
    m.save("convolutions")

    m = Model(13)  # features that are split, joined, sliced and moved again and again
    last = "x"
    for k in range(4):
        m("Split", f"{last} {m.constant([1, 2])}", f"p{k} q{k}", axis=2)
        m("Concat", f"q{k} p{k}", f"r{k}", axis=2)
        m("Slice", f"r{k} {m.constant([2])} {m.constant([-4])} {m.constant([2])} {m.constant([-1])}", f"s{k}")
        m("Gather", f"s{k} {m.constant([1, 2, 0])}", f"t{k}", axis=2)
        m("Add", f"t{k} r{k}", f"u{k}")
        last = f"u{k}"
    m("ReduceMax", last, "y", axes=[1], keepdims=0)
    m.save("split_concat")

    m = Model(17)  # normalisations, activations in single nodes, tokens
    m("Gather", f"{m.constant((5, 4))} tokens", "e", axis=0)
    m("LayerNormalization", f"e {m.constant((4,))} {m.constant((4,))}", "n", epsilon=1e-3)
    m("Div", f"n {m.constant(np.float32(np.sqrt(2)))}", "a")
    m("Erf", "a", "b")
    m("Add", f"b {m.constant(np.float32(1))}", "c")
    m("Mul", "n c", "d")
    m("Mul", f"d {m.constant(np.float32(0.5))}", "f")
    m("Clip", f"f {m.constant(np.float32(-1))} {m.constant(np.float32(2))}", "g")
    m("HardSwish", "g", "h")
    m("ReduceMean", "h", "mean", axes=[-1])
    m("Sub", "h mean", "i")
    m("Mul", "i i", "j")
    m("ReduceMean", "j", "variance", axes=[-1])
    m("Add", f"variance {m.constant(np.float32(1e-5))}", "k")
    m("Sqrt", "k", "l")
    m("Div", "i l", "y")
    m.save("normalisations", ("tokens",))

    m = Model(12)  # attention with two heads
    m("MatMul", f"x {m.constant((3, 4))}", "e")
    for name in "qkv":
        m("MatMul", f"e {m.constant((4, 4))}", name + "1")
        m("Reshape", f"{name}1 {m.constant([0, 0, 2, 2])}", name + "2")
        m("Transpose", name + "2", name, perm=[0, 2, 3, 1] if name == "k" else [0, 2, 1, 3])
    m("MatMul", "q k", "s")
    m("Mul", f"s {m.constant(np.float32(0.7))}", "scaled")
    m("Softmax", "scaled", "w", axis=3)
    m("MatMul", "w v", "c")
    m("Transpose", "c", "d", perm=[0, 2, 1, 3])
    m("Reshape", f"d {m.constant([0, 0, 4])}", "y")
    m.save("attention")

    m = Model(13)  # constants of the size of the batch, and time turned around
    m("Shape", "x", "shape")
    m("Gather", f"shape {m.constant([0])}", "batch", axis=0)
    m("Concat", f"{m.constant([1])} batch {m.constant([2])}", "size", axis=0)
    m("ConstantOfShape", "size", "zero")
    m("Concat", f"{m.constant([1])} batch {m.constant([1])}", "times", axis=0)
    m("Tile", f"{m.constant((1, 1, 2))} times", "learned")
    m("Equal", f"size {m.constant([-1, -1, -1])}", "equal")
    m("Where", f"equal {m.constant([1, 1, 1])} size", "where")
    m("Expand", "learned where", "initial")
    m("ReverseSequence", "x lengths", "r", batch_axis=0, time_axis=1)
    m("Transpose", "r", "a", perm=[1, 0, 2])
    weights = f"{m.constant((1, 8, 3))} {m.constant((1, 8, 2))} {m.constant((1, 16))}"
    m("LSTM", f"a {weights} lengths zero initial {m.constant((1, 6))}", "o", hidden_size=2, activations=["HardSigmoid", "Softsign", "Relu"], activation_alpha=[0.3],
      activation_beta=[0.4], clip=0.9, input_forget=1)
    m("Squeeze", f"o {m.constant([1])}", "y")
    m.save("constants", ("x", "lengths"))


if __name__ == "__main__":
    main()
