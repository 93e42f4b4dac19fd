"""What Cython makes of the sources before it writes C: trees in which each call, coercion and temporary is decided."""

import ast
import os
import tempfile
from collections import Counter

from Cython.Compiler import ExprNodes, Main, Nodes, Options, Pipeline

PLAIN = {"bytes", "str", "int", "float", "bool"}  # objects whose end runs no code, and whose operators do not
LOOPS = (Nodes.LoopNode, Nodes.ForFromStatNode)
# What stands for another node, and adds no reference to it.
TRANSPARENT = (
    ExprNodes.CloneNode,
    ExprNodes.ProxyNode,
    ExprNodes.NoneCheckNode,
    ExprNodes.PyTypeTestNode,
    ExprNodes.CastNode,
)


class Function:
    """A compiled function: its file, its name with those of the classes around it, and its tree."""

    def __init__(self, file, name, node):
        self.file, self.name, self.node = file, name, node
        self.nodes = list(within(node))
        stores = [target for child in self.nodes for target in targets(child)]
        self.stores = Counter(target.name for target in stores if isinstance(target, ExprNodes.NameNode))
        raised = [child.exc_type for child in self.nodes if isinstance(child, Nodes.RaiseStatNode)]
        self.is_abstract = any(getattr(error, "name", "") == "NotImplementedError" for error in raised)
        self.loops = [child for child in self.nodes if isinstance(child, LOOPS)]


def trees_of(twins, top):
    """The analysed trees of these modules, by their names."""
    found = []

    def instead_of_code(options, result):
        return lambda module: found.append(module) or result

    Pipeline.generate_pyx_code_stage_factory, saved = instead_of_code, Pipeline.generate_pyx_code_stage_factory
    here = os.getcwd()
    os.chdir(top)
    try:
        with tempfile.TemporaryDirectory() as nowhere:
            for name, source in twins.items():
                options = Options.CompilationOptions(
                    Options.default_options,
                    include_path=["."],
                    output_file=os.path.join(nowhere, "unused.c"),
                    compiler_directives={
                        "language_level": 3,
                        "annotation_typing": False,
                        "boundscheck": False,
                        "wraparound": False,
                        "cdivision": True,
                        "binding": False,
                    },
                )
                Main.compile_single(source, options, full_module_name=name)
                if not found or found[-1].full_module_name != name:
                    raise SystemExit(f"audit: {source} does not compile")
    finally:
        Pipeline.generate_pyx_code_stage_factory = saved
        os.chdir(here)
    return found


def twins_of(top):
    """What setup.py compiles: the modules' names, and their sources."""
    for node in ast.parse((top / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "TWINS":
            return ast.literal_eval(node.value)
    raise SystemExit(f"audit: {top / 'setup.py'} has no TWINS")


def children(node):
    for name in node.child_attrs or ():
        value = getattr(node, name, None)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, Nodes.Node):
                yield child


def within(node):
    """A function's nodes, without those of functions inside it."""
    for child in children(node):
        yield child
        if not isinstance(child, Nodes.FuncDefNode):
            yield from within(child)


def functions_of(node, path=()):
    """Every function below a node, with the names around it."""
    for child in children(node):
        inner = path
        if isinstance(child, Nodes.CClassDefNode):
            inner = (*path, child.class_name)
        elif isinstance(child, Nodes.PyClassDefNode | Nodes.PropertyNode):
            inner = (*path, child.name)
        elif isinstance(child, Nodes.FuncDefNode):
            name = getattr(child, "name", None) or (
                child.entry.name if child.entry else child.declarator.declared_name()
            )
            accessor = name in ("__get__", "__set__") or (path and path[-1] == name)
            inner = path if accessor else (*path, name)
            yield inner, child
        yield from functions_of(child, inner)


def targets(node):
    """What a statement stores to."""
    if isinstance(node, Nodes.SingleAssignmentNode | Nodes.InPlaceAssignmentNode):
        found = [node.lhs]
    elif isinstance(node, Nodes.CascadedAssignmentNode):
        found = list(node.lhs_list)
    elif isinstance(node, Nodes.DelStatNode):
        found = list(node.args)
    elif isinstance(node, Nodes._ForInStatNode | Nodes.ForFromStatNode | Nodes.ExceptClauseNode):
        found = [node.target]
    else:
        return
    for target in filter(None, found):
        yield from target.args if isinstance(target, ExprNodes.TupleNode | ExprNodes.ListNode) else [target]


def text_of(node):
    """An expression as it is written, without its arguments."""
    if isinstance(node, ExprNodes.NameNode):
        return node.name
    if isinstance(node, ExprNodes.AttributeNode):
        return f"{text_of(node.obj)}.{node.attribute}"
    if isinstance(node, ExprNodes.TypecastNode):
        return f"<{node.type}>{text_of(node.operand)}"
    if isinstance(node, ExprNodes.PythonCapiFunctionNode):
        return node.cname
    if isinstance(node, ExprNodes.CallNode) and getattr(node, "function", None) is not None:
        return f"{text_of(node.function)}()"
    if isinstance(node, ExprNodes.IndexNode):
        return f"{text_of(node.base)}[]"
    if isinstance(node, ExprNodes.SliceIndexNode):
        return f"{text_of(node.base)}[:]"
    if isinstance(node, ExprNodes.AmpersandNode):
        return f"&{text_of(node.operand)}"
    for name in ("arg", "operand", "operand1"):
        if isinstance(getattr(node, name, None), ExprNodes.ExprNode):
            return text_of(getattr(node, name))
    return type(node).__name__.removesuffix("Node")


def attribute_of(node):
    """A C attribute as Class.name, where Class is the first that has it; None for anything else."""
    if not isinstance(node, ExprNodes.AttributeNode) or node.is_py_attr or not is_object(node.obj):
        return None
    owner = node.obj.type
    while getattr(owner, "base_type", None) and owner.base_type.scope and owner.base_type.scope.lookup(node.attribute):
        owner = owner.base_type
    return f"{owner.name}.{node.attribute}"


def bare(node):
    """The node that others stand for, which add no reference."""
    while isinstance(node, TRANSPARENT):
        node = node.arg
    return node


def is_object(node):
    return getattr(node, "type", None) is not None and node.type.is_pyobject


def is_plain(kind):
    return bool(kind.is_builtin_type and kind.name in PLAIN)


def is_pointer(node):
    kind = getattr(node, "type", None)
    return kind is not None and (kind.is_ptr or kind.is_array) and not kind.is_pyobject


def is_among(name, nodes):
    """Whether one of these nodes is the variable of this name, or sets it in passing."""
    named = [node.assignment.lhs if isinstance(node, ExprNodes.AssignmentExpressionNode) else node for node in nodes]
    return any(isinstance(node, ExprNodes.NameNode) and node.name == name for node in named)
