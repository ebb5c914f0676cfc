import { describe, expect, it } from "vitest";
import { memoryStore } from "../memory-store.ts";
import type { EraseProgress, ThreadStore } from "../thread-store.ts";
import { forwardChanges, forwardOperations } from "./forward-operations.ts";
import { wrapThreadStore } from "./wrap-thread-store.ts";

/** Keeps two side records for each save. */
function auditedStore(inner: ThreadStore): ThreadStore {
  return wrapThreadStore(inner, {
    name: "audited",
    reservedName: ".audit",
    operations: (namespace) => {
      const operations = forwardOperations(namespace);
      return {
        ...operations,
        ...forwardChanges(namespace),
        async save(save, call) {
          const { stored } = await operations.save(save, call);
          for (const part of ["before", "after"])
            await namespace.sideRecords?.save(`${save.id}.${part}`, {}, { overwrite: true });
          return { stored };
        },
      };
    },
  });
}

async function filledStore(): Promise<{ inner: ThreadStore; store: ThreadStore }> {
  const inner = memoryStore();
  const store = auditedStore(inner);
  const views = [
    store,
    store.namespace("a"),
    store.namespace("a").namespace(".audit"),
    store.namespace(".audit~"),
  ];
  for (const view of views) for (const id of ["t", "u"]) await view.save(id, { n: 1 });
  return { inner, store };
}

describe("namespaces() of a store with side records", () => {
  it("returns the names that callers passed, without the reserved one", async () => {
    const { inner, store } = await filledStore();
    expect((await store.namespaces()).namespaces.toSorted()).toEqual([".audit~", "a"]);
    expect((await store.namespace("a").namespaces()).namespaces).toEqual([".audit"]);
    expect((await inner.namespaces()).namespaces.toSorted()).toEqual([".audit", ".audit~~", "a"]);
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.namespaces({ limit: 1, cursor });
      names.push(...page.namespaces);
      ({ cursor } = page);
    } while (cursor !== undefined);
    expect(names.toSorted()).toEqual([".audit~", "a"]);
  });
});

describe("an erase of a store with side records", () => {
  it("erases them, and counts only threads", async () => {
    const { inner, store } = await filledStore();
    const receipt = await store.namespace("a").erase();
    // The sizes of side records count.
    expect(receipt).toMatchObject({ threads: 4, bytes: 4 * 7 + 8 * 2, cursor: undefined });
    expect((await inner.namespaces()).namespaces.toSorted()).toEqual([".audit", ".audit~~"]);
    expect(await store.erase()).toMatchObject({ threads: 4, cursor: undefined });
    expect(await inner.erase()).toMatchObject({ threads: 0 });
  });

  it("reports progress with the namespaces of callers", async () => {
    const { store } = await filledStore();
    const reports: EraseProgress[] = [];
    await store.erase({ onProgress: (report) => void reports.push(report) });
    const seen = reports.map(({ namespace, threads }) => `${namespace} ${threads}`);
    expect(seen).toEqual([" 0", " 2", ".audit~ 2", ".audit~ 4", "a 4", "a 6", "a/.audit 6", "a/.audit 8"]);
  });

  it("counts only threads if it is continued from any cursor", async () => {
    const count = 8;
    for (let interrupted = 1; interrupted <= count; interrupted += 1) {
      const { store, inner } = await filledStore();
      let reports = 0;
      let cursor: string | undefined;
      const reason = new Error("interrupted");
      const erasing = store.erase({
        onProgress: (report) => {
          reports += 1;
          ({ cursor } = report);
          if (reports === interrupted) throw reason;
        },
      });
      await expect(erasing).rejects.toBe(reason);
      expect(await auditedStore(inner).erase({ cursor })).toMatchObject({ threads: 8, cursor: undefined });
    }
  });

  it("rejects a cursor of the inner store, and anything else", async () => {
    const { inner, store } = await filledStore();
    let cursor: string | undefined;
    const onProgress = (report: EraseProgress): void => {
      ({ cursor } = report);
      throw new Error("interrupted");
    };
    await inner.erase({ onProgress }).catch(() => undefined);
    for (const wrong of [cursor, "", "x", 5 as never]) {
      await expect(store.erase({ cursor: wrong })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    await expect(store.erase({ onProgress: "x" as never })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});
