"""The folder of pages: read, watched and written, whoever else writes there."""

import fcntl
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from bridge.errors import BoardError
from dashboard import boards
from dashboard.boards import Board, Boards, EventsTile, Page, TextTile
from dashboard.boards.board import MAX_PAGES
from tests.dashboard.product import ROOT, environment

KITCHEN = '# Mine.\ntitle = "Kitchen"\n\n[[tiles]]\nid = "all"\ntype = "events"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one page."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "kitchen.toml").write_text(KITCHEN)
    return folder


@pytest.fixture
def known(folder: Path) -> Boards:
    """The same, looked at once."""
    known = Boards(folder)
    known.poll()
    return known


def board(known: Boards, name: str = "kitchen") -> Board:
    """A page that is there."""
    found = known.get(name)
    assert found is not None
    return found


def saved(folder: Path, text: str, name: str = "kitchen") -> None:
    """What most editors do: write beside it, and rename."""
    new = folder / f"{name}.toml~new"
    new.write_text(text)
    new.replace(folder / f"{name}.toml")


def refused(known: Boards, revision: str, change: boards.folder.Change, name: str = "kitchen") -> str:
    """Why an edit is refused."""
    with pytest.raises(BoardError) as told:
        known.edit(name, revision, change)
    assert 1 == len(str(told.value).splitlines())
    return str(told.value)


NOTE = partial(boards.add, tile=TextTile(id="note", text="x"))


# Looking.


def test_a_page_is_found(folder: Path) -> None:
    """The first look tells of every page, the next only of what has changed."""
    known = Boards(folder)
    assert {} == known.pages()
    assert [{"kitchen"}, set()] == [known.poll(), known.poll()]
    assert ("Kitchen", "") == (board(known).page.title, board(known).fault)


def test_without_a_folder_there_are_no_pages(tmp_path: Path) -> None:
    """That is no mistake; the first page makes the folder."""
    known = Boards(tmp_path / "house" / "pages")
    assert (set(), {}, ()) == (known.poll(), known.pages(), known.faults)
    assert "hall" == known.create("Hall")
    assert 'title = "Hall"\n' == (tmp_path / "house" / "pages" / "hall.toml").read_text()


