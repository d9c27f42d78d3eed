"""What the bridge, the stores and the kinds say in English, with holes for what they say it of.

They know no languages. What is shown of theirs is recognised here; a test holds this against what they say.
"""

from collections.abc import Sequence

from dashboard.language import marked

SENTENCES: Sequence[str] = (
    marked("online"),
    marked("offline"),
    marked("stale"),
    marked("unknown"),
    marked("connected"),
    marked("too large"),
    marked("invalid utf8"),
    marked("not an object"),
    marked("missing field"),
    marked("unknown field"),
    marked("wrong type"),
    marked("not finite"),
    marked("invalid time"),
    marked("future time"),
    marked("invalid availability"),
    marked("invalid value"),
    marked("{field}: expected {what}, got a message without it"),
    marked("{field}: expected only the fields that {kind} declares, got this one with {given}"),
    marked("{field}: expected {what}, got {given}"),
    marked("invalid json"),
    marked("out of range"),
    marked("the message: expected JSON, got {given} ({why})"),
    marked("No connection to the broker: {why}"),
    marked("{n} browser has it open, and there is no room for more."),
    marked("{n} browsers have it open, and there is no room for more."),
    marked("not heard yet"),
    marked("not heard live yet, only a kept value"),
    marked("said so, or its last will did"),
    marked("announced itself; no live message yet"),
    marked("announced and heard"),
    marked("heard"),
    marked("no connection to the broker: {why}"),
    marked("silent for more than {span}"),
    marked("the device says {value}"),
    marked("the broker has it; the device's state does not show whether it was done"),
    marked("late, after {n} s: {what}"),
    marked("no answer within {n} s"),
    marked(
        "no answer within {n} s, nor the broker's word that it has the command: nobody knows whether it was "
        "delivered"
    ),
    marked("no answer within {n} s; the broker took it only after {late} s"),
    marked("{by} asked for {value} before it answered"),
    marked("the broker refused it ({why})"),
    marked("the thread that takes commands failed: {why}"),
    marked("Fleetglass was restarted before the device answered"),
    marked("an earlier Fleetglass did not record how it ended"),
    marked("{broker} is not connected, so nothing was sent"),
    marked("{broker} has not acknowledged anything for {n} s, so nothing was sent"),
    marked("range: expected one of {names}, got {given}"),
    marked("range: expected either a range, or from and to; got both"),
    marked("from: expected a time before that of to, got {given}"),
    marked("{name}: expected Unix seconds, or a time with its zone such as {example}, got {given}"),
)
