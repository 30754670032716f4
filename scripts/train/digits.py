"""Trains the digit classifier of models/digits and writes it as ONNX, with its held-out images.

A convolutional network over the 8x8 images of the UCI handwritten digits that ship with scikit-learn, written out in
numpy: forward, backward, Adam, one fixed seed. Run from the repository root:

    python -m venv .venv && .venv/bin/pip install -r scripts/train/requirements.txt
    .venv/bin/python scripts/train/digits.py
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 20261
EPOCHS = 80
BATCH = 32
FOLDER = Path("models/digits")


def patches(x):
    """[n, c, 8, 8] -> [n, 64, c*9]: the 3x3 neighbourhoods, zero-padded, in (channel, row, column) order."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(len(x), 64, -1)


def spread(gradient, channels):
    """The transpose of `patches`: adds each neighbourhood's gradient to the pixels it came from."""
    n = len(gradient)
    windows = gradient.reshape(n, 8, 8, channels, 3, 3)
    padded = np.zeros((n, channels, 10, 10), np.float32)
    for i in range(3):
        for j in range(3):
            padded[:, :, i : i + 8, j : j + 8] += windows[:, :, :, :, i, j].transpose(0, 3, 1, 2)
    return padded[:, :, 1:9, 1:9]


def forward(p, x):
    columns1 = patches(x)
    y1 = np.maximum(columns1 @ p["w1"].T + p["b1"], 0)
    image1 = y1.transpose(0, 2, 1).reshape(len(x), -1, 8, 8)
    columns2 = patches(image1)
    y2 = np.maximum(columns2 @ p["w2"].T + p["b2"], 0)
    image2 = y2.transpose(0, 2, 1).reshape(len(x), -1, 4, 2, 4, 2)
    pooled = image2.max(axis=(3, 5))
    flat = pooled.reshape(len(x), -1)
    return flat @ p["w3"].T + p["b3"], (columns1, y1, columns2, y2, image2, pooled, flat)


def backward(p, x, labels):
    logits, (columns1, y1, columns2, y2, image2, pooled, flat) = forward(p, x)
    z = np.exp(logits - logits.max(1, keepdims=True))
    d = z / z.sum(1, keepdims=True)
    d[np.arange(len(x)), labels] -= 1
    d /= len(x)
    g = {"w3": d.T @ flat, "b3": d.sum(0)}
    d = (d @ p["w3"]).reshape(pooled.shape)
    hit = image2 == pooled[:, :, :, None, :, None]
    d = (hit * (d / hit.sum((3, 5)))[:, :, :, None, :, None]).reshape(len(x), -1, 64).transpose(0, 2, 1)
    d = d * (y2 > 0)
    g["w2"] = np.einsum("npo,npk->ok", d, columns2)
    g["b2"] = d.sum((0, 1))
    d = spread(d @ p["w2"], 8).reshape(len(x), 8, 64).transpose(0, 2, 1) * (y1 > 0)
    g["w1"] = np.einsum("npo,npk->ok", d, columns1)
    g["b1"] = d.sum((0, 1))
    return g


def shifted(x, random):
    """Each image moved by up to one pixel: the only augmentation."""
    moved = np.zeros_like(x)
    for i, (dy, dx) in enumerate(random.integers(-1, 2, (len(x), 2))):
        padded = np.pad(x[i, 0], 1)
        moved[i, 0] = padded[1 + dy : 9 + dy, 1 + dx : 9 + dx]
    return moved


def train(x, labels):
    random = np.random.default_rng(SEED)
    shapes = {"w1": (8, 9), "b1": 8, "w2": (16, 72), "b2": 16, "w3": (10, 256), "b3": 10}
    p = {
        k: (random.standard_normal(s) * np.sqrt(2 / s[1]) if k[0] == "w" else np.zeros(s)).astype(np.float32)
        for k, s in shapes.items()
    }
    m = {k: np.zeros_like(v) for k, v in p.items()}
    v = {k: np.zeros_like(w) for k, w in p.items()}
    t = 0
    for epoch in range(EPOCHS):
        rate = 0.002 * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = random.permutation(len(x))
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            g = backward(p, shifted(x[batch], random), labels[batch])
            t += 1
            for k in p:
                m[k] = 0.9 * m[k] + 0.1 * g[k]
                v[k] = 0.999 * v[k] + 0.001 * g[k] ** 2
                step = m[k] / (1 - 0.9**t) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
                p[k] = (p[k] - rate * (step + 1e-3 * p[k])).astype(np.float32)
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: train accuracy {(forward(p, x)[0].argmax(1) == labels).mean():.4f}")
    return p


def to_onnx(p):
    weights = {
        # The network was trained on pixels / 16; a power of two, so this scaling is exact.
        "conv1.weight": (p["w1"] / 16).reshape(8, 1, 3, 3),
        "conv1.bias": p["b1"],
        "conv2.weight": p["w2"].reshape(16, 8, 3, 3),
        "conv2.bias": p["b2"],
        "classifier.weight": p["w3"],
        "classifier.bias": p["b3"],
    }
    conv = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["image", "conv1.weight", "conv1.bias"], ["conv1"], name="conv1", **conv),
        helper.make_node("Relu", ["conv1"], ["relu1"], name="relu1"),
        helper.make_node("Conv", ["relu1", "conv2.weight", "conv2.bias"], ["conv2"], name="conv2", **conv),
        helper.make_node("Relu", ["conv2"], ["relu2"], name="relu2"),
        helper.make_node("MaxPool", ["relu2"], ["pool"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool"], ["features"], name="flatten"),
        helper.make_node(
            "Gemm", ["features", "classifier.weight", "classifier.bias"], ["logits"], name="classifier", transB=1
        ),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="assay")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    data = load_digits()
    images, labels = data.images.astype(np.float32), data.target
    index = np.arange(len(labels))
    kept, held = train_test_split(index, test_size=360, random_state=SEED, stratify=labels)
    p = train(images[kept, None] / 16, labels[kept])
    model = to_onnx(p)
    FOLDER.mkdir(parents=True, exist_ok=True)
    onnx.save(model, FOLDER / "digits.onnx")
    rows = np.column_stack([images[held].reshape(-1, 64).astype(int), labels[held]])
    np.savetxt(FOLDER / "heldout.csv", rows, fmt="%d", delimiter=",")

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": images[held, None]})[0]
    right = int((logits.argmax(1) == labels[held]).sum())
    print(f"held out: {right} of {len(held)} right ({100 * right / len(held):.2f} %)")
    print(f"size: {(FOLDER / 'digits.onnx').stat().st_size} bytes")


if __name__ == "__main__":
    main()
