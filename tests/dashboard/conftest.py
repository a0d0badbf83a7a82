"""The app with the real networks, requested without a browser."""

import pytest
from flask.testing import FlaskClient

from dashboard.app import create_app
from dashboard.context import AppContext, load_context

SHIPPED = ("model_full", "model_cropped")


@pytest.fixture(scope="session")
def context(repository) -> AppContext:
    context = load_context([repository / folder for folder in SHIPPED])
    assert set(context.workbench.predictor.networks) == {"full", "cropped"}
    return context


@pytest.fixture(scope="session")
def client(context) -> FlaskClient:
    return create_app(context).server.test_client()


@pytest.fixture(scope="session")
def astronaut(repository) -> bytes:
    return (repository / "dashboard" / "samples" / "astronaut.jpg").read_bytes()
