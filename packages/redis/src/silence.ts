import type { Socket } from "node:net";
import type { Redis } from "ioredis";

const PERIOD_MS = 2500;

/** A period can begin before its command is sent, or with another response, so this is 10 to 15 seconds. */
const MAX_SILENT_PERIODS = 5;

/**
 * Closes connections of the client that have gone silent while a response is due, so that the next call does not wait
 * for them too. The option `socketTimeout` of ioredis does the same, but it starts a timer and adds a listener for each
 * command.
 */
export function closeSilentConnections(client: Redis): void {
  client.on("connect", () => watch(client, client.stream));
}

function watch(client: Redis, socket: Socket): void {
  let received = socket.bytesRead;
  let silentPeriods = 0;
  const timer = setInterval(() => {
    const isSilent = awaitsResponse(client) && socket.bytesRead === received;
    silentPeriods = isSilent ? silentPeriods + 1 : 0;
    received = socket.bytesRead;
    if (silentPeriods === MAX_SILENT_PERIODS) socket.destroy(new Error("The connection has gone silent."));
  }, PERIOD_MS);
  timer.unref();
  socket.once("close", () => clearInterval(timer));
}

/** The queue also has the commands that ioredis sends itself, such as those after connecting. */
function awaitsResponse(client: object): boolean {
  const { commandQueue } = client as { readonly commandQueue?: { readonly length: number } };
  return commandQueue !== undefined && commandQueue.length > 0;
}
