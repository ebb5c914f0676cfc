// Runs in the child processes of processes.test.ts.
import { report, untilStarted } from "@threadstore/test-stores/child";
import { keysOf, openTask, type Task } from "./processes.test-helper.ts";
import { reseal } from "./reseal/reseal.ts";

const task = JSON.parse(process.argv[2] ?? "") as Task;
const [inner, store] = await openTask(task);
await untilStarted();
if (task.job === "reseal") {
  // Once the progress has arrived, the job goes on, so that the parent can kill it while it saves.
  await reseal(inner, { keys: keysOf(task), cursor: task.cursor, onProgress: report });
} else {
  for (let n = task.first; ; n += 1) {
    await report({ begun: n });
    if (n % 3 === 0) await store.append("live", [`${n}`]);
    else {
      await store.update("live", (current) => {
        const messages = (current?.thread["messages"] ?? []) as string[];
        return { messages: [...messages, `${n}`] };
      });
    }
    await report({ saved: n });
  }
}
await inner.close();
process.disconnect();
