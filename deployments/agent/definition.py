"""The Agents SDK's definition of the agent: prompt, tools, end of a run. Built once for all runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import copy

from agents import (
    Agent,
    FunctionTool,
    FunctionToolResult,
    Model,
    RunConfig,
    RunContextWrapper,
    ToolsToFinalOutputResult,
)
from agents import ModelSettings as CallSettings
from agents.run_config import ToolExecutionConfig
from agents.strict_schema import ensure_strict_json_schema
from agents.tool_context import ToolContext

from deployments.agent import tools
from deployments.agent.prompt import Prompt
from deployments.agent.run_context import RunContext

FINISHED = "finished"
_RUNS = RunConfig(
    tracing_disabled=True,
    trace_include_sensitive_data=False,
    workflow_name="nightdesk",
    tool_execution=ToolExecutionConfig(max_function_tool_concurrency=1),
    tool_not_found_behavior="return_error_to_model",
    reasoning_item_id_policy="omit",
)


def build_agent(prompt: Prompt) -> Agent[RunContext]:
    """Return the agent, without a model: each run brings its own in `run_config`."""

    def instructions(wrapper: RunContextWrapper[RunContext], _: Agent[RunContext]) -> str:
        return prompt.render(wrapper.context)

    return Agent[RunContext](
        name="customer_success",
        instructions=instructions,
        tools=[_function_tool(tool) for tool in tools.TOOLS.values()],
        model_settings=CallSettings(parallel_tool_calls=False, store=False),
        tool_use_behavior=_stop_when_finished,
    )


def run_config(model: Model) -> RunConfig:
    """Return the configuration of a run: one tool at a time, no tracing, unknown tools reported to the model."""
    config = copy(_RUNS)  # building one costs 1.7 ms, mostly the SDK's inspection of type hints
    config.model = model
    return config


def _function_tool(tool: tools.Tool) -> FunctionTool:
    return FunctionTool(
        name=tool.name,
        description=tool.description,
        params_json_schema=ensure_strict_json_schema(tool.arguments.model_json_schema()),
        on_invoke_tool=_invoker(tool.name),
    )


def _invoker(name: str) -> Callable[[ToolContext[RunContext], str], Awaitable[str]]:
    async def invoke(wrapper: ToolContext[RunContext], arguments: str) -> str:
        return await tools.call(wrapper.context, name, arguments)

    return invoke


def _stop_when_finished(
    wrapper: RunContextWrapper[RunContext], _: list[FunctionToolResult]
) -> ToolsToFinalOutputResult:
    finished = wrapper.context.finished
    return ToolsToFinalOutputResult(is_final_output=finished, final_output=FINISHED if finished else None)
