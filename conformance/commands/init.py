"""A first configuration: what was found of an endpoint, as a file with comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from conformance.contract.profile import COMMON, FAMILIES, Model, Profile
from conformance.language import gettext, say, tell, told
from conformance.pytest_plugin.target import REFERENCE_MODELS, REFERENCE_URL
from conformance.sending.access import access, check_address, check_open, key_in
from conformance.sending.client import Access
from conformance.settings.address import public, secret_parts
from conformance.settings.config import NAME, is_secret
from conformance.settings.errors import SessionError
from conformance.settings.options import OPTIONS
from conformance.settings.settings import Settings
from conformance.text import quoted, reason_of, toml_string

from .discover import Address, Look, Seen, look
from .effects import EFFECTS

_LISTED = 20  #: models that were not probed and are named in the file


def write(out: Path, settings: Settings) -> str:
    """Write a configuration for the endpoint of these settings, and say what was found and what to do next. Raises
    SessionError for wrong usage, and DiscoverError where the endpoint gives no completion."""
    if out.exists():
        raise SessionError(say("--out: {out} exists: name another file, or remove it first", out))
    if not out.parent.is_dir():
        raise SessionError(say("--out: there is no folder {parent}", out.parent))
    if not settings.base_url:
        text, said = template(Profile(REFERENCE_URL, REFERENCE_MODELS, "reference")), following(out)
    else:
        address, found = _looked(settings)
        text, said = written(address, found), summary(found, out)
    try:
        with out.open("x", encoding="utf-8") as file:  # which follows no link
            file.write(text)
    except OSError as error:
        raise SessionError(say("--out: {out} cannot be written ({reason})", out, reason_of(error))) from None
    return said


def _looked(settings: Settings) -> tuple[Address, Look]:
    check_address(settings.base_url)
    key = key_in(settings.api_key_variable)
    reached = access(settings.header, settings.authorities, settings.certificate, settings.secret_header)
    check_open(settings.base_url, settings.model, key, reached)
    address = Address(settings.base_url, settings.api_key_variable, key, reached)
    try:
        named = [Model.parse(each) for each in settings.model]
    except ValueError as error:
        raise SessionError(say("--model: {error}", error)) from None
    return address, look(address, named)


def written(address: Address, found: Look) -> str:
    """The file, with a comment for all that was found out."""
    files = {"authorities": address.access.authorities, "certificate": address.access.certificate}
    lines = [
        *map(told, _HEAD),
        "",
        *_base_url(address.base_url),
        f"api-key-variable = {toml_string(address.key_variable)}",
    ]
    lines += [f"{name} = {toml_string(str(path.absolute()))}" for name, path in files.items() if path]
    stub = [tell("stub = true  # each answer is {answer!r}: leave out what needs a real model", _constant(found))]
    lines += [
        "",
        *_without(found.without),
        *(stub if _constant(found) else ()),
        *map(told, _SUGGESTED),
        *_headers(address.access),
    ]
    for each in found.seen:
        families = ", ".join(FAMILIES[:-1])
        unmatched = tell("  # its name matches none of {families}; caching is judged for gpt and claude", families)
        unnamed = unmatched if each.model.family == "other" else ""
        lines += ["", "[[models]]", f"name = {toml_string(each.model.name)}"]
        lines += [f"family = {toml_string(each.model.family)}{unnamed}"]
        lines += (
            [gettext("reasoning = true  # a reasoning model: max_tokens leaves room for reasoning")]
            if each.model.thinking
            else []
        )
        lines += _without(each.refused)
        lines += [
            tell("# {feature} is ignored, as the run will say: {instead}", feature, instead)
            for feature, instead in each.ignored.items()
        ]
        lines += [
            tell("# {feature} could not be determined: {answer}", feature, answer)
            for feature, answer in each.untold.items()
        ]
        lines += _claimable(each)
    for name, answer in found.silent.items():
        lines += ["", tell("# No completion: {answer}", answer), "# [[models]]", f"# name = {toml_string(name)}"]
    if found.others:
        lines += ["", gettext("# Listed by the endpoint and not probed:")]
        lines += [f"# {name}" for name in found.others[:_LISTED]]
        lines += [tell("# and {number} more", len(found.others) - _LISTED)] if len(found.others) > _LISTED else []
    return "\n".join(lines) + "\n"


def _base_url(base_url: str) -> Iterator[str]:
    """The address, which must not be in a file where a part of it is secret."""
    if secret_parts(base_url):
        yield tell("# base-url has a secret: set it with {variable} or --base-url", OPTIONS["base-url"].variable)
        yield f"# base-url = {toml_string(public(base_url))}"
    else:
        yield f"base-url = {toml_string(base_url)}"


_HEAD = (
    say("# Configuration of phanedge-conformance, read from the working directory or from the file in --config."),
    say("# Set any option here by its name; environment and command line have precedence. Store no key here."),
)
_SUGGESTED = (
    say("# no-costly = true     # skip requests that cost thousands of tokens, such as those that test caching"),
    say("# max-requests = 1000  # and max-tokens, max-cost"),
)


def template(profile: Profile) -> str:
    """The file without an endpoint: for the reference endpoint, with what to change for another one."""
    lines = [
        *map(told, _HEAD),
        "",
        gettext("# Without base-url the built-in reference endpoint is tested. For your own:"),
    ]
    lines += [
        '# base-url = "https://host/v1"',
        f"# api-key-variable = {toml_string(str(OPTIONS['api-key-variable'].default))}",
    ]
    lines += [gettext("# without = []  # features that no model supports, such as chat.n"), *map(told, _SUGGESTED)]
    for model in profile.models:
        lines += ["", "[[models]]", f"name = {toml_string(model.name)}"]
        lines += [
            tell(
                "family = {family}  # {families}; default: derived from the name",
                toml_string(model.family),
                ", ".join(FAMILIES),
            ),
            "without = []",
        ]
    return "\n".join(lines) + "\n"


def summary(found: Look, out: Path) -> str:
    """What was found, and what to do next."""
    lines = [tell("{feature} is not supported: {answer}", feature, answer) for feature, answer in found.without.items()]
    for each in found.seen:
        lines.append(f"{each.model.name} ({each.model.family}) {_offer(each)}")
    lines += [tell("{name} is omitted: {answer}", name, answer) for name, answer in found.silent.items()]
    if said := _constant(found):
        lines.append(
            tell("each answer is {said!r}: this is a stub, and what needs a real model is left out (--stub)", said)
        )
    if found.others:
        lines.append(
            tell("{number} more models are listed and were not probed: add one with --model NAME", len(found.others))
        )
    return "\n".join([*lines, following(out)])


def _constant(found: Look) -> str:
    """The text of all answers, where no model has another."""
    said = {each.constant for each in found.seen}
    return said.pop() if len(said) == 1 else ""


def _offer(seen: Seen) -> str:
    """What a model does with the features that were probed."""
    does = [tell("rejects {features}", ", ".join(seen.refused))] if seen.refused else []
    does += [tell("ignores {feature} ({instead})", feature, instead) for feature, instead in seen.ignored.items()]
    untold = [tell("could not be determined: {untold}", ", ".join(seen.untold))] if seen.untold else []
    return gettext("; ").join([*(does or [gettext("supports every feature that was probed")]), *untold])


def following(out: Path) -> str:
    """What was written, and the command that comes next."""
    named = "" if out == Path(NAME) else f" --config {quoted(str(out))}"
    return tell("{out} is written; next: phanedge-conformance run{named}", out, named)


def _without(features: Mapping[str, str]) -> list[str]:
    if not features:
        return []
    return ["without = [", *(f"  {toml_string(name)},  # {told(answer)}" for name, answer in features.items()), "]"]


def _claimable(seen: Seen) -> list[str]:
    """The optional features that were seen at work, to be claimed by whoever relies on them."""
    shown = [each for each in EFFECTS if each not in {*COMMON, *seen.refused, *seen.ignored, *seen.untold}]
    names = ", ".join(map(toml_string, shown))
    return [tell("# claims = [{names}]  # what must be served beside the common features", names)] if names else []


def _headers(access: Access) -> Iterator[str]:
    """The header fields that are sent with every request, except secret ones, which must not be in a file."""
    named = {name.lower() for name in access.secret}
    secret = [name for name, value in access.headers if name.lower() in named or is_secret(name, value)]
    public = {name: value for name, value in access.headers if name not in secret}
    for name in secret:
        yield tell("# {name} looks like a secret: set it with {variable} or --header", name, OPTIONS["header"].variable)
    if public:
        yield from ("", "[headers]", *(f"{toml_string(name)} = {toml_string(value)}" for name, value in public.items()))
