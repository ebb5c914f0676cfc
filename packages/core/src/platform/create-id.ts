import { randomUUID } from "#platform";

/** Returns a new random UUID. Unlike `crypto.randomUUID`, also works on pages that were loaded without TLS. */
export function createId(): string {
  return randomUUID();
}
