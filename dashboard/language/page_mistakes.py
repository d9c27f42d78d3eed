"""What is said in English of the files of people's own pages, with holes for what it is said of.

`dashboard/boards` knows no languages, and `fleetglass check` says the same words in a terminal. The names of
keys stay as they stand in the file.
"""

from collections.abc import Sequence

from dashboard.language import marked

AROUND: Sequence[str] = (
    marked("{what}; mend that first"),
    marked("{what} (and {n} more)"),
    marked("{file}.toml:{line}: {what}"),
    marked("{file}.toml: {what}"),
    marked("tile {n} ({kind}), {keys}: {what}"),
    marked("tile {n} ({kind}): {what}"),
    marked("tile {n}, {keys}: {what}"),
    marked("tile {n}: {what}"),
    marked("the tile: {what}"),
)
"""What stands around another sentence, from the outside to the inside."""
SENTENCES_OF_PAGES: Sequence[str] = (
    # Where.
    marked("{keys}, item {n}"),
    marked("{keys}, item {n}, {key}"),
    # What is wrong.
    marked("{field}: expected {what}, got nothing"),
    marked("{field}: unknown key; expected one of {names}"),
    marked("expected {what}, got nothing"),
    marked("expected {what}, got {given}"),
    marked("unknown key; expected one of {names}"),
    marked("expected an id that no other tile has, got {given} again"),
    marked("expected place, kind or both, got neither"),
    marked("expected title, text or both, got neither"),
    marked("expected at most {n} MiB, got {given} KiB"),
    marked("expected text in UTF-8, got the byte {given}"),
    marked("not valid TOML: {why}"),
    marked("cannot be read: {why}"),
    # What should be there, and what is.
    marked("a value"),
    marked("a table"),
    marked("a list"),
    marked("an integer"),
    marked("a number"),
    marked("a finite number"),
    marked("a text in quotes"),
    marked("a text of whole characters"),
    marked("a text that is not empty"),
    marked("a text of at most {n} characters"),
    marked("a text on one line, without space at its ends"),
    marked("a text without control characters"),
    marked("at most {n} of a to z, 0 to 9 and -"),
    marked("the name of a Material icon, such as kitchen or water_drop"),
    marked("one of {names}"),
    marked("'{names}' or '{name}'"),
    marked("at least {n}"),
    marked("at most {n}"),
    marked("at least {n} of them"),
    marked("at most {n} of them"),
    marked("a list of {n}"),
    marked("an empty list"),
    # What the reader of TOML says.
    marked("Invalid statement"),
    marked("Invalid value"),
    marked("Invalid initial character for a key part"),
    marked("Invalid date or datetime"),
    marked("Unterminated string"),
    marked("Unclosed array"),
    marked("Unclosed inline table"),
    marked("Cannot overwrite a value"),
    marked("Cannot declare {key} twice"),
    marked("Duplicate inline table key {key}"),
    marked("Expected '=' after a key in a key/value pair"),
    marked("Expected ']' at the end of a table declaration"),
    marked("Expected ']]' at the end of an array declaration"),
    marked("Expected newline or end of document after a statement"),
    marked("Illegal character {given}"),
    marked("Found invalid character {given}"),
    marked("Unescaped '\\' in a string"),
    # What the system says.
    marked("Permission denied"),
    marked("No space left on device"),
    marked("Read-only file system"),
    marked("Input/output error"),
    marked("it is no file"),
    # What is wrong with the folder.
    marked("{folder}: expected a folder, got a file"),
    marked("not a page: expected a name of at most {n} of a to z, 0 to 9 and - before .toml"),
    marked("left out: expected at most {n} pages"),
    # Why a change is refused.
    marked("changed meanwhile; look again"),
    marked("the tile is not there any more; look again"),
    marked("there is no such page; look again"),
    marked("{name}: there is no such page; look again"),
    marked("there is a tile with the id {id} already"),
    marked("there are {n} pages already, and there may not be more: remove one first"),
    marked("{folder}: there are {n} pages already, and there may not be more: remove one first"),
    marked("its tiles are not written as [[tiles]], one below the other: change it by hand"),
    marked("this cannot be written without harm to what stands in the file: change it by hand"),
    marked("another program is writing there; try again"),
    marked("{folder}: another program is writing there; try again"),
    marked("cannot be written: {why}"),
    marked("{folder}: cannot be written: {why}"),
)
