import type { encodeRecord } from "./record.ts";

/** The details of a thread that was saved at time 0 and has neither metadata nor an expiry. */
export const DETAILS: Parameters<typeof encodeRecord>[1] = {
  namespace: "",
  id: "id",
  nonce: "AAAAAAAAAAAAAAAAAAAAAA",
  createdAt: 0,
  updatedAt: 0,
  expiresAt: undefined,
  hasFixedExpiry: false,
  metadata: {},
  appendKeys: "",
};
