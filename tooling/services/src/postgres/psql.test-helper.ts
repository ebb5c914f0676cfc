import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { providePostgres } from "./postgres.ts";

/** Runs a statement with `psql` and resolves with its output. */
export async function askPostgres(statement: string, url: string): Promise<string> {
  const { program, environment } = await providePostgres();
  const { stdout } = await promisify(execFile)(program("psql"), [url, "-XAtc", statement], {
    env: { ...process.env, ...environment },
  });
  return stdout.trim();
}
