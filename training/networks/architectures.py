"""Name of an architecture -> its layers: inputs in, a feature map out.

Each is a function of `inputs`, (None, px, px, 3) RGB from 0 to 255, and normalises them inside the graph, so
that serving has one input format. The graph must stay flat (`input_tensor=`): saliency tools cannot reach
into a nested model.
"""

from collections.abc import Callable

import keras
from keras import layers

IMAGENET_MEAN_RGB = (123.68, 116.779, 103.939)

Architecture = Callable[..., keras.KerasTensor]  # of `inputs`; of keras.applications also `weights`


def mobilenet(inputs: keras.KerasTensor) -> keras.KerasTensor:
    """MobileNet 1.0 (Howard 2017), which `faceres` fits: 3.2 M parameters without a head."""
    return keras.applications.MobileNet(input_tensor=_centred(inputs), include_top=False, weights=None).output


def vgg16(inputs: keras.KerasTensor, weights: str | None = None) -> keras.KerasTensor:
    """VGG16 (Simonyan 2014): 14,714,688 parameters. The published VGGFace weights fit it."""
    return keras.applications.VGG16(input_tensor=_centred(inputs), include_top=False, weights=weights).output


def resnet50(inputs: keras.KerasTensor, weights: str | None = None) -> keras.KerasTensor:
    """ResNet50 (He 2015): 23.6 M parameters."""
    return keras.applications.ResNet50(
        input_tensor=_centred(inputs), include_top=False, weights=weights
    ).output


def efficientnetb0(inputs: keras.KerasTensor, weights: str | None = None) -> keras.KerasTensor:
    """EfficientNet-B0 (Tan 2019): 4.0 M parameters; it normalises by itself."""
    return keras.applications.EfficientNetB0(input_tensor=inputs, include_top=False, weights=weights).output


def resnet34(inputs: keras.KerasTensor) -> keras.KerasTensor:
    """ResNet34 (He 2015): 3-4-6-3 blocks of two 3 × 3 convolutions, 64 to 512 wide, 21,284,672 parameters."""
    x = _normed_convolution(_centred(inputs), 64, 7, 2, "stem")
    x = layers.MaxPooling2D(3, 2, "same", name="stem_pool")(x)
    for stage, (blocks, filters) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512), strict=True)):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            x = _residual_block(x, filters, stride, f"stage{stage + 1}_block{block + 1}")
    return x


def residual_cnn(inputs: keras.KerasTensor) -> keras.KerasTensor:
    """Batch norm on the input, a 7 × 7 stem, residual blocks of 8, 16, 32, 64 and 128; 0.3 M parameters."""
    x = layers.BatchNormalization(name="frames_bn")(inputs)
    x = _normed_convolution(x, 8, 7, 2, "stem")
    for number, filters in enumerate((8, 16, 32, 64, 128)):
        x = _residual_block(x, filters, 2 if number else 1, f"block{number + 1}")
    return x


def multitask_cnn(inputs: keras.KerasTensor) -> keras.KerasTensor:
    """Four convolutions of 32 to 256, rectified and pooled, on inputs scaled to 0-1; 0.4 M parameters."""
    x = layers.Rescaling(1 / 255, name="scaled")(inputs)
    for number, filters in enumerate((32, 64, 128, 256)):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{number + 1}")(x)
        x = layers.MaxPooling2D(name=f"pool{number + 1}")(x)
    return x


ARCHITECTURES: dict[str, Architecture] = {
    function.__name__: function
    for function in (mobilenet, vgg16, resnet50, efficientnetb0, resnet34, residual_cnn, multitask_cnn)
}
# The layer that receives the inputs. Weights that were trained on BGR have its kernel's channels reversed.
FIRST_CONVOLUTIONS = {"mobilenet": "conv1", "vgg16": "block1_conv1", "resnet50": "conv1_conv"}


def _centred(inputs: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Rescaling(1.0, offset=[-value for value in IMAGENET_MEAN_RGB], name="centred")(inputs)


def _normed_convolution(
    x: keras.KerasTensor, filters: int, side: int, stride: int, name: str, *, rectified: bool = True
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, side, stride, "same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if rectified else x


def _residual_block(x: keras.KerasTensor, filters: int, stride: int, name: str) -> keras.KerasTensor:
    """Two 3 × 3 convolutions beside an identity, or a 1 × 1 convolution where the shape changes."""
    beside = x
    if stride > 1 or x.shape[-1] != filters:
        beside = _normed_convolution(x, filters, 1, stride, f"{name}_beside", rectified=False)
    x = _normed_convolution(x, filters, 3, stride, f"{name}_1")
    x = _normed_convolution(x, filters, 3, 1, f"{name}_2", rectified=False)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, beside]))
