"""Flet's client and our own page around it as files: compressed, cut to what is used, kept by browsers.

An address below `static/<version>/` holds what the same address without it holds. The version is made from
all that could change there, so a browser may keep such an answer for a year; the page that names the version
is asked for again each time. Nobody, then, runs another version of the client than his page is of.
"""

import functools
import hashlib
import html
import json
import mimetypes
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from flet_web.fastapi.flet_static_files import FletStaticFiles
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.types import Scope

from dashboard import fonts
from dashboard.language import Language, language_of, marked
from dashboard.reader import Reader
from dashboard.static_bodies import PLAIN, Bodies, Body, Sliced, encoded, encoding
from dashboard.views import pages

ABOUT = marked("Live dashboard for MQTT devices")
MANIFEST = "manifest.json"
KEPT = "max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"
"""A browser may keep it, but asks each time whether it is still the same."""
NEVER_KEPT = frozenset({"index.html", MANIFEST})
"""What says which version there is, and what the title is."""
VERSIONED = "static"
MARK = b"@version@"
"""Where our page names the version."""
PIECE = re.compile(re.escape(fonts.FOLDER) + r"[\w-]+/v\d+/[\w./-]+\.woff2")
SERVICE_WORKER = re.compile(rb"\s*serviceWorkerSettings: \{.*?\},", re.DOTALL)
"""What Flet's client waits for before it begins to load: a worker that does nothing but remove itself."""
CODE = ("font_table.py", "fonts.py", "static.py")
"""What makes of Flet's files and the fonts what is served."""
HAVE_TABLE = frozenset({"main.dart.js", "main.dart.wasm"})
"""The client's code, of which a browser takes the one or the other."""
COMPRESSIBLE = frozenset({".css", ".html", ".js", ".json", ".mjs", ".otf", ".svg", ".ttf", ".txt", ".wasm"})
"""Files with other endings are compressed already, or small."""


class Client(FletStaticFiles):
    """The files. Every page's route answers with our page, also where an id ends like the name of a file."""

    def __init__(self, assets: Path, title: str, language: str = "") -> None:
        super().__init__(assets_dir=str(assets), app_name=_in_html(title), no_cdn=True, app_description=ABOUT)
        self._own = assets
        self._title = title
        self._language = language
        self._bodies = Bodies()
        self._fonts = fonts.Fonts(Path(str(files("flet_web"))) / "web")

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """See Starlette."""
        found: tuple[str, os.stat_result | None] = super().lookup_path(path)
        if found[1] is not None:
            return found
        starts = {page.route.strip("/").partition("/")[0] for page in pages()}
        return super().lookup_path("index.html") if path.partition("/")[0] in starts else found

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, *_: object
    ) -> FileResponse:
        """See Starlette. Whether a browser has it already is found out where its encoding is known."""
        return FileResponse(full_path, stat_result=stat_result)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See Starlette."""
        named, path = _unversioned(path)
        piece = path.removeprefix(fonts.FOLDER) if PIECE.fullmatch(path) else None
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        if path == MANIFEST:
            language = self._language_for(Headers(scope=scope).get("accept-language", ""))
            source = _Source((MANIFEST, language), MANIFEST, functools.partial(self._manifest, language))
        elif piece is not None:
            source = _Source(path, "piece.otf", functools.partial(self._fonts.piece, piece))
        elif path == fonts.FIXED:
            source = _Source(path, path, fonts.fixed)
        else:
            response = await super().get_response(path, scope)
            if not isinstance(response, FileResponse):
                return response
            if response.status_code != HTTPStatus.OK:
                # Starlette's page for it, of which Flet makes ours.
                raise HTTPException(response.status_code)
            source = self._file(Path(response.path), response.stat_result)
        accepted = Headers(scope=scope).get("accept-encoding", "")
        wanted = encoding(accepted) if Path(source.name).suffix in COMPRESSIBLE else PLAIN
        body = await self._bodies.get((source.key, wanted), functools.partial(_body, source.make, wanted))
        if body is None:
            raise HTTPException(404)
        kept = named == self.version and source.name not in NEVER_KEPT
        return _answer(body, source.name, KEPT if kept else ASKED_AGAIN, scope)

    @functools.cached_property
    def version(self) -> str:
        """Another one whenever anything below `static/` may be another."""
        whole = hashlib.sha256("\n".join((version("flet-web"), *fonts.versions())).encode())
        code = [Path(__file__).with_name(name) for name in CODE]
        for file in (*code, *sorted(self._own.rglob("*"))):
            if file.is_file():
                whole.update(f"\n{file.name}\n".encode() + file.read_bytes())
        return whole.hexdigest()[:16]

    def _file(self, file: Path, facts: os.stat_result | None) -> "_Source":
        stamp = None if facts is None else (facts.st_mtime_ns, facts.st_size)

        def make() -> bytes:
            data = file.read_bytes()
            return self._ours(file.name, data)

        return _Source((str(file), stamp), file.name, make)

    def _ours(self, name: str, data: bytes) -> bytes:
        """A file's bytes, with what we have otherwise than Flet."""
        if name == "index.html":
            return data.replace(MARK, self.version.encode())
        if name == "flutter_bootstrap.js":
            return SERVICE_WORKER.sub(b"", data)
        return self._fonts.told(data) if name in HAVE_TABLE else data

    def _language_for(self, accepted: str) -> Language:
        """The house's, else the one that the browser asks for."""
        return language_of(self._language, [part.partition(";")[0] for part in accepted.split(",")])

    def _manifest(self, language: Language) -> bytes:
        told = json.loads((self._own / MANIFEST).read_text(encoding="utf-8"))
        ours = {
            "name": self._title, "short_name": self._title, "lang": language,
            "description": Reader(language).say(ABOUT),
        }  # fmt: skip
        return json.dumps(told | ours).encode()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a body is from: a key that changes with it, a name that says its type, and how it is made."""

    key: object
    name: str
    make: Callable[[], bytes | None]


def _unversioned(path: str) -> tuple[str, str]:
    """The version that a path names, empty if it names none, and the path without it."""
    parts = path.split("/", 2)
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == VERSIONED else ("", path)


def _body(make: Callable[[], bytes | None], wanted: str) -> Body | None:
    data = make()
    return None if data is None else encoded(data, wanted)


def _answer(body: Body, name: str, kept: str, scope: Scope) -> Response:
    """The body, or 304 for a browser that has just these bytes."""
    varies = "accept-encoding, accept-language" if name == MANIFEST else "accept-encoding"
    headers = {"etag": body.tag, "cache-control": kept, "vary": varies}
    known = Headers(scope=scope).get("if-none-match", "")
    if body.tag in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
        return Response(status_code=304, headers=headers)
    if body.encoding:
        headers["content-encoding"] = body.encoding
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Sliced(body.data, headers=headers, media_type=kind)


def _in_html(title: str) -> str:
    """A title as Flet puts it into its page: as it is, by way of a regular expression's replacement."""
    return html.escape(title).replace("\\", "\\\\")
