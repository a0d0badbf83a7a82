"""Keras network -> variant folder: network.onnx, which also computes its own gradients, and variant.toml."""

import math
from pathlib import Path

import keras
import onnx

from faces.files import sha256_of, whole_file
from faces.variants import InputMode, Variant, read_variant, write_variant
from training.export.gradient_outputs import last_feature_layer, onnx_with_gradients
from training.export.onnx_autodiff import GradientGraph


def export_variant(
    model: keras.Model,
    folder: Path,
    *,
    name: str,
    input_mode: InputMode,
    crop_scale: float,
    pad_rgb: tuple[int, int, int],
    recipe: str,
    detector_sha256: str,
    split_sha256: str,
) -> Variant:
    """Write `folder`/network.onnx and `folder`/variant.toml, each whole; return the variant that they make.

    `model` is a flat functional model: input (None, px, px, 3) RGB 0-255, outputs a dict with one or both of
    `age_probabilities` (None, 101) and `female_probability` (None, 1).

    Raises ExportError where the model has other outputs or an operator without a known derivative.
    """
    folder = Path(folder)
    graph = onnx_with_gradients(model)
    with whole_file(folder / "network.onnx") as path:
        onnx.save(graph, path)
    write_variant(
        Variant(
            name=name,
            folder=folder,
            input_mode=input_mode,
            crop_scale=float(crop_scale),
            input_px=int(model.inputs[0].shape[1]),
            pad_rgb=pad_rgb,
            recipe=recipe,
            last_convolution=last_feature_layer(model).name,
            parameters=int(model.count_params()),
            flops=forward_flops(graph),
            network_sha256=sha256_of(folder / "network.onnx"),
            detector_sha256=detector_sha256,
            split_sha256=split_sha256,
        )
    )
    return read_variant(folder)


def forward_flops(graph: onnx.ModelProto) -> int:
    """Count the operations of one prediction: convolutions and dense layers, a multiply-add as two.

    What is cheap beside them (activations, pooling, normalisation) is left out, as in most papers.
    """
    shapes = GradientGraph(graph)
    flops = 0
    for node in graph.graph.node:
        if node.op_type == "Conv":
            out_channels, per_group, *kernel = shapes.shape(node.input[1])
            height, width = shapes.shape(node.output[0])[2:]
            flops += 2 * out_channels * per_group * math.prod(kernel) * height * width
        elif node.op_type in ("MatMul", "Gemm"):
            flops += 2 * math.prod(shapes.shape(node.output[0])) * shapes.shape(node.input[0])[-1]
    return flops
