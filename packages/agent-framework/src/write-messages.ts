import { memberPath } from "@threadstore/core/documents";
import type { LocatedMessage } from "./chat/from-chat.ts";
import type { ObjectNode } from "./json/node.ts";
import { printMessage } from "./messages/print-message.ts";
import { readMessage } from "./messages/read-message.ts";
import { align } from "./preserved/alignment.ts";
import { fingerprint } from "./preserved/fingerprint.ts";
import { unpackOriginals } from "./preserved/originals.ts";
import { rebuildMessages } from "./preserved/rebuild.ts";
import type { Preserved, PreservedGroup } from "./preserved/state.ts";
import { discardReport, type Report } from "./report.ts";
import { type AgentFrameworkShape, LAYOUTS } from "./shapes/shape.ts";

export interface MessagesToWrite {
  readonly messages: readonly ObjectNode[];
  readonly preserved: Preserved | undefined;
  readonly shape: AgentFrameworkShape;
  readonly report: Report;
}

interface LocatedGroup {
  readonly group: Readonly<PreservedGroup>;
  readonly path: string;
}

/** Writes the messages of a thread in a shape. Messages that did not change since they were read keep their form. */
export function writeMessages(task: MessagesToWrite): ObjectNode[] {
  const { preserved, shape, report } = task;
  const messages = task.messages.map((node, index) => ({ node, path: memberPath("$.messages", index) }));
  const groups = (preserved?.groups ?? []).map((group, index) => ({
    group,
    path: memberPath("$.agentFramework.messages", index),
  }));
  const unchanged = findUnchangedGroups(messages, groups);
  const written: (readonly ObjectNode[])[] = [];
  // Groups without a counterpart in Chat Completions were at the start of the conversation.
  for (const group of groups) {
    if (group.group.fingerprints.length === 0) written.push(writeGroup([], group, task));
    else if (!unchanged.groups.has(group)) reportEdited(group, report);
  }
  let run: LocatedMessage[] = [];
  const finishRun = (): void => {
    written.push(rebuildMessages(run, LAYOUTS[shape].dialect, report));
    run = [];
  };
  for (let index = 0; index < messages.length;) {
    const group = unchanged.byStart.get(index);
    const length = group?.group.fingerprints.length ?? 1;
    const part = messages.slice(index, index + length);
    if (group === undefined) {
      for (const message of part) run.push(message);
    } else {
      finishRun();
      written.push(writeGroup(part, group, task));
    }
    index += length;
  }
  finishRun();
  return written.flat();
}

/** Finds the groups whose messages are all still present and consecutive, and the positions where they start. */
function findUnchangedGroups(
  messages: readonly LocatedMessage[],
  groups: readonly LocatedGroup[],
): { readonly byStart: Map<number, LocatedGroup>; readonly groups: Set<LocatedGroup> } {
  const before = groups.flatMap(({ group }) => group.fingerprints);
  const matches = align(
    before,
    messages.map(({ node }) => fingerprint(node)),
  );
  const positions = new Map(matches.flatMap((was, is) => (was === undefined ? [] : [[was, is] as const])));
  const byStart = new Map<number, LocatedGroup>();
  const unchanged = new Set<LocatedGroup>();
  let was = 0;
  for (const group of groups) {
    const { length } = group.group.fingerprints;
    const start = positions.get(was);
    if (start !== undefined && isConsecutive(positions, was, start, length)) {
      byStart.set(start, group);
      unchanged.add(group);
    }
    was += length;
  }
  return { byStart, groups: unchanged };
}

function isConsecutive(
  positions: ReadonlyMap<number, number>,
  was: number,
  start: number,
  length: number,
): boolean {
  for (let offset = 0; offset < length; offset += 1) {
    if (positions.get(was + offset) !== start + offset) return false;
  }
  return length > 0;
}

function writeGroup(
  messages: readonly LocatedMessage[],
  { group, path }: LocatedGroup,
  task: MessagesToWrite,
): ObjectNode[] {
  const { preserved, shape, report } = task;
  const { dialect } = LAYOUTS[shape];
  if (group.originals === undefined || preserved === undefined) {
    // In the original shape, the rebuilt messages are known to equal the originals.
    return rebuildMessages(messages, dialect, preserved?.shape === shape ? discardReport : report);
  }
  const original = LAYOUTS[preserved.shape];
  const originalsPath = `${path}.originals`;
  const rebuilt = rebuildMessages(messages, original.dialect, discardReport);
  const originals = unpackOriginals(group.originals, rebuilt, originalsPath);
  if (preserved.shape === shape) return [...originals];
  return originals.flatMap((node, index) => {
    const message = readMessage(node, original.language, memberPath(originalsPath, index));
    return printMessage(message, { dialect, report }) ?? [];
  });
}

function reportEdited({ group, path }: LocatedGroup, report: Report): void {
  if (group.originals === undefined) return;
  report("edited", path, "The messages were changed since they were read. Their originals are not written.");
}
