// The child process of processes.test.ts: runs a task and reports to its parent, which kills it.
import { promisify } from "node:util";
import { keysOf, openTask, type Task } from "./processes.test-helper.ts";
import { reseal } from "./reseal/reseal.ts";

const send = promisify(process.send?.bind(process) as (value: object, sent: () => void) => void);
const task = JSON.parse(process.argv[2] ?? "") as Task;
const [inner, store] = await openTask(task);
if (task.job === "reseal") {
  // Once the progress has arrived, the job goes on, so that the parent can kill it while it saves.
  await reseal(inner, { keys: keysOf(task), cursor: task.cursor, onProgress: (progress) => send(progress) });
} else {
  for (let n = task.first; ; n += 1) {
    await send({ begun: n });
    if (n % 3 === 0) await store.append("live", [`${n}`]);
    else {
      await store.update("live", (current) => {
        const messages = (current?.thread["messages"] ?? []) as string[];
        return { messages: [...messages, `${n}`] };
      });
    }
    await send({ saved: n });
  }
}
await inner.close();
process.disconnect();
