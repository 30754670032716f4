"""Trains the language model of models/text and writes it as ONNX, with prompts it never saw.

A character-level transformer (rotary positions, RMS norms, gated SiLU, a key/value cache) that tells stories of two
sentences and an ending: two people each find a thing, something happens, and the last sentence says who has what now. The
ending is chosen freely; that it agrees with the beginning can be checked. The text is generated here, so it has no licence
but this repository's. Run from the repository root, with one fixed seed:

    python -m venv .venv && .venv/bin/pip install -r scripts/train/language.requirements.txt
    .venv/bin/python scripts/train/language.py
"""

import argparse
import json
import math
import random
import time
import zlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

SEED = 20263
STEPS = 2000
BATCH = 16
WIDTH, HEADS, LAYERS, HIDDEN, CONTEXT = 64, 4, 3, 160, 128
SIZE = WIDTH // HEADS
EPSILON = 1e-6
FOLDER = Path("models/text")

NAMES = "Mia Tom Ann Ben Eva Max Zoe Leo Ida Sam Amy Jim".split()
THINGS = "kite drum ball boat book lamp ring bell cup hat map key coin shell stone rope".split()
# Token 0 is the line end, which ends a text and pads it.
LETTERS = set("".join(NAMES + THINGS) + "foundTheyswappedthemkeptgavelostNowhasonlyandthe")
VOCABULARY = "\n ." + "".join(sorted(LETTERS))
TOKEN = {c: i for i, c in enumerate(VOCABULARY)}


def facts(choose):
    """Two people, and a thing for each."""
    return tuple(zip(choose.sample(NAMES, 2), choose.sample(THINGS, 2)))


def held_out(first, second):
    """Whether these people with these things are kept from training: one case in ten."""
    return zlib.crc32(" ".join([*first, *second]).encode()) % 10 == 0


def beginning(first, second):
    return " ".join(f"{name} found a {thing}." for name, thing in (first, second))


def endings(first, second):
    """All that may follow a beginning."""
    (a, s), (b, t) = first, second
    return [
        f" They swapped. Now {a} has the {t} and {b} has the {s}.\n",
        f" They kept them. Now {a} has the {s} and {b} has the {t}.\n",
        f" {a} gave the {s} to {b}. Now {b} has the {s} and the {t}.\n",
        f" {b} gave the {t} to {a}. Now {a} has the {t} and the {s}.\n",
        f" {a} lost the {s}. Now only {b} has the {t}.\n",
        f" {b} lost the {t}. Now only {a} has the {s}.\n",
    ]


def encode(text):
    return [TOKEN[c] for c in text]


def batch_of(choose):
    """Stories [batch, time], padded with line ends, and how much each prediction counts: beginnings are chance."""
    stories, starts = [], []
    while len(stories) < BATCH:
        first, second = facts(choose)
        if not held_out(first, second):
            starts.append(len(beginning(first, second)))
            stories.append(encode(beginning(first, second) + choose.choice(endings(first, second))))
    length = max(map(len, stories))
    tokens = torch.zeros((BATCH, length), dtype=torch.int64)
    mask = torch.zeros((BATCH, length - 1))
    for i, story in enumerate(stories):
        tokens[i, : len(story)] = torch.tensor(story)
        mask[i, : len(story) - 1] = 1
        mask[i, : starts[i] - 1] = 0.1
    return tokens, mask


