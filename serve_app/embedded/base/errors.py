"""Errors whose message tells the user of a command what to do."""

from __future__ import annotations


class UserError(Exception):
    """An error that the user can fix.

    The command prints the message (one line: what is wrong, what to do) without a traceback and exits with `exit_code`.
    """

    exit_code = 1


class StartError(UserError):
    """A part did not start. At its first start the supervisor stops all parts and exits 1; later it tries again, with
    growing pauses."""


class DataDirError(UserError):
    """The data directory cannot be used. Nothing was started; the command exits 1."""


class NotRunningError(UserError):
    """No product runs on this data directory. The command exits 3 and changes nothing."""

    exit_code = 3
