import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

/** What this process has sent, received and written so far, in bytes. */
export interface Counters {
  readonly sent: number;
  readonly received: number;
  /** What went to the system to be written, to sockets too; `undefined` where the system does not count it. */
  readonly written: number | undefined;
}

const open = new Set<Socket>();
let sentBefore = 0;
let receivedBefore = 0;

// Every socket that Node opens, whichever library asked for it. Costs nothing while data flows.
subscribe("net.client.socket", (message) => {
  const { socket } = message as { readonly socket: Socket };
  open.add(socket);
  socket.once("close", () => {
    open.delete(socket);
    sentBefore += socket.bytesWritten;
    receivedBefore += socket.bytesRead;
  });
});

export function counters(): Counters {
  let sent = sentBefore;
  let received = receivedBefore;
  for (const socket of open) {
    sent += socket.bytesWritten;
    received += socket.bytesRead;
  }
  return { sent, received, written: writtenBySystemCalls() };
}

/** By every thread of this process, native libraries included. */
function writtenBySystemCalls(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const found = /^wchar: (\d+)$/mu.exec(readFileSync("/proc/self/io", "utf8"))?.[1];
  return found === undefined ? undefined : Number(found);
}