def test_a_change_is_taken_in(known: Boards, folder: Path) -> None:
    """However it is saved, by renaming or in place, and even if neither time nor size tell of it."""
    file = folder / "kitchen.toml"
    saved(folder, KITCHEN.replace("Kitchen", "Renamed"))
    assert ({"kitchen"}, "Renamed") == (known.poll(), board(known).page.title)
    before = file.stat()
    file.write_text(KITCHEN.replace("Kitchen", "InPlace"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert ({"kitchen"}, "InPlace") == (known.poll(), board(known).page.title)


def test_what_has_not_changed_is_not_read(known: Boards, folder: Path) -> None:
    """A file that was changed long ago is only looked at; one that is touched is read and tells nothing."""
    file = folder / "kitchen.toml"
    os.utime(file, ns=(10**18, 10**18))
    assert set() == known.poll()
    seen = board(known)
    with file.open("r+") as changing:
        changing.write("# Mine!")
    os.utime(file, ns=(10**18, 10**18))
    assert (set(), seen) == (known.poll(), board(known))
    os.utime(file, ns=(10**18, 2 * 10**17))
    assert {"kitchen"} == known.poll()


def test_a_page_that_is_gone_is_gone_at_the_second_look(known: Boards, folder: Path) -> None:
    """An editor that takes the file away for a moment does not make the page vanish."""
    (folder / "kitchen.toml").rename(folder / "aside")
    assert (set(), True) == (known.poll(), "kitchen" in known.pages())
    (folder / "aside").rename(folder / "kitchen.toml")
    assert set() == known.poll()
    (folder / "kitchen.toml").unlink()
    assert [set(), {"kitchen"}] == [known.poll(), known.poll()]
    assert {} == known.pages()


def test_a_mistake_keeps_the_last_good_page(known: Boards, folder: Path) -> None:
    """The page stays, with the mistake; when it is mended the mistake is gone."""
    saved(folder, KITCHEN.replace('"events"', '"event"'))
    assert {"kitchen"} == known.poll()
    expected = (
        "pages/kitchen.toml:6: tile 1, type: expected one of device, metric, chart, gauge, control, group, "
        'text, events, map, got "event"'
    )
    assert ("Kitchen", expected) == (board(known).page.title, board(known).fault)
    assert "all" == board(known).page.tiles[0].id
    saved(folder, KITCHEN)
    assert ({"kitchen"}, "") == (known.poll(), board(known).fault)


def test_a_page_that_was_never_right_is_empty(known: Boards, folder: Path) -> None:
    """It has the mistake and no tiles; its title, if that can be read, else its name."""
    (folder / "hall.toml").write_text("title = ")
    known.poll()
    assert (Page(title="hall"), "pages/hall.toml:1: not valid TOML: Invalid value") == (
        board(known, "hall").page,
        board(known, "hall").fault,
    )
    for name, text in {
        "loft": 'title = "The loft"\n[[tiles]]\ntype = "fnord"\ntitle = "A tile"\n',
        "attic": '"title" = "The loft" # Of the house.\ntiles = \n',
    }.items():
        (folder / f"{name}.toml").write_text(text)
        known.poll()
        assert (Page(title="The loft"), True) == (board(known, name).page, bool(board(known, name).fault))
    (folder / "cellar.toml").write_text('icon = 5\n[[tiles]]\ntitle = "A tile"\n')
    known.poll()
    assert Page(title="cellar") == board(known, "cellar").page


def test_what_is_no_page_is_told(known: Boards, folder: Path) -> None:
    """A name that no address could have, a folder, a pipe, a link to nowhere; hidden files are left alone."""
    for name in ("My Page.toml", ".#kitchen.toml", "readme.md", "old.toml.removed"):
        (folder / name).write_text("x")
    (folder / "below.toml").mkdir()
    os.mkfifo(folder / "pipe.toml")
    (folder / "lost.toml").symlink_to(folder / "nowhere")
    known.poll()
    told = [f"pages/{name}.toml: cannot be read: " for name in ("below", "lost", "pipe")]
    found = [board.fault for board in known.pages().values() if board.fault]
    assert told == [line[: len(start)] for line, start in zip(sorted(found), told, strict=True)]
    wrong = "expected a name of at most 40 of a to z, 0 to 9 and - before .toml"
    assert (f"pages/My Page.toml: not a page: {wrong}",) == known.faults


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    """It is told, and nothing can be made in it."""
    (tmp_path / "pages").write_text("x")
    known = Boards(tmp_path / "pages")
    assert (set(), ("pages: expected a folder, got a file",)) == (known.poll(), known.faults)
    with pytest.raises(BoardError, match=r"\Apages: expected a folder, got a file\Z"):
        known.create("Hall")


def test_the_navigation_is_in_order(known: Boards, folder: Path) -> None:
    """Numbered pages first, then the others by their titles."""
    for name, text in (("a", 'title = "zz"'), ("b", 'title = "Ab"'), ("c", 'title = "x"\norder = 2')):
        (folder / f"{name}.toml").write_text(text)
    (folder / "d.toml").write_text('title = "y"\norder = -1.5')
    known.poll()
    assert ["d", "c", "b", "kitchen", "a"] == list(known.pages())


def test_there_are_a_hundred_pages_at_most(known: Boards, folder: Path) -> None:
    """Of more the first by name are shown, the others told, and no further one can be made."""
    for number in range(MAX_PAGES):
        (folder / f"a{number:03}.toml").write_text('title = "x"')
    known.poll()
    known.poll()
    assert (MAX_PAGES, False) == (len(known.pages()), "kitchen" in known.pages())
    assert ("pages/kitchen.toml: left out: expected at most 100 pages",) == known.faults
    with pytest.raises(BoardError, match="there are 100 pages already"):
        known.create("Hall")


# Writing.


def test_an_edit_is_saved(known: Boards, folder: Path) -> None:
    """What comes of it is known at once, told by the next look, and read by everybody else."""
    after = known.edit("kitchen", board(known).revision, NOTE)
    text = f'{KITCHEN}\n[[tiles]]\nid = "note"\ntype = "text"\ntext = "x"\n'
    assert text == (folder / "kitchen.toml").read_text()
    assert (after, {"kitchen"}, set()) == (board(known), known.poll(), known.poll())
    other = Boards(folder)
    other.poll()
    assert after == board(other)


def test_two_who_edit_do_not_overwrite_each_other(known: Boards, folder: Path) -> None:
    """The second is refused, sees what the first did, and succeeds when he looks again."""
    begun = board(known)
    known.edit("kitchen", begun.revision, NOTE)
    again = partial(boards.rename, title="Ours")
    assert "pages/kitchen.toml: changed meanwhile; look again" == refused(known, begun.revision, again)
    known.edit("kitchen", board(known).revision, again)
    assert ("Ours", 2) == (board(known).page.title, len(board(known).page.tiles))


def test_an_edit_after_an_editor_is_refused(known: Boards, folder: Path) -> None:
    """What a person saved meanwhile is never written over: it is loaded instead."""
    begun = board(known)
    saved(folder, KITCHEN.replace("Kitchen", "By hand"))
    assert "pages/kitchen.toml: changed meanwhile; look again" == refused(known, begun.revision, NOTE)
    assert ("By hand", {"kitchen"}) == (board(known).page.title, known.poll())


def test_an_editor_in_the_middle_of_an_edit_wins(known: Boards, folder: Path) -> None:
    """Saved between our reading and our writing, his text stays."""

    def meanwhile(page: Page) -> Page:
        saved(folder, KITCHEN.replace("Kitchen", "By hand"))
        return NOTE(page)

    told = refused(known, board(known).revision, meanwhile)
    assert "pages/kitchen.toml: changed meanwhile; look again" == told
    assert "By hand" in (folder / "kitchen.toml").read_text()
    assert {"kitchen"} == known.poll()


def test_a_file_with_a_mistake_is_not_edited(known: Boards, folder: Path) -> None:
    """Half of what he wrote would be lost; the mistake is told instead."""
    saved(folder, KITCHEN + "colour = 1\n")
    known.poll()
    told = refused(known, board(known).revision, NOTE)
    assert told.startswith("pages/kitchen.toml:7: tile 1 (events), colour: unknown key; expected one of ")
    assert told.endswith("; mend that first")


def test_an_edit_of_what_is_gone_is_refused(known: Boards, folder: Path) -> None:
    """The page is gone then, at once; a name that leads out of the folder is none."""
    (folder / "kitchen.toml").unlink()
    expected = "pages/kitchen.toml: there is no such page; look again"
    assert expected == refused(known, board(known).revision, NOTE)
    assert None is known.get("kitchen")
    (folder.parent / "other.toml").write_text(KITCHEN)
    assert "pages/../other.toml: there is no such page; look again" == refused(known, "x", NOTE, "../other")
    with pytest.raises(BoardError, match="there is no such page"):
        known.remove("../other")


def test_a_wrong_edit_writes_nothing(known: Boards, folder: Path) -> None:
    """It is told with the file's name, and an edit that changes nothing does not touch the file."""
    file = folder / "kitchen.toml"
    node = file.stat().st_ino
    told = refused(known, board(known).revision, partial(boards.resize, tile_id="all", width=0))
    assert "pages/kitchen.toml: width: expected at least 1, got 0" == told
    known.edit("kitchen", board(known).revision, partial(boards.shift, tile_id="all", steps=1))
    assert (KITCHEN, node) == (file.read_text(), file.stat().st_ino)


def test_a_byte_order_mark_stays(known: Boards, folder: Path) -> None:
    """An editor of Windows finds its file as it likes it."""
    file = folder / "kitchen.toml"
    file.write_bytes(b"\xef\xbb\xbf" + KITCHEN.replace("\n", "\r\n").encode())
    known.poll()
    known.edit("kitchen", board(known).revision, partial(boards.resize, tile_id="all", width=3))
    assert b"\xef\xbb\xbf" + KITCHEN.replace("\n", "\r\n").encode() + b"width = 3\r\n" == file.read_bytes()


def test_names_come_of_titles(tmp_path: Path) -> None:
    """They fit into an address, and none is given twice."""
    known = Boards(tmp_path / "pages")
    titles = ("Küche & Flur", "küche flur", "页面", "!", "x" * 90, " Hall ")
    with pytest.raises(BoardError, match=r"\Apages: title: expected a text on one line"):
        known.create("a\nb")
    names = [known.create(title) for title in titles]
    assert ["kuche-flur", "kuche-flur-2", "page", "page-2", "x" * 36, "hall"] == names
    assert titles[2] == board(known, "page").page.title


def test_a_removed_page_can_be_had_back(known: Boards, folder: Path) -> None:
    """Its file stays under another name, however often there was one; named back it is the page again."""
    assert "kitchen.toml.removed" == known.remove("kitchen")
    assert (None, {"kitchen"}) == (known.get("kitchen"), known.poll())
    (folder / "kitchen.toml").write_text('title = "Second"')
    known.poll()
    assert "kitchen.toml.removed-2" == known.remove("kitchen")
    assert KITCHEN == (folder / "kitchen.toml.removed").read_text()
    (folder / "kitchen.toml.removed").rename(folder / "kitchen.toml")
    assert ({"kitchen"}, "Kitchen") == (known.poll(), board(known).page.title)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_folder_that_may_not_be_written_is_told(known: Boards, folder: Path) -> None:
    """One clear line; nothing is lost."""
    folder.chmod(0o555)
    told = refused(known, board(known).revision, NOTE)
    assert "pages/kitchen.toml: cannot be written: Permission denied" == told


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Below a file there can be no folder."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(BoardError, match=r"\Apages: cannot be written: Not a directory\Z"):
        Boards(tmp_path / "file" / "pages").create("Hall")


# At the same time.


def test_of_many_at_once_none_is_lost(known: Boards) -> None:
    """Each of many threads that tries until it succeeds finds its tile on the page in the end."""

    def work(number: int) -> None:
        while True:
            try:
                tile = EventsTile(id=f"t{number}")
                known.edit("kitchen", board(known).revision, partial(boards.add, tile=tile))
            except BoardError as error:
                assert "changed meanwhile" in str(error)  # noqa: PT017  (any other error is the failure)
            else:
                return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {"all", *(f"t{number}" for number in range(12))} == {t.id for t in board(known).page.tiles}


WRITER = """
import sys
from functools import partial
from pathlib import Path
from bridge.errors import BoardError
from dashboard import boards
known = boards.Boards(Path(sys.argv[1]))
known.poll()
for number in range(10):
    while True:
        tile = boards.EventsTile(id=f"{sys.argv[2]}-{number}")
        try:
            known.edit("kitchen", known.get("kitchen").revision, partial(boards.add, tile=tile))
            break
        except BoardError as error:
            if "changed meanwhile" not in str(error):
                raise
"""


def test_of_two_processes_none_is_lost(folder: Path) -> None:
    """Two dashboards with the same folder take turns: every tile of both is there in the end."""
    both = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name], cwd=ROOT, env=environment())
        for name in ("a", "b")
    ]
    assert [0, 0] == [process.wait() for process in both]
    known = Boards(folder)
    known.poll()
    assert 21 == len(board(known).page.tiles)


def test_one_who_writes_for_long_is_not_waited_for_without_end(folder: Path) -> None:
    """While another process holds the folder, an edit is refused after a while, and done when it is free."""
    known = Boards(folder, patience=0.0)
    known.poll()
    holding = os.open(folder, os.O_RDONLY)
    fcntl.flock(holding, fcntl.LOCK_EX)
    told = refused(known, board(known).revision, NOTE)
    os.close(holding)
    assert "pages/kitchen.toml: another program is writing there; try again" == told
    assert 2 == len(known.edit("kitchen", board(known).revision, NOTE).page.tiles)
