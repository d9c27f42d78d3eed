"""The tables, as scripts that follow each other. `user_version` of a file counts those that have run."""

APPLICATION_ID = 0x466C4773
"""What SQLite calls the owner of a file: the letters FlGs."""

# Times are whole microseconds since 1970, `minute` and `hour` whole ones, so that nothing is rounded twice.
_READINGS = """
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  device TEXT NOT NULL,
  kind TEXT NOT NULL,
  metric TEXT NOT NULL,
  unit TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('bool', 'int', 'float', 'text')),
  extra INTEGER NOT NULL DEFAULT 0,
  UNIQUE (device, metric, unit, type)
);
CREATE TABLE reading (
  series INTEGER NOT NULL,
  time INTEGER NOT NULL,
  value NOT NULL,
  received INTEGER,
  PRIMARY KEY (series, time, value)
) WITHOUT ROWID;
CREATE TABLE latest (device TEXT PRIMARY KEY, state TEXT NOT NULL, payload BLOB NOT NULL);
CREATE TABLE note (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('readings', 0);
CREATE TABLE receipt (id INTEGER PRIMARY KEY, ids BLOB NOT NULL, digests BLOB NOT NULL);
"""

# `readings_from`, `minutes_from`, `hours_from`: the hour before which a series has none of them left.
# `high` and `total` of a row are NULL where all its values are `low`.
# `due`: the minutes of a series in which readings came since they were last rolled up. `since` is when the
# first of them came. `due_hour`: the same for the minutes of an hour.
_ROLLUPS_AND_LISTS = """
ALTER TABLE series ADD COLUMN readings_from INTEGER;
ALTER TABLE series ADD COLUMN minutes_from INTEGER;
ALTER TABLE series ADD COLUMN hours_from INTEGER;
CREATE TABLE minute (
  series INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  low NOT NULL,
  high,
  total REAL,
  count INTEGER NOT NULL,
  PRIMARY KEY (series, minute)
) WITHOUT ROWID;
CREATE TABLE hour (
  series INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  low NOT NULL,
  high,
  total REAL,
  count INTEGER NOT NULL,
  PRIMARY KEY (series, hour)
) WITHOUT ROWID;
CREATE TABLE due (
  series INTEGER NOT NULL, minute INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (series, minute)
) WITHOUT ROWID;
CREATE INDEX due_by_minute ON due (minute);
CREATE TABLE due_hour (
  series INTEGER NOT NULL, hour INTEGER NOT NULL, PRIMARY KEY (series, hour)
) WITHOUT ROWID;
CREATE INDEX due_hour_by_hour ON due_hour (hour);
INSERT INTO due SELECT series, minute, 0 FROM (
  SELECT DISTINCT series, (time - (time % 60000000 + 60000000) % 60000000) / 60000000 AS minute FROM reading
);
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  topic TEXT NOT NULL,
  reason TEXT NOT NULL,
  field TEXT NOT NULL,
  detail TEXT NOT NULL,
  size INTEGER NOT NULL,
  retained INTEGER NOT NULL,
  qos INTEGER NOT NULL,
  payload BLOB NOT NULL
);
CREATE INDEX quarantine_by_reason ON quarantine (reason);
CREATE TABLE unread (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device TEXT NOT NULL,
  time INTEGER NOT NULL,
  topic TEXT NOT NULL,
  retained INTEGER NOT NULL,
  qos INTEGER NOT NULL,
  payload BLOB NOT NULL
);
CREATE INDEX unread_by_device ON unread (device);
CREATE TABLE heard (
  id INTEGER PRIMARY KEY,
  device TEXT NOT NULL,
  time INTEGER NOT NULL,
  availability TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX heard_by_device ON heard (device);
CREATE TABLE commanded (
  id INTEGER PRIMARY KEY,
  device TEXT NOT NULL,
  time INTEGER NOT NULL,
  changes TEXT NOT NULL,
  by TEXT NOT NULL,
  status TEXT NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX commanded_by_device ON commanded (device);
CREATE TABLE tally (
  list TEXT NOT NULL,
  reason TEXT NOT NULL,
  kept INTEGER NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (list, reason)
) WITHOUT ROWID;
INSERT INTO counter VALUES ('quarantine removed', 0), ('unread removed', 0);
CREATE TRIGGER quarantine_added AFTER INSERT ON quarantine BEGIN
  INSERT OR IGNORE INTO tally VALUES ('quarantine', new.reason, 0, 0);
  UPDATE tally SET kept = kept + 1, size = size + length(new.payload)
    WHERE list = 'quarantine' AND reason = new.reason;
END;
CREATE TRIGGER quarantine_gone AFTER DELETE ON quarantine BEGIN
  UPDATE tally SET kept = kept - 1, size = size - length(old.payload)
    WHERE list = 'quarantine' AND reason = old.reason;
END;
CREATE TRIGGER unread_added AFTER INSERT ON unread BEGIN
  INSERT OR IGNORE INTO tally VALUES ('unread', '', 0, 0);
  UPDATE tally SET kept = kept + 1, size = size + length(new.payload) WHERE list = 'unread';
END;
CREATE TRIGGER unread_gone AFTER DELETE ON unread BEGIN
  UPDATE tally SET kept = kept - 1, size = size - length(old.payload) WHERE list = 'unread';
END;
"""

