"""The markup of chat templates: calls as models write them, and the tokens that open and close a turn."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

_VENDOR = r"(?:\w{1,20}:|[|｜]{1,2}DSML[|｜]{1,2})?"  # before a tag's name: of Anthropic, MiniMax, DeepSeek
#: What opens a call that the name follows at once: Kimi, DeepSeek, Mistral, Qwen, harmony, Anthropic, Llama, Gemma.
_BEFORE_NAME = (
    r"<[|｜]tool[_▁]call[_▁](?:begin|start)[|｜]>|<[|｜]tool[▁_]sep[|｜]>|\[TOOL_CALLS\]|<function[= ](?:name=)?\"?"
    rf"|\bto=(?=functions\.)|<{_VENDOR}invoke name=\"|<tool_name>|<tool_calls?>|<[|｜]tool_calls?[|｜]>"
    r"|<\|python_tag\|>|<\|python_start\|>\s*\[|<start_function_call>\s*call:"
)
#: What opens a call in JSON, which has the name as a member: Hermes, Granite, Phi, Mistral, Llama, Command, DeepSeek.
_BEFORE_JSON = (
    r"<(?:tool_calls?|tool_call_list|function_calls?|functioncall|tools)>|<[|｜]tool_calls?[|｜]>|\[TOOL_CALLS\]"
    r"|<\|python_tag\|>|<\|START_ACTION\|>|\bfunctools(?=\[)|<[|｜]tool[_▁]calls?[_▁](?:section[_▁])?begin[|｜]>"
)
_NAME = r"([A-Za-z_][\w-]*)"
_CALL = re.compile(
    rf"(?:{_BEFORE_NAME})\s*(?:function(?:s\.|\s*<[|｜]tool[▁_]sep[|｜]>\s*))?{_NAME}"
    rf"|(?:{_BEFORE_JSON})\s*[\[{{](?s:.{{0,400}}?)\"(?:tool_)?name\"\s*:\s*\"{_NAME}\""
    r"|(?<![\w-])([A-Za-z_][\w-]{0,63})\s{0,9}<arg_key>"  # GLM
)
#: Special tokens of calls: a model that writes one makes a call, and decoded they are no text.
SPECIAL = (
    r"<[|｜]tool[_▁][\w▁]*[|｜]>|\[TOOL_CALLS\]|<\|python_(?:tag|start|end)\|>|<\|(?:START|END)_ACTION\|>"
    r"|<(?:start|end)_function_call>|[|｜]DSML[|｜]"
)
#: Those, and tags that a model may write of its own accord where it thinks of a call.
RESIDUE = (
    rf"{SPECIAL}|</?{_VENDOR}(?:tool_calls?|function_calls?|tool_call_list|invoke(?: name=\"[^\"<>]*\")?)>"
    r"|</?arg_(?:key|value)>|<\|channel\|>commentary"
)
#: Whatever a request may hold that asks for such markup, or shows it.
CALL_MARKUP = rf"{RESIDUE}|<function[= ]|to=functions|functools\[|<tools>|<functioncall>"
#: Tokens that open or close a turn or a text, in templates that are in wide use.
TEMPLATE_TOKENS = (
    r"<\|(?:im_start|im_end|im_sep|eot_id|eom_id|begin_of_text|end_of_text|endoftext|start_header_id|end_header_id"
    r"|end|start|return|message|channel|system|user|assistant|observation|START_OF_TURN_TOKEN|END_OF_TURN_TOKEN"
    r"|im_user|im_assistant|im_system|im_middle|eot|header_start|header_end)\|>"
    r"|<｜(?:User|Assistant|begin▁of▁sentence|end▁of▁sentence)｜>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|<eos>|<bos>"
)
#: What opens or closes a model's thoughts, in the templates of DeepSeek, Qwen, EXAONE, Magistral, Kimi, Seed, Command
#: and OpenThinker, and what Open WebUI makes of them.
THOUGHT_TAGS = (
    r"(?i:</?(?:antml:|seed:|mm:)?think(?:ing)?>|</?thoughts?>)|\[/?THINK\]|◁/?think▷|<\|(?:START|END)_THINKING\|>"
    r"|<\|(?:begin|end)_of_thought\|>|\A\s*</?reasoning>|<details type=\"reasoning\""
)
#: Each match of a pattern has one of these in it, in any case: they are found faster.
_SIGNS: Mapping[str, tuple[str, ...]] = {
    TEMPLATE_TOKENS: ("<|", "<｜", "inst]", "sys>>", "_of_turn>", "<eos>", "<bos>", "s>"),
    THOUGHT_TAGS: ("think", "thought", "reasoning"),
    CALL_MARKUP: (
        "tool", "dsml", "<|python_", "action|>", "function", "invoke", "arg_", "<|channel|>",
    ),
}  # fmt: skip
_OPENERS = ("<", "[", "|", "｜", "◁", "to=functions")  #: likewise, in the case that it has here
_ODD = "\u0130\u0131\u017f\u212a"  #: letters that are others' in another case, to `re` and not to `str.lower`


def signs_of(markup: str) -> tuple[str, ...]:
    """Texts in lower case, or letters that are odd in lower case, one of which is in whatever `may_hold` markup."""
    return (*_SIGNS[markup], *_ODD)


def may_hold(text: str, markup: str) -> bool:
    """Whether a text may have a match of `markup`: TEMPLATE_TOKENS, with `<s>` and `</s>` among them, THOUGHT_TAGS, or
    CALL_MARKUP, with all that is part of it or opens a call."""
    if not any(each in text for each in _OPENERS):
        return False
    lower = text.lower()
    return any(sign in lower for sign in _SIGNS[markup]) or any(each in text for each in _ODD)


def lost_call(text: str, names: Container[str]) -> str:
    """The markup of a call of one of these functions in a text, from where it begins; empty where there is none."""
    for found in _CALL.finditer(text) if may_hold(text, CALL_MARKUP) else ():
        if any(name in names for name in found.groups() if name):
            return text[found.start() :]
    return ""


def template_token(text: str) -> str:
    """A token of a chat template in a text; empty where there is none. `<s>` and `</s>` are tokens where they begin or
    end the text alone: as a pair they strike a text out in HTML."""
    if not may_hold(text, TEMPLATE_TOKENS):
        return ""
    if found := re.search(TEMPLATE_TOKENS, text):
        return found[0]
    bare = text.strip()
    if bare.endswith("</s>") and "<s>" not in bare:
        return "</s>"
    return "<s>" if bare.startswith("<s>") and "</s>" not in bare else ""
