"""Flet's client and our page as files: compressed, kept by browsers, cut to what is used."""

import asyncio
import gzip
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import brotli
import flet_web
import httpx
import pytest
import uharfbuzz as hb
from starlette.types import Message

from dashboard.app import ASSETS
from dashboard.fonts import FIXED
from dashboard.look import MONOSPACE
from dashboard.static import ASKED_AGAIN, KEPT, SERVICE_WORKER, Client
from dashboard.static_bodies import PLAIN, SLICE, Bodies, Body, Sliced, encoded, encoding
from tests.dashboard.served import Served, served

FLETS = Path(flet_web.get_package_web_dir())
TEXT = b"the same words " * 1_000


@pytest.fixture(scope="module")
def dash() -> Iterator[Served]:
    """A dashboard."""
    yield from served()


def version(dash: Served) -> str:
    """The version that the page names."""
    (found,) = set(re.findall(r"static/(\w+)/", dash.get("/").text))
    return found


# Bodies.


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("BR", "br"),
        ("gzip;q=nonsense", PLAIN),
        ("identity", PLAIN),
        ("", PLAIN),
    ],
)
def test_a_browser_gets_the_best_encoding_that_it_takes(accepted: str, expected: str) -> None:
    """Brotli goes before gzip; what is refused or not named is not used."""
    assert expected == encoding(accepted)


def test_each_encoding_of_a_body_has_a_tag_of_its_own() -> None:
    """All decode to the same bytes; equal bytes have equal tags, in any process."""
    bodies = [encoded(TEXT, wanted) for wanted in ("br", "gzip", PLAIN)]
    assert [TEXT] * 3 == [brotli.decompress(bodies[0].data), gzip.decompress(bodies[1].data), bodies[2].data]
    assert 3 == len({body.tag for body in bodies})
    assert bodies == [encoded(TEXT, wanted) for wanted in ("br", "gzip", PLAIN)]


@pytest.mark.parametrize(
    "data", [b"", b"short", bytes(brotli.compress(TEXT * 9))], ids=["none", "short", "dense"]
)
def test_what_does_not_get_shorter_stays_as_it_is(data: bytes) -> None:
    """It has no encoding then, and the tag of plain bytes."""
    assert encoded(data, PLAIN) == encoded(data, "br")


def test_a_body_is_made_once_for_all_who_ask_at_once() -> None:
    """Of many who ask for it at a time one waits for it to be made, and all get that one."""
    made: list[Body] = []

    def make() -> Body:
        made.append(Body(TEXT, PLAIN, str(len(made))))
        return made[-1]

    async def ask() -> list[Body | None]:
        bodies = Bodies()
        return [
            *await asyncio.gather(*(bodies.get("key", make) for _ in range(20))),
            await bodies.get("key", make),
        ]

    assert [Body(TEXT, PLAIN, "0")] * 21 == asyncio.run(ask())


def test_bodies_have_a_bound() -> None:
    """Beyond it those not used for longest are dropped, and made anew when they are asked for."""
    made: list[int] = []

    def maker(number: int) -> Body:
        made.append(number)
        return Body(b"x" * 10, PLAIN, str(number))

    async def ask() -> None:
        bodies = Bodies(room=25)
        for number in (1, 2, 1, 3, 1, 2):
            await bodies.get(number, lambda number=number: maker(number))

    asyncio.run(ask())
    assert [1, 2, 3, 2] == made


def test_what_cannot_be_made_is_tried_again() -> None:
    """A None and an error are not kept, and nobody waits for ever after them."""
    answers: list[Body | OSError | None] = [None, OSError("away"), Body(b"", PLAIN, "there")]

    def make() -> Body | None:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    async def ask() -> list[object]:
        bodies = Bodies()
        return [(await asyncio.gather(bodies.get("key", make), return_exceptions=True))[0] for _ in range(3)]

    expected = list(answers)
    assert expected == asyncio.run(ask())


