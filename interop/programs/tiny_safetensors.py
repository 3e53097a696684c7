"""Writes a tiny model in Transformers' format whose weights are random: it speaks nonsense, and is served as any other.

`python tiny_safetensors.py FOLDER`, with the packages torch, transformers and tokenizers, which are in the environment
of the server.
"""

from __future__ import annotations

import string
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

CONTEXT = 65_536
CONTROL = ["<s>", "<|im_start|>", "<|im_end|>"]
SPOKEN = {*string.ascii_letters, *string.digits, *string.punctuation, "Ġ", "<|im_end|>"}
TEMPLATE = Path(__file__).with_name("tiny.jinja").read_text().rstrip("\n")


def tokenizer() -> PreTrainedTokenizerFast:
    """A token for each byte, and those of control."""
    tokens = [*CONTROL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    made = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        additional_special_tokens=CONTROL,
        eos_token="<|im_end|>",
        pad_token="<s>",
        chat_template=TEMPLATE,
        model_max_length=CONTEXT,
    )


def write(folder: str) -> None:
    """Of the family Qwen2, in whose replies the server looks for tool calls."""
    torch.manual_seed(7)
    words = tokenizer()
    ids = words.get_vocab()
    config = Qwen2Config(
        vocab_size=len(ids),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
    )
    model = Qwen2ForCausalLM(config)
    unspoken = [number for token, number in ids.items() if token not in SPOKEN]  # halves of characters, and controls
    model.generation_config = GenerationConfig(
        do_sample=True,
        eos_token_id=ids["<|im_end|>"],
        pad_token_id=ids["<s>"],
        suppress_tokens=unspoken,
    )
    model.save_pretrained(folder)
    words.save_pretrained(folder)


if __name__ == "__main__":
    write(sys.argv[1])
