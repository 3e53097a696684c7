"""What credentials and internals look like in a response: texts of programs, databases, gateways and clouds."""

from __future__ import annotations

import re

_MIXED = r"(?=[\w-]{0,60}\d)(?=[\w-]{0,60}[A-Za-z])"  # a word of letters alone is no key
CREDENTIAL = re.compile(
    rf"\bsk-(?![\w-]{{0,60}}(?:x{{4}}|X{{4}})){_MIXED}[\w-]{{16,}}"  # OpenAI, Anthropic, OpenRouter, DeepSeek, proxies
    rf"|\b(?:xai-|gsk_|pplx-|nvapi-|hf_|csk-|r8_|fw_|tgp_v1_){_MIXED}[\w-]{{20,}}"
    r"|\bAIza[\w-]{35}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bya29\.[\w-]{20,}"  # Google, Amazon
    r"|\bBearer\s+[\w.~+/-]{20,}"
    # a key of any kind and length, under its name: a member, a header field, a parameter of a URL
    r"|[\"'](?:api_?key|x-api-key|aws_secret_access_key|vertex_credentials|master_key)[\"']\s*:\s*"
    r"[\"'](?!(?:sk-)?(?:x{3}|\.{3}|\*|<|\$|your|none|null|true|false)|[\"'])[^\"'\s*]{8,}[\"']"
    r"|\bapi-key[\"']?\s*[:=]\s*[\"']?[0-9a-f]{32}\b|[?&](?:api_?key|key)=(?![x*.<{$])[\w-]{16,}",
    re.ASCII,
)
#: Every credential has one of these in it: they are found faster.
CREDENTIAL_SIGNS = (
    "sk-", "xai-", "gsk_", "pplx-", "nvapi-", "hf_", "r8_", "fw_", "tgp_v1_", "AIza", "AKIA", "ASIA", "ya29.", "Bearer",
    "api_key", "apikey", "api-key", "aws_secret_access_key", "vertex_credentials", "master_key", "key=",
)  # fmt: skip
ACCOUNT_SIGNS = ("org-", "org_", "proj-", "proj_")
ACCOUNT = re.compile(r"\b(?:org|proj)[-_][A-Za-z0-9]{16,}\b", re.ASCII)
ACCOUNT_HEADERS = ("openai-organization", "openai-project")

_PRIVATE = (
    r"\b(?:10(?:\.\d{1,3}){3}|127(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})\b"
)
_FIRST = r"(?<![\w.-])"  # nothing of the same name stands before: each name is tried once, however long
#: Names that only an inner network resolves. `.internal` ends a host of three labels, or of two with a digit or a dash:
#: `error.internal` is a code.
_HOSTS = (
    rf"|\.svc\.cluster\.local\b|{_FIRST}[\w-]{{1,63}}\.[\w-]{{1,63}}\.svc(?![\w-]|\.\w)|\.internal(?=:\d|/)"
    rf"|{_FIRST}(?:(?:[\w-]{{1,63}}\.){{2,6}}|[a-z]{{0,40}}[\d-][\w-]{{0,63}}\.)internal(?![\w-]|\.\w)"
    rf"|{_FIRST}[\w-]{{1,63}}\.(?:local|lan|corp|intranet|localdomain)(?=:\d|/)|\blocalhost:\d{{2,5}}\b"
)
_PROGRAMS = (
    r"|goroutine \d+|\bTraceback \(most recent|\bdial tcp\b|\bECONNREFUSED\b|HTTPS?ConnectionPool"
    r"|\w\.(?:go|py|rs|java|js|ts|cc|cpp):\d+|\bFile \"[^\"]+\", line \d+|\bsite-packages\b|\bnode_modules\b"
    r"|(?<![\w:/.])/(?:usr|home|root|opt|app|srv|var|etc|tmp|workspace)/[\w.-]+|\b[A-Z]:\\\\?(?:Users|Windows|app)\b"
    # a program's panic, and not the word: Go's and Rust's own texts, and what gateways say where they recover
    r"|\bpanic:|\bpanicked\b|\bpanic (?:detected|recovered|occurred|in (?:goroutine|handler)|at \S+[./:])"
    r"|\b(?:recovered from|caught)(?: a)? panic\b|\bruntime error:"
)
#: A database speaks: of tables, of statements, of how it is reached.
_DATABASES = (
    r"|\bLiteLLM_\w+Table\w*|\b(?:relation|table) [\"'`][\w.]+[\"'`] (?:does not|doesn.t) exist|\bSQLSTATE\b"
    r"|\bno such table: \w+|\bUnknown column '|\bviolates (?:unique|foreign key|not-null|check) constraint\b"
    r"|\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqp)://[^\s\"']+"
)
#: A gateway speaks of how it is set up: hashes of keys, deployments, the operator's resources.
_SETUP = (
    r"|\b(?:key|token)[_ ]?hash(?: ?\([^)]{1,20}\))?[\"']?\s*[:=]\s*[\"']?[0-9a-f]{16,}|\bhashed_token\b"
    r"|\blitellm_params\b|\bcooldown_list\b|[\"'](?:api_base|azure_endpoint|base_model|model_list)[\"']\s*:\s*[\"'\[{]"
    r"|\bapi_base\s*=\s*[\"']?https?://"
    rf"|{_FIRST}[\w-]{{1,63}}\.(?:openai|services\.ai|cognitiveservices)\.azure\.com\b"
    r"|/openai/deployments/[\w.-]+|\barn:aws[\w-]*:[\w-]+:[\w-]*:\d{12}:|\bprojects/[\w-]+/locations/[\w-]+/"
)
INTERNALS = re.compile(_PRIVATE + _HOSTS + _PROGRAMS + _DATABASES + _SETUP, re.IGNORECASE)
#: One of these, in lower case, or a letter that is odd in lower case, is in every match of INTERNALS.
INTERNALS_SIGNS = (
    "10.", "127.", "192.168", "172.", ".svc", ".internal", ".local", ".lan", ".corp", ".intranet", "localhost:",
    "goroutine ", "traceback (", "dial tcp", "econnrefused", "connectionpool", ".go:", ".py:", ".rs:", ".java:", ".js:",
    ".ts:", ".cc:", ".cpp:", 'file "', "site-packages", "node_modules", "/usr/", "/home/", "/root", "/opt/", "/app/",
    "/srv/", "/var/", "/etc/", "/tmp/", "/workspace/", ":\\", "panic", "runtime error:", "litellm_", "t exist",
    "sqlstate", "no such table: ", "unknown column '", " constraint", "postgres", "mysql", "mongodb", "redis", "amqp",
    "hash", "cooldown_list", "api_base", "azure_endpoint", "base_model", "model_list", ".azure.com",
    "/openai/deployments/", "arn:aws", "/locations/", *"\u0130\u0131\u017f\u212a",
)  # fmt: skip
