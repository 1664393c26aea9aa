"""Starts the emulator of AWS, with five of its faults mended. Run by the Python of its own environment.

1. `zappa rollback` names a function by a partial ARN, `function:NAME:VERSION`.
2. It then asks for that version's code, and was given the newest.
3. A rule invokes its function asynchronously: AWS tries again, and sends what fails to the dead-letter queue.
4. New code ends nothing that is under way: a worker that was starting lost its files and failed its invocation.
5. On a busy machine the last lines of an invocation's log were lost: it waited five milliseconds for one more.
"""

import contextvars
import json

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc

asked_version = contextvars.ContextVar("asked_version", default=None)
resolve_name = lambda_svc._resolve_name
resolve_qualified = lambda_svc._resolve_name_and_qualifier
get_function = lambda_svc._get_function
code_url = lambda_svc._presigned_code_url
serve_code = lambda_svc.serve_function_code
invalidate = lambda_svc.invalidate_worker
log_of_invocation = lambda_runtime.Worker._drain_stderr_bounded


def without_prefix(reference):
    """NAME of `function:NAME`."""
    return reference.removeprefix("function:") if reference else reference


def get_function_of_version(name, qualifier=None):
    """GetFunction, which remembers the version for the URL of its code."""
    token = asked_version.set(qualifier)
    try:
        return get_function(name, qualifier)
    finally:
        asked_version.reset(token)


def code_url_of_version(name):
    """The URL of that version's code."""
    version = asked_version.get()
    return code_url(f"{name}:{version}" if version else name)


def serve_code_of_version(name, account_id=None, region=None):
    """The zip of the version that the URL names; the newest where it names none."""
    name, _, version = name.partition(":")
    functions = lambda_svc._functions
    found = functions.get_scoped(account_id, region, name) if account_id and region else functions.get(name)
    kept = (found or {}).get("versions", {}).get(version) if version else None
    if kept and kept.get("code_zip"):
        return 200, {"Content-Type": "application/zip"}, kept["code_zip"]
    return serve_code(name, account_id, region)


def invoke_as_rules_do(arn, payload):
    """An asynchronous invocation, with its retries and its on-failure destination."""
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        eventbridge.logger.warning("EventBridge -> Lambda: function %s not found", name)
        return
    record = lambda_svc._execution_record_for_config(function, config)
    lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def invalidate_what_waits(*names, **scope):
    """Ends idle workers; one at work is no longer handed out, and ends with the emulator."""
    with lambda_runtime._lock:
        for key, workers in lambda_runtime._workers.items():
            lambda_runtime._workers[key] = [worker for worker in workers if not worker.in_use]
    invalidate(*names, **scope)


def whole_log_of_invocation(worker, first_line_wait=0.2):
    """The log, with a tenth of a second after each line for one that is still under way."""
    return log_of_invocation(worker, first_line_wait, idle_confirm=0.1, hard_cap=2)


lambda_svc._resolve_name = lambda reference: resolve_name(without_prefix(reference))
lambda_svc._resolve_name_and_qualifier = lambda reference: resolve_qualified(without_prefix(reference))
lambda_svc._get_function = get_function_of_version
lambda_svc._presigned_code_url = code_url_of_version
lambda_svc.serve_function_code = serve_code_of_version
eventbridge._dispatch_to_lambda = invoke_as_rules_do
lambda_svc.invalidate_worker = invalidate_what_waits
lambda_runtime.Worker._drain_stderr_bounded = whole_log_of_invocation

if __name__ == "__main__":
    main()
