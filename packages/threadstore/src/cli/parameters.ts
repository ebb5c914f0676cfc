import { InvalidArgumentError, Option } from "commander";

/** The description of a store for the help of commands. */
export const STORE_HELP = "the URL of a store, such as sqlite:threads.db, or config";

/** The description of `--provider`. */
export const PROVIDER_HELP = "the provider whose limits apply to threads of agents, openai by default";

/** Parses a namespace: its levels, escaped as in URLs and joined by slashes. */
export function namespaceParameter(text: string): string[] {
  const levels = text.split("/");
  if (levels.includes("")) {
    throw new InvalidArgumentError(
      "A level must not be empty. Omit slashes at the beginning and at the end.",
    );
  }
  try {
    return levels.map((level) => decodeURIComponent(level));
  } catch {
    throw new InvalidArgumentError("Escape a percent sign as %25, and a slash in a name as %2F.");
  }
}

export function namespaceOption(): Option {
  return new Option(
    "-n, --namespace <path>",
    "a namespace: its levels, joined by slashes; a slash in a name is %2F",
  ).argParser(namespaceParameter);
}

export function configOption(): Option {
  return new Option("--config <file>", "the configuration file, threadstore.config.js by default");
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON for programs");
}

/** An option that confirms a change. */
export function yesOption(): Option {
  return new Option("-y, --yes", "make the changes");
}

/** Members that the metadata of a thread must have. */
export type Where = Readonly<Record<string, string>>;

/** An option that can be repeated: pairs of a name and a value of the metadata. */
export function whereOption(): Option {
  return new Option(
    "-w, --where <name=value>",
    "only threads with this member of the metadata (repeatable)",
  ).argParser((text, earlier: Where | undefined) => {
    const end = text.indexOf("=");
    if (end < 1) throw new InvalidArgumentError("Write it as NAME=VALUE.");
    return { ...earlier, [text.slice(0, end)]: text.slice(end + 1) };
  });
}

/** Parses a whole number from 1 to `max`. */
export function integerUpTo(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,10}$/u.test(text) && value >= 1 && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
  };
}