def test_a_body_leaves_in_slices() -> None:
    """Each is handed over when the one before has been taken; together they are the body."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise NotImplementedError

    body = bytes(range(256)) * 1_000
    asyncio.run(Sliced(body)({"type": "http", "method": "GET"}, receive, send))
    assert body == b"".join(message.get("body", b"") for message in sent)
    assert SLICE == max(len(message.get("body", b"")) for message in sent)
    assert [True, True, True, True, False] == [message["more_body"] for message in sent[1:]]


def test_nothing_is_kept_of_what_is_not_there() -> None:
    """Whoever asks for addresses that he makes up fills no memory."""

    async def ask() -> list[object]:
        bodies = Bodies()
        for number in range(3):
            await bodies.get(number, lambda: None)
        return [value for value in vars(bodies).values() if isinstance(value, dict) and value]

    assert [] == asyncio.run(ask())


# What is served.


@pytest.mark.parametrize("accepted", ["br", "gzip", ""], ids=["br", "gzip", "plain"])
@pytest.mark.parametrize("path", ["/", "/canvaskit/skwasm.js", "/assets/fonts/MaterialIcons-Regular.otf"])
def test_a_file_comes_in_the_encoding_asked_for_and_once(dash: Served, path: str, accepted: str) -> None:
    """Whoever has the bytes of that encoding is told so; whoever has those of another one gets his."""
    answer = dash.get(path, **{"accept-encoding": accepted})
    names = ("content-encoding", "vary")
    assert [accepted, "accept-encoding"] == [answer.headers.get(name, "") for name in names]
    assert dash.get(path).content == answer.content
    tag = answer.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        same = dash.get(path, 304, **{"accept-encoding": accepted, "if-none-match": known})
        assert (b"", tag) == (same.content, same.headers["etag"])
    other = "gzip" if accepted == "br" else "br"
    dash.get(path, 200, **{"accept-encoding": other, "if-none-match": tag})


def test_what_is_asked_for_is_what_flet_brings(dash: Served) -> None:
    """A file that we have nothing of our own for is Flet's, whatever it is called by."""
    flets = (FLETS / "canvaskit/skwasm.js").read_bytes()
    assert [flets] * 2 == [
        dash.get(path).content
        for path in ("/canvaskit/skwasm.js", f"/static/{version(dash)}/canvaskit/skwasm.js")
    ]


def test_only_addresses_with_the_version_are_kept(dash: Served) -> None:
    """The page, which names the version, is asked for again each time, and so is another version."""
    kept = f"/static/{version(dash)}/"
    told = {
        path: dash.get(path).headers["cache-control"]
        for path in (
            "/",
            "/system",
            "/connection.js",
            "/flutter_bootstrap.js",
            "/manifest.json",
            "/main.dart.mjs",
        )
    }
    assert set(told.values()) == {ASKED_AGAIN}
    assert KEPT == dash.get(kept + "main.dart.mjs").headers["cache-control"]
    assert ASKED_AGAIN == dash.get("/static/0123456789abcdef/main.dart.mjs").headers["cache-control"]
    assert {ASKED_AGAIN} == {
        dash.get(kept + name).headers["cache-control"] for name in ("index.html", "manifest.json", "system")
    }


def test_the_page_has_the_client_loaded_from_where_it_is_kept(dash: Served) -> None:
    """Its mark is filled in once, for all that the client is loaded from."""
    page = dash.get("/").text
    assert [f"static/{version(dash)}/"] == re.findall(r"static/\S+?/", page.partition("`${base}")[2])
    names = ("entrypointBaseUrl", "assetBase", "canvasKitBaseUrl", "fontFallbackBaseUrl")
    flets = (FLETS / "flutter_bootstrap.js").read_text(encoding="utf-8")
    assert [] == [name for name in names if f"flet.{name}" not in flets or f'"{name}"' not in page]


def test_whatever_changes_what_is_served_is_another_version(tmp_path: Path) -> None:
    """A change of one of our own files is; the title, which is in no kept address, is not."""
    shutil.copytree(ASSETS, tmp_path / "assets")
    same, titled = Client(tmp_path / "assets", "Fleetglass"), Client(ASSETS, "Boats")
    assert Client(ASSETS, "Fleetglass").version == same.version == titled.version
    with (tmp_path / "assets" / "connection.js").open("a") as script:
        script.write("\n")
    assert same.version != Client(tmp_path / "assets", "Fleetglass").version


