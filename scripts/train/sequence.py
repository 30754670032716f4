"""Trains the sequence model of models/sequence and writes it as ONNX, with prompts it never saw.

A character-level GRU that writes numbers out in English: after "1234=" it continues "one thousand two hundred
thirty-four" and a line end. The text is generated here, from the grammar of English numerals, so it has no licence but
this repository's. Forward, backward and Adam are written out in numpy, with one fixed seed. Run from the repository root:

    python -m venv .venv && .venv/bin/pip install -r scripts/train/requirements.txt
    .venv/bin/python scripts/train/sequence.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SEED = 20262
STEPS = 20000
BATCH = 64
HIDDEN = 96
EMBEDDING = 16
FOLDER = Path("models/sequence")

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = ". . twenty thirty forty fifty sixty seventy eighty ninety".split()
# Token 0 is the line end, which ends a text and pads it.
VOCABULARY = "\n0123456789= -" + "abcdefghijklmnopqrstuvwxyz"
TOKEN = {c: i for i, c in enumerate(VOCABULARY)}


def words(n):
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f"-{ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{ONES[n // 100]} hundred" + (f" {words(n % 100)}" if n % 100 else "")
    return f"{words(n // 1000)} thousand" + (f" {words(n % 1000)}" if n % 1000 else "")


def encode(text):
    return [TOKEN[c] for c in text]


LONGEST = max(len(f"{n}={words(n)}\n") for n in range(10000))


def batch_of(numbers):
    """[time, batch] tokens, and the mask of what is to be predicted: the answer with its line end."""
    tokens = np.zeros((LONGEST, len(numbers)), np.int64)
    mask = np.zeros((LONGEST - 1, len(numbers)), np.float32)
    for i, n in enumerate(numbers):
        text = encode(f"{n}={words(n)}\n")
        tokens[: len(text), i] = text
        mask[len(str(n)) : len(text) - 1, i] = 1
    length = int(mask.sum(1).nonzero()[0].max()) + 2
    return tokens[:length], mask[: length - 1]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def loss_and_gradient(p, numbers):
    """One GRU layer, gates in ONNX's order z, r, h and its linear_before_reset form."""
    tokens, mask = batch_of(numbers)
    inputs, targets = tokens[:-1], tokens[1:]
    steps, size = inputs.shape
    x = p["embedding"][inputs]
    wx = x @ p["w"].T + p["wb"]
    h = np.zeros((size, HIDDEN), np.float32)
    kept = []
    hidden = np.empty((steps, size, HIDDEN), np.float32)
    for t in range(steps):
        rh = h @ p["r"].T + p["rb"]
        z = sigmoid(wx[t, :, :HIDDEN] + rh[:, :HIDDEN])
        r = sigmoid(wx[t, :, HIDDEN : 2 * HIDDEN] + rh[:, HIDDEN : 2 * HIDDEN])
        n = np.tanh(wx[t, :, 2 * HIDDEN :] + r * rh[:, 2 * HIDDEN :])
        kept.append((h, z, r, n, rh[:, 2 * HIDDEN :]))
        h = (1 - z) * n + z * h
        hidden[t] = h
    logits = hidden @ p["out"] + p["outb"]
    e = np.exp(logits - logits.max(2, keepdims=True))
    d = e / e.sum(2, keepdims=True)
    at = np.ogrid[:steps, :size]
    loss = -(np.log(d[at[0], at[1], targets] + 1e-20) * mask).sum() / mask.sum()
    d[at[0], at[1], targets] -= 1
    d *= mask[:, :, None] / mask.sum()

    g = {"out": hidden.reshape(-1, HIDDEN).T @ d.reshape(-1, len(VOCABULARY)), "outb": d.sum((0, 1))}
    dhidden = d @ p["out"].T
    dwx = np.empty_like(wx)
    g["r"], g["rb"] = np.zeros_like(p["r"]), np.zeros_like(p["rb"])
    dh = np.zeros((size, HIDDEN), np.float32)
    for t in reversed(range(steps)):
        before, z, r, n, rn = kept[t]
        dh = dh + dhidden[t]
        dn = dh * (1 - z) * (1 - n * n)
        dz = dh * (before - n) * z * (1 - z)
        dr = dn * rn * r * (1 - r)
        dwx[t] = np.concatenate([dz, dr, dn], 1)
        drh = np.concatenate([dz, dr, dn * r], 1)
        g["r"] += drh.T @ before
        g["rb"] += drh.sum(0)
        dh = dh * z + drh @ p["r"]
    flat = dwx.reshape(-1, 3 * HIDDEN)
    g["w"], g["wb"] = flat.T @ x.reshape(-1, EMBEDDING), flat.sum(0)
    g["embedding"] = np.zeros_like(p["embedding"])
    np.add.at(g["embedding"], inputs.reshape(-1), flat @ p["w"])
    return loss, g


