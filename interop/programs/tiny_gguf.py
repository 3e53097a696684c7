"""Writes a tiny model in GGUF whose weights are random: it speaks nonsense, and is served as any other.

`python tiny_gguf.py FILE`, with the packages gguf and numpy, which are in the environment of the server.
"""

from __future__ import annotations

import string
import sys
from pathlib import Path

import gguf
import numpy as np

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 65_536
WORDS = ["the", "rain", "code", "word", "Paris", "and", "is", "no", "yes", "blue"]
CONTROL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
#: Of Hermes 2 Pro's form, which servers recognise as one with tools.
TEMPLATE = Path(__file__).with_name("tiny.jinja").read_text().rstrip("\n")


def vocabulary() -> tuple[list[str], list[gguf.TokenType]]:
    """Tokens that a SentencePiece model of this size has: each byte, characters, a few words."""
    spoken = [*string.ascii_letters, *string.digits, *string.punctuation, "▁", *(f"▁{each}" for each in WORDS)]
    kinds = gguf.TokenType
    tokens = [*CONTROL, *(f"<0x{byte:02X}>" for byte in range(256)), *spoken]
    of_control = [kinds.UNKNOWN, *[kinds.CONTROL] * (len(CONTROL) - 1)]
    return tokens, [*of_control, *[kinds.BYTE] * 256, *[kinds.NORMAL] * len(spoken)]


def write(path: str) -> None:
    tokens, kinds = vocabulary()
    random = np.random.default_rng(7)

    def weights(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    output = weights(len(tokens), WIDTH)
    output[[index for index, kind in enumerate(kinds) if kind != gguf.TokenType.NORMAL]] = 0.0  # never said
    output[CONTROL.index("<|im_end|>")] = weights(WIDTH)
    found = {"token_embd": weights(len(tokens), WIDTH), "output": output, "output_norm": np.ones(WIDTH, np.float32)}
    for layer in range(LAYERS):
        names = ("attn_q", "attn_k", "attn_v", "attn_output")
        found |= {f"blk.{layer}.{name}": weights(WIDTH, WIDTH) for name in names}
        found |= {f"blk.{layer}.{name}": weights(INNER, WIDTH) for name in ("ffn_gate", "ffn_up")}
        found |= {f"blk.{layer}.{name}": np.ones(WIDTH, np.float32) for name in ("attn_norm", "ffn_norm")}
        found[f"blk.{layer}.ffn_down"] = weights(WIDTH, INNER)

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(index) for index in range(len(tokens))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(CONTROL.index("<s>"))
    writer.add_eos_token_id(CONTROL.index("<|im_end|>"))
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in found.items():
        writer.add_tensor(f"{name}.weight", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
