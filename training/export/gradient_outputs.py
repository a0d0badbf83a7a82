"""Keras network -> one ONNX graph of its predictions and, for a weighted target, their gradients.

Inputs: `inputs` (1, px, px, 3) RGB 0-255 and the weights of a target, sum(age_weights * age probabilities) +
gender_weight * log odds of female. Outputs: both predictions, the last feature map (`activations`, NHWC), and
the gradients of the target with respect to the input and to that map. With weights of zero, as a prediction
feeds them, no gradient is computed. The box of an attention crop is an output, too; gradients take it as
constant.
"""

import math

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from onnx import helper, numpy_helper

from faces.errors import ExportError
from faces.networks import ATTENTION
from training.export.onnx_autodiff import GradientGraph, attribute

OPSET = 18
# Output of the network -> the input of the graph that weighs it in the target.
TARGET_WEIGHTS = {"age_probabilities": "age_weights", "female_probability": "gender_weight"}


def onnx_with_gradients(model: keras.Model) -> onnx.ModelProto:
    """Build the served graph: batch of 1, float32, opset 18, weights shared by predictions and gradients."""
    outputs = model.output if isinstance(model.output, dict) else {}
    if not set(outputs) & set(TARGET_WEIGHTS) or not set(outputs) <= {*TARGET_WEIGHTS, ATTENTION}:
        raise ExportError(
            f"A variant has outputs of {list(TARGET_WEIGHTS)}, one or both. Received: {model.output_names}."
        )
    graph = _forward_onnx(model)
    fold_scales_into_convolutions(graph)

    feature_map, to_nhwc = "activations", [0, 1, 2, 3]
    producer = _producer(graph, feature_map)
    if producer.op_type == "Transpose":
        # Differentiated where it was computed: its NHWC copy may serve only some of the layers that follow.
        feature_map, to_nhwc = producer.input[0], list(attribute(producer, "perm"))
    seeds = {}
    for output, weights in TARGET_WEIGHTS.items():
        if output not in outputs:
            continue
        shape = [1, int(outputs[output].shape[-1])]
        graph.graph.input.append(helper.make_tensor_value_info(weights, onnx.TensorProto.FLOAT, shape))
        seeds[_target_tensor(graph, output)] = weights
    explained = onnx.ModelProto()
    explained.CopyFrom(graph)
    constants = {_computed(graph, ATTENTION)} if ATTENTION in outputs else set()
    gradients = GradientGraph(explained).add_gradients(seeds, ["inputs", feature_map], constants)
    shapes = {
        "input_gradient": [1, *model.inputs[0].shape[1:]],
        "activation_gradient": [1, *last_feature_layer(model).output.shape[1:]],
    }
    explained.graph.node.append(
        helper.make_node("Identity", [gradients["inputs"]], ["input_gradient"], "of_input")
    )
    explained.graph.node.append(
        helper.make_node(
            "Transpose", [gradients[feature_map]], ["activation_gradient"], "of_map", perm=to_nhwc
        )
    )
    _add_where_weighed(graph, explained, list(seeds.values()), shapes)
    onnx.checker.check_model(graph, full_check=True)
    return graph


def last_feature_layer(model: keras.Model) -> keras.layers.Layer:
    """The layer whose output is the last feature map, rectified and not yet pooled: the one for Grad-CAM.

    Not the bare convolution: its output still lacks the shift of batch norm and the rectifier, so that a
    large value in it does not mean that the feature is present.
    """
    not_features = ("Pooling", "Dropout", "ZeroPadding", "Cropping", "Reshape")
    for layer in reversed(model.layers):
        shape = tuple(layer.output.shape)
        is_feature = not any(word in type(layer).__name__ for word in not_features)
        if len(shape) == 4 and shape[1] > 1 and is_feature:
            return layer
    raise ExportError(f"The network has no feature map. Received: {model.name}.")


def fold_scales_into_convolutions(graph: onnx.ModelProto) -> None:
    """Fold the constant scale and shift that follow a convolution (batch norm) into its kernel and bias."""
    initialisers = {tensor.name: tensor for tensor in graph.graph.initializer}
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    graph_outputs = {value.name for value in graph.graph.output}
    for convolution in [node for node in graph.graph.node if node.op_type == "Conv"]:
        while True:
            output = convolution.output[0]
            following = consumers.get(output, [])
            if len(following) != 1 or output in graph_outputs or following[0].op_type not in ("Mul", "Add"):
                break
            node = following[0]
            other = next(name for name in node.input if name != output)
            kernel = numpy_helper.to_array(initialisers[convolution.input[1]])
            channels = len(kernel)
            if other not in initialisers or math.prod(initialisers[other].dims) not in (1, channels):
                break
            values = np.broadcast_to(numpy_helper.to_array(initialisers[other]).reshape(-1), channels)
            bias = np.zeros(channels, np.float32)
            if len(convolution.input) > 2:
                bias = numpy_helper.to_array(initialisers[convolution.input[2]])
            if node.op_type == "Mul":
                kernel, bias = kernel * values[:, None, None, None], bias * values
            else:
                bias = bias + values
            names = [f"{convolution.name}/kernel", f"{convolution.name}/bias"]
            for name, array in zip(names, (kernel, bias), strict=True):
                initialisers[name] = numpy_helper.from_array(np.asarray(array, np.float32), name)
            convolution.input[1:] = names
            convolution.output[0] = node.output[0]
            graph.graph.node.remove(node)
    used = {name for node in graph.graph.node for name in node.input}
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(tensor for name, tensor in initialisers.items() if name in used)


