"""Style sheets and scripts: below a path that carries the hash of them all, compressed, cached for ever."""

import hashlib
import shutil
import tempfile
from pathlib import Path

import flask_bootstrap
from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

_STATIC = Path(__file__).resolve().parent.parent / "static"
_BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "css" / "bootstrap.min.css"


def register(app: Flask) -> None:
    """Serve the files below /static/, and give templates `asset("css/staffroom.css")`.

    One hash for all, in the path and not in the names: so that scripts can import each other.
    """
    sources = _sources()
    digest = _digest(sources)
    folder = Path(app.instance_path) / "assets" / digest
    if not folder.exists():
        _publish(sources, folder)
    app.extensions["staffroom_static"] = _STATIC
    prefix = f"static/{digest}/"
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=folder, prefix=prefix, immutable_file_test=lambda _path, _url: True
    )
    urls = {name: f"/{prefix}{name}" for name in sources}
    app.jinja_env.globals["asset"] = urls.__getitem__


def _sources() -> dict[str, Path]:
    own = {path.relative_to(_STATIC).as_posix(): path for path in _STATIC.rglob("*.*")}
    return {**own, "css/bootstrap.css": _BOOTSTRAP}


def _digest(sources: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(name.encode() + b"\x00" + sources[name].read_bytes() + b"\x00")
    return digest.hexdigest()[:12]


def _publish(sources: dict[str, Path], folder: Path) -> None:
    """Write the files beside the folder and move them there whole: processes that start together do not disturb."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
    compressor = Compressor(quiet=True)
    for name, source in sources.items():
        target = unfinished / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        compressor.compress(str(target))
    try:
        unfinished.rename(folder)
    except OSError:
        # Another process was faster; what it wrote is the same.
        shutil.rmtree(unfinished)
        if not folder.exists():
            raise
