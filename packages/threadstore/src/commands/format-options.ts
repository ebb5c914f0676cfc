import { type Command, Option } from "commander";
import { FORMATS } from "../formats/formats.ts";
import type { TransferFormat, TransferOptions } from "../formats/transfer-format.ts";
import { UsageError } from "../usage-error.ts";

/** Options of an import or export with `--format`. */
export interface FormatOptions extends TransferOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly format?: string;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const SHAPES = ["csharp-session", "python-session", "python-history"];
/** The options that only some formats have. */
const SPECIAL: readonly (keyof TransferOptions)[] = ["agent", "keepShape", "shape"];

function addFormat(command: Command): Command {
  const format = new Option("-f, --format <name>", "the program whose conversations the file has");
  return command
    .addOption(format.choices(FORMATS.map(({ name }) => name)))
    .option("--dry-run", "with --format: only say what would be moved");
}

/** Adds the options of an import from other programs. */
export function withImportOptions(command: Command): Command {
  return addFormat(command)
    .option("--agent <name>", "with agent-framework: the name of the agent that continues the threads")
    .option("--keep-shape", "with agent-framework: store the threads as they are");
}

/** Adds the options of an export for other programs. */
export function withExportOptions(command: Command): Command {
  const shape = new Option("--shape <name>", "with agent-framework: the shape, the original one by default");
  return addFormat(command)
    .addOption(shape.choices(SHAPES))
    .option("--overwrite", "with --format: replace conversations that differ; needs --yes");
}

/** Returns the format that was chosen. Throws a {@link UsageError} for an option that it does not have. */
export function chosenFormat(options: FormatOptions): TransferFormat {
  const format = FORMATS.find(({ name }) => name === options.format);
  if (format === undefined) throw new UsageError("The format is unknown. See --help.");
  const name = SPECIAL.find((each) => options[each] !== undefined && !format.options.includes(each));
  if (name !== undefined) throw new UsageError(`The format ${format.name} has no option ${flagOf(name)}.`);
  return format;
}

/** Throws a {@link UsageError} for an option that needs `--format`. */
export function rejectFormatOptions(options: FormatOptions, names: readonly (keyof FormatOptions)[]): void {
  const name = [...names, ...SPECIAL].find((each) => options[each] !== undefined);
  if (name !== undefined) throw new UsageError(`The option ${flagOf(name)} needs --format.`);
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`;
}
