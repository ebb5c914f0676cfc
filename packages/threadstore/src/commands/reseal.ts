import type { KeyCounts, ResealProgress } from "@threadstore/encryption";
import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, yesOption } from "../cli/parameters.ts";
import type { Location, Session, Start } from "../cli/session.ts";
import { count, threadName } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { tableLines } from "../output/table.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { type StateFile, withState } from "../state/state-file.ts";
import { importPackage } from "../stores/import-package.ts";
import { UsageError } from "../usage-error.ts";

interface ResealCommandOptions {
  readonly config?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
}

type Encryption = typeof import("@threadstore/encryption");

/** The store of a command, and the package that encrypts it. */
interface Target {
  readonly location: Location;
  readonly encryption: Encryption;
  readonly all: boolean;
}

export function addReseal(program: Command, start: Start): void {
  program
    .command("reseal")
    .summary("encrypt threads again with the current key")
    .description(
      "Encrypts the threads of a store, in all namespaces, that do not have the current key, while applications use " +
        "it. Without --yes, it only counts the threads of each key.",
    )
    .argument("<store>", "config or config:NAME, for a store with withEncryption of @threadstore/encryption")
    .option(
      "--all",
      "encrypt threads with the current key, too, for example after the rotation of a key in AWS KMS",
    )
    .addOption(yesOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, options: ResealCommandOptions) =>
      start((session) => reseal(session, url, options)),
    );
}

async function reseal(session: Session, url: string, options: ResealCommandOptions): Promise<number> {
  const { all = false, json = false } = options;
  const location = await session.open(url, { config: options.config });
  if (!hasEncryption(location.store)) {
    throw new UsageError(
      `${location.label} was opened without encryption, so the keys are unknown. Export the store with \`withEncryption\` from threadstore.config.js, and name it \`config\`.`,
    );
  }
  const { folder } = session.terminal;
  const encryption = await importPackage<Encryption>({ name: "@threadstore/encryption" }, folder);
  const target: Target = { location, encryption, all };
  return options.yes === true ? resealAll(session, target, json) : printCounts(session, target, json);
}

/** Returns whether one of the layers of a store encrypts. */
function hasEncryption(store: object): boolean {
  let layer: unknown = store;
  while (typeof layer === "object" && layer !== null && "toJSON" in layer) {
    const { store: name, decorates } = (layer.toJSON as () => { store?: unknown; decorates?: unknown })();
    if (name === "encryption") return true;
    layer = decorates;
  }
  return false;
}

async function printCounts(
  { terminal, paint }: Session,
  { location, encryption, all }: Target,
  isJson: boolean,
): Promise<number> {
  const { label, store } = location;
  const progress = progressOn(terminal.stderr);
  progress.show("Counting threads");
  const counts = await encryption
    .countKeys(store, { all, signal: terminal.signal })
    .finally(() => progress.stop());
  if (isJson) await printJson(terminal.stdout, { store: label, ...counts });
  else {
    const [header = "", ...lines] = linesOf(counts);
    await printLines(terminal.stdout, [paint("dim", header), ...lines]);
    const outdated = counts.keys.reduce((sum, each) => sum + each.outdated, 0);
    await printLines(terminal.stdout, [
      `Would encrypt ${count(outdated, "thread")} of ${visibleLine(label)} again. Confirm it with --yes.`,
    ]);
  }
  return EXIT.dryRun;
}

function linesOf({ keys, corrupt }: KeyCounts): string[] {
  const columns = [
    { title: "Key" },
    { title: "Threads", align: "right" },
    { title: "To encrypt", align: "right" },
  ] as const;
  const rows = keys.map(({ keyId = "(not encrypted)", threads, outdated }) => {
    return [keyId, threads.toLocaleString("en-US"), outdated.toLocaleString("en-US")];
  });
  return tableLines(columns, corrupt === 0 ? rows : [...rows, ["(corrupt)", String(corrupt), "0"]]);
}

interface ResealState {
  readonly cursor: string;
}

async function resealAll(session: Session, target: Target, isJson: boolean): Promise<number> {
  const { folder, stdout, stderr } = session.terminal;
  const { location, all } = target;
  const corruptThreads = new Set<string>();
  const receipt = await withState<ResealState, ResealProgress>(
    { folder, command: "reseal" },
    [location.identity, all],
    (state) => resealFromState(session, target, { state, corruptThreads }),
  );
  const { resealed, current, corrupt, startedAt, finishedAt } = receipt;
  if (isJson) {
    await printJson(stdout, { store: location.label, resealed, current, corrupt, startedAt, finishedAt });
  } else {
    await printLines(stdout, [
      `Encrypted ${count(resealed, "thread")} of ${visibleLine(location.label)} again. ` +
        `${count(current, "thread")} had the current key already.`,
    ]);
  }
  await printLines(
    stderr,
    [...corruptThreads].map((name) => visibleLine(`Corrupt, left as it is: ${name}`)),
  );
  return corrupt > 0 ? EXIT.attention : EXIT.done;
}

async function resealFromState(
  { terminal }: Session,
  { location, encryption, all }: Target,
  { state, corruptThreads }: { state: StateFile<ResealState>; corruptThreads: Set<string> },
): Promise<ResealProgress> {
  const progress = progressOn(terminal.stderr);
  try {
    const receipt = await encryption.reseal(location.store, {
      all,
      cursor: (await state.read())?.cursor,
      signal: terminal.signal,
      onCorrupt: ({ namespaces, id }) => void corruptThreads.add(threadName(namespaces, id)),
      async onProgress({ resealed, current, cursor }) {
        progress.show(`${count(resealed, "thread")} encrypted again, ${current} current`);
        if (cursor !== undefined) await state.write({ cursor });
      },
    });
    await state.remove();
    return receipt;
  } finally {
    progress.stop();
  }
}