def rotations():
    """cos and sin [CONTEXT, SIZE / 2] of the rotary positions."""
    angles = np.arange(CONTEXT)[:, None] * 1000.0 ** (-np.arange(SIZE // 2) / (SIZE // 2))
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


class Model(nn.Module):
    """The same arithmetic as the ONNX graph, over whole stories."""

    def __init__(self):
        super().__init__()
        matrix = lambda n, m, scale=1.0: nn.Parameter(torch.randn(n, m) * scale * n**-0.5)
        self.embedding = nn.Parameter(torch.randn(len(VOCABULARY), WIDTH) * 0.5)
        self.layers = nn.ModuleList()
        for _ in range(LAYERS):
            layer = nn.ParameterDict(
                {
                    "norm1": nn.Parameter(torch.ones(WIDTH)),
                    "q": matrix(WIDTH, WIDTH),
                    "k": matrix(WIDTH, WIDTH),
                    "v": matrix(WIDTH, WIDTH),
                    "o": matrix(WIDTH, WIDTH, (2 * LAYERS) ** -0.5),
                    "norm2": nn.Parameter(torch.ones(WIDTH)),
                    "gate": matrix(WIDTH, HIDDEN),
                    "up": matrix(WIDTH, HIDDEN),
                    "down": matrix(HIDDEN, WIDTH, (2 * LAYERS) ** -0.5),
                }
            )
            self.layers.append(layer)
        self.norm = nn.Parameter(torch.ones(WIDTH))
        self.head = matrix(WIDTH, len(VOCABULARY))
        cos, sin = rotations()
        self.register_buffer("cos", torch.from_numpy(cos))
        self.register_buffer("sin", torch.from_numpy(sin))

    def forward(self, tokens):
        rows, length = tokens.shape
        cos, sin = self.cos[:length], self.sin[:length]

        def rotated(x):
            a, b = x.chunk(2, -1)
            return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

        split = lambda x: x.view(rows, length, HEADS, SIZE).transpose(1, 2)
        norm = lambda x, weight: x / (x.square().mean(-1, keepdim=True) + EPSILON).sqrt() * weight
        x = self.embedding[tokens]
        for layer in self.layers:
            h = norm(x, layer["norm1"])
            q, k, v = (split(h @ layer[name]) for name in "qkv")
            attended = F.scaled_dot_product_attention(rotated(q), rotated(k), v, is_causal=True)
            x = x + attended.transpose(1, 2).reshape(rows, length, WIDTH) @ layer["o"]
            h = norm(x, layer["norm2"])
            x = x + (F.silu(h @ layer["gate"]) * (h @ layer["up"])) @ layer["down"]
        return norm(x, self.norm) @ self.head


def train(steps):
    torch.manual_seed(SEED)
    # One thread sums in one order, so that the weights are the same again.
    torch.set_num_threads(1)
    model = Model()
    choose = random.Random(SEED)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0, betas=(0.9, 0.98), weight_decay=0.01)
    start = time.time()
    for step in range(1, steps + 1):
        rate = 3e-3 * min(1, step / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        tokens, mask = batch_of(choose)
        logits = model(tokens[:, :-1])
        losses = F.cross_entropy(logits.reshape(-1, len(VOCABULARY)), tokens[:, 1:].reshape(-1), reduction="none")
        loss = (losses * mask.reshape(-1)).sum() / mask.sum()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.4f}, {time.time() - start:.0f} s", flush=True)
    return model


def to_onnx(model):
    """
    The usual form of a decoder with a cache: input_ids, attention_mask, position_ids and past_key_values.* in; logits and
    present.* out. Written with the operators that exporters write: the mask from ranges of positions, rotary positions by
    halves, norms in parts.
    """
    nodes, constants = [], {}

    def constant(name, value, dtype=np.float32):
        constants[name] = numpy_helper.from_array(np.asarray(value, dtype), name)
        return name

    def node(operator, inputs, name, **attributes):
        nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def weight(name, tensor):
        return constant(name, tensor.detach().numpy())

    ints = lambda name, *values: constant(name, values, np.int64)
    one, last = ints("one", 1), ints("last", -1)
    zero = constant("zero", 0, np.int64)
    index = constant("second", 1, np.int64)
    step = constant("step", 1, np.int64)
    half = ints("half", SIZE // 2)
    size = ints("size", SIZE)
    start = ints("start", 0)
    cos_table, sin_table = (constant(n, t) for n, t in zip(("cos", "sin"), rotations()))
    square = constant("square", 2.0)
    epsilon = constant("epsilon", EPSILON)
    scale = constant("scale", SIZE**-0.5)
    by_head = ints("by_head", 0, 0, HEADS, SIZE)
    joined = ints("joined", 0, 0, WIDTH)

    def norm(x, name, tensor):
        mean = node("ReduceMean", [node("Pow", [x, square], f"{name}.square")], f"{name}.mean", axes=[-1], keepdims=1)
        root = node("Sqrt", [node("Add", [mean, epsilon], f"{name}.shifted")], f"{name}.root")
        return node("Mul", [node("Div", [x, root], f"{name}.divided"), weight(f"{name}.weight", tensor)], name)

    # Positions of keys and queries, and the mask [batch, 1, query, key] of what a query may not see.
    keys = node("Gather", [node("Shape", ["attention_mask"], "mask.shape"), index], "keys", axis=0)
    key_places = node("Range", [zero, keys, step], "key_places")
    query_places = node("Unsqueeze", ["position_ids", last], "query_places")
    later = node("Greater", [key_places, query_places], "later")
    padding = node("Equal", [node("Cast", ["attention_mask"], "mask.float", to=1), constant("none", 0.0)], "padding")
    hidden = node("Or", [later, node("Unsqueeze", [padding, one], "padding.rows")], "hidden")
    bias = node(
        "Where",
        [node("Unsqueeze", [hidden, one], "hidden.heads"), constant("lowest", np.finfo(np.float32).min), constant("free", 0.0)],
        "bias",
    )
    cos = node("Unsqueeze", [node("Gather", [cos_table, "position_ids"], "cos.places"), one], "cos.heads")
    sin = node("Unsqueeze", [node("Gather", [sin_table, "position_ids"], "sin.places"), one], "sin.heads")

    def rotated(x, name):
        a = node("Slice", [x, start, half, last], f"{name}.first")
        b = node("Slice", [x, half, size, last], f"{name}.second")
        turned = lambda own, other, how, part: node(
            how,
            [node("Mul", [own, cos], f"{name}.{part}.cos"), node("Mul", [other, sin], f"{name}.{part}.sin")],
            f"{name}.{part}",
        )
        return node("Concat", [turned(a, b, "Sub", "real"), turned(b, a, "Add", "imaginary")], name, axis=-1)

    x = node("Gather", [weight("embedding.weight", model.embedding), "input_ids"], "embedding")
    inputs, outputs = [], []
    for i, layer in enumerate(model.layers):
        h = norm(x, f"{i}.norm1", layer["norm1"])
        heads = {}
        for name in "qkv":
            product = node("MatMul", [h, weight(f"{i}.{name}.weight", layer[name])], f"{i}.{name}.product")
            cut = node("Reshape", [product, by_head], f"{i}.{name}.cut")
            heads[name] = node("Transpose", [cut], f"{i}.{name}", perm=[0, 2, 1, 3])
        q, k = rotated(heads["q"], f"{i}.q.rotated"), rotated(heads["k"], f"{i}.k.rotated")
        cache = {}
        for name, current in (("key", k), ("value", heads["v"])):
            past, present = f"past_key_values.{i}.{name}", f"present.{i}.{name}"
            inputs.append(helper.make_tensor_value_info(past, TensorProto.FLOAT, ["batch", HEADS, "past", SIZE]))
            outputs.append(helper.make_tensor_value_info(present, TensorProto.FLOAT, ["batch", HEADS, "total", SIZE]))
            cache[name] = node("Concat", [past, current], present, axis=2)
        turned = node("Transpose", [cache["key"]], f"{i}.keys", perm=[0, 1, 3, 2])
        scores = node("Mul", [node("MatMul", [q, turned], f"{i}.products"), scale], f"{i}.scores")
        weights = node("Softmax", [node("Add", [scores, bias], f"{i}.masked")], f"{i}.attention", axis=-1)
        attended = node("MatMul", [weights, cache["value"]], f"{i}.attended")
        rows = node("Transpose", [attended], f"{i}.rows", perm=[0, 2, 1, 3])
        merged = node("Reshape", [rows, joined], f"{i}.merged")
        x = node("Add", [x, node("MatMul", [merged, weight(f"{i}.o.weight", layer["o"])], f"{i}.o")], f"{i}.attended.sum")
        h = norm(x, f"{i}.norm2", layer["norm2"])
        gate = node("MatMul", [h, weight(f"{i}.gate.weight", layer["gate"])], f"{i}.gate")
        silu = node("Mul", [gate, node("Sigmoid", [gate], f"{i}.sigmoid")], f"{i}.silu")
        up = node("MatMul", [h, weight(f"{i}.up.weight", layer["up"])], f"{i}.up")
        gated = node("Mul", [silu, up], f"{i}.gated")
        x = node("Add", [x, node("MatMul", [gated, weight(f"{i}.down.weight", layer["down"])], f"{i}.down")], f"{i}.sum")
    node("MatMul", [norm(x, "norm", model.norm), weight("head.weight", model.head)], "logits")

    given = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"]),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "total"]),
        helper.make_tensor_value_info("position_ids", TensorProto.INT64, ["batch", "sequence"]),
    ]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "sequence", len(VOCABULARY)])
    graph = helper.make_graph(nodes, "text", given + inputs, [logits] + outputs, list(constants.values()))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="assay")
    made.ir_version = 8
    properties = {"eos_token_id": "0", "vocabulary": VOCABULARY, "context": str(CONTEXT)}
    helper.set_model_props(made, properties)
    onnx.checker.check_model(made, full_check=True)
    return made


