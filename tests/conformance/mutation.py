"""Rules with one condition turned round, or left out. PURE."""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

CONDITION = {"case": 0, "declares": 1}
"""The functions that make a case of a condition, and which argument that is."""
ENDS = (ast.Raise, ast.Return, ast.Continue, ast.Break)

Change = Callable[[ast.AST], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change: in which function and line, what was changed, and the module as it is then."""

    function: str
    line: int
    what: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    found = []
    for function in functions:
        for place, node in enumerate(ast.walk(function)):
            for what, change in changes(node):
                found.append((getattr(node, "lineno", _line(node)), function, place, what, change))
    for line, function, place, what, change in sorted(found, key=lambda it: it[0]):
        copy = deepcopy(tree)
        changed = copy.body[tree.body.index(function)]
        change(list(ast.walk(changed))[place])
        yield Mutant(function.name, line, what, ast.fix_missing_locations(copy))


def changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What can be changed about a node, in words, and how."""
    if isinstance(node, ast.If):
        guard = isinstance(node.body[-1], ENDS) and not node.orelse
        yield f"turned round: if {ast.unparse(node.test)}", _set("test", _turned(node.test))
        yield f"left out: if {ast.unparse(node.test)}", _set("test", ast.Constant(value=not guard))
    elif isinstance(node, ast.comprehension):
        for place, test in enumerate(node.ifs):
            yield f"turned round: … if {ast.unparse(test)}", _set_in("ifs", place, _turned(test))
            yield f"left out: … if {ast.unparse(test)}", _set_in("ifs", place, ast.Constant(value=True))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CONDITION:
        place = CONDITION[node.func.id]
        kept = node.args[place]
        yield f"turned round: {node.func.id}({ast.unparse(kept)})", _set_in("args", place, _turned(kept))
        yield f"left out: {node.func.id}({ast.unparse(kept)})", _set_in("args", place, ast.Constant(value=True))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield):
        made = node.value.value
        if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "Breach":
            yield f"left out: yield {ast.unparse(made)}", _set("value", ast.YieldFrom(value=ast.Tuple([], ast.Load())))


def _turned(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(op=ast.Not(), operand=deepcopy(test))


def _set(name: str, value: ast.AST) -> Change:
    return lambda node: setattr(node, name, deepcopy(value))


def _set_in(name: str, place: int, value: ast.AST) -> Change:
    return lambda node: getattr(node, name).__setitem__(place, deepcopy(value))


def _line(node: ast.AST) -> int:
    """The line of a node that has none of its own."""
    return next((found for it in ast.walk(node) if (found := getattr(it, "lineno", 0))), 0)
