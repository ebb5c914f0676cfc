import type { Tool, ToolContext } from "@threadstore/agent";
import { defineNativeTool, invalidValue } from "@threadstore/agent/provider";
import type { ResponseInputItem } from "openai/resources/responses/responses";
import { toStandardOutput } from "../shell-output.ts";
import type { NativeToolOptions } from "./native-tool.ts";
import { isStringArray, readArguments } from "./read-arguments.ts";
import type { ShellAction, ShellOutput } from "./wire-types.ts";

export interface ShellToolOptions extends NativeToolOptions<ShellAction> {
  /**
   * Runs the commands, and returns the output of each. A returned string is the standard output of all of them. An error
   * goes to the model as standard error with exit code 1.
   */
  readonly run: (
    this: void,
    action: ShellAction,
    context: ToolContext,
  ) => ShellOutput[] | string | Promise<ShellOutput[] | string>;
}

/** Defines the shell tool, whose commands your process runs, for `createResponsesAgent`. Throws `INVALID_ARGUMENT`. */
export function shellTool(options: ShellToolOptions): Tool {
  const { run } = options;
  if (typeof run !== "function") throw invalidValue("INVALID_ARGUMENT", "shell.run", "a function", run);
  return defineNativeTool<ShellAction>({
    ...options,
    name: "shell",
    kind: "shell_call",
    declaration: { type: "shell", environment: { type: "local" } },
    read: (text) =>
      readArguments<ShellAction>(text, ({ commands }) => isStringArray(commands), "a list of `commands`"),
    run: async (action, context) => {
      const output: unknown = await run(action, context);
      // The text of a command may be JSON, too, such as that of an array.
      return typeof output === "string" ? [toStandardOutput(output)] : output;
    },
  });
}

/** The command of a call of the local shell tool, in the wire form. */
export type LocalShellAction = ResponseInputItem.LocalShellCall.Action;

export interface LocalShellToolOptions extends NativeToolOptions<LocalShellAction> {
  /** Runs the command, and returns its output. */
  readonly run: (this: void, action: LocalShellAction, context: ToolContext) => string | Promise<string>;
}

/** Defines the local shell tool of `codex-mini-latest` for `createResponsesAgent`. Throws `INVALID_ARGUMENT`. */
export function localShellTool(options: LocalShellToolOptions): Tool {
  return defineNativeTool<LocalShellAction>({
    ...options,
    name: "local_shell",
    kind: "local_shell_call",
    declaration: { type: "local_shell" },
    read: (text) =>
      readArguments<LocalShellAction>(text, ({ command }) => isStringArray(command), "a `command`"),
  });
}
