"""AppContext -> the Dash app: the shell around all pages, the routes beside them, security headers."""

from pathlib import Path

import dash
import dash_mantine_components as dmc
import flask
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import addresses, compression
from dashboard.api import routes as api_routes
from dashboard.api.access import Access
from dashboard.api.limits import BoundedJSON, LimitedRequest
from dashboard.context import EXTENSION, AppContext
from dashboard.dash_app import DashApp, names_content
from dashboard.deployment import Deployment
from dashboard.pages.data import routes as data_routes
from dashboard.pages.data.callbacks import callbacks as data_callbacks
from dashboard.pages.metrics.callbacks import callbacks as metrics_callbacks
from dashboard.pages.predict.callbacks import callbacks as predict_callbacks
from dashboard.pages.saliency import routes as saliency_routes
from dashboard.pages.saliency.callbacks import callbacks as saliency_callbacks
from dashboard.pages.training.callbacks import callbacks as training_callbacks
from dashboard.pictures import routes as picture_routes
from dashboard.proxy import TrustedProxies, UnderPrefix
from dashboard.shared import ids
from dashboard.shared.theme import DARK, LIGHT, SYSTEM_FONTS
from dashboard.shared.url_params import path_of
from dashboard.shares import share_requests
from faces.errors import ClientGone

NAME = "Age and gender workbench"
# Nothing on any page may come from, or go to, another machine: the browser itself is told to refuse it.
# Dash and Plotly need inline scripts and styles; Plotly builds its images as blob: and data: URLs.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)
PAGE_CALLBACKS = (
    predict_callbacks,
    saliency_callbacks,
    metrics_callbacks,
    training_callbacks,
    data_callbacks,
)


def create_app(context: AppContext, deployment: Deployment = Deployment()) -> dash.Dash:  # noqa: B008
    """Build the app that shows `context`; `app.server` is its WSGI application."""
    server = flask.Flask("dashboard", static_folder=None)
    server.extensions[EXTENSION] = context
    share_requests(server)
    server.extensions[api_routes.ACCESS] = Access(deployment.api_keys, deployment.rate_limit)
    server.request_class = LimitedRequest
    server.json = BoundedJSON(server)
    app = DashApp(
        server,
        title=NAME,
        update_title=None,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        index_string=(Path(__file__).parent / "index.html").read_text(encoding="utf-8"),
    )
    app.layout = _shell
    _register_shell_callbacks(app)
    for callbacks in PAGE_CALLBACKS:
        callbacks.register(app)
    server.register_blueprint(api_routes.blueprint)
    server.register_blueprint(picture_routes.blueprint)
    server.register_blueprint(saliency_routes.blueprint)
    server.register_blueprint(data_routes.blueprint)

    addresses.register(server, app.catch_all, deployment.allowed_hosts)
    compression.register(server, names_content)

    @server.after_request
    def protect(response: flask.Response) -> flask.Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    @server.errorhandler(ClientGone)
    def nobody_waits(_error: ClientGone) -> flask.Response:
        return flask.Response(status=408)  # for the log of a proxy: nobody reads it

    under_prefix = UnderPrefix(server.wsgi_app, deployment.url_prefix)
    server.wsgi_app = TrustedProxies(under_prefix, deployment.trusted_proxies)  # type: ignore[method-assign]
    return app


def _shell() -> dmc.MantineProvider:
    """Header, navigation, page container, and the stores that outlive a change of page.

    The colour scheme comes in a cookie (set by index.html), so that the first paint has the right one.
    """
    scheme = flask.request.cookies.get("scheme", LIGHT) if flask.has_request_context() else LIGHT
    scheme = DARK if scheme == DARK else LIGHT
    pages = [page for page in dash.page_registry.values() if not page["module"].endswith("not_found_404")]
    header = dmc.AppShellHeader(
        html.Div(
            [
                dmc.Burger(
                    id=ids.BURGER, opened=False, size="sm", hiddenFrom="sm", **{"aria-label": "Navigation"}
                ),
                dcc.Link([html.Span(className="mark"), NAME], href=path_of("/"), className="brand"),
                html.Nav(_links(pages), className="nav-wide", **{"aria-label": "Pages"}),
                html.Button(
                    html.Span(className="scheme-icon"),
                    id=ids.COLOUR_SCHEME_SWITCH,
                    className="scheme-switch",
                    title="Light or dark",
                    **{"aria-label": "Switch between light and dark"},
                ),
            ],
            className="header-row",
        )
    )
    return dmc.MantineProvider(
        id=ids.PROVIDER,
        forceColorScheme=scheme,
        theme={
            "fontFamily": SYSTEM_FONTS,
            "headings": {"fontFamily": SYSTEM_FONTS, "fontWeight": "650"},
            "primaryColor": "gray",
            "primaryShade": {"light": 8, "dark": 2},
            "autoContrast": True,
            "defaultRadius": "md",
            "cursorType": "pointer",
            "respectReducedMotion": True,
        },
        children=[
            html.A("Skip to the content", href=f"#{ids.CONTENT}", className="skip-link"),
            dcc.Store(id=ids.COLOUR_SCHEME, data=scheme),
            dcc.Store(id=ids.FILMSTRIP, data=[]),
            dcc.Store(id=ids.SHOWN),
            dmc.AppShell(
                id=ids.SHELL,
                header={"height": 56},
                navbar={"width": 240, "breakpoint": "sm", "collapsed": {"mobile": True, "desktop": True}},
                padding=0,
                children=[
                    header,
                    dmc.AppShellNavbar(
                        html.Nav(
                            _links(pages), className="nav-narrow", **{"aria-label": "Pages, narrow screen"}
                        )
                    ),
                    dmc.AppShellMain(
                        html.Div(dash.page_container, id=ids.CONTENT, className="content", tabIndex="-1")
                    ),
                ],
            ),
        ],
    )


def _links(pages: list[dict]) -> list[dcc.Link]:
    return [dcc.Link(page["name"], href=path_of(page["path"]), className="nav-link") for page in pages]


def _register_shell_callbacks(app: dash.Dash) -> None:
    app.clientside_callback(
        ClientsideFunction("shell", "scheme"),
        Output(ids.COLOUR_SCHEME, "data"),
        Output(ids.PROVIDER, "forceColorScheme"),
        Input(ids.COLOUR_SCHEME_SWITCH, "n_clicks"),
        State(ids.COLOUR_SCHEME, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("shell", "navigation"),
        Output(ids.BURGER, "opened"),
        Input(ids.LOCATION, "pathname"),
    )
    app.clientside_callback(
        ClientsideFunction("shell", "navbar"),
        Output(ids.SHELL, "navbar"),
        Input(ids.BURGER, "opened"),
        State(ids.SHELL, "navbar"),
    )
