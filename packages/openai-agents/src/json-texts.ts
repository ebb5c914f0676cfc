const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** The codes of opening brackets are these, and those of closing ones are 2 higher. */
const [BRACKET, BRACE] = [0x5b, 0x7b] as const;
const SPACE = 0x20;

/** Returns the texts of the members of a JSON object, by name and without white space between their values. */
export function memberTexts(json: string): ReadonlyMap<string, string> {
  const members = splitJson(json).map((member): [string, string] => {
    const start = member.indexOf('"');
    const end = endOfString(member, start);
    const value = member.slice(member.indexOf(":", end) + 1);
    return [JSON.parse(member.slice(start, end)) as string, compactJson(value)];
  });
  return new Map(members);
}

/** Returns the texts of the elements of a JSON array. */
export function elementTexts(json: string): readonly string[] {
  return splitJson(json);
}

/** Splits the text of an object or array at its own commas. The text must be JSON. */
function splitJson(json: string): string[] {
  const texts: string[] = [];
  let depth = 0;
  let start = 0;
  // Without regular expressions: this is the cost of each change of a long session.
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(json, index) - 1;
    } else if (code === BRACE || code === BRACKET) {
      depth += 1;
      if (depth === 1) start = index + 1;
    } else if (code === BRACE + 2 || code === BRACKET + 2) {
      depth -= 1;
      if (depth === 0) texts.push(json.slice(start, index));
    } else if (code === COMMA && depth === 1) {
      texts.push(json.slice(start, index));
      start = index + 1;
    }
  }
  return texts.length === 1 && texts[0]?.trim() === "" ? [] : texts;
}

/** Removes white space outside of strings. */
function compactJson(json: string): string {
  let compact = "";
  let start = 0;
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(json, index) - 1;
    } else if (code <= SPACE) {
      compact += json.slice(start, index);
      start = index + 1;
    }
  }
  return start === 0 ? json : compact + json.slice(start);
}

/** Returns the index after the string that starts at `start`. */
function endOfString(json: string, start: number): number {
  let end = start;
  let isEscaped = true;
  while (isEscaped) {
    end = json.indexOf('"', end + 1);
    let backslashes = 0;
    while (json.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    isEscaped = backslashes % 2 === 1;
  }
  return end + 1;
}
