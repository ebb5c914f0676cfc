import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, jsonOption, namespaceOption, STORE_HELP, yesOption } from "../cli/parameters.ts";
import type { Session, Start } from "../cli/session.ts";
import { count } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { printJson, printLines } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { walkNamespaces } from "../walk/walk.ts";

interface ExpireOptions {
  readonly namespace?: readonly string[];
  readonly config?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

export function addExpire(program: Command, start: Start): void {
  program
    .command("expire")
    .summary("delete expired threads")
    .description(
      "Deletes the expired threads of a store or namespace and of all namespaces in it, which frees their space. " +
        "Without --yes, it only counts them. Run it regularly.",
    )
    .argument("<store>", STORE_HELP)
    .addOption(namespaceOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .action((url: string, options: ExpireOptions) => start((session) => expire(session, url, options)));
}

async function expire(session: Session, url: string, options: ExpireOptions): Promise<number> {
  const { terminal } = session;
  const { signal } = terminal;
  const { store, label } = await session.open(url, options);
  const dryRun = options.yes !== true;
  const progress = progressOn(terminal.stderr);
  let namespaces = 0;
  let expired = 0;
  try {
    for await (const { view } of walkNamespaces(store, signal)) {
      namespaces += 1;
      let cursor: string | undefined;
      do {
        const result = await view.deleteExpired({ cursor, dryRun, signal });
        expired += result.deleted;
        cursor = result.cursor;
        progress.show(`${count(expired, "thread")} ${dryRun ? "expired" : "deleted"}`);
      } while (cursor !== undefined);
    }
  } finally {
    progress.stop();
  }
  if (options.json === true) {
    const counted = dryRun ? { expired, deleted: 0 } : { expired, deleted: expired };
    await printJson(terminal.stdout, { store: label, namespaces, ...counted });
  } else {
    const what = `${count(expired, "expired thread")} in ${count(namespaces, "namespace")} of ${visibleLine(label)}`;
    await printLines(terminal.stdout, [
      dryRun ? `Would delete ${what}. Confirm it with --yes.` : `Deleted ${what}.`,
    ]);
  }
  return dryRun ? EXIT.dryRun : EXIT.done;
}