# How each command ended. Of those that an earlier version kept it is only known which were not sent: a row of
# its own then, soon after that of the command.
_ENDS_OF_COMMANDS = """
CREATE TABLE commanded_before AS SELECT * FROM commanded;
DROP TABLE commanded;
CREATE TABLE commanded (
  id INTEGER PRIMARY KEY,
  command TEXT NOT NULL UNIQUE,
  device TEXT NOT NULL,
  time INTEGER NOT NULL,
  changes TEXT NOT NULL,
  by TEXT NOT NULL,
  ended TEXT NOT NULL,
  ended_at INTEGER,
  note TEXT NOT NULL
);
CREATE INDEX commanded_by_device ON commanded (device);
CREATE INDEX commanded_unanswered ON commanded (id) WHERE ended = 'pending';
INSERT INTO commanded SELECT id, 'earlier-' || id, device, time, changes, by,
  CASE status WHEN 'failed' THEN 'not_sent' ELSE 'timed_out' END,
  CASE status WHEN 'failed' THEN time END,
  CASE status WHEN 'failed' THEN note ELSE 'an earlier Fleetglass did not record how it ended' END
FROM commanded_before AS b WHERE NOT (status = 'sent' AND EXISTS (
  SELECT 1 FROM commanded_before AS f WHERE f.rowid > b.rowid AND f.rowid <= b.rowid + 20
    AND f.status = 'failed' AND f.device = b.device AND f.changes = b.changes AND f.by = b.by
    AND f.time < b.time + 10000000
));
DROP TABLE commanded_before;
"""

# What a device said until `time` (of receipt) is history, and does not bring it back. `doomed`: series that
# nobody finds any more, whose rows are still there.
_FORGOTTEN = """
CREATE TABLE forgotten (device TEXT PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE doomed (series INTEGER PRIMARY KEY);
"""

# The index holds all that is asked of pictures while another one is written.
_PICTURES = """
CREATE TABLE picture (
  id INTEGER PRIMARY KEY,
  device TEXT NOT NULL,
  metric TEXT NOT NULL,
  time INTEGER NOT NULL,
  media TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  size INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (device, metric)
);
CREATE INDEX picture_by_time ON picture (time, size);
"""

SCRIPTS = (_READINGS, _ROLLUPS_AND_LISTS, _ENDS_OF_COMMANDS, _FORGOTTEN, _PICTURES)
VERSION = len(SCRIPTS)
