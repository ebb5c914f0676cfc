import type { CheckOptions, RepairPolicy } from "@threadstore/agent";
import { checkThread } from "@threadstore/openai";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, throughAgent } from "../golden.test-helper.ts";
import { checkAgentFrameworkThread, readAgentFrameworkThread, repairAgentFrameworkThread } from "../index.ts";
import { getMember, printNode, type JsonNode } from "../json/node.ts";
import { parseNode } from "../json/parse.ts";
import { type ObjectShape, randomMessage, randomThread, shapes } from "../random-thread.test-helper.ts";
import { findHistory } from "../shapes/history.ts";
import { requireAgentFramework } from "../shapes/recognize.ts";

/** Generates lists of messages as crashes, races and other programs leave them. */
function corruption(shape: ObjectShape): fc.Arbitrary<readonly string[]> {
  const message = randomMessage(shape);
  const garbage = fc.constantFrom(
    "null",
    '"x"',
    '{"role":1}',
    '{"role":"user","contents":5}',
    '{"role":"assistant","contents":[1,{"$type":"functionCall","type":"function_call"}]}',
    '{"role":"user","contents":[{"$type":"text","type":"text","text":"\\ud83c"}]}',
  );
  const inserted = fc.oneof({ weight: 3, arbitrary: message }, { weight: 1, arbitrary: garbage });
  const defect = fc.tuple(fc.constantFrom("repeat", "swap", "insert"), fc.nat(), fc.nat(), inserted);
  return fc
    .tuple(fc.array(message, { maxLength: 5 }), fc.array(defect, { maxLength: 3 }))
    .map(([messages, defects]) => {
      const list = [...messages];
      for (const [kind, first, second, added] of defects) {
        const position = first % (list.length + 1);
        const other = second % (list.length + 1);
        if (kind === "repeat") list.splice(position, 0, ...list.slice(position, position + 1));
        if (kind === "swap") list.splice(other, 0, ...list.splice(position, 1));
        if (kind === "insert") list.splice(position, 0, added);
      }
      return list;
    });
}

const policies = fc.constantFrom<RepairPolicy>("synthesize", "drop", { "result-missing": "drop" });
const options: fc.Arbitrary<CheckOptions> = fc.record({
  tools: fc.constantFrom(undefined, ["x"], []),
  openTurn: fc.constantFrom("keep" as const, "close" as const),
  strictOrder: fc.boolean(),
});

interface Parts {
  readonly messages: readonly string[];
  readonly path: string;
  /** The thread without its messages. */
  readonly envelope: string;
}

function partsOf(text: string): Parts {
  const { root, shape } = requireAgentFramework(parseNode(text));
  const { messages = [], path } = findHistory(root, shape);
  const texts = messages.map(printNode);
  return { messages: texts, path, envelope: printNode(root).replace(`[${texts.join(",")}]`, "[]") };
}

const NUM_RUNS = 60;

/** A content item. Its type is `type` in Python and `$type` in C#. */
interface Item {
  readonly type?: string;
  readonly $type?: string;
}

/**
 * Returns the number of results that were added to a message, or 0 if it changed in other ways. Changes name the
 * calls of added results, not the message. A result is added after the results that the message has.
 */
function addedResults(text: string, message: string): number {
  const { contents: after = [], ...others } = JSON.parse(text) as { contents?: Item[] };
  const { contents: before = [], ...known } = JSON.parse(message) as { contents?: Item[] };
  if (!Array.isArray(after) || !Array.isArray(before)) return 0;
  const expected = before.map((item) => JSON.stringify(item));
  const added = after.filter((item) => {
    if (JSON.stringify(item) !== expected[0]) return true;
    expected.shift();
    return false;
  });
  const isOtherwiseEqual =
    expected.length === 0 &&
    added.every(({ type, $type = type }) => /^function_?result$/iu.test($type ?? "")) &&
    JSON.stringify(others) === JSON.stringify(known);
  return isOtherwiseEqual ? added.length : 0;
}

describe.each(shapes)("any corrupt thread of shape %s", (shape) => {
  const thread = randomThread(shape, corruption(shape));

  test("has no findings after a repair, and a second repair does not change it", () => {
    fc.assert(
      fc.property(thread, policies, options, (source, policy, rules) => {
        const { text, changes } = repairAgentFrameworkThread(source, policy, rules);
        expect(checkAgentFrameworkThread(text, rules)).toEqual([]);
        expect(repairAgentFrameworkThread(text, policy, rules)).toEqual({ text, shape, changes: [] });
        expect(text === canonical(source)).toBe(changes.length === 0);
        expect(checkAgentFrameworkThread(source, rules).length > 0).toBe(changes.length > 0);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  test("can be deserialized by an agent after a repair", async () => {
    await fc.assert(
      fc.asyncProperty(thread, policies, async (source, policy) => {
        const rules = { openTurn: "close" } as const;
        const { text } = repairAgentFrameworkThread(source, policy, rules);
        const read = readAgentFrameworkThread(text);
        expect(await throughAgent(read.thread)).toEqual(read.thread);
        const ignored = ["message-duplicated"];
        expect(checkThread(read.thread).filter(({ code }) => !ignored.includes(code))).toEqual([]);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  test("keeps everything that the changes do not mention, in order", () => {
    fc.assert(
      fc.property(thread, policies, options, (source, policy, rules) => {
        const { text, changes } = repairAgentFrameworkThread(source, policy, rules);
        const before = partsOf(source);
        const after = partsOf(text);
        const touched = changes.flatMap(({ path, counterpart = "" }) => [path, counterpart]);
        const untouched = before.messages.filter((_, index) => {
          const path = `${before.path}[${index}]`;
          return !touched.some((name) => name === path || name.startsWith(`${path}.`));
        });
        const remaining = [...after.messages];
        let reported = changes.filter(({ action }) => action === "synthesize").length;
        for (const message of untouched) {
          const exact = remaining.indexOf(message);
          const isExact = exact !== -1 || reported === 0;
          const position = isExact ? exact : remaining.findIndex((one) => addedResults(one, message) > 0);
          expect(position, message).not.toBe(-1);
          if (!isExact) reported -= addedResults(remaining[position] ?? "", message);
          expect(reported, "results were added that no change mentions").toBeGreaterThanOrEqual(0);
          remaining.splice(0, position + 1);
        }
        expect(after.envelope).toBe(before.envelope);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  test("reports paths that exist", () => {
    fc.assert(
      fc.property(thread, options, (source, rules) => {
        const root = parseNode(source);
        for (const { path } of checkAgentFrameworkThread(source, rules)) {
          // The last member may be missing, which is then the finding.
          expect(find(root, path) ?? find(root, path.replace(/\.\w+$/, "")), path).toBeDefined();
        }
      }),
      { numRuns: NUM_RUNS },
    );
  });
});

function find(root: JsonNode, path: string): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const [, name, quoted, index] of path.matchAll(
    /\.([A-Za-z_$][\w$]*)|\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]/g,
  )) {
    if (index !== undefined) node = node?.type === "array" ? node.items[Number(index)] : undefined;
    else node = getMember(node, name ?? (JSON.parse(quoted ?? '""') as string));
  }
  return node;
}
