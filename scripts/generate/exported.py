"""Writes small random Llama and GPT-2 models as Optimum exports them, with the tokens that onnxruntime writes.

They show that graphs of real exporters import: test/vectors/exported, read by packages/graph/src/exported.test.ts. Run from
the repository root:

    python -m venv .venv && .venv/bin/pip install -r scripts/generate/exported.requirements.txt
    .venv/bin/python scripts/generate/exported.py
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from optimum.exporters.onnx import onnx_export_from_model
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

FOLDER = Path("test/vectors/exported")
PROMPT = [9, 16, 4, 1, 7]
LENGTH = 12
COMMON = {"vocab_size": 17}


def models():
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}
    yield "llama", LlamaForCausalLM(LlamaConfig(**COMMON, **sizes, **heads, initializer_range=0.3))
    yield "gpt2", GPT2LMHeadModel(GPT2Config(**COMMON, n_embd=16, n_layer=1, n_head=4, n_positions=32, initializer_range=0.9))


def greedy(file):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    cache = {
        given.name: np.zeros((1, given.shape[1], 0, given.shape[3]), np.float32)
        for given in session.get_inputs()
        if given.name.startswith("past")
    }
    names = {given.name for given in session.get_inputs()}
    written, ids, first = [], PROMPT, 0
    while len(written) < LENGTH:
        total = first + len(ids)
        inputs = {
            "input_ids": np.array([ids]),
            "attention_mask": np.ones((1, total), np.int64),
            "position_ids": np.arange(first, total)[None],
        }
        logits, *present = session.run(None, {k: v for k, v in inputs.items() if k in names} | cache)
        written.append(int(logits[0, -1].argmax()))
        cache, ids, first = dict(zip(cache, present)), [written[-1]], total
    return written


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, model in models():
        with tempfile.TemporaryDirectory() as folder:
            onnx_export_from_model(model.eval(), folder, task="text-generation-with-past", do_validation=False)
            shutil.copy(Path(folder, "model.onnx"), FOLDER / f"{name}.onnx")
        expected[name] = greedy(FOLDER / f"{name}.onnx")
    text = json.dumps({"prompt": PROMPT, "written": expected})
    (FOLDER / "tokens.json").write_text(f"{text}\n")


if __name__ == "__main__":
    main()
