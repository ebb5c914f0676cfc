import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

const MEMBERS = ["createdAt", "created_at", "timestamp"] as const;
const ISO_DATE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/u;
/** The first millisecond of 2001. A smaller number counts seconds, which reach this value only in the year 33658. */
const FIRST_MILLISECONDS = 978_307_200_000;

/** Returns when a message was created as an ISO date, if it or its metadata says so. */
export function createdAtOf(message: JsonObject): string | undefined {
  const { metadata } = message;
  for (const members of [message, ...(isJsonObject(metadata) ? [metadata] : [])]) {
    for (const name of MEMBERS) {
      const time = timeOf(members[name]);
      if (time !== undefined) return time;
    }
  }
  return undefined;
}

function timeOf(value: unknown): string | undefined {
  const milliseconds =
    typeof value === "string" && ISO_DATE.test(value)
      ? Date.parse(value)
      : typeof value === "number"
        ? value * (value < FIRST_MILLISECONDS ? 1000 : 1)
        : Number.NaN;
  const date = new Date(milliseconds);
  return milliseconds > 0 && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}
