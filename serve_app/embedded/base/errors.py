"""What goes wrong around the embedded parts, said so that a user can act on it."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can put right.

    The command prints the message (one line: what is wrong, what to do) without a traceback and exits with `exit_code`.
    """

    exit_code = 1


class StartError(UserError):
    """A part did not start. The supervisor tries again with a growing pause once the product has been up;
    at the first start it stops what it started and exits 1."""


class DataDirError(UserError):
    """The data directory cannot be used. Nothing was started; the command exits 1."""


class NotRunningError(UserError):
    """No product runs on this data directory. The command exits 3 and changes nothing."""

    exit_code = 3
