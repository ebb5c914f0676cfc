import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agent, canonical } from "../golden.test-helper.ts";
import {
  checkAgentFrameworkThread,
  readAgentFrameworkThread,
  repairAgentFrameworkThread,
  writeAgentFrameworkThread,
} from "../index.ts";
import { frameThread } from "../random-thread.test-helper.ts";

/** A call of the last response, and what the thread says about it. */
interface Case {
  readonly id: string;
  readonly form: "call" | "hosted" | "note" | "request";
  readonly answer: "approved" | "none" | "rejected";
  readonly hasResult: boolean;
  readonly isRequestFirst: boolean;
}

const cases: fc.Arbitrary<readonly Case[]> = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("a", "b", "c", "call_0"),
    form: fc.constantFrom("request", "request", "request", "call", "hosted", "note"),
    answer: fc.constantFrom("none", "none", "approved", "rejected"),
    hasResult: fc.boolean(),
    isRequestFirst: fc.boolean(),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 4 },
);

type Shape = "csharp-session" | "python-session";

function callOf(shape: Shape, { id, form }: Case): object {
  if (shape === "python-session") {
    const note = form === "note" ? { informational_only: true } : {};
    const properties = form === "hosted" ? { server_label: "docs" } : {};
    return {
      type: "function_call",
      call_id: id,
      name: "f",
      arguments: '{"a":1}',
      ...note,
      additional_properties: properties,
    };
  }
  if (form === "hosted") return { $type: "mcpServerToolCall", callId: id, name: "f", serverName: "docs" };
  const note = form === "note" ? { informationalOnly: true } : {};
  return { $type: "functionCall", callId: id, name: "f", arguments: { a: 1 }, ...note };
}

function contentsOf(shape: Shape, call: Case): object[] {
  const node = callOf(shape, call);
  if (call.form === "call" || call.form === "note") return [node];
  if (shape === "csharp-session") {
    return call.hasResult && call.form === "request"
      ? [node]
      : [{ $type: "toolApprovalRequest", toolCall: node, requestId: `ficc_${call.id}` }];
  }
  const request = {
    type: "function_approval_request",
    function_call: node,
    user_input_request: true,
    id: call.id,
  };
  if (call.form === "hosted") return [request];
  return call.isRequestFirst ? [request, node] : [node, request];
}

function responseOf(shape: Shape, call: Case): object {
  const approved = call.answer === "approved";
  return shape === "csharp-session"
    ? { $type: "toolApprovalResponse", toolCall: callOf(shape, call), approved, requestId: `ficc_${call.id}` }
    : { type: "function_approval_response", function_call: callOf(shape, call), approved, id: call.id };
}

function resultOf(shape: Shape, { id }: Case): object {
  return shape === "csharp-session"
    ? { $type: "functionResult", callId: id, result: "5" }
    : { type: "function_result", call_id: id, result: "5" };
}

function threadOf(shape: Shape, calls: readonly Case[], isPast: boolean): string {
  const text = (value: string): object => ({
    [shape === "csharp-session" ? "$type" : "type"]: "text",
    text: value,
  });
  const message = (role: string, contents: object[]): object[] =>
    contents.length === 0 ? [] : [{ role, contents }];
  const answered = calls.filter(({ form, answer }) => form === "request" && answer !== "none");
  const finished = calls.filter(
    ({ form, hasResult }) => (form === "request" || form === "call") && hasResult,
  );
  const messages = [
    ...message("user", [text("go")]),
    ...message(
      "assistant",
      calls.flatMap((call) => contentsOf(shape, call)),
    ),
    ...message(
      "user",
      answered.filter(({ hasResult }) => !hasResult).map((call) => responseOf(shape, call)),
    ),
    ...message(
      "tool",
      finished.map((call) => resultOf(shape, call)),
    ),
    ...(isPast ? message("user", [text("next")]) : []),
  ];
  return frameThread(
    shape,
    messages.map((node) => JSON.stringify(node)),
    "null",
  );
}

function openCalls(text: string): { callId: string; state: string }[] {
  const turn = readAgentFrameworkThread(text).thread["turn"] as
    | { calls: { callId: string; state: string }[] }
    | undefined;
  return (turn?.calls ?? [])
    .map(({ callId, state }) => ({ callId, state }))
    .toSorted((left, right) => (left.callId < right.callId ? -1 : 1));
}

describe.each(["csharp-session", "python-session"] as const)("any approvals of %s", (shape) => {
  test("are written back as they were, resumable and equal in the other language, or reported", async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.boolean(), async (calls, isPast) => {
        const source = threadOf(shape, calls, isPast);
        const { thread, report } = readAgentFrameworkThread(source);
        expect(writeAgentFrameworkThread(JSON.stringify(thread), { strict: true }).text).toBe(
          canonical(source),
        );
        const waiting = calls.filter(({ form, hasResult }) => form === "request" && !hasResult);
        const isBroken = report.some(({ kind }) => kind === "repair");
        const repaired = repairAgentFrameworkThread(source, "synthesize").text;
        const kindsAfterRepair = readAgentFrameworkThread(repaired).report.map(({ kind }) => kind);
        expect(kindsAfterRepair).not.toContain("repair");
        if (isBroken) return;
        const opened = await agent.deserializeThread(thread);
        expect(opened.openTurn === undefined).toBe(isPast || waiting.length === 0);
        const to = shape === "csharp-session" ? "python-session" : "csharp-session";
        const { text: other } = writeAgentFrameworkThread(await opened.serialize(), { to, sessionId: "s" });
        expect(openCalls(other)).toEqual(openCalls(source));
        expect(isPast ? [] : checkAgentFrameworkThread(other)).toEqual([]);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
