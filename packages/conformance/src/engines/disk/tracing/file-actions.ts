import { constants, existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { DiskAction } from "../trace-event.ts";

/** Returns a write whose bytes are not known yet. */
export function emptyWrite(handle: number): DiskAction[] {
  return [{ type: "write", handle, position: null, bytes: new Uint8Array() }];
}

export function openAction(
  handle: number,
  path: string,
  flags: unknown,
): Extract<DiskAction, { type: "open" }> {
  const number = typeof flags === "number" ? flags : undefined;
  const text = typeof flags === "string" ? flags : "r";
  const has = (bit: number, pattern: RegExp): boolean =>
    number === undefined ? pattern.test(text) : (number & bit) !== 0;
  return {
    type: "open",
    handle,
    path,
    creates: has(constants.O_CREAT, /[wa]/u),
    truncates: has(constants.O_TRUNC, /w/u),
    appends: has(constants.O_APPEND, /a/u),
  };
}

export function absolutePath(path: unknown): string | undefined {
  if (typeof path === "string") return resolve(path);
  if (path instanceof URL) return resolve(fileURLToPath(path));
  return Buffer.isBuffer(path) ? resolve(path.toString()) : undefined;
}

export function descriptorOf(result: unknown): number {
  if (typeof result === "number") return result;
  return typeof result === "object" && result !== null && "fd" in result ? Number(result.fd) : -1;
}

export function fileOptions(options: unknown): { readonly flag?: unknown; readonly flush?: boolean } {
  return typeof options === "object" && options !== null ? options : ({ encoding: options } as object);
}

export function isRecursive(options: unknown): boolean {
  return (
    typeof options === "object" && options !== null && "recursive" in options && options.recursive === true
  );
}

/** Returns the folders that a recursive `mkdir` created, given the first of them, which is its result. */
export function createdFolders(folder: string, first: unknown): string[] {
  if (typeof first !== "string") return [];
  const below = relative(first, folder)
    .split(sep)
    .filter((name) => name !== "");
  return [first, ...below.map((_, index) => join(first, ...below.slice(0, index + 1)))];
}

/** Returns the path, preceded by all paths below it, deepest first. */
export function contentsOf(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!lstatSync(path).isDirectory()) return [path];
  return [...readdirSync(path).flatMap((name) => contentsOf(join(path, name))), path];
}

export function sizeOf(path: string): number {
  return existsSync(path) ? lstatSync(path).size : 0;
}

/** Returns the planned actions with the current content of the file as the written bytes. */
export function withContent(planned: readonly DiskAction[], path: string): readonly DiskAction[] {
  if (planned.length === 0) return planned;
  const content = readFileSync(path);
  return planned.map((action) =>
    action.type === "write" ? { ...action, bytes: content.subarray(action.position ?? 0) } : action,
  );
}
