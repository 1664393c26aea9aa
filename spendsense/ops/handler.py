"""The Lambda function's entry: admits an event, and gives requests to Zappa, jobs and the migration to their functions.

Zappa's own dispatch of commands is not reached: it imports whatever it is told to, calls a function again when that
raises a TypeError, and prints results, which may hold a person's figures, into the log.
"""

import logging
from importlib import import_module
from typing import Any

from zappa.handler import LambdaHandler

from spendsense.errors import SpendSenseError
from spendsense.logs import describe, log
from spendsense.ops.admission import COMMANDS, RefusedEvent, admit

logging.getLogger("zappa.wsgi").setLevel(logging.WARNING)  # its access log writes IP addresses
ZAPPA = LambdaHandler()  # here, in the phase before the first event, which AWS gives more processor time


class CommandFailed(SpendSenseError):
    """A command broke. What broke it stands in the log, less its text: that may quote a person's row, and Lambda would
    write it into the log and into the dead letter."""


def lambda_handler(event: object, context: Any) -> Any:
    """Answers a request, or runs a command and returns its summary.

    Raises RefusedEvent, another error of ours (whose text is safe to show), and CommandFailed.
    """
    try:
        admitted = admit(event, getattr(context, "function_name", ""))
    except RefusedEvent as refusal:
        log.warning("event_refused", reason=str(refusal))
        raise
    if admitted.command is None:
        return ZAPPA.handler(admitted.event, context)
    return _run(admitted.command, admitted.event, context)


def _run(command: str, event: dict[str, Any], context: Any) -> Any:
    try:
        run = import_module(COMMANDS[command]).run  # one of four modules; a request need not wait for them
        answer = run(event, context)
    except Exception as error:
        log.error("command_failed", command=command, **describe(error))
        if isinstance(error, SpendSenseError):
            raise
        raise CommandFailed(f"{command} failed: {type(error).__name__}; the log says where.") from None
    log.info("command_ended", command=command)
    return answer
