import type { StoreUrl } from "../stores/store-url.ts";
import { type Diagnosis, diagnoseClock, diagnoseSilence } from "./diagnosis.ts";

const TIMEOUT_MS = 10_000;

/** Reads the clock of an object storage from a response, which also has a date if it is a rejection. */
export async function examineService({ scheme, rest, options }: StoreUrl): Promise<Diagnosis[]> {
  const host = /^\/\/([^/]+)/u.exec(rest)?.[1] ?? "";
  const service =
    scheme === "s3" ? `https://${host}.s3.amazonaws.com` : `https://${host}.blob.core.windows.net`;
  const endpoint = options.get("endpoint") ?? service;
  const before = Date.now();
  try {
    const response = await fetch(endpoint, { method: "HEAD", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const date = Date.parse(response.headers.get("date") ?? "");
    if (Number.isNaN(date)) throw new Error("The service did not send its time.");
    // The header has whole seconds.
    return [diagnoseClock(date, before - 1000, Date.now())];
  } catch (error) {
    return [diagnoseSilence("clock", error)];
  }
}
