import { UsageError } from "../usage-error.ts";

/** A store as it is named on the command line. */
export interface StoreUrl {
  readonly scheme: string;
  /** The text before the options. */
  readonly url: string;
  /** The text after the scheme and its colon, without the options. */
  readonly rest: string;
  /** The options after `#`, by name. */
  readonly options: ReadonlyMap<string, string>;
}

/** Splits the URL of a store. Throws a {@link UsageError} that does not contain the text, which can be secret. */
export function parseStoreUrl(text: string): StoreUrl {
  const [, scheme = "", rest = ""] = /^([a-z][a-z\d+.-]*):(.*)$/isu.exec(text) ?? [];
  if (scheme.length < 2) {
    throw new UsageError(
      "A store must be a URL, such as sqlite:threads.db, or `config` for the store of threadstore.config.js.",
    );
  }
  const start = rest.indexOf("#");
  const options = new Map(start === -1 ? [] : new URLSearchParams(rest.slice(start + 1)));
  const plain = start === -1 ? rest : rest.slice(0, start);
  return { scheme: scheme.toLowerCase(), url: `${scheme}:${plain}`, rest: plain, options };
}

/** Parses the part that is a URL of the web's form. */
export function webUrl({ scheme, url }: StoreUrl, example: string): URL {
  if (URL.canParse(url) && /^[a-z][\w+.-]*:\/\//iu.test(url)) return new URL(url);
  throw new UsageError(`The ${scheme} URL is invalid. Write it like ${example}.`);
}

type OptionType = "string" | "boolean" | "number";

/** The options of an adapter that a URL can set. */
export type UrlOptions = Readonly<Record<string, OptionType>>;

/** The options of every store that a URL can set. */
const COMMON_OPTIONS: UrlOptions = { maxThreadBytes: "number", timeoutMs: "number", maxRetries: "number" };

/** Returns the options of the URL as values. Throws a {@link UsageError} for one that does not exist. */
export function readOptions(
  { scheme, options }: StoreUrl,
  known: UrlOptions,
): Record<string, string | number | boolean> {
  const types: UrlOptions = { ...COMMON_OPTIONS, ...known };
  const entries = [...options].map(([name, text]) => {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) {
      throw new UsageError(
        `The ${scheme} URL has no option \`${name}\`. Use one of ${Object.keys(types).toSorted().join(", ")}.`,
      );
    }
    return [name, valueOf(name, text, type)] as const;
  });
  return Object.fromEntries(entries);
}

function valueOf(name: string, text: string, type: OptionType): string | number | boolean {
  if (type === "string") return text;
  if (type === "number" && /^\d{1,15}$/u.test(text)) return Number(text);
  if (type === "boolean" && /^(?:true|false)$/u.test(text)) return text === "true";
  throw new UsageError(
    type === "number"
      ? `The option \`${name}\` of the URL must be a whole number.`
      : `The option \`${name}\` of the URL must be true or false.`,
  );
}
