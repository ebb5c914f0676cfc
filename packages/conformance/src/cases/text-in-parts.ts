import type { StoredThread } from "@threadstore/core";
import { jsonTexts } from "../corpus/json-documents.ts";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { loaded, refuses, same } from "../suite/expectations.ts";
import { inParallel, range } from "../utilities/parallel.ts";
import { idsOf, unchanged } from "./reading.ts";

const asGiven = "a thread given in parts is their text, joined";

/** A text in two or three parts, cut at some places; one of which is between the halves of a character, if it can be. */
function cuts(text: string): string[][] {
  const middle = Math.floor(text.length / 2);
  const half = text.split("").findIndex((unit) => !unit.isWellFormed()) + 1;
  return [
    [text],
    ["", text, ""],
    [text.slice(0, 1), text.slice(1, -1), text.slice(-1)],
    [text.slice(0, middle), text.slice(middle)],
    [text.slice(0, half), text.slice(half)],
  ];
}

/** A conversation in a part a message, with what is before and behind it. */
class Conversation {
  readonly messages: string[] = [];

  get parts(): string[] {
    return ['{"messages":[', ...this.messages.map((text, index) => (index === 0 ? text : `,${text}`)), "]}"];
  }

  get text(): string {
    return `{"messages":[${this.messages.join(",")}]}`;
  }

  say(text: string): void {
    this.messages.push(JSON.stringify(text));
  }
}

/** Longer than what a store may look at again. */
const long = "\u00e9".repeat(3_000);

export const textInParts: ConformanceCase[] = section("Values", "core", [
  {
    id: "V20",
    title: "a thread given in parts comes back byte for byte, wherever it is cut",
    clauses: ["V1"],
    timeoutMs: 30_000,
    async run({ open }) {
      const store = await open();
      const given = [...jsonTexts, '{"a":"\u{1f600}"}'].flatMap(cuts);
      await inParallel(given.entries(), 8, async ([index, parts]) => {
        const text = parts.join("");
        const saved = await store.save(`text-${index}`, parts);
        same(saved.json, text, asGiven);
        same(saved.size, Buffer.byteLength(text), "size is the number of bytes of the text");
        same((await loaded(store, `text-${index}`, "a saved thread is loaded")).json, text, asGiven);
      });
    },
  },
  {
    id: "V21",
    title: "a conversation that grows, shrinks and changes in parts is what its parts are",
    clauses: ["V1", "V3"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const conversation = new Conversation();
      const versions: { stored: StoredThread; text: string }[] = [];
      const save = async (): Promise<void> => {
        const { parts, text } = conversation;
        const saving = store.save("a", parts, { previous: versions.at(-1)?.stored });
        parts.splice(0, parts.length, "too late");
        versions.push({ stored: await saving, text });
        same((await loaded(other, "a", "a saved thread is loaded")).json, text, asGiven);
      };
      for (const turn of range(4)) {
        conversation.say(`${turn} ${long}`);
        await save();
      }
      conversation.messages[1] = JSON.stringify(`1 ${long.slice(1)}!`);
      await save();
      conversation.messages.splice(0, 2);
      await save();
      for (const text of ["short", `much longer ${long}`, ""]) {
        conversation.messages.splice(-1);
        conversation.say(text);
        await save();
      }
      const stored = versions.map((version) => version.stored.json);
      same(
        stored,
        versions.map(({ text }) => text),
        "what a save handed out stays what it was when others follow",
      );
    },
  },
  {
    id: "V22",
    title: "parts that are no thread together are refused, also behind parts that were saved",
    clauses: ["V2", "V5"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 100_000 });
      const conversation = new Conversation();
      for (const turn of range(3)) conversation.say(`${turn} ${long}`);
      const { parts, text } = conversation;
      const saved = await store.save("a", parts);
      const wrong: [string, unknown[]][] = [
        ["no part", []],
        ["parts that are no strings", ['{"a":', 1, "}"]],
        ["parts that are no object together", ["[", "]"]],
        ["half a character", ['{"a":"', "\ud800", '"}']],
        ["parts of which the last is missing", parts.slice(0, -1)],
        ["parts with something behind the last", [...parts, ","]],
        ["a new part that is not JSON", [...parts.slice(0, -1), ",'x'", "]}"]],
      ];
      for (const [what, given] of wrong) {
        for (const previous of [saved, saved.version]) {
          await refuses("INVALID_ARGUMENT", `a save of ${what}`, () => store.save("a", given, { previous }));
        }
        await refuses("INVALID_ARGUMENT", `a save of ${what}`, () => store.save("b", given));
      }
      const tooLong = [...parts.slice(0, -1), ...range(20).map(() => `,"${long}"`), "]}"];
      await refuses("TOO_LARGE", "a save of parts that are too long together", () =>
        store.save("a", tooLong, { previous: saved }),
      );
      await unchanged(store, "a", saved.version, text);
      same(await idsOf(store), ["a"], "a thread that is refused is not created");
    },
  },
]);
