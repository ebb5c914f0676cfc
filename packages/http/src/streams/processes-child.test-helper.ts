// The child process of processes.test.ts. Records a stream until it is killed.
import { sqliteStore } from "@threadstore/sqlite";
import { resumableStreams } from "../streams.ts";

const [path] = process.argv.slice(2);
if (path?.endsWith(".db") === true) {
  const streams = resumableStreams({ store: sqliteStore({ path }), flushMs: 5, leaseMs: 3000 });
  let count = 0;
  const stream = new ReadableStream<string>({
    pull: async (controller) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      controller.enqueue(`${count++} `);
    },
  });
  await streams.record("chat", stream);
}
