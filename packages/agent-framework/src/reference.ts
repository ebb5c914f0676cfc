import { memberPath } from "@threadstore/core/documents";
import { InterchangeError } from "./interchange-error.ts";
import {
  getMember,
  getText,
  isBlank,
  objectNode,
  type ObjectNode,
  setMember,
  stringNode,
} from "./json/node.ts";
import type { Report } from "./report.ts";
import type { Envelope } from "./shapes/envelope.ts";
import { findHistory } from "./shapes/history.ts";
import {
  findMessagesElsewhere,
  isReferenceKeeper,
  type MessagesElsewhere,
} from "./shapes/messages-elsewhere.ts";
import { LAYOUTS } from "./shapes/shape.ts";

/** Returns the id of the history to which a session refers, or `undefined` if no single id identifies its messages. */
export function findHistoryId(elsewhere: MessagesElsewhere | undefined): string | undefined {
  if (elsewhere === undefined || !isReferenceKeeper(elsewhere.keeper)) return undefined;
  const { ids } = elsewhere;
  const [onlyId, ...others] = Object.values(ids);
  return ids["conversationId"] ?? (others.length === 0 ? onlyId : undefined);
}

/** Returns the id of the history if a thread of this project is only a reference to one. */
export function readHistoryId(root: ObjectNode): string | undefined {
  return getMember(root, "messages") === undefined ? getText(getMember(root, "history"), "id") : undefined;
}

/** Writes the id of a history into a session that still refers to none, as the state of a history provider. */
export function writeReference(
  envelope: Envelope,
  id: string,
  provider: string | undefined,
  report: Report,
): Envelope {
  const { root, shape } = envelope;
  const history = findHistory(root, shape);
  if (findHistoryId(findMessagesElsewhere(root, shape, history)) === id) return envelope;
  if (shape !== "csharp-session" && shape !== "python-session") {
    const message = "The thread only refers to its messages. Load its history, and write that in this shape.";
    throw new InterchangeError("INVALID_ARGUMENT", message, { path: "to" });
  }
  if (provider === undefined) {
    const message =
      "`historyKey` must be the name of the history provider that has the messages in Agent Framework, such as CosmosChatHistoryProvider.";
    throw new InterchangeError("INVALID_ARGUMENT", message, { path: "historyKey" });
  }
  report(
    "elsewhere",
    "$.history",
    "The messages stay in the store. Copy them to that of the history provider.",
  );
  const { container } = LAYOUTS[shape];
  const states = getMember(root, container);
  const state = objectNode(shape === "csharp-session" ? [["conversationId", stringNode(id)]] : []);
  const filled = setMember(states?.type === "object" ? states : objectNode([]), provider, state);
  const withState = setMember(root, container, filled);
  // The providers of Python find the messages by the id of the session.
  return {
    ...envelope,
    root: shape === "python-session" ? setMember(withState, "session_id", stringNode(id)) : withState,
  };
}

/**
 * Returns a report for the conversion of a session to another shape. The id of the history is in the written session,
 * so that only the other members of the provider's state are lost. In Python, the session's own id is that of the
 * history, and is never in the state.
 */
export function reportMovedId(
  { root, shape }: Pick<Envelope, "root" | "shape">,
  historyId: string,
  report: Report,
): Report {
  const elsewhere = findMessagesElsewhere(root, shape, findHistory(root, shape));
  if (shape !== "csharp-session" || elsewhere === undefined || findHistoryId(elsewhere) !== historyId) {
    return report;
  }
  const { ids, path: statePath } = elsewhere;
  const idName = ids["conversationId"] === undefined ? Object.keys(ids)[0] : "conversationId";
  const { container } = LAYOUTS[shape];
  const states = getMember(root, container);
  const state =
    states?.type === "object"
      ? states.members.find(([name]) => memberPath(`$.${container}`, name) === statePath)?.[1]
      : undefined;
  return (kind, path, message) => {
    if (path !== statePath) {
      report(kind, path, message);
      return;
    }
    report("replaced", path, "The id of the history is written for the history provider of the target.");
    if (state?.type !== "object") return;
    for (const [name, value] of state.members) {
      if (name === idName || isBlank(value)) continue;
      report(
        "lost",
        memberPath(path, name),
        "A member of the provider's state has no counterpart in the target.",
      );
    }
  };
}

/**
 * Reports that a session of Python, which another shape cannot contain, refers to its messages only by its own id and
 * the name of a provider. Sessions of C# have the ids in a state, which is reported as lost like all others.
 */
export function reportLostReference(original: Pick<Envelope, "root" | "shape">, report: Report): void {
  const { root, shape } = original;
  if (shape !== "python-session") return;
  const elsewhere = findMessagesElsewhere(root, shape, findHistory(root, shape));
  if (elsewhere === undefined || !isReferenceKeeper(elsewhere.keeper)) return;
  const message =
    "The messages are in another store, and the target does not refer to it. Read the session with `asReference: true`, or read its messages.";
  report("lost", elsewhere.path, message);
}
