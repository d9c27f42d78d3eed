"""Files that people write too, replaced as a whole: at any moment the old one is there, or the new one."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def replace_file(file: Path, data: bytes, check: Callable[[], None] = lambda: None) -> None:
    """Put `data` in the place of a file, or make it; after a power cut it is one or the other.

    `check` is called at the last moment, when all is written but the name: what it raises leaves the old one.

    A symbolic link stays, and what it leads to is replaced. Mode and, where we may, owner are kept. What a
    kill leaves behind is `.<name>.part` beside the file, which the next call takes away. Two calls at once
    for one file are the caller's to prevent. Raises `OSError`, also for a file that is marked as read-only.
    """
    target = Path(os.path.realpath(file))
    kept = _facts(target)
    if kept is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "it is read-only", str(target))
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        _write(part, data, kept)
        check()
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    settle(target.parent)


def settle(folder: Path) -> None:
    """Return when the names in a folder are on the disk, as far as its file system can say."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(opened)
    finally:
        os.close(opened)


def _facts(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _write(part: Path, data: bytes, kept: os.stat_result | None) -> None:
    # Never through a link that somebody has put there.
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(opened, "wb") as writing:
        if kept is not None:
            with suppress(OSError):
                os.fchown(opened, kept.st_uid, kept.st_gid)
            os.fchmod(opened, stat.S_IMODE(kept.st_mode))
        writing.write(data)
        writing.flush()
        os.fsync(opened)
