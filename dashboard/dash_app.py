"""Dash under a prefix that each request brings along, with a page for addresses that are not there."""

import hashlib
from pathlib import Path
from typing import Any

import dash
import flask
from dash._utils import AttributeDict
from dash.fingerprint import check_fingerprint

from dashboard.addresses import is_page
from dashboard.callback_calls import checked_callbacks, checked_files

CALLBACKS = "/_dash-update-component"
FILES = "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"
PREFIX_KEY = "requests_pathname_prefix"
ASSETS_FOLDER = Path(__file__).parent / "assets"


class PrefixedConfig(AttributeDict):
    """Dash's settings; the prefix of its addresses is that of the request being answered.

    Dash itself knows one prefix from its start on. A proxy may name another with each request.
    """

    def __getitem__(self, key: str) -> Any:
        if key == PREFIX_KEY and flask.has_request_context():
            return f"{flask.request.script_root}/"
        return super().__getitem__(key)


class DashApp(dash.Dash):
    """The pages; what they load lies under an address that changes with its content."""

    def __init__(self, server: flask.Flask, **settings: Any) -> None:
        super().__init__(
            "dashboard",
            server=server,
            use_pages=True,
            pages_folder=str(Path(__file__).parent / "pages"),
            assets_folder=str(ASSETS_FOLDER),
            assets_url_path=f"assets/{_hash_of(ASSETS_FOLDER)}",
            **settings,
        )
        views = server.view_functions
        views[FILES] = checked_files(views[FILES])
        views[CALLBACKS] = checked_callbacks(views[CALLBACKS], self.callback_map)

    @property
    def config(self) -> PrefixedConfig:
        return self._prefixed_config

    @config.setter
    def config(self, settings: dict[str, Any]) -> None:
        self._prefixed_config = PrefixedConfig(settings)

    @property
    def catch_all(self) -> str:
        """The endpoint that shows a page for any path."""
        return f"{self.config.routes_pathname_prefix}<path:path>"

    def index(self, *_arguments: Any, **_named: Any) -> flask.Response:
        """The page around every page, with 404 where its address is not one of theirs."""
        html = super().index().replace("{%prefix%}", flask.request.script_root)
        return flask.Response(html, status=200 if is_page(flask.request.path) else 404, mimetype="text/html")


def names_content(request: flask.Request) -> bool:
    """Whether an address changes with what lies under it: that of an asset, or of a package's file."""
    first, _, rest = request.path.lstrip("/").partition("/")
    return first == "assets" or (first == "_dash-component-suites" and check_fingerprint(rest)[1])


def _hash_of(folder: Path) -> str:
    """Hash of the names and bytes of all files in a folder, 12 characters."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
