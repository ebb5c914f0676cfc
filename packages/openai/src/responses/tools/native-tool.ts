import type { ToolContext } from "@threadstore/agent";

/** The options that all tools for calls other than functions have in common. */
export interface NativeToolOptions<Arguments> {
  /**
   * Whether a person must approve a call before it runs; see `needsApproval` of `defineTool`.
   * @default false
   */
  readonly needsApproval?:
    | boolean
    | ((this: void, args: Arguments, context: ToolContext) => boolean | Promise<boolean>)
    | undefined;
  /**
   * How `resume` treats a call that may have started before its process died; see `interrupted` of `defineTool`.
   * @default "report" with `needsApproval`, otherwise "rerun"
   */
  readonly interrupted?: "rerun" | "report" | undefined;
}
