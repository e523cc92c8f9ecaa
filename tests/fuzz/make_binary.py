"""Small files of sound, of weights and of networks for the corpora of the fuzzers, one of each idea that the readers know.

Re-make them, from the root of the project, with

    python3 tests/fuzz/make_binary.py

This needs Python alone. It writes corpus/wav, corpus/weights and corpus/any_file; the last has files of other corpora with a
byte before them, which says what ending the file's name gets.
"""

import json
import os
import struct

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def write(folder, name, data):
    with open(os.path.join(HERE, folder, name), "wb") as file:
        file.write(data)


def read(*path):
    with open(os.path.join(HERE, *path), "rb") as file:
        return file.read()


def riff(code, channels, bits, data, extra=b""):
    form = struct.pack("<HHIIHH", code, channels, 8000, 8000 * channels * bits // 8, max(1, channels * bits // 8), bits) + extra
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    if code != 1:
        chunks += b"fact" + struct.pack("<II", 4, 8)
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def safetensors(tensors, metadata=None):
    """tensors: name -> (dtype, shape, numbers)"""
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, (dtype, shape, numbers) in tensors.items():
        raw = struct.pack("<" + ("d" if dtype == "F64" else "f") * len(numbers), *numbers)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def sounds():
    write("wav", "bytes.wav", riff(1, 1, 8, bytes(range(0, 256, 8))))
    write("wav", "stereo.wav", riff(1, 2, 16, struct.pack("<8h", *range(-4000, 4000, 1000))))
    write("wav", "bits24.wav", riff(1, 1, 24, b"\x01\x02\x03" * 8))
    write("wav", "float.wav", riff(3, 1, 32, struct.pack("<8f", *[k / 8 for k in range(8)]), b"\0\0"))
    write("wav", "double.wav", riff(3, 2, 64, struct.pack("<8d", *[k / 8 for k in range(8)]), b"\0\0"))
    write("wav", "ulaw.wav", riff(7, 1, 8, bytes(range(8)), b"\0\0"))
    write("wav", "many_channels.wav", riff(1, 32, 16, struct.pack("<32h", *range(32))))
    write("wav", "sun.au", b".snd" + struct.pack(">IIIII", 24, 16, 3, 8000, 1) + struct.pack(">8h", *range(8)))


def weights():
    numbers = [k / 16 for k in range(64)]
    tensors = {"body.0.weight_ih": (12, 2), "body.0.weight_hh": (12, 3), "body.0.bias_ih": (12,), "body.0.bias_hh": (12,),
               "body.1.weight": (2, 3), "body.1.bias": (2,)}
    model = {}
    for name, shape in tensors.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        model[name.removeprefix("body.")] = ("F32", list(shape), numbers[:count])
    words = json.dumps(["<unk>", "not", "good", "caf\u00e9"])
    write("weights", "model.safetensors", safetensors(model, {"recur.vocabulary": words, "hidden": "3"}))
    write("weights", "doubles.safetensors", safetensors({k: ("F64", s, n) for k, (_, s, n) in model.items()}))
    write("weights", "state.safetensors", safetensors({"state": ("F32", [6, 2], numbers[:12])}))
    moments = {f"{m}.{k}": v for m in "mv" for k, v in model.items()}
    write("weights", "optimizer.safetensors", safetensors({**moments, "steps": ("F64", [1], [7])}))
    write("weights", "empty.safetensors", safetensors({}, {"recur.vocabulary": "[\"<unk>\"]"}))


def any_file():
    network = read("network_file", "chain.safetensors")
    size = struct.unpack("<Q", network[:8])[0]
    header = json.loads(network[8:8 + size])
    header["__metadata__"].update({"recur.test": json.dumps({"input": [[0.5], [-1]], "output": [[1, 2], [3, 4]]}),
                                   "recur.sample_rate": "48000"})
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    write("any_file", "own", b"0" + struct.pack("<Q", len(text)) + text + network[8 + size:])
    for name, ending, folder, source in [("nam", 1, "audio", "nam.json"), ("aida_x", 2, "audio", "aida_x.json"),
                                         ("tensors", 2, "torch", "gru.json"), ("weights", 0, "torch", "linear.safetensors"),
                                         ("torch", 3, "torch", "lstm.pt"), ("onnx", 4, "onnx", "gemm_states.onnx"),
                                         ("hdf5", 5, "keras", "graph.h5"), ("keras", 6, "keras", "keras3.keras"),
                                         ("unknown", 7, "torch", "gru_both.pt")]:
        write("any_file", name, b"%d" % ending + read(folder, source))


if __name__ == "__main__":
    sounds()
    weights()
    any_file()
