"""Every text that the warnings of a module may have: read from the program, values as {}."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

#: What gives a warning, and which parts of it a reader sees as sentences.
WARN = ("warn", "Notice", "_say")
PARTS = ("what", "value", "expectation", "effect")


def warning_texts(program: str) -> list[str]:
    """Texts of all warnings of a module: names are followed to what they may be, through loops,
    dictionaries and the arguments of functions.
    """
    module = Module(ast.parse(program))
    return [
        text
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in WARN
        for part in call.keywords
        if part.arg in PARTS
        for text in dict.fromkeys(module.texts(part.value))
    ]


def matched(target: ast.expr, value: ast.expr, name: str) -> list[ast.expr]:
    """What a name is where a value is assigned to a target that has it."""
    if isinstance(target, ast.Name):
        return [value] if target.id == name else []
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=False)
        return [found for one, other in pairs for found in matched(one, other, name)]
    return []


class Module:
    """A program, and what its names may be."""

    def __init__(self, tree: ast.Module):
        self.tree = tree
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        self.function_of = {
            part: function for function in functions for part in ast.walk(function)
        }  # the innermost: functions inside others come later

    def assigned(self, scope: ast.AST, name: str) -> Iterator[ast.expr]:
        """What is assigned to a name in a function or module."""
        for node in ast.walk(scope):
            match node:
                case ast.Assign(targets=[target], value=value):
                    yield from matched(target, value, name)
                case (
                    ast.For(target=target, iter=over) | ast.comprehension(target=target, iter=over)
                ):
                    for one in self.elements(over):
                        yield from matched(target, one, name)

    def elements(self, over: ast.expr) -> list[ast.expr]:
        """What a loop goes over, where the program says so itself."""
        match over:
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return parts
            case ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="items")):
                return [ast.Tuple([*pair]) for pair in self.pairs(table)]
            case ast.Name(id=name) if over in self.function_of:
                scope = self.function_of[over]
                values = [
                    node.value
                    for node in ast.walk(scope)
                    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name
                ]
                return [one for value in values for one in getattr(value, "elts", [])]
        return []

    def pairs(self, table: ast.Name) -> list[tuple[ast.expr, ast.expr]]:
        """Keys and values of dictionaries of a name."""
        return [
            pair
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == table.id
            if isinstance(node.value, ast.Dict)
            for pair in zip(node.value.keys, node.value.values, strict=True)
        ]

    def named(self, node: ast.Name) -> list[ast.expr]:
        """What a name may be: where it is assigned, else what calls give for it, else what it is
        in the module.
        """
        if (function := self.function_of.get(node)) is None:
            return [*self.assigned(self.tree, node.id)]
        if found := [*self.assigned(function, node.id)]:
            return found
        names = [one.arg for one in function.args.args + function.args.kwonlyargs]
        if node.id not in names:
            return [*self.assigned(ast.Module(self.tree.body, []), node.id)]
        calls = [
            dict(zip(names, call.args, strict=False)) | {k.arg: k.value for k in call.keywords}
            for call in ast.walk(self.tree)
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == function.name
        ]
        return [given[node.id] for given in calls if node.id in given]

    def texts(self, node: ast.expr) -> list[str]:
        """The texts that an expression may be; none where the program does not say them."""
        several: list[ast.expr] = []
        match node:
            case ast.Constant(value=str() as text):
                return [text]
            case ast.JoinedStr(values=parts):
                return self.joined(parts)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.joined([left, right])
            case ast.FormattedValue(value=ast.IfExp() | ast.Name() as value):
                several = [value]
            case ast.IfExp(body=one, orelse=other):
                several = [one, other]
            case ast.BoolOp(values=several) | ast.List(elts=several) | ast.Tuple(elts=several):
                pass
            case ast.ListComp(elt=one) | ast.GeneratorExp(elt=one):
                several = [one]
            case ast.Call(func=ast.Attribute(attr="join"), args=several):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="get"), args=given):
                several = [value for _, value in self.pairs(table)] + given[1:]
            case ast.Subscript(value=ast.Name() as table):
                several = [value for _, value in self.pairs(table)]
            case ast.Name():
                several = self.named(node)
        return [text for one in several for text in self.texts(one)]

    def joined(self, parts: list[ast.expr]) -> list[str]:
        """Parts of a text one behind the other."""
        each = [self.texts(part) or ["{}"] for part in parts]
        return ["".join(one) for one in itertools.product(*each)]
