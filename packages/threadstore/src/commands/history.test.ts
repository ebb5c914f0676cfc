import { join } from "node:path";
import { METADATA_MAX_BYTES } from "@threadstore/core/decorator";
import { type HistoryStore, withHistory } from "@threadstore/history";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, it } from "vitest";
import { runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const folder = temporaryFolder();

function open(name: string): HistoryStore {
  return withHistory(sqliteStore({ path: join(folder(), name) }));
}

async function textsOf(name: string): Promise<(string | undefined)[]> {
  await using store = open(name);
  const versions = await store.versions("a");
  return Promise.all(versions.map(async ({ version }) => (await store.loadVersion("a", version))?.json));
}

it.each([
  ["copy", [["copy", "sqlite:from.db", "sqlite:copy.db"]]],
  [
    "export",
    [
      ["export", "sqlite:from.db", "from.jsonl"],
      ["import", "from.jsonl", "sqlite:export.db"],
    ],
  ],
])("%s takes the versions of threads along", async (name, commands) => {
  const texts = ['{"n":[ 1]}', '{"n":[ 2]}', '{"n":[ 3]}'];
  {
    await using store = open("from.db");
    await store.delete("a");
    for (const text of texts) await store.save("a", text, { overwrite: true });
    await store.touch("a", { metadata: { title: "T".repeat(METADATA_MAX_BYTES - 12) } });
  }
  for (const command of commands) {
    const { exitCode, stderr } = await runIn(folder(), command);
    expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
  }
  expect(await textsOf(`${name}.db`)).toEqual(texts.toReversed());
});
