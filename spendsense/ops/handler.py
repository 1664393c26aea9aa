"""The Lambda function's entry: admits an event, and gives requests to Zappa, jobs and the migration to their functions.

Zappa's own dispatch of commands is not reached: it imports whatever it is told to, calls a function again when that
raises a TypeError, and prints results, which may hold a person's figures, into the log.
"""

import logging
from importlib import import_module
from typing import Any

from zappa.handler import LambdaHandler

from spendsense.logs import log
from spendsense.ops.admission import COMMANDS, RefusedEvent, admit

logging.getLogger("zappa.wsgi").setLevel(logging.WARNING)  # its access log writes IP addresses
ZAPPA = LambdaHandler()  # here, in the phase before the first event, which AWS gives more processor time


def lambda_handler(event: object, context: Any) -> Any:
    """Answers a request, or runs a command and returns its summary. Raises RefusedEvent, and what breaks a command."""
    try:
        admitted = admit(event, getattr(context, "function_name", ""))
    except RefusedEvent as refusal:
        log.warning("event_refused", reason=str(refusal))
        raise
    if admitted.command is None:
        return ZAPPA.handler(admitted.event, context)
    run = import_module(COMMANDS[admitted.command]).run  # one of four modules; a request need not wait for them
    answer = run(admitted.event, context)
    log.info("command_ended", command=admitted.command)
    return answer
