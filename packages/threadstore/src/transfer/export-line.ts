import { createHash } from "node:crypto";
import type { StoredThread, ThreadMetadata } from "@threadstore/core";
import { PRESERVED_DETAILS, type PreservedDetails, type PreservedThread } from "@threadstore/core/decorator";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** The `format` of each line of an export. */
const FORMAT = "threadstore.export";
const VERSION = 1;

/** A thread in an export. */
export interface ExportedThread {
  /** The namespaces in the exported one that lead to the thread. */
  readonly namespaces: readonly string[];
  readonly id: string;
  readonly metadata: ThreadMetadata;
  readonly details: PreservedDetails;
  /** The stored text of the thread. */
  readonly json: string;
}

/** The last line of an export. */
export interface ExportEnd {
  /** The number of threads in the export. */
  readonly threads: number;
}

/** Returns the line of a thread, which ends with its stored text unless that contains line breaks. */
export function threadLine(namespaces: readonly string[], stored: StoredThread): string {
  const { id, metadata, json } = stored;
  const { createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys } = detailsOf(stored);
  const header = JSON.stringify({
    format: FORMAT,
    version: VERSION,
    namespaces,
    id,
    createdAt,
    updatedAt,
    expiresAt: expiresAt ?? null,
    hasFixedExpiry,
    ...(appendKeys.length === 0 ? {} : { appendKeys }),
    metadata,
  });
  // Between its tokens, JSON may contain line breaks.
  const content = /[\r\n]/u.test(json) ? `"json":${JSON.stringify(json)}` : `"thread":${json}`;
  return sealed(`${header.slice(1, -1)},${content}}`);
}

export function endLine(end: ExportEnd): string {
  return sealed(JSON.stringify({ format: FORMAT, version: VERSION, end }).slice(1));
}

/** Returns an object with a digest of all that follows it, from the text of its members. */
function sealed(members: string): string {
  return `{"sha256":"${digestOf(members)}",${members}\n`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function detailsOf(stored: PreservedThread): PreservedDetails {
  const { createdAt, updatedAt, expiresAt } = stored;
  const unknown = {
    createdAt,
    updatedAt,
    expiresAt,
    hasFixedExpiry: expiresAt !== undefined,
    appendKeys: [],
  };
  return stored[PRESERVED_DETAILS] ?? unknown;
}

/** Reads a line without its line break. Returns the reason if it is damaged. */
export function readLine(bytes: Uint8Array): ExportedThread | ExportEnd | string {
  let line: string;
  let value: unknown;
  try {
    line = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(line);
  } catch {
    return "It is not JSON.";
  }
  if (!isJsonObject(value) || value["format"] !== FORMAT) return "It is not a line of an export.";
  if (value["version"] !== VERSION) return "A newer version wrote it.";
  const [, digest, members] = /^\{"sha256":"([0-9a-f]{64})",(.*)$/su.exec(line) ?? [];
  const isSealed = digest !== undefined && members !== undefined;
  if (value["sha256"] !== undefined && !(isSealed && digest === digestOf(members))) {
    return "It was altered. If you edited it, remove its member `sha256`.";
  }
  return readMembers(value, line);
}

function readMembers(value: JsonObject, line: string): ExportedThread | ExportEnd | string {
  const { end, namespaces, id, metadata } = value;
  if (isJsonObject(end) && typeof end["threads"] === "number") return { threads: end["threads"] };
  const details = readDetails(value);
  const json = typeof value["json"] === "string" ? value["json"] : rawThread(line);
  const isValid =
    Array.isArray(namespaces) &&
    namespaces.every((name) => typeof name === "string") &&
    typeof id === "string" &&
    isJsonObject(metadata) &&
    Object.values(metadata).every((member) => typeof member === "string");
  if (!isValid || details === undefined) return "A member is missing or invalid.";
  if (json === undefined) return "Its last member must be `thread`.";
  return { namespaces, id, metadata: metadata as ThreadMetadata, details, json };
}

function readDetails(value: JsonObject): PreservedDetails | undefined {
  const {
    createdAt,
    updatedAt,
    expiresAt = null,
    hasFixedExpiry = expiresAt !== null,
    appendKeys = [],
  } = value;
  const times = [createdAt, updatedAt, ...(expiresAt === null ? [] : [expiresAt])].map((time) => {
    return typeof time === "string" ? new Date(time) : new Date(Number.NaN);
  });
  const [created, updated, expires] = times;
  if (times.some((time) => Number.isNaN(time.getTime())) || created === undefined || updated === undefined) {
    return undefined;
  }
  if (typeof hasFixedExpiry !== "boolean" || !Array.isArray(appendKeys)) return undefined;
  if (!appendKeys.every((key) => typeof key === "string")) return undefined;
  return {
    createdAt: created,
    updatedAt: updated,
    expiresAt: expires,
    hasFixedExpiry,
    appendKeys,
  };
}

const THREAD_MEMBER = ',"thread":';

/** Returns the text of the thread, which is the last member, as it is in the line. */
function rawThread(line: string): string | undefined {
  // Metadata may have a member of this name, after which the rest is not an object.
  for (let at = line.indexOf(THREAD_MEMBER); at !== -1; at = line.indexOf(THREAD_MEMBER, at + 1)) {
    const text = line.slice(at + THREAD_MEMBER.length).replace(/\}\s*$/u, "");
    if (isJson(`${line.slice(0, at)}}`) && isJson(text)) return text;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
