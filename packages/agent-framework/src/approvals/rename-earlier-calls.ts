import { setContent } from "../entries/entries.ts";
import { getMember, getText, type JsonNode, type ObjectNode, setMember, stringNode } from "../json/node.ts";
import type { Report } from "../report.ts";
import type { ApprovalDraft } from "./approval-draft.ts";
import type { OpenCall } from "./open-turn.ts";

const ID = "call_id";
/** The call within a request for approval, and within a response to one. */
const CALL = "function_call";

/**
 * Gives earlier calls with the id of a call that waits a new id, with their results and approvals. A server can use an
 * id again. C# then has the waiting call only in a request, but Python also as a second call with the id, which providers
 * and Python itself take for the first. The waiting call keeps its id: decisions name it.
 */
export function renameEarlierCalls(draft: ApprovalDraft, calls: readonly OpenCall[], report: Report): void {
  if (draft.language !== "python") return;
  const taken = new Set(
    draft.messages.flatMap(({ contents }) => contents.flatMap(({ node }) => idOf(node) ?? [])),
  );
  let count = 0;
  for (const { callId, path } of calls) {
    const located = draft.findCall(callId);
    if (located === undefined) continue;
    const earlier = draft.messages.slice(0, draft.messages.indexOf(located.message));
    const entries = earlier.flatMap((message) =>
      message.contents.filter(({ node }) => idOf(node) === callId).map((content) => ({ message, content })),
    );
    if (entries.length === 0) continue;
    let id: string;
    do {
      count += 1;
      id = `call_repaired_${count}`;
    } while (taken.has(id));
    for (const { message, content } of entries) setContent(message, content, withId(content.node, id));
    report("replaced", path, "Earlier calls have the same id. They and their results get a new one.");
  }
}

/** Returns the id of the call that a content item is, or is about. */
function idOf(node: JsonNode): string | undefined {
  if (node.type !== "object") return undefined;
  const call = getMember(node, CALL);
  return call?.type === "object" ? getText(call, ID) : getText(node, ID);
}

function withId(node: JsonNode, id: string): JsonNode {
  if (node.type !== "object") return node;
  const call = getMember(node, CALL);
  const rename = (object: ObjectNode): ObjectNode => setMember(object, ID, stringNode(id));
  return call?.type === "object" ? setMember(node, CALL, rename(call)) : rename(node);
}
