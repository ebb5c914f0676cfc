import type { Tool, ToolContext } from "@threadstore/agent";
import { copyJson, defineNativeTool, invalidValue } from "@threadstore/agent/provider";
import { isJsonObject } from "@threadstore/core/documents";
import type { ResponseComputerToolCall } from "openai/resources/responses/responses";
import type { NativeToolOptions } from "./native-tool.ts";
import { readArguments } from "./read-arguments.ts";
import type { ComputerDeclaration } from "./wire-types.ts";

/** The arguments of a computer call. */
export interface ComputerActions {
  /** What to do, in order, in the wire form. */
  readonly actions: readonly NonNullable<ResponseComputerToolCall["action"]>[];
  /** The service's doubts about the call. Running the call acknowledges them. */
  readonly pending_safety_checks: readonly ResponseComputerToolCall.PendingSafetyCheck[];
}

export interface ComputerToolOptions extends NativeToolOptions<ComputerActions> {
  /** @default { type: "computer" } */
  readonly declaration?: ComputerDeclaration | undefined;
  /**
   * Whether a person must approve a call before it runs.
   * @default calls with pending safety checks wait for approval
   */
  readonly needsApproval?: NativeToolOptions<ComputerActions>["needsApproval"];
  /** Performs the actions, and returns a screenshot: a URL, such as a data URL, or the id of a file. */
  readonly run: (this: void, args: ComputerActions, context: ToolContext) => Screenshot | Promise<Screenshot>;
}

/** A screenshot after the actions of a computer call. */
export type Screenshot = { readonly image_url: string } | { readonly file_id: string };

/**
 * Defines the computer tool for `createResponsesAgent`. The service accepts only a screenshot as the answer to a
 * call: if a call is denied or fails, the model receives an empty one. Throws `INVALID_ARGUMENT`.
 */
export function computerTool(options: ComputerToolOptions): Tool {
  const { declaration = { type: "computer" }, run, needsApproval = hasSafetyChecks, ...others } = options;
  const path = "declaration";
  const copy = copyJson(declaration, { code: "INVALID_ARGUMENT", path });
  if (!isJsonObject(copy)) throw invalidValue("INVALID_ARGUMENT", path, "the declaration of a computer tool");
  if (typeof run !== "function") throw invalidValue("INVALID_ARGUMENT", "computer.run", "a function", run);
  return defineNativeTool<ComputerActions>({
    ...others,
    needsApproval,
    name: "computer",
    kind: "computer_call",
    declaration: copy,
    read: (text) =>
      readArguments<ComputerActions>(
        text,
        ({ actions }) => Array.isArray(actions) && actions.length > 0,
        "a list of `actions`",
      ),
    run: async (args, context) => {
      const screenshot: unknown = await run(args, context);
      if (isScreenshot(screenshot)) return screenshot;
      throw new Error("The computer tool did not return a screenshot.");
    },
  });
}

function hasSafetyChecks({ pending_safety_checks: checks }: ComputerActions): boolean {
  return checks.length > 0;
}

function isScreenshot(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  return typeof value["image_url"] === "string" || typeof value["file_id"] === "string";
}
