import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { importPackage } from "../../stores/import-package.ts";
import type { TransferContext, TransferFormat, TransferUnit } from "../transfer-format.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { moveThread, type Route } from "./move-thread.ts";
import { postgresCheckpoints } from "./postgres-checkpoints.ts";
import { sqliteCheckpoints } from "./sqlite-checkpoints.ts";
import { BRIDGE, storeCheckpoints } from "./store-checkpoints.ts";

async function* threadsOf(route: Route, context: TransferContext): AsyncGenerator<TransferUnit> {
  for await (const threadId of route.from.threads()) {
    yield { name: threadId, move: () => moveThread(threadId, route, context) };
  }
}

/** Opens tables that do not exist yet. */
async function noCheckpoints({ folder }: TransferContext): Promise<Checkpoints> {
  const { MemorySaver } = await importPackage<{ readonly MemorySaver: new () => BaseCheckpointSaver }>(
    { name: "@langchain/langgraph-checkpoint", near: BRIDGE.name },
    folder,
  );
  return {
    saver: new MemorySaver(),
    keepsUnversioned: true,
    load: async () => undefined,
    // oxlint-disable-next-line no-empty-function -- There are none.
    async *threads() {},
    keysOf: async () => [],
  };
}

/** Checkpoints of LangGraph in a SQLite file. */
export const LANGGRAPH_SQLITE: TransferFormat = {
  name: "langgraph-sqlite",
  noun: "thread",
  target: "file",
  options: [],
  async *import(source, context) {
    const from = await sqliteCheckpoints(source, { readonly: true }, context);
    yield* threadsOf({ from, to: await storeCheckpoints(context) }, context);
  },
  async *export(target, context) {
    const from = await storeCheckpoints(context);
    const isNew = !existsSync(resolve(context.folder, target));
    const to =
      isNew && context.isDryRun
        ? await noCheckpoints(context)
        : await sqliteCheckpoints(target, { readonly: context.isDryRun }, context);
    yield* threadsOf({ from, to }, context);
  },
};

/** Checkpoints of LangGraph in a PostgreSQL database. */
export const LANGGRAPH_POSTGRES: TransferFormat = {
  name: "langgraph-postgres",
  noun: "thread",
  target: "url",
  options: [],
  async *import(source, context) {
    const from = await postgresCheckpoints(source, { readonly: true }, context);
    yield* threadsOf({ from, to: await storeCheckpoints(context) }, context);
  },
  async *export(target, context) {
    const from = await storeCheckpoints(context);
    const to = await postgresCheckpoints(target, { readonly: context.isDryRun }, context);
    yield* threadsOf({ from, to }, context);
  },
};