def complete(session, prompt, limit=CONTEXT):
    """Greedy continuation by the cache, token by token."""
    tokens, places, text = encode(prompt), list(range(len(prompt))), ""
    cache = {f"past_key_values.{i}.{n}": np.zeros((1, HEADS, 0, SIZE), np.float32) for i in range(LAYERS) for n in ("key", "value")}
    while places[-1] + 1 < limit:
        given = {
            "input_ids": np.array([tokens], np.int64),
            "position_ids": np.array([places], np.int64),
            "attention_mask": np.ones((1, places[-1] + 1), np.int64),
        }
        logits, *present = session.run(None, {**given, **cache})
        cache = dict(zip(cache, present))
        token = int(logits[0, -1].argmax())
        text += VOCABULARY[token]
        if token == 0:
            break
        tokens, places = [token], [places[-1] + 1]
    return text


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, default=STEPS)
    arguments.add_argument("--folder", type=Path, default=FOLDER)
    options = arguments.parse_args()
    made = to_onnx(train(options.steps))
    options.folder.mkdir(parents=True, exist_ok=True)
    onnx.save(made, options.folder / "text.onnx")
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    choose, cases = random.Random(SEED + 1), []
    while len(cases) < 300:
        first, second = facts(choose)
        if held_out(first, second):
            cases.append((first, second))
    written = [complete(session, beginning(*case)) for case in cases]
    right = [text in endings(*case) for case, text in zip(cases, written)]
    print(f"held out: {sum(right)} of {len(cases)} endings agree with their beginning")
    for case, text in list(zip(cases, written))[:5]:
        print(f"  {beginning(*case)}|{text!r}")
    sample = [{"prompt": beginning(*case), "endings": endings(*case)} for case in cases[:50]]
    lines = ",\n".join(f"  {json.dumps(case)}" for case in sample)
    (options.folder / "heldout.json").write_text(f"[\n{lines}\n]\n")
    print(f"size: {(options.folder / 'text.onnx').stat().st_size} bytes")


if __name__ == "__main__":
    main()
