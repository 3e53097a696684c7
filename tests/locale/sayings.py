"""Where the messages of checks come from, followed through the source: names to what they are assigned, calls to what
the functions return."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import conformance

PACKAGE = Path(conformance.__file__).parent
RAISED = {"NotApplicable", "Inconclusive", "Violation", "AssertionError"}
SPOKEN = RAISED | {"Untold"}
#: Two words after each other, or one at an end: what a reader of another language would miss.
PROSE = re.compile(r"[a-z]{2,},? [a-z]{2,}|^ [a-z]{2,}|[a-z]{2,} $|[a-z]: ?$|^(?:is|are|absent|missing)$")
#: Functions that give what they are given.
_PASSING = {
    "next", "sorted", "list", "tuple", "set", "iter", "filter", "min", "max", "str", "reversed", "fromkeys", "values",
}  # fmt: skip

Function = ast.FunctionDef | None


class Named(NamedTuple):
    """What a name of a module stands for: a definition or a value, and the module that has it."""

    module: str
    node: ast.AST


@cache
def parsed(module: str) -> ast.Module:
    path = PACKAGE.parent / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def named(module: str, name: str) -> Named | None:
    """What a name stands for in a module of the package, imported ones included."""
    for node in parsed(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return Named(module, node)
        if isinstance(node, ast.Assign) and name in (each.id for each in node.targets if isinstance(each, ast.Name)):
            return Named(module, node.value)
        if isinstance(node, ast.ImportFrom):
            for each in node.names:
                if name == (each.asname or each.name):
                    return _imported(module, node, each.name)
    return None


def _imported(module: str, node: ast.ImportFrom, name: str) -> Named | None:
    own = module.split(".") if (PACKAGE.parent / Path(*module.split("."))).is_dir() else module.split(".")[:-1]
    base = ".".join(own[: len(own) - node.level + 1]) if node.level else ""
    origin = ".".join(filter(None, [base, node.module]))
    known = origin.startswith("conformance") and not (PACKAGE.parent / Path(*origin.split("."), f"{name}.py")).exists()
    return named(origin, name) if known else None


class Following:
    """Follows expressions to the sentences that they come from. `wrong` says by place what is none."""

    def __init__(self) -> None:
        self.wrong: dict[str, str] = {}
        self._known: dict[int, bool] = {}

    def message(self, module: str, function: Function, node: ast.AST) -> None:
        """Note where the message of an assertion or exception is no sentence."""
        if not self._says(module, function, node):
            self._note(module, node, "no sentence")

    def _note(self, module: str, node: ast.AST, why: str) -> None:
        self.wrong.setdefault(f"{module}:{getattr(node, 'lineno', 0)}", f"{why}: {ast.unparse(node)}")

    def _says(self, module: str, function: Function, node: ast.AST) -> bool:
        """Whether a sentence is among what it may be."""
        if id(node) not in self._known:
            self._known[id(node)] = False  # where it comes back to itself
            self._known[id(node)] = self._looked_at(module, function, node)
        return self._known[id(node)]

    def _any(self, module: str, function: Function, nodes: list[ast.expr]) -> bool:
        return True in [self._says(module, function, each) for each in nodes]  # each, for what is wrong in it

    def _looked_at(self, module: str, function: Function, node: ast.AST) -> bool:
        match node:
            case ast.Constant(value=str(text)):
                if PROSE.search(text):
                    self._note(module, node, "plain words")
            case ast.JoinedStr(values=values):
                return self._in_f_string(module, function, node, values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                if self._any(module, function, [left, right]) and not isinstance(left, ast.List):
                    self._note(module, node, "a sentence is added to")
            case ast.IfExp(body=one, orelse=other):
                return self._any(module, function, [one, other])
            case ast.BoolOp(values=nodes) | ast.List(elts=nodes) | ast.Tuple(elts=nodes) | ast.Dict(values=nodes):
                return self._any(module, function, nodes)
            case ast.Subscript(value=inner) | ast.Starred(value=inner) | ast.NamedExpr(value=inner):
                return self._says(module, function, inner)
            case (
                ast.ListComp(elt=inner)
                | ast.SetComp(elt=inner)
                | ast.GeneratorExp(elt=inner)
                | ast.DictComp(value=inner)
            ):
                return self._says(module, function, inner)
            case ast.Name(id=name):
                return self._of_name(module, function, name)
            case ast.Call():
                return self._of_call(module, function, node)
        return False

    def _in_f_string(self, module: str, function: Function, node: ast.AST, values: list[ast.expr]) -> bool:
        texts = [each.value if isinstance(each, ast.Constant) else "X" for each in values]
        if PROSE.search("".join(map(str, texts))):
            self._note(module, node, "plain words in an f-string")
        inner = [each.value for each in values if isinstance(each, ast.FormattedValue)]
        if self._any(module, function, inner):
            self._note(module, node, "a sentence in an f-string")
        return False

    def _of_name(self, module: str, function: Function, name: str) -> bool:
        if function and (assigned := list(_assigned(function, name))):
            return self._any(module, function, assigned)
        if function and _is_caught(function, name):
            return True
        home = named(module, name)
        if home is None or isinstance(home.node, ast.FunctionDef | ast.ClassDef):
            return False
        return self._says(home.module, None, home.node)

    def _of_call(self, module: str, function: Function, node: ast.Call) -> bool:
        values = [*node.args, *(each.value for each in node.keywords)]
        if isinstance(node.func, ast.Attribute):
            if node.func.attr == "join":
                if self._any(module, function, values):
                    self._note(module, node, "sentences joined as plain text")
                return False
            if node.func.attr in _PASSING:
                return self._any(module, function, [node.func.value, *values])
            return True in [self._returns(module, each) for each in _methods(module, node.func.attr)]
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("say", "joined", "several"):
            self._any(module, function, values[1:] if name != "several" else values)
            return True
        if name == "map" and isinstance(values[0], ast.Name):
            return self._of_function(module, function, values[0].id)
        if name in _PASSING:
            return self._any(module, function, values)
        self._any(module, function, [each for each in values if isinstance(each, ast.Constant | ast.JoinedStr)])
        return self._of_function(module, function, name)

    def _of_function(self, module: str, function: Function, name: str) -> bool:
        for inner in ast.walk(function) if function else ():
            if isinstance(inner, ast.FunctionDef) and inner.name == name:
                return self._returns(module, inner)
        home = named(module, name)
        if home and isinstance(home.node, ast.ClassDef):
            shown = [each for each in home.node.body if isinstance(each, ast.FunctionDef) and each.name == "__str__"]
            return True in [self._returns(home.module, each) for each in shown]
        return bool(home and isinstance(home.node, ast.FunctionDef) and self._returns(home.module, home.node))

    def _returns(self, module: str, function: ast.FunctionDef) -> bool:
        given = (each for each in ast.walk(function) if isinstance(each, ast.Return | ast.Yield | ast.YieldFrom))
        return self._any(module, function, [each.value for each in given if each.value])


def _methods(module: str, name: str) -> Iterator[ast.FunctionDef]:
    for each in parsed(module).body:
        members = each.body if isinstance(each, ast.ClassDef) else []
        yield from (member for member in members if isinstance(member, ast.FunctionDef) and member.name == name)


def _assigned(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """What a name within a function may stand for."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value) if any(_binds(each, name) for each in targets):
                yield value
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _binds(target, name):
                yield value
            case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                yield from [value] if _binds(target, name) else []
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield from [value] if _binds(target, name) else []
            case ast.Call(func=ast.Attribute(value=ast.Name(id=own), attr="append" | "extend"), args=values):
                yield from values if own == name else []


