import { setTimeout } from "node:timers/promises";
import { sqliteStore } from "@threadstore/sqlite";
import { Tab } from "./page.test-helper.ts";

const [path] = process.argv.slice(2);
if (path?.endsWith(".db") === true) {
  const tab = new Tab(sqliteStore({ path }));
  await tab.ask("one", async (emit, signal) => {
    emit({ type: "TEXT_MESSAGE_START", messageId: "a", role: "assistant" });
    for (let count = 0; !signal.aborted; count++) {
      emit({ type: "TEXT_MESSAGE_CONTENT", messageId: "a", delta: `${count} ` });
      await setTimeout(1);
    }
    process.send?.("aborted", () => process.disconnect?.());
  });
}
