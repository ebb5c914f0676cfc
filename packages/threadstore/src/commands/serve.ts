import { once } from "node:events";
import { isError } from "@threadstore/core/driver";
import type { Command } from "commander";
import { EXIT } from "../cli/exit-codes.ts";
import { configOption, integerUpTo, namespaceOption, PROVIDER_HELP, STORE_HELP } from "../cli/parameters.ts";
import type { LocationOptions, Session, Start } from "../cli/session.ts";
import { printLines, write } from "../output/terminal.ts";
import { visibleLine } from "../output/visible-text.ts";
import { guardAccess } from "../serve/access-guard.ts";
import { startLocalServer } from "../serve/local-server.ts";
import { openBrowser } from "../serve/open-browser.ts";
import { createViewer } from "../viewer/viewer-handler.ts";
import { checkProvider } from "../wire-forms/inspect-thread.ts";

interface ServeOptions extends LocationOptions {
  readonly port: number;
  readonly write?: boolean;
  readonly provider?: string;
  readonly open: boolean;
  readonly json?: boolean;
}

const MAX_PORT = 65_535;

export function addServe(program: Command, start: Start): void {
  program
    .command("serve")
    .summary("show the threads in the browser")
    .description(
      "Serves a page on this machine that shows conversations, until Ctrl+C. Only the printed address, with its token, opens it. Without --write, it changes nothing.",
    )
    .argument("<store>", STORE_HELP)
    .addOption(namespaceOption())
    .option("-p, --port <number>", "the port, any that is free by default", integerUpTo(MAX_PORT), 0)
    .option("--write", "allow the page to rename, archive, repair, fork, delete and erase")
    .option("--provider <name>", PROVIDER_HELP)
    .option("--no-open", "do not open the browser")
    .option("--json", "print the address as one line of JSON, and do not open the browser")
    .addOption(configOption())
    .action((url: string, options: ServeOptions) => start((session) => serve(session, url, options)));
}

async function serve(session: Session, url: string, options: ServeOptions): Promise<number> {
  const { terminal, paint } = session;
  const { signal, stdout, folder } = terminal;
  const { provider } = options;
  const { store, label } = await session.open(url, options);
  await checkProvider(folder, provider);
  const isWritable = options.write === true;
  const viewer = createViewer(
    {
      authorize: () => store,
      write: isWritable,
      provider,
      label,
      onError: (error) => printError(session, error),
    },
    { packages: folder },
  );
  let port = 0;
  const guard = guardAccess({ viewer, port: () => port });
  const server = await startLocalServer(guard.handler, options.port);
  ({ port } = server);
  try {
    const address = `http://127.0.0.1:${port}/?token=`;
    const shown = { url: address + guard.token, port, store: label, write: isWritable };
    if (options.json === true) await write(stdout, `${JSON.stringify(shown)}\n`);
    else {
      const mode = isWritable ? "Changes are allowed." : "Read-only. Allow changes with --write.";
      await printLines(stdout, [
        `${paint("bold", visibleLine(label))}  ${shown.url}`,
        paint("dim", `${mode} Stop with Ctrl+C.`),
      ]);
      // Other users of the machine can read the arguments of processes.
      if (options.open) openBrowser(address + guard.createSingleUse());
    }
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await server.stop();
  }
  return EXIT.done;
}

async function printError({ terminal, redact }: Session, error: unknown): Promise<void> {
  const text = isError(error) ? error.message : String(error);
  await write(terminal.stderr, `threadstore: ${visibleLine(redact(text))}\n`);
}
