import type { Tool } from "@threadstore/agent";
import { expect } from "vitest";
import { defineTool } from "../index.ts";
import { applyPatchTool, computerTool, customTool, localShellTool, shellTool } from "./tools/index.ts";

/** The behavior of a tool in the tests. */
export interface ToolSetup {
  readonly needsApproval?: boolean;
  readonly interrupted?: "rerun" | "report";
  readonly onRun: (args: unknown) => void;
  /** Rejects instead of returning a result. */
  readonly fails?: boolean;
  /** @default "done" */
  readonly result?: string;
}

/** A kind of call, and its expected treatment by the agent. */
export interface CallCase {
  /** An item of this kind. */
  readonly call: (id: string) => { readonly type: string };
  /** The tool, or `undefined` if the service runs the call after a person has approved it. */
  readonly tool: ((setup: ToolSetup) => Tool) | undefined;
  readonly hosted?: object;
  /** The name and the arguments that a person sees. */
  readonly name: string;
  readonly arguments: string;
  /** The arguments that the tool receives. */
  readonly received: unknown;
  readonly succeeded: (id: string) => object;
  /** The item after a call was denied, failed or got lost. Contains the reason, unless the API has no place for it. */
  readonly failed: (id: string, reason: string) => object;
}

const action = { commands: ["ls"], timeout_ms: 1000, max_output_length: 500 };
const exec = { type: "exec", command: ["ls"], env: {} };
const operation = { type: "delete_file", path: "a.txt" };
const checks = [{ id: "sc_1", code: "malicious_instructions", message: "Careful." }];
const click = { type: "click", button: "left", x: 1, y: 2 };
const computerArguments = { actions: [click], pending_safety_checks: checks };

function perform<Result>(
  { onRun, fails = false }: ToolSetup,
  result: Result,
): (args: unknown) => Promise<Result> {
  return async (args) => {
    onRun(args);
    if (fails) throw new Error("disk full");
    return result;
  };
}

const textAnswer = (type: string) => (id: string, output: string) => ({ type, call_id: id, output });

export const CALL_CASES: { readonly [type: string]: CallCase } = {
  function_call: {
    call: (id) => ({ type: "function_call", id: `fc_${id}`, call_id: id, name: "sql", arguments: '{"a":1}' }),
    tool: (setup) =>
      defineTool({
        ...setup,
        name: "sql",
        parameters: { type: "object" },
        run: perform(setup, setup.result ?? "done"),
      }),
    name: "sql",
    arguments: '{"a":1}',
    received: { a: 1 },
    succeeded: (id) => textAnswer("function_call_output")(id, "done"),
    failed: textAnswer("function_call_output"),
  },
  custom_tool_call: {
    call: (id) => ({
      type: "custom_tool_call",
      id: `ctc_${id}`,
      call_id: id,
      name: "sql",
      input: "select 1",
    }),
    tool: (setup) => customTool({ ...setup, name: "sql", run: perform(setup, setup.result ?? "done") }),
    name: "sql",
    arguments: "select 1",
    received: "select 1",
    succeeded: (id) => textAnswer("custom_tool_call_output")(id, "done"),
    failed: textAnswer("custom_tool_call_output"),
  },
  local_shell_call: {
    call: (id) => ({
      type: "local_shell_call",
      id: `lsh_${id}`,
      call_id: id,
      action: exec,
      status: "completed",
    }),
    tool: (setup) => localShellTool({ ...setup, run: perform(setup, setup.result ?? "done") }),
    name: "local_shell",
    arguments: JSON.stringify(exec),
    received: exec,
    succeeded: (id) => textAnswer("local_shell_call_output")(id, "done"),
    failed: textAnswer("local_shell_call_output"),
  },
  shell_call: {
    call: (id) => ({ type: "shell_call", id: `sh_${id}`, call_id: id, action, status: "completed" }),
    tool: (setup) => shellTool({ ...setup, run: perform(setup, setup.result ?? "done") }),
    name: "shell",
    arguments: JSON.stringify(action),
    received: action,
    succeeded: (id) => shellAnswer(id, "done", "", 0),
    failed: (id, reason) => shellAnswer(id, "", reason, 1),
  },
  apply_patch_call: {
    call: (id) => ({
      type: "apply_patch_call",
      id: `apc_${id}`,
      call_id: id,
      operation,
      status: "completed",
    }),
    tool: (setup) => applyPatchTool({ ...setup, run: perform(setup, setup.result ?? "done") }),
    name: "apply_patch",
    arguments: JSON.stringify(operation),
    received: operation,
    succeeded: (id) => ({
      type: "apply_patch_call_output",
      call_id: id,
      status: "completed",
      output: "done",
    }),
    failed: (id, reason) => ({
      type: "apply_patch_call_output",
      call_id: id,
      status: "failed",
      output: reason,
    }),
  },
  computer_call: {
    call: (id) => ({
      type: "computer_call",
      id: `cu_${id}`,
      call_id: id,
      actions: [click],
      pending_safety_checks: checks,
      status: "completed",
    }),
    tool: (setup) =>
      computerTool({ needsApproval: false, ...setup, run: perform(setup, { file_id: "file_1" }) }),
    name: "computer",
    arguments: JSON.stringify(computerArguments),
    received: computerArguments,
    succeeded: (id) => ({
      type: "computer_call_output",
      call_id: id,
      output: { type: "computer_screenshot", file_id: "file_1" },
      acknowledged_safety_checks: checks,
    }),
    failed: (id) => ({
      type: "computer_call_output",
      call_id: id,
      output: { type: "computer_screenshot", image_url: expect.stringMatching(/^data:image\/png;base64,/u) },
    }),
  },
  mcp_approval_request: {
    call: (id) => ({
      type: "mcp_approval_request",
      id,
      arguments: '{"a":1}',
      name: "deploy",
      server_label: "ops",
    }),
    tool: undefined,
    hosted: {
      type: "mcp",
      server_label: "ops",
      server_url: "https://mcp.example",
      require_approval: "always",
    },
    name: "ops.deploy",
    arguments: '{"a":1}',
    received: undefined,
    succeeded: (id) => ({ type: "mcp_approval_response", approval_request_id: id, approve: true }),
    failed: (id, reason) => ({
      type: "mcp_approval_response",
      approval_request_id: id,
      approve: false,
      reason,
    }),
  },
};

function shellAnswer(id: string, stdout: string, stderr: string, exitCode: number): object {
  const output = [{ stdout, stderr, outcome: { type: "exit", exit_code: exitCode } }];
  return { type: "shell_call_output", call_id: id, output, max_output_length: 500 };
}
