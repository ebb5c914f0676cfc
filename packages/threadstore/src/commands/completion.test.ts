import { execFile, spawnSync } from "node:child_process";
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

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ["--version"]).status === 0;
}

describe("completion", () => {
  it("completes commands, options and files in Bash", async () => {
    expect(await complete("e")).toEqual(["export", "erase", "expire"]);
    expect(await complete("ls", "sqlite:threads.db", "--l")).toEqual(["--limit"]);
    expect(await complete("erase", "--y")).toEqual(["--yes"]);
    expect(await complete("import", "completion.b")).toEqual(["completion.bash"]);
    expect(await complete("completion", "z")).toEqual(["zsh"]);
    expect(await complete("import", "a.jsonl", "sqlite:b.db", "--format", "langgraph-s")).toEqual([
      "langgraph-sqlite",
    ]);
  });

  it.skipIf(!isInstalled("fish"))("completes commands, options and values in Fish", async () => {
    const { stdout: script } = await runIn(folder(), ["completion", "fish"]);
    await writeFile(join(folder(), "completion.fish"), script);
    const completed = async (line: string): Promise<string[]> => {
      const program = `source completion.fish; complete -C '${line}'`;
      const { stdout } = await promisify(execFile)("fish", ["--no-config", "-c", program], { cwd: folder() });
      return stdout
        .trim()
        .split("\n")
        .map((each) => each.split("\t")[0] ?? "");
    };
    expect(await completed("threadstore e")).toEqual(["erase", "expire", "export"]);
    expect(await completed("threadstore ls sqlite:threads.db --l")).toEqual(["--limit"]);
    expect(await completed("threadstore erase --h")).toEqual(["--help"]);
    expect(await completed("threadstore completion z")).toEqual(["zsh"]);
    expect(await completed("threadstore import a b --format langgraph-s")).toEqual(["langgraph-sqlite"]);
  });

  it.skipIf(!isInstalled("zsh"))(
    "prints a script that Zsh can evaluate, and that completes there",
    async () => {
      const { stdout: script } = await runIn(folder(), ["completion", "zsh"]);
      await writeFile(join(folder(), "completion.zsh"), script);
      // Zsh sets these two options before it calls a completion of Bash, and selects the matching words itself.
      const program = `source completion.zsh; print -r -- $_comps[threadstore]
setopt ksharrays shwordsplit; COMP_WORDS=(threadstore completion '') COMP_CWORD=2; _threadstore
print -r -- "\${COMPREPLY[@]}"`;
      const { stdout } = await promisify(execFile)("zsh", ["-f", "-c", program], { cwd: folder() });
      expect(stdout.trim().split("\n")).toEqual(["_bash_complete -F _threadstore", "bash zsh fish"]);
    },
  );

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
