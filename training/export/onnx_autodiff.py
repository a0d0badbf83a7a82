"""ONNX graph of a forward pass + seeds -> the same graph with its gradients, by reverse-mode differentiation.

A rule, named after its ONNX operator, adds the nodes of the operator's vector-Jacobian product. Gradient
nodes use the weights of the forward pass, so the file grows by a few kilobytes only: an ONNX `ConvTranspose`
takes its kernel in the very layout of the `Conv` that it differentiates. Shapes are static.

The rules of activations use their *output* rather than their input, so that ONNX Runtime can still fuse
convolution and activation.
"""

import math
from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from faces.errors import ExportError

Rule = Callable[["GradientGraph", onnx.NodeProto, str, int], str]
RULES: dict[str, Rule] = {}


def rule(*op_types: str) -> Callable[[Rule], Rule]:
    """Register a rule: (graph, node, gradient of its output, index of an input) -> gradient of that input."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(op_types, function))
        return function

    return register


def attribute(node: onnx.NodeProto, name: str, default: Any = None) -> Any:
    """The value of a node's attribute, or `default` where the node leaves it out."""
    for candidate in node.attribute:
        if candidate.name == name:
            return helper.get_attribute_value(candidate)
    return default


class GradientGraph:
    """Forward graph to which gradients are added in place.

    Raises ExportError where the graph holds an operator without a rule, or a shape that is not static.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
        self.graph = model.graph
        self.constants = {tensor.name: tensor for tensor in self.graph.initializer}
        self._shapes = {name: tuple(tensor.dims) for name, tensor in self.constants.items()}
        for value in (*inferred.value_info, *inferred.input, *inferred.output):
            dims = value.type.tensor_type.shape.dim
            if all(dim.HasField("dim_value") for dim in dims):
                self._shapes[value.name] = tuple(dim.dim_value for dim in dims)
        self._forward = list(self.graph.node)
        self._constant_names: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def add_gradients(
        self, seeds: dict[str, str], wanted: Iterable[str], constants: Collection[str] = ()
    ) -> dict[str, str]:
        """Add the gradients of the target with respect to `wanted`: name of a tensor -> name of its gradient.

        `seeds` maps a tensor to the tensor that holds the gradient of the target with respect to it. Tensors
        in `constants` are not differentiated.
        """
        wanted = set(wanted)
        dependent = set(wanted)
        for node in self._forward:
            if dependent.intersection(node.input):
                dependent.update(set(node.output).difference(constants))
        gradients = dict(seeds)
        for node in reversed(self._forward):
            upstream = gradients.get(node.output[0])
            if upstream is None or not dependent.intersection(node.input):
                continue
            if node.op_type not in RULES:
                raise ExportError(f"There is no derivative of {node.op_type}. Received: node {node.name}.")
            for index, name in enumerate(node.input):
                if name in dependent:
                    gradient = RULES[node.op_type](self, node, upstream, index)
                    earlier = gradients.get(name)
                    gradients[name] = self.add("Add", [earlier, gradient]) if earlier else gradient
        missing = wanted.difference(gradients)
        if missing:
            raise ExportError(f"The target does not depend on {sorted(missing)}.")
        return {name: gradients[name] for name in wanted}

    def add(self, op_type: str, inputs: list[str], **attributes: Any) -> str:
        """Append a node with one output; return the name of that output."""
        output = f"gradient/{op_type}_{len(self.graph.node)}"
        self.graph.node.append(helper.make_node(op_type, inputs, [output], name=output, **attributes))
        return output

    def constant(self, value: Any, dtype: type = np.float32) -> str:
        """Name of an initialiser with this value; equal values share one."""
        array: np.ndarray = np.asarray(value, dtype=dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constant_names:
            name = f"gradient/constant_{len(self._constant_names)}"
            self._constant_names[key] = name
            self.graph.initializer.append(numpy_helper.from_array(array, name))
        return self._constant_names[key]

    def shape(self, name: str) -> tuple[int, ...]:
        if name not in self._shapes:
            raise ExportError(f"The shape of tensor '{name}' is not static.")
        return self._shapes[name]

    def values(self, name: str) -> np.ndarray:
        """The values of an initialiser, such as axes or pads."""
        if name not in self.constants:
            raise ExportError(f"Tensor '{name}' is computed where a constant is needed.")
        return numpy_helper.to_array(self.constants[name])

    def reshaped(self, tensor: str, shape: tuple[int, ...]) -> str:
        return self.add("Reshape", [tensor, self.constant(shape, np.int64)])

    def summed_to(self, tensor: str, from_shape: tuple[int, ...], to_shape: tuple[int, ...]) -> str:
        """Undo broadcasting: sum over the axes along which an operand of `to_shape` was repeated."""
        lead = len(from_shape) - len(to_shape)
        padded = (1,) * lead + tuple(to_shape)
        axes = [axis for axis, size in enumerate(from_shape) if padded[axis] == 1 and size != 1]
        if axes:
            tensor = self.add("ReduceSum", [tensor, self.constant(axes, np.int64)], keepdims=1)
        return self.reshaped(tensor, tuple(to_shape)) if lead else tensor


def window_pads(
    graph: GradientGraph, node: onnx.NodeProto, kernel: list[int], strides: list[int]
) -> list[int]:
    """Explicit pads (begin of each axis, then end of each) of a convolution or pooling node."""
    automatic = attribute(node, "auto_pad", b"NOTSET").decode()
    if automatic == "NOTSET":
        return list(attribute(node, "pads", [0] * 2 * len(kernel)))
    if automatic == "VALID":
        return [0] * 2 * len(kernel)
    sizes_in = graph.shape(node.input[0])[2:]
    totals = [
        max((math.ceil(size / stride) - 1) * stride + width - size, 0)
        for size, stride, width in zip(sizes_in, strides, kernel, strict=True)
    ]
    small, large = [total // 2 for total in totals], [total - total // 2 for total in totals]
    return small + large if automatic == "SAME_UPPER" else large + small


def transposed_convolution(
    graph: GradientGraph, node: onnx.NodeProto, upstream: str, kernel_name: str, kernel: list[int], group: int
) -> str:
    """Gradient of a convolution's input: ConvTranspose with the convolution's own kernel."""
    strides = list(attribute(node, "strides", [1] * len(kernel)))
    dilations = list(attribute(node, "dilations", [1] * len(kernel)))
    pads = window_pads(graph, node, kernel, strides)
    sizes_in, sizes_out = graph.shape(node.input[0])[2:], graph.shape(node.output[0])[2:]
    # Pixels at the end that no stride reached get a gradient of zero.
    unreached = [
        sizes_in[axis]
        - ((sizes_out[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1)
        + pads[axis]
        + pads[axis + len(kernel)]
        for axis in range(len(kernel))
    ]
    return graph.add(
        "ConvTranspose",
        [upstream, kernel_name],
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        pads=pads,
        output_padding=unreached,
        group=group,
    )


@rule("Conv")
def _conv(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    kernel = list(graph.shape(node.input[1])[2:])
    return transposed_convolution(graph, node, upstream, node.input[1], kernel, attribute(node, "group", 1))


@rule("MaxPool")
def _max_pool(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    shape = graph.shape(node.input[0])
    # A second pooling yields the indices of the maxima: as an output of the first they slow the forward path.
    pooled, indices = f"{node.output[0]}/again", f"{node.output[0]}/indices"
    second = onnx.NodeProto()
    second.CopyFrom(node)
    second.name = pooled
    del second.output[:]
    second.output.extend([pooled, indices])
    graph.graph.node.append(second)
    zeros = graph.add("ConstantOfShape", [graph.constant([math.prod(shape)], np.int64)])
    flat = graph.add(
        "ScatterElements",
        [zeros, graph.reshaped(indices, (-1,)), graph.reshaped(upstream, (-1,))],
        axis=0,
        reduction="add",
    )
    return graph.reshaped(flat, shape)


@rule("AveragePool")
def _average_pool(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    kernel = list(attribute(node, "kernel_shape"))
    strides = list(attribute(node, "strides", [1] * len(kernel)))
    channels = graph.shape(node.input[0])[1]
    pads = window_pads(graph, node, kernel, strides)
    sizes_in, sizes_out = graph.shape(node.input[0])[2:], graph.shape(node.output[0])[2:]
    counts = np.ones(())
    for axis, width in enumerate(kernel):
        starts = np.arange(sizes_out[axis]) * strides[axis] - pads[axis]
        inside = np.minimum(starts + width, sizes_in[axis]) - np.maximum(starts, 0)
        along = np.full(len(starts), width) if attribute(node, "count_include_pad", 0) else inside
        counts = np.multiply.outer(counts, along)
    fractions = graph.add("Div", [upstream, graph.constant(counts[None, None])])
    ones = graph.constant(np.ones((channels, 1, *kernel)))
    return transposed_convolution(graph, node, fractions, ones, kernel, channels)


@rule("GlobalAveragePool")
def _global_average_pool(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    shape = graph.shape(node.input[0])
    fraction = graph.add("Mul", [upstream, graph.constant(1 / math.prod(shape[2:]))])
    return graph.add("Expand", [fraction, graph.constant(shape, np.int64)])


@rule("ReduceMean", "ReduceSum")
def _reduce(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    shape = graph.shape(node.input[0])
    axes = [int(axis) % len(shape) for axis in graph.values(node.input[1])]
    kept_dims = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    gradient = graph.reshaped(upstream, kept_dims)
    if node.op_type == "ReduceMean":
        gradient = graph.add("Mul", [gradient, graph.constant(1 / math.prod(shape[axis] for axis in axes))])
    return graph.add("Expand", [gradient, graph.constant(shape, np.int64)])


@rule("MatMul")
def _mat_mul(graph: GradientGraph, node: onnx.NodeProto, upstream: str, index: int) -> str:
    left, right = (graph.shape(name) for name in node.input)
    if index == 0 and len(left) == len(right) == 2:
        return graph.add("Gemm", [upstream, node.input[1]], transB=1)
    other = node.input[1 - index]
    axes = list(range(len(graph.shape(other))))
    transposed = graph.add("Transpose", [other], perm=[*axes[:-2], axes[-1], axes[-2]])
    product = graph.add("MatMul", [upstream, transposed] if index == 0 else [transposed, upstream])
    operand = (left, right)[index]
    return graph.summed_to(product, (*graph.shape(node.output[0])[:-2], *operand[-2:]), operand)


@rule("Gemm")
def _gemm(graph: GradientGraph, node: onnx.NodeProto, upstream: str, index: int) -> str:
    if index != 0 or attribute(node, "transA", 0):
        raise ExportError(f"Only rows times a weight matrix have a derivative. Received: node {node.name}.")
    trans_b = 1 - attribute(node, "transB", 0)
    return graph.add("Gemm", [upstream, node.input[1]], transB=trans_b, alpha=attribute(node, "alpha", 1.0))


@rule("Relu")
def _relu(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    zero = graph.constant(0.0)
    return graph.add("Where", [graph.add("Greater", [node.output[0], zero]), upstream, zero])


@rule("LeakyRelu")
def _leaky_relu(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    leak = graph.add("Mul", [upstream, graph.constant(attribute(node, "alpha", 0.01))])
    positive = graph.add("Greater", [node.output[0], graph.constant(0.0)])
    return graph.add("Where", [positive, upstream, leak])


@rule("Clip")
def _clip(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    above = graph.add("Greater", [node.output[0], node.input[1]])
    below = graph.add("Less", [node.output[0], node.input[2]])
    return graph.add("Where", [graph.add("And", [above, below]), upstream, graph.constant(0.0)])


@rule("Sigmoid")
def _sigmoid(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    complement = graph.add("Sub", [graph.constant(1.0), node.output[0]])
    return graph.add("Mul", [upstream, graph.add("Mul", [node.output[0], complement])])


@rule("Tanh")
def _tanh(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    square = graph.add("Mul", [node.output[0], node.output[0]])
    return graph.add("Mul", [upstream, graph.add("Sub", [graph.constant(1.0), square])])


@rule("Softmax")
def _softmax(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    axis = graph.constant([attribute(node, "axis", -1)], np.int64)
    weighted = graph.add("Mul", [upstream, node.output[0]])
    mean = graph.add("ReduceSum", [weighted, axis], keepdims=1)
    return graph.add("Mul", [node.output[0], graph.add("Sub", [upstream, mean])])


@rule("Add", "Sub")
def _add_or_sub(graph: GradientGraph, node: onnx.NodeProto, upstream: str, index: int) -> str:
    gradient = graph.add("Neg", [upstream]) if node.op_type == "Sub" and index == 1 else upstream
    return graph.summed_to(gradient, graph.shape(node.output[0]), graph.shape(node.input[index]))


@rule("Mul")
def _mul(graph: GradientGraph, node: onnx.NodeProto, upstream: str, index: int) -> str:
    gradient = graph.add("Mul", [upstream, node.input[1 - index]])
    return graph.summed_to(gradient, graph.shape(node.output[0]), graph.shape(node.input[index]))


@rule("Div")
def _div(graph: GradientGraph, node: onnx.NodeProto, upstream: str, index: int) -> str:
    gradient = graph.add("Div", [upstream, node.input[1]])
    if index == 1:
        gradient = graph.add("Neg", [graph.add("Mul", [gradient, node.output[0]])])
    return graph.summed_to(gradient, graph.shape(node.output[0]), graph.shape(node.input[index]))


@rule("Identity", "Dropout")
def _identity(_graph: GradientGraph, _node: onnx.NodeProto, upstream: str, _: int) -> str:
    return upstream


@rule("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def _reshape(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    return graph.reshaped(upstream, graph.shape(node.input[0]))


@rule("Transpose")
def _transpose(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    permutation = attribute(node, "perm", list(range(len(graph.shape(node.input[0]))))[::-1])
    return graph.add("Transpose", [upstream], perm=[int(axis) for axis in np.argsort(permutation)])


def _part(graph: GradientGraph, tensor: str, starts: list[int], sizes: list[int]) -> str:
    ends = [start + size for start, size in zip(starts, sizes, strict=True)]
    return graph.add("Slice", [tensor, graph.constant(starts, np.int64), graph.constant(ends, np.int64)])


@rule("Pad")
def _pad(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    if attribute(node, "mode", b"constant") != b"constant":
        raise ExportError(f"Only constant padding has a derivative. Received: node {node.name}.")
    sizes = list(graph.shape(node.input[0]))
    return _part(graph, upstream, [int(pad) for pad in graph.values(node.input[1])[: len(sizes)]], sizes)


@rule("Concat")
def _concat(graph: GradientGraph, node: onnx.NodeProto, upstream: str, index: int) -> str:
    shapes = [graph.shape(name) for name in node.input]
    axis = attribute(node, "axis") % len(shapes[0])
    starts = [0] * len(shapes[0])
    starts[axis] = sum(shape[axis] for shape in shapes[:index])
    return _part(graph, upstream, starts, list(shapes[index]))


@rule("Gather")
def _gather(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    indices = graph.values(node.input[1])
    axis, size = attribute(node, "axis", 0), graph.shape(node.input[0])[attribute(node, "axis", 0)]
    # Channel order, say BGR: a permutation is undone by its inverse.
    if indices.ndim != 1 or sorted(int(index) % size for index in indices) != list(range(size)):
        raise ExportError(f"Only a permutation has a derivative. Received: {indices.tolist()}.")
    return graph.add("Gather", [upstream, graph.constant(np.argsort(indices % size), np.int64)], axis=axis)


@rule("Slice")
def _slice(graph: GradientGraph, node: onnx.NodeProto, upstream: str, _: int) -> str:
    shape_in, shape_out = graph.shape(node.input[0]), graph.shape(node.output[0])
    steps = graph.values(node.input[4]).tolist() if len(node.input) > 4 else []
    if shape_in != shape_out or any(step not in (1, -1) for step in steps):
        raise ExportError(f"Only a reversal has a derivative. Received: node {node.name}.")
    # The same reversal again.
    return graph.add("Slice", [upstream, *node.input[1:]])
