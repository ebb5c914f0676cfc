// The tabs of a browser tell each other which threads they have deleted.
const CHANNEL = "threadstore.deleted-threads";

type Channel = InstanceType<typeof BroadcastChannel> & { readonly unref?: () => void };

/** Tells the other tabs that a thread was deleted. Does nothing in a runtime without channels. */
export function announceDeletion(threadId: string): void {
  const channel = openChannel();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- Channels only reach their own origin.
  channel?.postMessage(threadId);
  channel?.close();
}

/** Calls `onDeletion` with each thread that another tab deletes, as long as the page is open. */
export function watchDeletions(onDeletion: (threadId: string) => void): void {
  openChannel()?.addEventListener("message", (event: object) => {
    if ("data" in event && typeof event.data === "string") onDeletion(event.data);
  });
}

function openChannel(): Channel | undefined {
  if (!("BroadcastChannel" in globalThis)) return undefined;
  const channel: Channel = new BroadcastChannel(CHANNEL);
  // In Node.js, which renders pages, a channel would keep the process running.
  channel.unref?.();
  return channel;
}
