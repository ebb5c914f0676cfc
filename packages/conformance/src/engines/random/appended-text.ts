/** The closing bracket of an array that is the last member of an object, and what follows it. */
const CLOSING = /\][ \t\r\n]*\}[ \t\r\n]*$/u;

/** Returns the thread with the elements added to its last member, or `undefined` if that is not an array. */
export function appendedText(json: string, elements: readonly unknown[]): string | undefined {
  const closing = CLOSING.exec(json);
  if (closing === null) return undefined;
  const start = json.slice(0, closing.index);
  const separator = /\[[ \t\r\n]*$/u.test(start) ? "" : ",";
  const added = elements.map((element) => JSON.stringify(element)).join(",");
  return `${start}${separator}${added}${json.slice(closing.index)}`;
}