def train(numbers):
    random = np.random.default_rng(SEED)
    size = len(VOCABULARY)
    shapes = {
        "embedding": ((size, EMBEDDING), 0.5),
        "w": ((3 * HIDDEN, EMBEDDING), EMBEDDING**-0.5),
        "r": ((3 * HIDDEN, HIDDEN), HIDDEN**-0.5),
        "wb": ((3 * HIDDEN,), 0),
        "rb": ((3 * HIDDEN,), 0),
        "out": ((HIDDEN, size), HIDDEN**-0.5),
        "outb": ((size,), 0),
    }
    p = {k: (random.standard_normal(s) * scale).astype(np.float32) for k, (s, scale) in shapes.items()}
    m = {k: np.zeros_like(w) for k, w in p.items()}
    v = {k: np.zeros_like(w) for k, w in p.items()}
    small = numbers[numbers < 1000]
    for step in range(1, STEPS + 1):
        rate = 0.004 * min(1, step / 100) * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        chosen = np.concatenate([random.choice(numbers, BATCH * 3 // 4), random.choice(small, BATCH // 4)])
        loss, g = loss_and_gradient(p, chosen)
        norm = np.sqrt(sum((w**2).sum() for w in g.values()))
        for k in p:
            w = g[k] * min(1, 1 / norm)
            m[k] = 0.9 * m[k] + 0.1 * w
            v[k] = 0.99 * v[k] + 0.01 * w * w
            p[k] = (p[k] - rate * (m[k] / (1 - 0.9**step)) / (np.sqrt(v[k] / (1 - 0.99**step)) + 1e-8)).astype(
                np.float32
            )
        if step % 2000 == 0:
            print(f"step {step}: loss {loss:.5f}", flush=True)
    return p


def to_onnx(p):
    """The usual step form: input_ids and past_state in, logits and present_state out."""
    weights = {
        "embedding.weight": p["embedding"],
        "gru.weight": p["w"][None],
        "gru.recurrence": p["r"][None],
        "gru.bias": np.concatenate([p["wb"], p["rb"]])[None],
        "head.weight": p["out"],
        "head.bias": p["outb"],
    }
    nodes = [
        helper.make_node("Gather", ["embedding.weight", "input_ids"], ["embedded"], name="embedding"),
        helper.make_node("Transpose", ["embedded"], ["steps"], name="time_first", perm=[1, 0, 2]),
        helper.make_node(
            "GRU",
            ["steps", "gru.weight", "gru.recurrence", "gru.bias", "", "past_state"],
            ["states", "present_state"],
            name="gru",
            hidden_size=HIDDEN,
            linear_before_reset=1,
        ),
        helper.make_node("Squeeze", ["states", "direction"], ["hidden"], name="one_direction"),
        helper.make_node("Transpose", ["hidden"], ["features"], name="batch_first", perm=[1, 0, 2]),
        helper.make_node("MatMul", ["features", "head.weight"], ["scores"], name="head"),
        helper.make_node("Add", ["scores", "head.bias"], ["logits"], name="head_bias"),
    ]
    graph = helper.make_graph(
        nodes,
        "sequence",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "sequence"]),
            helper.make_tensor_value_info("past_state", TensorProto.FLOAT, [1, 1, HIDDEN]),
        ],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "sequence", len(VOCABULARY)]),
            helper.make_tensor_value_info("present_state", TensorProto.FLOAT, [1, 1, HIDDEN]),
        ],
        [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()]
        + [numpy_helper.from_array(np.array([1], np.int64), "direction")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="assay")
    model.ir_version = 8
    helper.set_model_props(model, {"eos_token_id": "0", "vocabulary": VOCABULARY})
    onnx.checker.check_model(model, full_check=True)
    return model


def complete(session, prompt, limit=64):
    """Greedy continuation, token by token."""
    tokens, state, text = encode(prompt), np.zeros((1, 1, HIDDEN), np.float32), ""
    for _ in range(limit):
        logits, state = session.run(None, {"input_ids": np.array([tokens], np.int64), "past_state": state})
        token = int(logits[0, -1].argmax())
        if token == 0:
            break
        text += VOCABULARY[token]
        tokens = [token]
    return text


def main():
    order = np.random.default_rng(SEED).permutation(10000)
    held, kept = order[:1000], order[1000:]
    model = to_onnx(train(kept))
    FOLDER.mkdir(parents=True, exist_ok=True)
    onnx.save(model, FOLDER / "sequence.onnx")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    right = sum(complete(session, f"{n}=") == words(n) for n in held)
    print(f"held out: {right} of {len(held)} right ({100 * right / len(held):.2f} %)")
    sample = [{"prompt": f"{n}=", "text": words(int(n))} for n in held[:100]]
    lines = ",\n".join(f"  {json.dumps(case)}" for case in sample)
    (FOLDER / "heldout.json").write_text(f"[\n{lines}\n]\n")
    print(f"size: {(FOLDER / 'sequence.onnx').stat().st_size} bytes")


if __name__ == "__main__":
    main()
