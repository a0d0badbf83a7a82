"""Keras network -> variant folder: network.onnx, which also computes its own gradients, and variant.toml.

A room of its own because it is the only way from training to serving. The graph takes a `frames` array and the
weights of a target, sum(age_weights * age probabilities) + gender_weight * log odds of female, and offers both
predictions, the last feature map (`activations`) and the gradients of the target with respect to the frame and
to that map. A prediction asks for the probabilities alone and pays for nothing else.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from onnx import helper, numpy_helper

from faces.errors import ExportError
from faces.files import sha256_of, whole_file
from faces.variants import Variant, read_variant
from training.onnx_gradient import GradientGraph

OPSET = 18
# Output of the network -> the input of the graph with which it is weighed in the target.
TARGET_WEIGHTS = {"age_probabilities": "age_weights", "female_probability": "gender_weight"}


def export_variant(
    model: keras.Model,
    folder: Path,
    *,
    name: str,
    framing: str,
    crop_scale: float,
    pad_rgb: Sequence[int],
    recipe: str,
    detector_sha256: str,
    split_sha256: str,
) -> Variant:
    """Write `folder`/network.onnx and `folder`/variant.toml, each whole; return the variant as it is read back.

    `model` is a flat functional model: input (None, px, px, 3) RGB 0-255, outputs a dict with one or both of
    `age_probabilities` (None, 101) and `female_probability` (None, 1).

    Raises ExportError where the model has other outputs or an operator without a known derivative.
    """
    folder = Path(folder)
    graph = onnx_with_gradients(model)
    with whole_file(folder / "network.onnx") as path:
        onnx.save(graph, path)
    table = {
        "name": name,
        "framing": framing,
        "crop_scale": float(crop_scale),
        "input_px": int(model.inputs[0].shape[1]),
        "pad_rgb": [int(value) for value in pad_rgb],
        "recipe": recipe,
        "last_convolution": last_feature_layer(model).name,
        "parameters": int(model.count_params()),
        "flops": forward_flops(graph),
        "network_sha256": sha256_of(folder / "network.onnx"),
        "detector_sha256": detector_sha256,
        "split_sha256": split_sha256,
    }
    with whole_file(folder / "variant.toml") as path:
        # JSON writes strings, numbers and lists as TOML does.
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items()]
        path.write_text("# Written by the export; not to be edited.\n" + "".join(lines), encoding="utf-8")
    return read_variant(folder)


def onnx_with_gradients(model: keras.Model) -> onnx.ModelProto:
    """The served graph: static batch of 1, float32, opset 18, weights shared by predictions and gradients."""
    outputs = model.output if isinstance(model.output, dict) else {}
    if not outputs or not set(outputs) <= set(TARGET_WEIGHTS):
        raise ExportError(f"The outputs are a dict of {list(TARGET_WEIGHTS)}. Received: {model.output_names}.")
    graph = _forward_onnx(model)
    fold_scales_into_convolutions(graph)

    # Differentiated where it was computed: its NHWC copy may serve only some of the layers that follow.
    feature_map = _producer(graph, "activations").input[0]
    seeds = {}
    for output, weights in TARGET_WEIGHTS.items():
        if output not in outputs:
            continue
        shape = [1, int(outputs[output].shape[-1])]
        graph.graph.input.append(helper.make_tensor_value_info(weights, onnx.TensorProto.FLOAT, shape))
        seeds[_target_tensor(graph, output)] = weights
    gradients = GradientGraph(graph).add_gradients(seeds, ["frames", feature_map])
    _add_output(graph, "Identity", gradients["frames"], "input_gradient", model.inputs[0].shape)
    map_shape = last_feature_layer(model).output.shape
    _add_output(graph, "Transpose", gradients[feature_map], "activation_gradient", map_shape, perm=[0, 2, 3, 1])
    onnx.checker.check_model(graph, full_check=True)
    return graph


def last_feature_layer(model: keras.Model) -> keras.layers.Layer:
    """The layer whose output is the last feature map, rectified and not yet pooled: where Grad-CAM looks.

    Not the bare convolution: its output still lacks the shift of batch norm and the rectifier, so that a large
    value in it is no sign of the feature being there.
    """
    not_features = ("Pooling", "Dropout", "ZeroPadding", "Cropping", "Reshape")
    for layer in reversed(model.layers):
        shape = getattr(layer.output, "shape", ())
        if len(shape) == 4 and shape[1] > 1 and not any(word in type(layer).__name__ for word in not_features):
            return layer
    raise ExportError(f"The network has no feature map. Received: {model.name}.")


def forward_flops(graph: onnx.ModelProto) -> int:
    """Operations of one prediction: convolutions and dense layers, a multiply-add counted as two.

    What is cheap beside them (activations, pooling, normalisation) is left out, as is custom in papers.
    """
    shapes = GradientGraph(graph)
    flops = 0
    for node in _ancestors(graph, [name for name in TARGET_WEIGHTS if _has_output(graph, name)]):
        if node.op_type == "Conv":
            out_channels, per_group, *kernel = shapes.shape(node.input[1])
            height, width = shapes.shape(node.output[0])[2:]
            flops += 2 * out_channels * per_group * math.prod(kernel) * height * width
        elif node.op_type in ("MatMul", "Gemm"):
            flops += 2 * math.prod(shapes.shape(node.input[1]))
    return flops


def fold_scales_into_convolutions(graph: onnx.ModelProto) -> None:
    """Take a constant scale or shift of each channel that follows a convolution (batch norm) into its weights."""
    initialisers = {tensor.name: tensor for tensor in graph.graph.initializer}
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    kept = {value.name for value in graph.graph.output}
    for convolution in [node for node in graph.graph.node if node.op_type == "Conv"]:
        while True:
            output = convolution.output[0]
            following = readers.get(output, [])
            if len(following) != 1 or output in kept or following[0].op_type not in ("Mul", "Add"):
                break
            node = following[0]
            other = next(name for name in node.input if name != output)
            kernel = numpy_helper.to_array(initialisers[convolution.input[1]])
            channels = len(kernel)
            if other not in initialisers or math.prod(initialisers[other].dims) not in (1, channels):
                break
            values = np.broadcast_to(numpy_helper.to_array(initialisers[other]).reshape(-1), channels)
            has_bias = len(convolution.input) > 2
            bias = numpy_helper.to_array(initialisers[convolution.input[2]]) if has_bias else np.zeros(channels)
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
    """The network with its feature map as a further output, as tf2onnx converts it for a batch of one."""
    feature_map = last_feature_layer(model).output
    observed = keras.Model(model.inputs, {**model.output, "activations": feature_map})
    signature = [tf.TensorSpec((1, *model.inputs[0].shape[1:]), tf.float32, name="frames")]

    @tf.function(input_signature=signature)
    def forward(frames: tf.Tensor) -> dict[str, tf.Tensor]:
        return observed(frames, training=False)

    graph, _ = tf2onnx.convert.from_function(forward, input_signature=signature, opset=OPSET)
    del graph.graph.value_info[:]
    return graph


def _target_tensor(graph: onnx.ModelProto, output: str) -> str:
    """The tensor that the target weighs: the output, or for a sigmoid the log odds that enter it.

    The sigmoid of a sure answer is flat to the last bit of a float32; its log odds are not.
    """
    node = _producer(graph, output)
    while node.op_type == "Identity":
        node = _producer(graph, node.input[0])
    return node.input[0] if node.op_type == "Sigmoid" else output


def _producer(graph: onnx.ModelProto, tensor: str) -> onnx.NodeProto:
    return next(node for node in graph.graph.node if tensor in node.output)


def _ancestors(graph: onnx.ModelProto, outputs: Sequence[str]) -> list[onnx.NodeProto]:
    """The nodes that have to run for these outputs."""
    wanted, nodes = set(outputs), []
    for node in reversed(graph.graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            nodes.append(node)
    return nodes


def _has_output(graph: onnx.ModelProto, name: str) -> bool:
    return any(value.name == name for value in graph.graph.output)


def _add_output(
    graph: onnx.ModelProto, op_type: str, tensor: str, name: str, shape: Sequence[int | None], **attributes: Any
) -> None:
    """Publish a tensor as the output `name`, of a batch of one."""
    graph.graph.node.append(helper.make_node(op_type, [tensor], [name], name=name, **attributes))
    value = helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, *shape[1:]])
    graph.graph.output.append(value)
