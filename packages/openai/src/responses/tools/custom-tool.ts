import type { Tool, ToolContext } from "@threadstore/agent";
import { copyJson, defineNativeTool, invalidValue } from "@threadstore/agent/provider";
import { isJsonObject } from "@threadstore/core/documents";
import type { CustomTool } from "openai/resources/responses/responses";
import type { NativeToolOptions } from "./native-tool.ts";

/** The definition of a custom tool, whose input is text instead of JSON. */
export interface CustomToolOptions extends NativeToolOptions<string> {
  /** 1 to 64 characters of `A-Z a-z 0-9 _ -`, unique among the custom tools of an agent. */
  readonly name: string;
  /** Tells the model the purpose of the tool and when to call it. */
  readonly description?: string | undefined;
  /**
   * The grammar of the input.
   * @default any text
   */
  readonly format?: CustomTool["format"];
  /** Does the work. Its result and its errors go to the model as those of `defineTool`. */
  readonly run: (this: void, input: string, context: ToolContext) => unknown;
}

/** Defines a custom tool for `createResponsesAgent`. Throws `INVALID_ARGUMENT`. */
export function customTool({ description, format, ...definition }: CustomToolOptions): Tool {
  const { name } = definition;
  const members = {
    type: "custom",
    name,
    ...(description === undefined ? {} : { description }),
    ...(format === undefined ? {} : { format }),
  };
  const declaration = copyJson(members, { code: "INVALID_ARGUMENT", path: "customTool" });
  if (!isJsonObject(declaration)) throw invalidValue("INVALID_ARGUMENT", "customTool", "an object");
  return defineNativeTool<string>({
    ...definition,
    kind: "custom_tool_call",
    declaration,
    read: (value) => ({ valid: true, value }),
  });
}
