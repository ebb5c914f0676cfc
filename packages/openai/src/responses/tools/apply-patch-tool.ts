import type { Tool, ToolContext } from "@threadstore/agent";
import { defineNativeTool } from "@threadstore/agent/provider";
import type { NativeToolOptions } from "./native-tool.ts";
import { readArguments } from "./read-arguments.ts";
import type { PatchOperation } from "./wire-types.ts";

export interface ApplyPatchToolOptions extends NativeToolOptions<PatchOperation> {
  /** Changes the file, and returns text for the model. An error means that the patch could not be applied. */
  readonly run: (this: void, operation: PatchOperation, context: ToolContext) => string | Promise<string>;
}

/** Defines the apply_patch tool for `createResponsesAgent`. Throws `INVALID_ARGUMENT`. */
export function applyPatchTool(options: ApplyPatchToolOptions): Tool {
  return defineNativeTool<PatchOperation>({
    ...options,
    name: "apply_patch",
    kind: "apply_patch_call",
    declaration: { type: "apply_patch" },
    read: (text) =>
      readArguments<PatchOperation>(
        text,
        ({ type, path }) => typeof type === "string" && typeof path === "string",
        "an operation with a `type` and a `path`",
      ),
  });
}
