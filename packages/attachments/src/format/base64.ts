// Not one expression for the whole text, which may be hundreds of megabytes long and must not cause backtracking.
const NOT_IN_DATA_URI = /[^A-Za-z0-9+/_-]/u;
const NOT_IN_BASE64 = /[^A-Za-z0-9+/]/u;

/** Returns whether a string is a base64 `data:` URI, or canonical base64: padded and on one line. */
export function isBase64(text: string): boolean {
  if (/^data:/iu.test(text)) {
    const comma = text.lastIndexOf(",");
    const isDeclared = /;base64$/iu.test(text.slice(Math.max(0, comma - 7), comma));
    return isDeclared && !NOT_IN_DATA_URI.test(withoutPadding(text.slice(comma + 1)));
  }
  return text.length > 0 && text.length % 4 === 0 && !NOT_IN_BASE64.test(withoutPadding(text));
}

function withoutPadding(text: string): string {
  if (!text.endsWith("=")) return text;
  return text.slice(0, text.endsWith("==") ? -2 : -1);
}
