import { visible } from "./format.ts";

/** Characters that lead to other folders, or that file systems and shells interpret. */
const FORBIDDEN = /[\\/:*?"<>|%~$`]/gu;
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;
const LONGEST = 120;

/**
 * Returns the name for a file of a thread. Its writer chose the name, so it must not look like that of another type
 * (with characters that reverse text), be hidden, or lead to another folder.
 */
export function fileName(name: string): string {
  const safe = visible(name)
    .replaceAll(FORBIDDEN, "_")
    .replace(/^[.\s]+|[.\s]+$/gu, "");
  if (safe === "" || RESERVED.test(safe)) return `file-${safe}`.replace(/-$/u, "");
  if (safe.length <= LONGEST) return safe;
  const extension = /\.\w{1,10}$/u.exec(safe)?.[0] ?? "";
  return `${safe.slice(0, LONGEST - extension.length)}${extension}`;
}

/** Returns the bytes of a data URL. */
export function bytesOf(url: string): Uint8Array<ArrayBuffer> {
  const comma = url.indexOf(",");
  const content = url.slice(comma + 1);
  return /;base64$/iu.test(url.slice(0, comma)) ? decodeBase64(content) : encode(unescaped(content));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Base64 in the alphabets of files and of URLs. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    const standard = text.replaceAll("-", "+").replaceAll("_", "/");
    return Uint8Array.from(atob(standard), (character) => character.codePointAt(0) ?? 0);
  } catch {
    return encode(text);
  }
}
