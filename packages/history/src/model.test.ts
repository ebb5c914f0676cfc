import type { ThreadStore } from "@threadstore/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryBackend } from "./backend.test-helper.ts";
import type { HistoryStore } from "./history-store.ts";

const KEEP = { versions: 4, ageMs: 1000, characters: 400 };

interface ModelVersion {
  readonly version: string;
  readonly json: string;
  /** When it replaced the version before it. Touches do not change that. */
  readonly savedAt: number;
}

/** Returns how much text a save removes: what is between the beginning and the end that both texts share. */
function removedLength(before: string, after: string): number {
  const shorter = Math.min(before.length, after.length);
  let keep = 0;
  while (keep < shorter && before[keep] === after[keep]) keep += 1;
  let tail = 0;
  while (tail < shorter - keep && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return before.length - keep - tail;
}

/** What is expected of one thread: all of its versions, newest first, whether they are kept or not. */
class Model {
  #versions: ModelVersion[] = [];

  get current(): ModelVersion | undefined {
    return this.#versions[0];
  }

  save(saved: ModelVersion): void {
    this.#versions.unshift(saved);
  }

  rename(version: string): void {
    const [current, ...past] = this.#versions;
    if (current !== undefined) this.#versions = [{ ...current, version }, ...past];
  }

  /** Returns the versions that are kept, the newest first. */
  kept(now: number): readonly ModelVersion[] {
    let removed = 0;
    const first = this.#versions.findIndex(({ json }, index) => {
      const next = this.#versions[index - 1];
      if (next === undefined) return false;
      removed += removedLength(json, next.json);
      return index >= KEEP.versions || next.savedAt < now - KEEP.ageMs || removed > KEEP.characters;
    });
    return first === -1 ? this.#versions : this.#versions.slice(0, first);
  }

  delete(): void {
    this.#versions = [];
  }
}

/** `inner` is a client without history. */
type Action = (store: HistoryStore, model: Model, inner: ThreadStore) => Promise<void>;

/** Of one UTF-16 code unit each, so that the model need not know how surrogate pairs are kept together. */
const LETTER = fc.constantFrom("a", "b", " ", "\u00e9", '"', "\\", "\n");

const text = fc
  .record({
    text: fc.string({ maxLength: 120, unit: LETTER }),
    n: fc.array(fc.nat(9), { maxLength: 30 }),
  })
  .map((thread) => JSON.stringify(thread));

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: text.map((json): Action => async (store, model) => {
      const saved = await store.save("a", json, { previous: model.current?.version });
      model.save({ version: saved.version, json, savedAt: Number(saved.updatedAt) });
    }),
  },
  text.map((json): Action => async (store, model) => {
    const saved = await store.save("a", json, { overwrite: true });
    model.save({ version: saved.version, json, savedAt: Number(saved.updatedAt) });
  }),
  text.map((json): Action => async (_store, model, inner) => {
    if (model.current !== undefined) return;
    const { version, updatedAt } = await inner.save("a", json);
    model.save({ version, json, savedAt: Number(updatedAt) });
  }),
  {
    weight: 4,
    arbitrary: fc
      .array(fc.nat(99), { minLength: 1, maxLength: 3 })
      .map((elements): Action => async (store, model) => {
        const result = await store.append("a", elements, { create: '{"n":[]}' });
        const { n = [], ...others } = JSON.parse(model.current?.json ?? "{}") as { n?: number[] };
        const json = JSON.stringify({ ...others, n: [...n, ...elements] });
        model.save({ version: result.version, json, savedAt: Number(result.updatedAt) });
      }),
  },
  fc.constant<Action>(async (store, model) => {
    const result = await store.touch("a", { metadata: { title: "T" } });
    if (result !== undefined) model.rename(result.version);
  }),
  fc.constant<Action>(async (store, model) => {
    await store.prune("a");
    const stored = await store.load("a");
    if (stored !== undefined) model.rename(stored.version);
  }),
  fc.nat(5).map((index): Action => async (store, model) => {
    const wanted = (await store.versions("a"))[index];
    if (wanted === undefined) return;
    const restored = await store.restore("a", wanted);
    model.save({ version: restored.version, json: restored.json, savedAt: Number(restored.updatedAt) });
  }),
  fc.constant<Action>(async (store, model) => {
    await store.delete("a");
    model.delete();
  }),
);

test("any sequence of calls leaves the versions that are expected", async () => {
  let [calls, pruned] = [0, 0];
  const steps = fc.array(fc.tuple(actions, fc.constantFrom(0, 1, 300, 900)), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      let time = 1000;
      const backend = memoryBackend();
      const model = new Model();
      for (const [act, elapsedMs] of sequence) {
        time += elapsedMs;
        const open = (): HistoryStore => backend.open({ keep: KEEP, now: () => time });
        await act(open(), model, backend.openInner({ now: () => time }));
        const store = open();
        const versions = await store.versions("a");
        const kept = model.kept(time);
        expect(versions.map(({ version }) => version)).toEqual(kept.map(({ version }) => version));
        for (const { version, json } of kept) {
          expect((await store.loadVersion("a", version))?.json).toBe(json);
        }
        calls += 1;
        if (kept.length > 0 && kept.length < KEEP.versions) pruned += 1;
      }
    }),
    { numRuns: 150 },
  );
  expect(calls).toBeGreaterThan(500);
  expect(pruned).toBeGreaterThan(50);
});
