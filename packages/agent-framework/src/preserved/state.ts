import { memberPath } from "@threadstore/core/documents";
import { InterchangeError, invalidThread } from "../interchange-error.ts";
import { invalidNode } from "../json/invalid-node.ts";
import { getMember, getText, type JsonNode, type ObjectNode } from "../json/node.ts";
import { parseNode } from "../json/parse.ts";
import { recognizeShape } from "../shapes/recognize.ts";
import { type AgentFrameworkShape, isShape } from "../shapes/shape.ts";

/** The member of a `threadstore.thread` that preserves the parts of Agent Framework's thread. */
export const PRESERVED_MEMBER = "agentFramework";

const VERSION = 1;
const PATH = `$.${PRESERVED_MEMBER}`;

/** The preserved parts in their stored form. Text keeps the order of members and the notation of numbers. */
export type PreservedState = {
  version: number;
  shape: AgentFrameworkShape;
  /** The key of the history among the states of providers, in shapes that have several. */
  historyKey?: string;
  /** The whole thread without its messages. */
  thread: string;
  messages: PreservedGroup[];
  /** The fingerprint of the open turn that the pending approvals became, by which it is recognized later. */
  turn?: string;
};

/** Messages of Agent Framework and the messages of Chat Completions that they were converted to. */
export type PreservedGroup = {
  /** The fingerprint of each message of Chat Completions, by which it is recognized later. */
  fingerprints: string[];
  /** The messages of Agent Framework. Absent if they can be rebuilt from those of Chat Completions. */
  originals?: string[];
};

export function newPreservedState(content: Omit<PreservedState, "version">): PreservedState {
  return { version: VERSION, ...content };
}

/** The preserved parts of a thread. */
export interface Preserved {
  readonly shape: AgentFrameworkShape;
  readonly historyKey: string | undefined;
  readonly root: ObjectNode;
  readonly groups: readonly Readonly<PreservedGroup>[];
  readonly turn: string | undefined;
}

/**
 * Returns the preserved parts, or `undefined` if the thread did not come from Agent Framework. Throws
 * `THREAD_INVALID`.
 */
export function readPreserved(thread: ObjectNode): Preserved | undefined {
  const state = getMember(thread, PRESERVED_MEMBER);
  if (state === undefined) return undefined;
  checkVersion(getMember(state, "version"));
  const shape = getText(state, "shape");
  if (!isShape(shape)) throw invalidNode(`${PATH}.shape`, "a shape of Agent Framework");
  const text = getText(state, "thread");
  const threadPath = `${PATH}.thread`;
  if (text === undefined) throw invalidNode(threadPath, "JSON text", getMember(state, "thread"));
  const root = parseNode(text, threadPath);
  if (root.type !== "object" || recognizeShape(root).shape !== shape) {
    throw invalidThread(threadPath, `\`${threadPath}\` must be a thread of shape ${shape}.`);
  }
  return {
    shape,
    historyKey: getText(state, "historyKey"),
    root,
    groups: readGroups(getMember(state, "messages")),
    turn: getText(state, "turn"),
  };
}

function checkVersion(node: JsonNode | undefined): void {
  const path = `${PATH}.version`;
  const version = node?.type === "number" ? Number(node.text) : Number.NaN;
  if (!Number.isSafeInteger(version) || version < 1) throw invalidNode(path, "a positive integer", node);
  if (version <= VERSION) return;
  const message = `\`${PATH}\` has version ${version}, but this release of @threadstore/agent-framework only reads versions up to ${VERSION}. Update the package.`;
  throw new InterchangeError("THREAD_TOO_NEW", message, { path });
}

function readGroups(list: JsonNode | undefined): PreservedGroup[] {
  const path = `${PATH}.messages`;
  if (list?.type !== "array") throw invalidNode(path, "an array", list);
  return list.items.map((group, index) => {
    const groupPath = memberPath(path, index);
    const fingerprints = readTexts(getMember(group, "fingerprints"), `${groupPath}.fingerprints`);
    const originals = getMember(group, "originals");
    if (originals === undefined) return { fingerprints };
    return { fingerprints, originals: readTexts(originals, `${groupPath}.originals`) };
  });
}

function readTexts(list: JsonNode | undefined, path: string): string[] {
  if (list?.type !== "array") throw invalidNode(path, "an array of strings", list);
  return list.items.map((item, index) => {
    if (item.type !== "string") throw invalidNode(memberPath(path, index), "a string", item);
    return item.value;
  });
}
