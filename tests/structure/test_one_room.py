"""Rules that have one room: no second copy may appear, even one that agrees today."""

import ast

from domain.breakers.policy import Policy, policy_for_calls
from domain.request.intake import Intake
from domain.request.turn_request import Bounds, Remembering, Tooling
from domain.services.clean_artifacts import Retention
from domain.services.run_call import CallTurn
from domain.tools.plan import CallLimits
from domain.turn.plan import TurnPlan
from entrypoints.core.media_policy import intake_of
from entrypoints.settings import Settings
from ports.offload import LARGE
from ports.responses import Limits, ResponsesBody, UpstreamRequest
from tests.structure.modules import paths, tree_of

PIECES = frozenset({"PIECE", "SLICE", "READ", "LINGER_BYTES", "LONGEST_LITERAL"})
"""Constants of that size which are no limit of the event loop."""


def value_of(node: ast.expr) -> object:
    """The value of a constant or a product of such; None for anything else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = value_of(node.left), value_of(node.right)
        return left * right if isinstance(left, int) and isinstance(right, int) else None
    return node.value if isinstance(node, ast.Constant) else None


def test_only_the_port_says_how_much_work_the_loop_bears():
    named = [
        (path, target.id)
        for path in paths("domain", "ports", "adapters")
        for node in tree_of(path).body
        if isinstance(node, ast.Assign) and value_of(node.value) == LARGE
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert [(path, name) for path, name in named if name not in PIECES] == [("ports/offload.py", "LARGE")]


def test_the_core_and_the_settings_start_from_the_same_limits():
    said, tooling, calls, bounds, limits = Settings(), Tooling(), CallLimits(), Bounds(), Limits()
    breaker, retention = Policy(), Retention("n")
    assert intake_of(said) == Intake()
    assert (
        said.max_function_call_loops
        == tooling.max_rounds
        == TurnPlan(UpstreamRequest(ResponsesBody("m", ()))).max_rounds
    )
    assert said.max_parallel_tools_per_request == tooling.parallel == calls.parallel
    assert said.max_parallel_tools_global == tooling.in_process == CallTurn("n", "t", "u").parallel
    assert said.tool_timeout_seconds == tooling.seconds == calls.seconds
    assert said.tool_batch_timeout_seconds == tooling.round_seconds == calls.round_seconds
    assert said.breaker_max_failures == tooling.breaker_failures == breaker.max_failures
    assert said.breaker_window_seconds == tooling.breaker_window == breaker.window
    assert policy_for_calls(tooling.breaker_failures, tooling.breaker_window, tooling.seconds) == breaker
    assert said.tool_output_retention_turns == Remembering().full_turns
    assert (said.artifact_cleanup_days, said.artifact_cleanup_interval_hours) == (retention.days, retention.hours)
    assert (said.max_concurrent_requests, said.max_queued_requests) == (bounds.concurrent, bounds.queued)
    assert (said.http_connect_timeout_seconds, said.http_sock_read_seconds) == (limits.connect, limits.idle_read)
    assert intake_of(said) == Intake()
    assert (said.http_total_timeout_seconds, said.max_sse_event_mb * 1024**2) == (limits.total, limits.event_bytes)
