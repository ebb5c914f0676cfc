import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Message } from "../messages.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** The kinds of conversations in the corpus, by the content of most of their messages. */
export const CONVERSATIONS = ["text", "tools", "code"] as const;
export type ConversationKind = (typeof CONVERSATIONS)[number];

/** Returns a generator of numbers in [0, 1) that are the same for the same seed (Mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Material {
  readonly paragraphs: readonly string[];
  readonly sources: readonly string[];
}

let material: Material | undefined;

/** Reads text that people have written: the paragraphs of the documentation, and the sources of this repository. */
function readMaterial(): Material {
  material ??= {
    paragraphs: globSync(["docs/**/*.md", "packages/*/README.md"], { cwd: ROOT })
      .toSorted()
      .flatMap((file) => readFileSync(join(ROOT, file), "utf8").split("\n\n"))
      .filter((paragraph) => /^[A-Z`*-]/u.test(paragraph) && paragraph.length > 100),
    sources: globSync("packages/*/src/**/*.ts", { cwd: ROOT })
      .toSorted()
      .map((file) => readFileSync(join(ROOT, file), "utf8")),
  };
  return material;
}

/**
 * Returns the turns of a conversation like those of real agents: questions and answers in prose, tool calls with JSON of
 * identifiers, numbers, dates and names, and code. No two turns have the same content, and random parts stay random.
 */
export function conversation(
  kind: ConversationKind,
  turns: number,
  seed = 1,
): readonly (readonly Message[])[] {
  const { paragraphs, sources } = readMaterial();
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const paragraph = (): string => pick(paragraphs);
  const code = (): string => {
    const lines = pick(sources).split("\n");
    const from = below(Math.max(1, lines.length - 30));
    return `\`\`\`ts\n${lines.slice(from, from + 10 + below(30)).join("\n")}\n\`\`\``;
  };
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => below(16).toString(16)).join("");
  return Array.from({ length: turns }, (_, turn): readonly Message[] => {
    const usesTool = kind === "tools" || turn % 3 === 0;
    const isCode = kind === "code" || turn % 5 === 4;
    const question = { role: "user", content: paragraph().slice(0, 40 + below(300)) } as const;
    const answer = {
      role: "assistant",
      content: isCode ? `${paragraph()}\n\n${code()}` : `${paragraph()}\n\n${paragraph()}`,
    } as const;
    return usesTool ? [question, ...toolCall({ hex, below, pick, paragraph }), answer] : [question, answer];
  });
}

interface Choices {
  readonly hex: (digits: number) => string;
  readonly below: (limit: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  readonly paragraph: () => string;
}

/** Returns a call of a tool that searches orders, and its result. */
function toolCall({ hex, below, pick, paragraph }: Choices): readonly Message[] {
  const id = `call_${hex(24)}`;
  const words = paragraph()
    .split(/\W+/u)
    .filter((word) => word.length > 3);
  const call = {
    name: "search_orders",
    arguments: JSON.stringify({ query: words.slice(0, 3).join(" "), limit: 10 }),
  };
  const orders = Array.from({ length: 2 + below(8) }, () => ({
    id: `ord_${hex(16)}`,
    total: below(100_000) / 100,
    currency: pick(["EUR", "USD", "CZK"]),
    status: pick(["open", "paid", "shipped", "returned"]),
    createdAt: new Date(1_700_000_000_000 + below(50_000_000) * 1000).toISOString(),
    customer: { name: `${pick(words)} ${pick(words)}`, email: `${hex(6)}@example.com` },
    note: paragraph().slice(0, below(120)),
  }));
  return [
    { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: call }] },
    { role: "tool", tool_call_id: id, content: JSON.stringify({ orders, total: orders.length }) },
  ];
}
