import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { cacheDirectory } from "../processes/cache-directory.ts";
import { announce, ServiceUnavailableError } from "../service.ts";

/** The location of programs, and how to run them. */
export interface Installation {
  /** The folder of the shared libraries. */
  readonly libraries: string;
  /** Environment variables with which the programs find each other and their libraries. */
  readonly environment: NodeJS.ProcessEnv;
  /** Returns the path of a program. */
  readonly program: (name: string) => string;
}

/** Programs, the Debian packages that contain them, and the remedy if neither is available. */
export interface PackageSet {
  readonly name: string;
  readonly packages: readonly string[];
  /** The programs. If all are on the PATH, no package is fetched. */
  readonly programs: readonly string[];
  /** The folder in which Debian installs them outside the PATH: a pattern without the leading slash. */
  readonly folder?: string;
  /** One sentence that says how to get the programs. */
  readonly remedy: string;
}

const fetches = new Map<string, Promise<void>>();

/**
 * Finds programs on the PATH, or else fetches their Debian packages into a cache, once and without root. Rejects with a
 * `ServiceUnavailableError` if that is not possible.
 */
export async function provide(set: PackageSet): Promise<Installation> {
  const found = await Promise.all(set.programs.map(findOnPath));
  if (found.every((path) => path !== undefined)) return installationAt("/");
  const installed = folderOf(set, "/");
  if (set.programs.every((name) => installed !== undefined && existsSync(join(installed, name)))) {
    return installationAt("/", installed);
  }
  const fetching = fetches.get(set.name) ?? fetchOnce(set);
  fetches.set(set.name, fetching);
  await fetching;
  const root = join(targetOf(set), "root");
  return installationAt(root, folderOf(set, root));
}

/** Returns the folder of the newest version. */
function folderOf({ folder }: PackageSet, root: string): string | undefined {
  if (folder === undefined) return undefined;
  const byVersion = new Intl.Collator("en", { numeric: true });
  const [newest] = globSync(folder, { cwd: root }).toSorted((one, other) => byVersion.compare(other, one));
  return newest === undefined ? undefined : join(root, newest);
}

function installationAt(root: string, folder?: string): Installation {
  const triplet = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const libraries = join(root, "usr/lib", triplet);
  if (root === "/") {
    return {
      libraries,
      environment: {},
      program: (name) => (folder === undefined ? name : join(folder, name)),
    };
  }
  return {
    libraries,
    environment: {
      PATH: `${join(root, "usr/bin")}:${process.env["PATH"] ?? ""}`,
      LD_LIBRARY_PATH: [libraries, join(libraries, "ceph"), join(root, "lib", triplet)].join(":"),
      PYTHONPATH: join(root, "usr/lib/python3/dist-packages"),
    },
    program: (name) => join(folder ?? join(root, "usr/bin"), name),
  };
}

async function findOnPath(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", `command -v "$0"`, program]);
    return stdout.trim();
  } catch (error) {
    // The exit codes of `command -v` for an unknown program.
    if ([1, 127].includes((error as { code?: number }).code ?? 0)) return undefined;
    throw error;
  }
}

async function fetchOnce(set: PackageSet): Promise<void> {
  const target = targetOf(set);
  if (existsSync(target)) return;
  const tools = await Promise.all(["apt-get", "dpkg-deb", "flock"].map(findOnPath));
  if (tools.includes(undefined))
    throw new ServiceUnavailableError(`${set.name} is not installed. ${set.remedy}`);

  announce(`Fetching ${set.packages.join(", ")} from Debian into ${target}`);
  mkdirSync(join(cacheDirectory, "debian"), { recursive: true });
  // With flock, concurrent processes fetch once, and the lock disappears if its owner crashes.
  const fetching = spawn(
    "flock",
    [`${target}.lock`, "bash", join(import.meta.dirname, "fetch.sh"), target, ...set.packages],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
    },
  );
  const [, errors, [code]] = await Promise.all([
    text(fetching.stdout),
    text(fetching.stderr),
    once(fetching, "exit"),
  ]);
  if (code !== 0) {
    throw new ServiceUnavailableError(
      `Fetching ${set.name} from Debian failed. ${set.remedy}\n${errors.trim().split("\n").slice(-5).join("\n")}`,
    );
  }
}

function targetOf(set: PackageSet): string {
  return join(cacheDirectory, "debian", set.name);
}
