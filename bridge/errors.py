"""The errors of the bridge.

FleetglassError
├── UserMistake        what a person can mend: one clear line, exit code 2
│   ├── SettingsError  a config file, an environment variable or a flag
│   ├── PortTaken      a port that somebody else listens on
│   ├── StoreError     a store that cannot be opened
│   ├── BoardError     a page of one's own that cannot be changed or saved
│   └── AlreadyRunning another Fleetglass has the same data folder
├── NotConnected       a command while the broker is away
│   └── BusAway        anything that is asked of a bridge in another process that cannot be reached
├── BusVersion         something on the bus that another version wrote, or another program
├── LabelRefused       a name or a place that is none
└── CommandRefused     a command that the kind does not allow
"""


class FleetglassError(Exception):
    """The root of all errors raised on purpose. Its text is one line, fit for a person."""


class UserMistake(FleetglassError):
    """Something the user can mend; the text says what, where and how."""


class SettingsError(UserMistake):
    """A setting that is unknown, of the wrong type or names something that is not there."""


class PortTaken(UserMistake):
    """A port that another program listens on."""


class NotConnected(FleetglassError):
    """The broker is away, so nothing was sent."""


class CommandRefused(FleetglassError):
    """The kind does not know this metric, or the value is not one it takes."""


class LabelRefused(FleetglassError):
    """A name or a place that is too long, or more than one line."""


class StoreError(UserMistake):
    """A store that cannot be opened: another program's file, a newer version's, one without permission."""


class BoardError(UserMistake):
    """A page of one's own that is not there, has changed meanwhile, has a mistake or cannot be written."""


class AlreadyRunning(UserMistake):
    """Another Fleetglass keeps its data in the same folder."""


class BusAway(NotConnected):
    """Something was asked of a bridge that cannot be reached over the bus: nothing was done, nor will be."""


class BusVersion(FleetglassError):
    """Something on the bus that this program cannot read: another version's, or another program's."""
