"""Writes the small .pth files beside it and prints what their networks say, with nothing but Python itself.

The files have the form of torch.save(model.state_dict()): a zip with a pickle that names storages, and the storages.
The outputs are computed here, step by step, from PyTorch's own definition of an LSTM (gates i, f, g, o).
    python3 tests/pth/make.py
"""

import io
import math
import pathlib
import pickle
import random
import struct
import sys
import types
import zipfile
from collections import OrderedDict

HERE = pathlib.Path(__file__).parent


class FloatStorage:
    """Stands for torch.FloatStorage in the pickle."""


def _rebuild_tensor_v2(*_):
    """Stands for torch._utils._rebuild_tensor_v2 in the pickle."""


FloatStorage.__module__, _rebuild_tensor_v2.__module__ = "torch", "torch._utils"
torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
torch.FloatStorage, utils._rebuild_tensor_v2, torch._utils = FloatStorage, _rebuild_tensor_v2, utils
sys.modules.update({"torch": torch, "torch._utils": utils})


class Storage:
    def __init__(self, key, values):
        self.key, self.values = key, values


class Tensor:
    def __init__(self, key, shape, values):
        self.storage, self.shape = Storage(key, values), shape

    def __reduce__(self):
        strides = tuple(math.prod(self.shape[i + 1 :]) for i in range(len(self.shape)))
        return (_rebuild_tensor_v2, (self.storage, 0, self.shape, strides, False, OrderedDict()))


class Pickler(pickle.Pickler):
    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            return ("storage", FloatStorage, obj.key, "cpu", len(obj.values))
        return None


def save(path, tensors):
    pickled = io.BytesIO()
    Pickler(pickled, protocol=2).dump(OrderedDict(tensors))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:

        def add(name, data):
            archive.writestr(zipfile.ZipInfo(f"archive/{name}", (2026, 1, 1, 0, 0, 0)), data)

        add("data.pkl", pickled.getvalue())
        add("byteorder", b"little")
        for tensor in tensors.values():
            values = tensor.storage.values
            add(f"data/{tensor.storage.key}", struct.pack(f"<{len(values)}f", *values))
        add("version", b"3\n")


def weights(shapes, seed):
    rng, out = random.Random(seed), OrderedDict()
    for key, (name, shape) in enumerate(shapes.items()):
        raw = [rng.uniform(-0.8, 0.8) for _ in range(math.prod(shape))]
        rounded = struct.unpack(f"<{len(raw)}f", struct.pack(f"<{len(raw)}f", *raw))
        out[name] = Tensor(str(key), shape, list(rounded))
    return out


def affine(tensors, name_weight, name_bias, x):
    w, b = tensors[name_weight].storage.values, tensors[name_bias].storage.values
    return [b[r] + sum(w[r * len(x) + c] * x[c] for c in range(len(x))) for r in range(len(b))]


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def lstm(tensors, layer, hidden, sequence):
    h, c, out = [0.0] * hidden, [0.0] * hidden, []
    for x in sequence:
        a = affine(tensors, f"lstm.weight_ih_l{layer}", f"lstm.bias_ih_l{layer}", x)
        b = affine(tensors, f"lstm.weight_hh_l{layer}", f"lstm.bias_hh_l{layer}", h)
        gates = [p + q for p, q in zip(a, b)]
        i, f, g, o = (gates[k * hidden : (k + 1) * hidden] for k in range(4))
        c = [sigmoid(f[k]) * c[k] + sigmoid(i[k]) * math.tanh(g[k]) for k in range(hidden)]
        h = [sigmoid(o[k]) * math.tanh(c[k]) for k in range(hidden)]
        out.append(h)
    return out


def shapes(features, hidden, layers, attention, dense):
    out = OrderedDict()
    for layer in range(layers):
        width = features if layer == 0 else hidden
        out[f"lstm.weight_ih_l{layer}"] = (4 * hidden, width)
        out[f"lstm.weight_hh_l{layer}"] = (4 * hidden, hidden)
        out[f"lstm.bias_ih_l{layer}"] = out[f"lstm.bias_hh_l{layer}"] = (4 * hidden,)
    if attention:
        out["attention.attention.weight"], out["attention.attention.bias"] = (1, hidden), (1,)
    names = ["fc"] if dense is None else ["fc1", "fc2"]
    sizes = [hidden, 1] if dense is None else [hidden, dense, 1]
    for name, before, after in zip(names, sizes, sizes[1:]):
        out[f"{name}.weight"], out[f"{name}.bias"] = (after, before), (after,)
    return out


def forward(tensors, features, hidden, layers, attention, dense, window):
    x = [[math.sin(0.1 * (t * features + k)) for k in range(features)] for t in range(window)]
    for layer in range(layers):
        x = lstm(tensors, layer, hidden, x)
    summary = x[-1]
    if attention:
        scores = [affine(tensors, "attention.attention.weight", "attention.attention.bias", h)[0] for h in x]
        parts = [math.exp(s) for s in scores]
        summary = [sum(p * h[k] for p, h in zip(parts, x)) / sum(parts) for k in range(hidden)]
    if dense is None:
        return affine(tensors, "fc.weight", "fc.bias", summary)[0]
    middle = [max(v, 0.0) for v in affine(tensors, "fc1.weight", "fc1.bias", summary)]
    return affine(tensors, "fc2.weight", "fc2.bias", middle)[0]


for seed, (name, window, sizes) in enumerate(
    [
        ("original", 12, (4, 3, 2, False, None)),
        ("optimized", 24, (4, 4, 3, False, 2)),
        ("advanced", 36, (16, 4, 2, True, 2)),
    ]
):
    tensors = weights(shapes(*sizes), seed + 4)
    save(HERE / f"{name}.pth", tensors)
    print(name, forward(tensors, *sizes, window))
