import type { Socket } from "node:net";

/** Resets a connection immediately. Resolves when the socket is closed. */
export function resetSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) {
      resolve();
      return;
    }
    socket.once("close", () => resolve());
    // A socket that is being shut down cannot be reset: Node.js would never emit its close event.
    const isEnding = socket.writableEnded && !socket.writableFinished;
    if (isEnding) socket.destroy();
    else socket.resetAndDestroy();
  });
}
