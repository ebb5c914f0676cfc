const INDENT = "  ";
/** Deeper values are not indented further. Otherwise, the text would grow with the square of the depth. */
const DEEPEST = 50;

/**
 * Breaks JSON into lines without parsing it, so that numbers, repeated members and their order stay exactly as they are
 * stored. Objects and arrays of at most `inline` characters stay on one line.
 */
export function formatJson(text: string, inline = 0): string {
  const parts: string[] = [];
  let depth = 0;
  let position = 0;
  while (position < text.length) {
    const character = text.charAt(position);
    if (character === '"') {
      const end = endOfString(text, position);
      parts.push(text.slice(position, end));
      position = end;
      continue;
    }
    if (character === "{" || character === "[") {
      const line = oneLine(text, position, inline);
      if (line !== undefined) {
        parts.push(line.text);
        position = line.end;
        continue;
      }
      depth += 1;
      parts.push(character, newLine(depth));
    } else if (character === "}" || character === "]") {
      depth = Math.max(0, depth - 1);
      parts.push(newLine(depth), character);
    } else if (character === ",") parts.push(character, newLine(depth));
    else if (character === ":") parts.push(": ");
    else if (!isSpace(character)) parts.push(character);
    position += 1;
  }
  return parts.join("");
}

function newLine(depth: number): string {
  return `\n${INDENT.repeat(Math.min(depth, DEEPEST))}`;
}

function isSpace(character: string): boolean {
  return character === " " || character === "\n" || character === "\r" || character === "\t";
}

/** Returns an object or array in one line, if it is empty or has at most `longest` characters. */
function oneLine(
  text: string,
  start: number,
  longest: number,
): { readonly text: string; readonly end: number } | undefined {
  let line = "";
  let depth = 0;
  let position = start;
  while (position < text.length) {
    const character = text.charAt(position);
    const end = character === '"' ? endOfString(text, position) : position + 1;
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    if (!isSpace(character)) line += text.slice(position, end);
    if (character === "," || character === ":") line += " ";
    position = end;
    if (depth === 0) return { text: line, end: position };
    if (line.length > Math.max(1, longest)) return undefined;
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (position < text.length) {
    const character = text.charAt(position);
    if (character === "\\") position += 2;
    else if (character === '"') return position + 1;
    else position += 1;
  }
  return text.length;
}
