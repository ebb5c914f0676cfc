/** A pair such as `owner=ann` or `title="two words"`. */
const PAIR = /^(?<key>[^=\s"]+)=(?:"(?<quoted>[^"]*)"|(?<plain>\S*))$/u;
const TOKEN = /[^\s"]+="[^"]*"|\S+/gu;

/**
 * Reads a search: pairs of a key and a value select by metadata, anything else is the beginning of an id. Returns the
 * parameters of the listing.
 */
export function parseSearch(search: string): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {};
  const words: string[] = [];
  for (const [token] of search.matchAll(TOKEN)) {
    const { key, quoted, plain } = PAIR.exec(token)?.groups ?? {};
    if (key === undefined) words.push(token);
    else parameters[`metadata.${key}`] = quoted ?? plain ?? "";
  }
  return words.length === 0 ? parameters : { ...parameters, prefix: words.join(" ") };
}
