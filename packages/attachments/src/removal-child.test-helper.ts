// The child process of removal.test.ts: runs a job and sends each progress to its parent, which kills it.
import { promisify } from "node:util";
import { JOBS, openTask, type Task } from "./removal-jobs.test-helper.ts";

const send = promisify(process.send?.bind(process) as (value: object, sent: () => void) => void);
const task = JSON.parse(process.argv[2] ?? "") as Task;
const [store, view] = await openTask(task);
// Once the progress has arrived, the job goes on, so that the parent can kill it while it deletes.
await JOBS[task.job]?.(view, { cursor: task.cursor, onProgress: (progress) => send(progress) });
await store.close();
process.disconnect();
