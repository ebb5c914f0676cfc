import { align } from "./carried/alignment.ts";
import { fingerprint } from "./carried/fingerprint.ts";
import { unpackOriginals } from "./carried/originals.ts";
import { remake } from "./carried/remake.ts";
import type { Carried, CarriedGroup } from "./carried/state.ts";
import type { PlacedMessage } from "./chat/from-chat.ts";
import type { ObjectNode } from "./json/node.ts";
import { printMessage } from "./messages/print-message.ts";
import { readMessage } from "./messages/read-message.ts";
import { unreported, type Report } from "./report.ts";
import { layouts, type AgentFrameworkShape } from "./shapes/shape.ts";

export interface MessagesToWrite {
  readonly messages: readonly ObjectNode[];
  readonly carried: Carried | undefined;
  readonly shape: AgentFrameworkShape;
  readonly report: Report;
}

/** What is kept of a group, and where. */
interface PlacedGroup {
  readonly group: Readonly<CarriedGroup>;
  readonly path: string;
}

/** The messages of a thread as a shape has them: those that are as they were read, as they were. */
export function writeMessages(task: MessagesToWrite): ObjectNode[] {
  const { messages, carried, shape, report } = task;
  const placed = messages.map((node, index) => ({ node, path: `$.messages[${index}]` }));
  const groups = (carried?.groups ?? []).map((group, index) => ({
    group,
    path: `$.agentFramework.messages[${index}]`,
  }));
  const starts = findGroups(placed, groups);
  const written: (readonly ObjectNode[])[] = [];
  // What became no message at all stands in front of everything.
  for (const group of groups) {
    if (group.group.fingerprints.length === 0) written.push(writeGroup([], group, task));
    else if (!starts.taken.has(group)) reportEdited(group, report);
  }
  let run: PlacedMessage[] = [];
  const finishRun = (): void => {
    written.push(remake(run, layouts[shape].dialect, report));
    run = [];
  };
  for (let index = 0; index < placed.length;) {
    const group = starts.at.get(index);
    const length = group?.group.fingerprints.length ?? 1;
    const part = placed.slice(index, index + length);
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

/** Finds the groups all of whose messages are still there, one behind the other. */
function findGroups(
  placed: readonly PlacedMessage[],
  groups: readonly PlacedGroup[],
): { readonly at: Map<number, PlacedGroup>; readonly taken: Set<PlacedGroup> } {
  const before = groups.flatMap(({ group }) => group.fingerprints);
  const matches = align(
    before,
    placed.map(({ node }) => fingerprint(node)),
  );
  const positions = new Map(matches.flatMap((was, is) => (was === undefined ? [] : [[was, is] as const])));
  const at = new Map<number, PlacedGroup>();
  const taken = new Set<PlacedGroup>();
  let was = 0;
  for (const group of groups) {
    const { length } = group.group.fingerprints;
    const start = positions.get(was);
    const isWhole = start !== undefined && isRun(positions, was, start, length);
    if (isWhole) {
      at.set(start, group);
      taken.add(group);
    }
    was += length;
  }
  return { at, taken };
}

function isRun(positions: ReadonlyMap<number, number>, was: number, start: number, length: number): boolean {
  for (let offset = 0; offset < length; offset += 1) {
    if (positions.get(was + offset) !== start + offset) return false;
  }
  return length > 0;
}

function writeGroup(
  placed: readonly PlacedMessage[],
  { group, path }: PlacedGroup,
  task: MessagesToWrite,
): ObjectNode[] {
  const { carried, shape, report } = task;
  const { dialect } = layouts[shape];
  if (group.originals === undefined || carried === undefined) {
    // In the shape it came in, it is known to come out as it was.
    return remake(placed, dialect, carried?.shape === shape ? unreported : report);
  }
  const { language, dialect: ownDialect } = layouts[carried.shape];
  const originalsPath = `${path}.originals`;
  const originals = unpackOriginals(group.originals, remake(placed, ownDialect, unreported), originalsPath);
  if (carried.shape === shape) return [...originals];
  return originals.map((original, index) =>
    printMessage(readMessage(original, language, `${originalsPath}[${index}]`), { dialect, report }),
  );
}

function reportEdited({ group, path }: PlacedGroup, report: Report): void {
  if (group.originals === undefined) return;
  report("edited", path, "its messages are not as they were read; what was kept for them is not written.");
}
