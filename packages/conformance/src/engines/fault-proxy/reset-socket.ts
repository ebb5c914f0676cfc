import type { Socket } from "node:net";

/** Resets a connection at once; resolves when its socket is gone. */
export function resetSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) {
      resolve();
      return;
    }
    socket.once("close", () => resolve());
    // A socket that is sending its end cannot be reset, and Node.js would lose it.
    const isEnding = socket.writableEnded && !socket.writableFinished;
    if (isEnding) socket.destroy();
    else socket.resetAndDestroy();
  });
}
