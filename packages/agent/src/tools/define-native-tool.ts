import type { JsonObject } from "@threadstore/core/documents";
import { bindCall, checkDefinition, interruptedPolicy, type ReadArguments } from "./define-tool.ts";
import type { Tool, ToolDefinition } from "./tool.ts";

/** A tool that the provider declares and calls differently from functions. */
export interface NativeToolDefinition<Arguments> extends Pick<
  ToolDefinition<Arguments>,
  "interrupted" | "name" | "needsApproval" | "run"
> {
  /** The kind of the calls that it answers. */
  readonly kind: string;
  /** The form in which requests declare the tool. Empty if the application declares it in another way. */
  readonly declaration: JsonObject;
  /** Reads the text of a call's arguments. */
  readonly read: (this: void, text: string) => ReadArguments<Arguments>;
}

/** Defines a tool for calls other than those of functions. For providers. Throws `INVALID_ARGUMENT`. */
export function defineNativeTool<Arguments>(definition: NativeToolDefinition<Arguments>): Tool {
  const { name, kind, declaration, read } = definition;
  checkDefinition(definition);
  return {
    name,
    kind,
    declaration,
    description: undefined,
    strict: undefined,
    interrupted: interruptedPolicy(definition),
    jsonSchema: {},
    prepare: async (text) => bindCall(definition, async () => read(text)),
  };
}
