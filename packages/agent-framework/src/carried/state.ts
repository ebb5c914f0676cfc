import { InterchangeError, invalid } from "../interchange-error.ts";
import { describeNode, getMember, getText, type JsonNode, type ObjectNode } from "../json/node.ts";
import { parseNode } from "../json/parse.ts";
import { recognizeShape } from "../shapes/recognize.ts";
import { isShape, type AgentFrameworkShape } from "../shapes/shape.ts";

/** The member of a `threadstore.thread` in which all that is kept of Agent Framework's thread is. */
export const carriedMember = "agentFramework";

const version = 1;
const path = `$.${carriedMember}`;

/** What is kept, as it stands in the thread. Text keeps the order of members and the writing of numbers. */
export type CarriedState = {
  version: number;
  shape: AgentFrameworkShape;
  /** Where the history is among the states of providers, in the shapes that have several. */
  historyKey?: string;
  /** The whole thread without its messages. */
  thread: string;
  messages: CarriedGroup[];
};

/** What is kept of some messages of Agent Framework, beside the messages of Chat Completions that they became. */
export type CarriedGroup = {
  /** Of each of the messages of Chat Completions, to know them again. */
  fingerprints: string[];
  /** The messages of Agent Framework; absent when they can be made again from those of Chat Completions. */
  originals?: string[];
};

export function newCarriedState(content: Omit<CarriedState, "version">): CarriedState {
  return { version, ...content };
}

export interface Carried {
  readonly shape: AgentFrameworkShape;
  readonly historyKey: string | undefined;
  readonly root: ObjectNode;
  readonly groups: readonly Readonly<CarriedGroup>[];
}

/** What a thread keeps of Agent Framework's; `undefined` when it never was one. Throws `THREAD_INVALID`. */
export function readCarried(thread: ObjectNode): Carried | undefined {
  const state = getMember(thread, carriedMember);
  if (state === undefined) return undefined;
  checkVersion(getMember(state, "version"));
  const shape = getText(state, "shape");
  if (!isShape(shape))
    throw invalid(`${path}.shape`, "a shape of Agent Framework", describeNode(getMember(state, "shape")));
  const text = getText(state, "thread");
  if (text === undefined)
    throw invalid(`${path}.thread`, "JSON text", describeNode(getMember(state, "thread")));
  const root = parseNode(text, `${path}.thread`);
  if (root.type !== "object" || recognizeShape(root).shape !== shape) {
    throw invalid(`${path}.thread`, `a thread of shape ${shape}`, "another one");
  }
  return {
    shape,
    historyKey: getText(state, "historyKey"),
    root,
    groups: readGroups(getMember(state, "messages")),
  };
}

function checkVersion(found: JsonNode | undefined): void {
  const number = found?.type === "number" ? Number(found.text) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < 1) {
    throw invalid(`${path}.version`, "a whole number from 1", describeNode(found));
  }
  if (number <= version) return;
  const message = `${path} has version ${number}; this version of @threadstore/agent-framework reads up to ${version}. Update the package.`;
  throw new InterchangeError("THREAD_TOO_NEW", message, { path: `${path}.version` });
}

function readGroups(list: JsonNode | undefined): CarriedGroup[] {
  if (list?.type !== "array") throw invalid(`${path}.messages`, "a list", describeNode(list));
  return list.items.map((group, index) => {
    const groupPath = `${path}.messages[${index}]`;
    const fingerprints = readTexts(getMember(group, "fingerprints"), `${groupPath}.fingerprints`);
    const originals = getMember(group, "originals");
    if (originals === undefined) return { fingerprints };
    return { fingerprints, originals: readTexts(originals, `${groupPath}.originals`) };
  });
}

function readTexts(list: JsonNode | undefined, listPath: string): string[] {
  if (list?.type !== "array") throw invalid(listPath, "a list of texts", describeNode(list));
  return list.items.map((item, index) => {
    if (item.type !== "string") throw invalid(`${listPath}[${index}]`, "text", describeNode(item));
    return item.value;
  });
}
