"""Writes the type stubs of the generated module: what it says in annotations, and the errors, which it builds while it is
loaded, where no type checker looks. `cargo xtask codegen` runs it.

    python stubs.py GENERATED > STUBS
"""

import ast
import re
import sys

FIELDS = {"String": "str", "MapStringString": "typing.Dict[str, str]"}


def annotation(node):
    """`typing.Union[object, X]` is what X with a default looks like."""
    if node is None:
        return "typing.Any"
    text = ast.unparse(node)
    prefix = "typing.Union[object, "
    text = text[len(prefix) : -1] if text.startswith(prefix) else text
    # A field of that name would be taken for the type.
    return re.sub(r"\bbytes\b", "builtins.bytes", text)


def method(function):
    lines = [f"    @{ast.unparse(d)}" for d in function.decorator_list]
    arguments = function.args
    parts = []
    defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + arguments.defaults
    for argument, default in zip(arguments.args, defaults):
        if argument.arg in ("self", "cls"):
            parts.append(argument.arg)
        else:
            parts.append(f"{argument.arg}: {annotation(argument.annotation)}" + (" = ..." if default else ""))
    if arguments.vararg:
        parts.append("*args: typing.Any")
    elif arguments.kwonlyargs:
        parts.append("*")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        parts.append(f"{argument.arg}: {annotation(argument.annotation)}" + (" = ..." if default else ""))
    if arguments.kwarg:
        parts.append("**kwargs: typing.Any")
    returned = annotation(function.returns) if function.returns else "None"
    lines.append(f"    def {function.name}({', '.join(parts)}) -> {returned}: ...")
    return lines


def errors(node, converter):
    """An error's kinds: its fields' types stand only in the code that reads them."""
    types = {}
    for call in ast.walk(converter):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith(f"{node.name}."):
            readers = [ast.unparse(a.func).removeprefix("_UniffiFfiConverter").removesuffix(".read") for a in call.args]
            types.setdefault(call.func.attr, [FIELDS[reader] for reader in readers])
    lines = [f"class {node.name}(Exception):"]
    names = {name for kind in kinds(node) for name in fields(kind)}
    shared = [n for n in names if all(n in fields(kind) for kind in kinds(node))]
    for name in sorted(shared):
        kind = kinds(node)[0]
        lines.append(f"    {name}: {types[kind.name][fields(kind).index(name)]}")
    for kind in kinds(node):
        typed = list(zip(fields(kind), types[kind.name]))
        lines.append(f"    class {kind.name}({node.name}):")
        lines += [f"        {name}: {type_}" for name, type_ in typed]
        parameters = "".join(f", {name}: {type_}" for name, type_ in typed)
        lines.append(f"        def __init__(self{parameters}) -> None: ...")
    return lines


def kinds(node):
    return [member for member in node.body if isinstance(member, ast.ClassDef)]


def fields(kind):
    init = next(m for m in kind.body if isinstance(m, ast.FunctionDef) and m.name == "__init__")
    return [argument.arg for argument in init.args.args[1:]]


def plain(node):
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    lines = []
    for member in node.body:
        if isinstance(member, ast.Assign) and bases == "enum.Enum":
            lines.append(f"    {ast.unparse(member)}")
        elif isinstance(member, ast.FunctionDef):
            record = member.name == "__init__" and member.args.kwonlyargs
            if record:
                pairs = zip(member.args.kwonlyargs, member.args.kw_defaults)
                lines += [f"    {argument.arg}: {annotation(argument.annotation)}" for argument, _ in pairs]
            if record or not member.name.startswith("_"):
                lines += method(member)
            elif member.name == "__init__" and len(member.args.args) + len(member.args.kwonlyargs) > 1:
                lines += method(member)
    return [f"class {node.name}" + (f"({bases})" if bases else "") + ":"] + (lines or ["    ..."])


def stubs(source):
    classes = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            classes[node.name] = node
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            public = ast.literal_eval(node.value)
    # Bases that are not public themselves.
    wanted = list(public)
    for name in wanted:
        for base in classes[name].bases:
            if isinstance(base, ast.Name) and base.id in classes and base.id not in wanted:
                wanted.append(base.id)
    lines = ["# Written by `cargo xtask codegen` from countersign.py.", "", "import builtins", "import enum", "import typing"]
    for name, node in classes.items():
        if name in wanted:
            lines += [""]
            is_error = kinds(node) and not node.bases
            lines += errors(node, classes[f"_UniffiFfiConverterType{name}"]) if is_error else plain(node)
    lines += ["", "__all__ = ["] + [f'    "{name}",' for name in public] + ["]"]
    return "\n".join(lines)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(stubs(file.read()))
