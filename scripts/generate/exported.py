"""Writes small random models as Optimum exports them, with the tokens that onnxruntime writes: Llama and GPT-2, and the
merged decoders of T5 and Whisper beside an encoder's output.

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
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
    WhisperConfig,
    WhisperForConditionalGeneration,
)

FOLDER = Path("test/vectors/exported")
PROMPT = [9, 16, 4, 1, 7]
LENGTH = 12
COMMON = {"vocab_size": 17}
WIDTH = 16
# Places of the encoder's output.
ENCODED = 5


def models():
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}
    yield "llama", LlamaForCausalLM(LlamaConfig(**COMMON, **sizes, **heads, initializer_range=0.3))
    yield "gpt2", GPT2LMHeadModel(GPT2Config(**COMMON, n_embd=16, n_layer=1, n_head=4, n_positions=32, initializer_range=0.9))


def seq2seq():
    torch.manual_seed(0)
    sizes = {"d_model": WIDTH, "d_kv": 4, "d_ff": 24, "num_layers": 1, "num_heads": 4}
    t5 = T5Config(**COMMON, **sizes, decoder_start_token_id=0, initializer_factor=3.0)
    yield "t5", T5ForConditionalGeneration(t5), "text2text-generation-with-past"
    half = {"layers": 1, "attention_heads": 4, "ffn_dim": 24}
    sides = {f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in half.items()}
    tokens = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 3}
    whisper = WhisperConfig(**COMMON, **sides, **tokens, d_model=WIDTH, max_target_positions=32, init_std=0.5)
    yield "whisper", WhisperForConditionalGeneration(whisper), "automatic-speech-recognition-with-past"


def greedy_beside(file):
    """The tokens of a merged decoder: keys and values of the encoder are those of the first call."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    given = {own.name: own for own in session.get_inputs()}
    outputs = [own.name for own in session.get_outputs()]
    states = ((7 * np.arange(ENCODED * WIDTH) % 11 - 5) / 4).astype(np.float32).reshape(1, ENCODED, WIDTH)
    cache = {
        name: np.zeros((1, own.shape[1], 0, own.shape[3]), np.float32)
        for name, own in given.items()
        if name.startswith("past")
    }
    written, ids = [], PROMPT
    while len(written) < LENGTH:
        inputs = {
            "input_ids": np.array([ids]),
            "encoder_hidden_states": states,
            "encoder_attention_mask": np.ones((1, ENCODED), np.int64),
            "use_cache_branch": np.array([len(written) > 0]),
        }
        used = {name: value for name, value in inputs.items() if name in given}
        values = dict(zip(outputs, session.run(None, used | cache)))
        for name in cache:
            if ".encoder." not in name or not written:
                cache[name] = values[name.replace("past_key_values", "present")]
        written.append(int(values["logits"][0, -1].argmax()))
        ids = [written[-1]]
    return written


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
    beside = {}
    for name, model, task in seq2seq():
        with tempfile.TemporaryDirectory() as folder:
            onnx_export_from_model(model.eval(), folder, task=task, do_validation=False)
            shutil.copy(Path(folder, "decoder_model_merged.onnx"), FOLDER / f"{name}.onnx")
        beside[name] = greedy_beside(FOLDER / f"{name}.onnx")
    text = json.dumps({"prompt": PROMPT, "written": expected, "encoded": ENCODED, "beside": beside})
    (FOLDER / "tokens.json").write_text(f"{text}\n")


if __name__ == "__main__":
    main()