def _forward_onnx(model: keras.Model) -> onnx.ModelProto:
    """Convert the network, with its feature map as a further output, for a batch of one."""
    feature_map = last_feature_layer(model).output
    observed = keras.Model(model.inputs, {**model.output, "activations": feature_map})
    signature = [tf.TensorSpec((1, *model.inputs[0].shape[1:]), tf.float32, name="inputs")]

    @tf.function(input_signature=signature)
    def forward(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return observed(inputs, training=False)

    graph, _ = tf2onnx.convert.from_function(forward, input_signature=signature, opset=OPSET)
    # Constants that a layer keeps outside of its weights (Normalization) arrive as inputs.
    for value, captured in forward.get_concrete_function().graph.captures:
        for constant in [one for one in graph.graph.input if one.name == captured.name]:
            graph.graph.initializer.append(numpy_helper.from_array(value.numpy(), constant.name))
            graph.graph.input.remove(constant)
    del graph.graph.value_info[:]
    return graph


def _target_tensor(graph: onnx.ModelProto, output: str) -> str:
    """The tensor that the target weighs: the output, or for a sigmoid its log odds.

    A sigmoid near 0 or 1 is flat to the last bit of a float32; its log odds are not.
    """
    node = _producer(graph, _computed(graph, output))
    return node.input[0] if node.op_type == "Sigmoid" else output


def _computed(graph: onnx.ModelProto, output: str) -> str:
    """The tensor of which an output is a copy, or the output itself."""
    while (node := _producer(graph, output)).op_type == "Identity":
        output = node.input[0]
    return output


def _producer(graph: onnx.ModelProto, tensor: str) -> onnx.NodeProto:
    return next(node for node in graph.graph.node if tensor in node.output)


def _add_where_weighed(
    graph: onnx.ModelProto, explained: onnx.ModelProto, weights: list[str], outputs: dict[str, list[int]]
) -> None:
    """Add the outputs of `explained` to `graph`, computed only where a target weight is not zero.

    ONNX Runtime runs every node of a graph, fetched or not (its option `only_execute_path_to_fetches` has no
    effect in the published builds), but of an `If` it runs one branch. The branch repeats the forward pass:
    with the prediction's layers as its inputs these could no longer be fused, which costs a fifth.
    """
    shared = {tensor.name for tensor in graph.graph.initializer}
    constants = [tensor for tensor in explained.graph.initializer if tensor.name not in shared]
    computed = {name for node in explained.graph.node for name in node.output}
    for node in explained.graph.node:
        node.input[:] = [f"explained/{name}" if name in computed else name for name in node.input]
        node.output[:] = [f"explained/{name}" for name in node.output]
        node.name = f"explained/{node.name}"
    zeros = []
    for name, shape in outputs.items():
        size = numpy_helper.from_array(np.array(shape, np.int64))
        zeros.append(helper.make_node("Constant", [], [f"{name}/shape"], value=size))
        zeros.append(helper.make_node("ConstantOfShape", [f"{name}/shape"], [f"{name}/zeros"]))
    explained_outputs = _float_values({f"explained/{name}": shape for name, shape in outputs.items()})
    zero_outputs = _float_values({f"{name}/zeros": shape for name, shape in outputs.items()})
    branches = {
        "then_branch": helper.make_graph(explained.graph.node, "explained", [], explained_outputs, constants),
        "else_branch": helper.make_graph(zeros, "predicted", [], zero_outputs),
    }
    largest = [f"{name}/largest" for name in weights]
    for name in weights:
        size = f"{name}/size"
        graph.graph.node.append(helper.make_node("Abs", [name], [size]))
        graph.graph.node.append(helper.make_node("ReduceMax", [size], [f"{name}/largest"], keepdims=0))
    graph.graph.initializer.append(numpy_helper.from_array(np.float32(0), "no_weight"))
    graph.graph.node.extend(
        [
            helper.make_node("Max", largest, ["largest_weight"]),
            helper.make_node("Greater", ["largest_weight", "no_weight"], ["is_explained"]),
            helper.make_node("If", ["is_explained"], list(outputs), name="explanation", **branches),
        ]
    )
    graph.graph.output.extend(_float_values(outputs))


def _float_values(shapes: dict[str, list[int]]) -> list[onnx.ValueInfoProto]:
    kind = onnx.TensorProto.FLOAT
    return [helper.make_tensor_value_info(name, kind, shape) for name, shape in shapes.items()]