def test_what_is_not_there_is_not_found(dash: Served) -> None:
    """Neither a file nor a piece of a font; what looks like a page is our page."""
    for path in ("nothing.wasm", "assets/fonts/notosans/v1/nothing.woff2", "..%2f..%2fapp.py"):
        dash.get("/" + path, 404)
        dash.get(f"/static/{version(dash)}/{path}", 404)


def test_a_file_is_only_read(dash: Served) -> None:
    """HEAD tells of it without its bytes; other methods are refused."""
    for path in ("/main.dart.mjs", "/manifest.json"):
        head, whole = dash.http.head(path), dash.get(path)
        assert (200, b"", whole.headers["etag"]) == (head.status_code, head.content, head.headers["etag"])
        assert 405 == dash.http.post(path).status_code


def test_the_client_waits_for_no_service_worker(dash: Served) -> None:
    """What Flet's start of the client says of one, once, is left out; nothing else is."""
    flets = (FLETS / "flutter_bootstrap.js").read_bytes()
    assert 1 == len(SERVICE_WORKER.findall(flets))
    ours = dash.get("/flutter_bootstrap.js").text
    assert "serviceWorkerSettings: {" not in ours
    assert re.search(r"_flutter\.loader\.load\(\{\s*config: flutterConfig,\s*onEntrypointLoaded:", ours)


def test_the_fonts_that_are_loaded_at_once_are_the_ones_that_are_used(dash: Served) -> None:
    """The icons and Roboto, each as Flet names it, and the face of fixed width, which is there."""

    def fonts(told: list[dict[str, object]]) -> dict[object, object]:
        return {font["family"]: font["fonts"] for font in told}

    ours = fonts(dash.get("/assets/FontManifest.json").json())
    flets = fonts(json.loads((FLETS / "assets/FontManifest.json").read_text(encoding="utf-8")))
    assert {"MaterialIcons", MONOSPACE, "Roboto"} == set(ours)
    del ours["Roboto"], ours[MONOSPACE]
    assert ours.items() <= flets.items()
    face = hb.Face(dash.get(f"/{FIXED}").content)
    assert set(map(ord, '{"a\'`|~": °µЖω}')) <= set(face.unicodes)


@pytest.mark.parametrize("title", ["Fleetglass", 'Smith & "Sons" \\ <Boats>'], ids=["plain", "marks"])
def test_the_app_that_is_installed_has_the_title(title: str) -> None:
    """As it is written in the config; it starts and stays below the address it was installed from."""
    manifest = asked(Client(ASSETS, title), "/manifest.json").json()
    names = ("name", "short_name", "display", "start_url", "scope")
    assert [title, title, "standalone", ".", "."] == [manifest[name] for name in names]


def test_what_the_app_is_is_told_in_the_language_of_who_installs_it() -> None:
    """That of the house goes before the browser's; a cache keeps them apart."""
    told = []
    for house, accepted in (("", "zh-CN,zh;q=0.9"), ("", "de,en;q=0.5"), ("zh", "en"), ("", "")):
        answer = asked(Client(ASSETS, "x", house), "/manifest.json", headers={"accept-language": accepted})
        assert "accept-language" in answer.headers["vary"]
        told.append((answer.json()["lang"], answer.json()["description"]))
    english, chinese = "Live dashboard for MQTT devices", "MQTT 设备实时仪表板"
    assert [("zh", chinese), ("en", english), ("zh", chinese), ("en", english)] == told


def test_the_files_are_there_below_a_base_path() -> None:
    """The page says where it is, and its own addresses hold the files."""
    client = Client(ASSETS, "Fleetglass")
    page = asked(client, "/fleet/", root="/fleet").text
    assert '<base href="/fleet/">' in page
    script = asked(client, f"/fleet/static/{client.version}/canvaskit/skwasm.js", root="/fleet")
    assert (FLETS / "canvaskit/skwasm.js").read_bytes() == script.content


def asked(
    client: Client, path: str, root: str = "", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Its answer, without a server."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(client, root_path=root)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            return await http.get(path, headers=headers)

    answer = asyncio.run(ask())
    assert 200 == answer.status_code
    return answer
