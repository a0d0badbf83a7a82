"""A recipe's [network] -> a flat Keras model: frames in, age probabilities and female probability out.

Every network reads `frames`, (n, px, px, 3) RGB from 0 to 255, and normalises inside its graph, so that
serving has one input format. Outputs are a dict: `age_probabilities` (n, 101), `female_probability` (n, 1).
"""

from pathlib import Path

import keras

from training.start_weights import load_faceres

MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet, as the start network was trained
AGES = 101


def mobilenet(input_px: int) -> keras.Model:
    """MobileNet 1.0 with a 256-unit face feature, an age softmax and a gender sigmoid (3.5 M parameters)."""
    frames = keras.Input((input_px, input_px, 3), name="frames")
    centred = keras.layers.Rescaling(1.0, offset=[-value for value in MEAN_RGB], name="centred")(frames)
    # input_tensor= keeps the graph flat: saliency tools cannot look into a nested model.
    body = keras.applications.MobileNet(input_tensor=centred, include_top=False, weights=None, pooling="avg")
    features = keras.layers.Dense(256, activation="relu", name="face_features")(body.output)
    ages = keras.layers.Dense(AGES, activation="softmax", name="age_probabilities")(features)
    female = keras.layers.Dense(1, activation="sigmoid", name="female_probability")(features)
    return keras.Model(
        frames, {"age_probabilities": ages, "female_probability": female}, name="mobilenet_face"
    )


def started_network(input_px: int, start: str, weights_dir: Path | None) -> keras.Model:
    """A network at its start: `faceres` (imported from `weights_dir`) or `none` (random).

    Batch norm is frozen when the start is pretrained: its statistics belong to the start network.
    """
    model = mobilenet(input_px)
    if start == "faceres":
        assert weights_dir is not None
        load_faceres(model, weights_dir / "faceres-deep.json")
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
    return model
