// The entry point "@threadstore/openai/tools": tools of the Responses API other than functions.
export { applyPatchTool, type ApplyPatchToolOptions } from "./apply-patch-tool.ts";
export {
  computerTool,
  type ComputerActions,
  type ComputerToolOptions,
  type Screenshot,
} from "./computer-tool.ts";
export { customTool, type CustomToolOptions } from "./custom-tool.ts";
export type { NativeToolOptions } from "./native-tool.ts";
export {
  localShellTool,
  shellTool,
  type LocalShellAction,
  type LocalShellToolOptions,
  type ShellToolOptions,
} from "./shell-tools.ts";
export type { ComputerDeclaration, PatchOperation, ShellAction, ShellOutput } from "./wire-types.ts";
