import { resolve } from "node:path";
import { threadName } from "../../output/format.ts";
import { importPackage } from "../../stores/import-package.ts";
import { walk } from "../../walk/walk.ts";
import { nameStyleOf } from "../files/file-names.ts";
import { findFiles } from "../files/find-files.ts";
import type { TransferFormat, TransferUnit } from "../transfer-format.ts";
import { type Bridge, PACKAGE } from "./bridge.ts";
import { exportThread } from "./export-thread.ts";
import { importThread } from "./import-thread.ts";

const PAGE_SIZE = 50;

/** Threads and sessions of Agent Framework: files of JSON, and the JSON Lines of its `FileHistoryProvider`. */
export const AGENT_FRAMEWORK: TransferFormat = {
  name: "agent-framework",
  noun: "thread",
  target: "folder",
  options: ["agent", "keepShape", "shape"],

  async *import(source, context) {
    const bridge = await importPackage<Bridge>(PACKAGE, context.folder);
    for await (const file of findFiles(resolve(context.folder, source), [".jsonl", ".json"], context)) {
      yield { name: file.path, move: () => importThread(bridge, file, context) };
    }
  },

  async *export(file, context) {
    const bridge = await importPackage<Bridge>(PACKAGE, context.folder);
    const target = resolve(context.folder, file);
    const style = await nameStyleOf(target);
    const { store, signal } = context;
    for await (const { namespaces, view, threads } of walk(store, { limit: PAGE_SIZE, signal })) {
      for (const { id } of threads) {
        const name = threadName(namespaces, id);
        yield {
          name,
          move: () => exportThread(bridge, { view, id, name, namespaces, target, style }, context),
        } satisfies TransferUnit;
      }
    }
  },
};
