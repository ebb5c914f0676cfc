import type {
  ComputerTool,
  ComputerUsePreviewTool,
  ResponseApplyPatchToolCall,
  ResponseFunctionShellCallOutputContent,
  ResponseFunctionShellToolCall,
} from "openai/resources/responses/responses";
import { expectTypeOf, test } from "vitest";
import type { ComputerDeclaration, PatchOperation, ShellAction, ShellOutput } from "./wire-types.ts";

test("the types are those of the newest version of the openai package", () => {
  expectTypeOf<PatchOperation>().branded.toEqualTypeOf<Readonly<ResponseApplyPatchToolCall["operation"]>>();
  expectTypeOf<ShellAction>().branded.toEqualTypeOf<Readonly<ResponseFunctionShellToolCall.Action>>();
  expectTypeOf<ResponseFunctionShellCallOutputContent>().toExtend<ShellOutput>();
  expectTypeOf<ShellOutput>().toExtend<ResponseFunctionShellCallOutputContent>();
  expectTypeOf<ComputerTool | ComputerUsePreviewTool>().toExtend<ComputerDeclaration>();
  expectTypeOf<ComputerDeclaration>().toExtend<ComputerTool | ComputerUsePreviewTool>();
});
