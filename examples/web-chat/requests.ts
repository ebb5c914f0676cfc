import type { Context } from "hono";
import { BadRequest } from "./problems.ts";

const MAX_TEXT_LENGTH = 20_000;
const MAX_TITLE_LENGTH = 200;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Returns the id of the conversation in the path. */
export function readId(context: Context): string {
  const id = context.req.param("id") ?? "";
  if (!UUID.test(id)) throw new BadRequest("The address has no valid id of a conversation.");
  return id;
}

/** Reads a message and its key, with which the page may send it again. */
export async function readMessage(context: Context): Promise<{ text: string; key: string }> {
  const { text, key } = await readObject(context);
  if (typeof key !== "string" || !UUID.test(key)) throw new BadRequest("The message has no valid key.");
  return { text: readText(text, "The message", MAX_TEXT_LENGTH), key };
}

export async function readTitle(context: Context): Promise<string> {
  const { title } = await readObject(context);
  return readText(title, "The name", MAX_TITLE_LENGTH).trim();
}

function readText(value: unknown, name: string, maxLength: number): string {
  if (typeof value !== "string" || value.trim() === "") throw new BadRequest(`${name} is empty.`);
  if (value.length > maxLength) {
    throw new BadRequest(`${name} is too long. It can have ${maxLength.toLocaleString("en")} characters.`);
  }
  if (!value.isWellFormed()) throw new BadRequest(`${name} contains half of a character.`);
  return value;
}

/** Reads the body. Other sites cannot send JSON to this one without its consent, so nothing else is accepted. */
async function readObject(context: Context): Promise<Partial<Record<string, unknown>>> {
  if (!/^application\/json\b/u.test(context.req.header("content-type") ?? "")) {
    throw new BadRequest("The request has no JSON.");
  }
  const body: unknown = await context.req.json().catch(() => undefined);
  if (typeof body !== "object" || body === null) throw new BadRequest("The request is not a JSON object.");
  return body;
}