def _is_caught(function: ast.FunctionDef, name: str) -> bool:
    """Whether a name is of an exception whose message is a sentence."""
    handlers = (each for each in ast.walk(function) if isinstance(each, ast.ExceptHandler) and each.name == name)
    return any({node.id for node in ast.walk(each) if isinstance(node, ast.Name)} & SPOKEN for each in handlers)


def _binds(target: ast.expr, name: str) -> bool:
    if isinstance(target, ast.Tuple | ast.List | ast.Starred):
        inner = [target.value] if isinstance(target, ast.Starred) else target.elts
        return any(_binds(each, name) for each in inner)
    container = target.value if isinstance(target, ast.Subscript) else target
    return isinstance(container, ast.Name) and container.id == name


def messages(tree: ast.Module) -> Iterator[tuple[Function, ast.AST]]:
    """The message of each assertion, and of each exception by which a check ends, with the function it stands in; the
    assertion itself where it has none."""
    outer: dict[int, ast.FunctionDef] = {}
    for node in ast.walk(tree):  # from the outside in: of functions within others it is the outer one
        if isinstance(node, ast.FunctionDef):
            for inner in ast.walk(node):
                outer.setdefault(id(inner), node)
    for node in ast.walk(tree):
        match node:
            case ast.Assert():
                yield outer.get(id(node)), node.msg or node
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[message, *_])) if name in RAISED:
                yield outer.get(id(node)), message
