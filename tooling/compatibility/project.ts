import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The result of a command. The output includes standard error. */
export interface CommandResult {
  readonly code: number;
  readonly output: string;
}

/** A user's project, outside this workspace. */
export class Project {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Creates a project with `npm init -y`. */
  static async initialize(folder: string, registry: string): Promise<Project> {
    const project = new Project(folder);
    await mkdir(folder, { recursive: true });
    await project.write(".npmrc", `@threadstore:registry=${registry}\n`);
    await project.succeed("npm", ["init", "-y"]);
    return project;
  }

  /** Installs packages with a plain `npm install`. */
  async install(packages: readonly string[], ...parameters: readonly string[]): Promise<void> {
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
    await this.succeed("npm", ["install", ...quiet, ...parameters, ...packages]);
  }

  async write(name: string, content: string): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** Returns the path of an installed program. */
  bin(name: string): string {
    return join(this.folder, "node_modules", ".bin", name);
  }

  /** Runs a program in the folder of the project, without the settings of the process that runs this. */
  async run(
    command: string,
    parameters: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<CommandResult> {
    const {
      NODE_OPTIONS: _,
      NODE_COMPILE_CACHE: __,
      VITEST: ___,
      NODE_ENV: ____,
      ...inherited
    } = process.env;
    const child = spawn(command, parameters, {
      cwd: this.folder,
      env: { ...inherited, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1", CI: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? -1, output };
  }

  /** Runs a program that must exit with 0. Returns its output. */
  async succeed(
    command: string,
    parameters: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const { code, output } = await this.run(command, parameters, env);
    if (code === 0) return output;
    throw new Error(`${command} ${parameters.join(" ")} exited with ${code}:\n${output.slice(-4000)}`);
  }
}
