"""`python -m dashboard`: serve the pages over HTTP, from one process.

One process, because uploaded pictures live in its memory; Waitress's threads answer visitors side by side.
"""

import argparse
import os
import signal
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NoReturn

from dashboard.app import create_app
from dashboard.context import load_context
from dashboard.deployment import add_deployment_options, deployment_of
from dashboard.proxy import client_address
from dashboard.server.listening import listening_sockets, port_number, url_of
from dashboard.server.memory import give_memory_back
from dashboard.server.running import Server
from dataset.paths import default_cache_dir
from faces.command import add_detector_option, add_variant_option, exit_code
from faces.errors import DataMissing
from faces.variants import DEFAULT_VARIANTS

RUNS = Path("runs")


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. Exit code 2 for a wrong call, a broken variant or a taken port."""
    options = _parser().parse_args(arguments)
    return exit_code(lambda: serve(options))


def serve(options: argparse.Namespace) -> None:
    """Serve until Ctrl+C. Raises ProjectError for what cannot be served."""
    deployment = deployment_of(options)
    give_memory_back()
    with ExitStack() as unserved:
        # First of all: a taken port is known before seconds are spent on networks.
        sockets = listening_sockets(options.host, options.port)
        for listening in sockets:
            unserved.enter_context(listening)
        context = load_context(
            options.variant or DEFAULT_VARIANTS,
            detector_path=options.detector,
            data_dir=_data_dir(options.data_dir),
            cache_dir=options.cache_dir,
            runs_folder=options.runs,
            serve_runs=not options.variant,
        )
        context.pictures.uploads.keep_forgetting()
        server = Server(
            create_app(context, deployment).server,
            sockets,
            prefix=deployment.url_prefix,
            client_of=partial(client_address, trusted=deployment.trusted_proxies),
        )
        unserved.pop_all()  # the server's from here on
    server.start()
    signal.signal(signal.SIGTERM, _interrupt)
    print(f"{url_of(options.host, sockets)} is open; the networks are warming up.", flush=True)
    try:
        warm = list(context.workbench.predictor.networks)
        later = [name for name in context.variants if name not in warm]
        print(f"Ready: {', '.join(warm)}. Stop with Ctrl+C.", flush=True)
        if later:
            print(f"Loaded when they are asked for: {', '.join(later)}.", flush=True)
        server.join()
    except KeyboardInterrupt:
        print()
    except SystemExit:
        if not server.drain():
            print("Some calls were not answered before the server ended.", flush=True)
            os._exit(0)  # their threads would abort the interpreter


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dashboard", description="Serve the workbench in the browser."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument(
        "--port", type=port_number, default=8050, help="port to listen on, 0 for any free (default: 8050)"
    )
    add_variant_option(
        parser,
        "folders of the variants to serve (default: model_full, model_cropped and every complete run); "
        "AGE_DIR+GENDER_DIR serves two networks as one variant",
    )
    parser.add_argument(
        "--runs", type=Path, default=RUNS, metavar="DIR", help=f"folder of the trainings (default: {RUNS})"
    )
    parser.add_argument(
        "--data-dir", type=Path, help="folder of the data sets, for test pictures (default: AGE_GENDER_DATA)"
    )
    parser.add_argument(
        "--cache-dir",
        type=Path,
        default=default_cache_dir(),
        help="folder of prepared composites and duplicates (default: AGE_GENDER_CACHE or .cache)",
    )
    add_detector_option(parser)
    add_deployment_options(parser)
    return parser


def _data_dir(named: Path | None) -> Path | None:
    """The folder named, or that of AGE_GENDER_DATA, or None. Raises DataMissing for one that is not there."""
    folder = named or (Path(os.environ["AGE_GENDER_DATA"]) if os.environ.get("AGE_GENDER_DATA") else None)
    if folder is not None and not folder.is_dir():
        raise DataMissing(
            f"There is no data folder {folder}. Leave --data-dir and AGE_GENDER_DATA out to do without."
        )
    return folder


if __name__ == "__main__":
    sys.exit(main())
