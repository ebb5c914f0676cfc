import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const folder = temporaryFolder();

/** Completes words in Bash. */
async function complete(...words: string[]): Promise<string[]> {
  const { stdout: script } = await runIn(folder(), ["completion", "bash"]);
  const file = join(folder(), "completion.bash");
  await writeFile(file, script);
  const program = `source "$0"; COMP_WORDS=(threadstore "$@"); COMP_CWORD=$#; _threadstore; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)("bash", ["-c", program, file, ...words], { cwd: folder() });
  return stdout.trim().split("\n");
}

describe("completion", () => {
  it("completes commands, options and files in Bash", async () => {
    expect(await complete("e")).toEqual(["export", "erase", "expire"]);
    expect(await complete("ls", "sqlite:threads.db", "--l")).toEqual(["--limit"]);
    expect(await complete("erase", "--y")).toEqual(["--yes"]);
    expect(await complete("import", "completion.b")).toEqual(["completion.bash"]);
  });

  it("prints scripts for Zsh and Fish, and rejects other shells", async () => {
    const zsh = await runIn(folder(), ["completion", "zsh"]);
    expect(zsh.stdout).toMatch(/bashcompinit\n_threadstore\(\)/u);
    const fish = await runIn(folder(), ["completion", "fish"]);
    expect(fish.stdout).toContain(
      `complete -c threadstore -n "__fish_seen_subcommand_from erase" -l yes -s y -d 'make the changes'\n`,
    );
    const other = await runIn(folder(), ["completion", "tcsh"]);
    expect([other.exitCode, other.stderr]).toEqual([
      2,
      expect.stringContaining("Allowed choices are bash, zsh, fish"),
    ]);
  });
});
