import type { OpenFile } from "./system/synchronous-io.ts";

type SynchronousIo = typeof import("./system/synchronous-io.ts");
type FileSystemPromises = typeof import("node:fs/promises");

/** The hooks of a test: every call that changes names passes them, so that a test can pause, fail or record it. */
export interface Interception {
  before(name: string, path: string, target?: string): Promise<void>;
  listed(path: string, names: string[]): string[];
  opened(path: string): void;
  /** Called with the number of bytes of each read and write. */
  transferred(bytes: number): void;
  /** Called before each system call. */
  called(): void;
}

const PASS_THROUGH: Interception = {
  before: async () => {},
  listed: (_path, names) => names,
  opened: () => {},
  transferred: () => {},
  called: () => {},
};

export const interception: Interception = { ...PASS_THROUGH };

export function resetInterception(): void {
  Object.assign(interception, PASS_THROUGH);
}

/** For `vi.mock("./system/synchronous-io.ts")`. */
export function interceptIo(module: SynchronousIo): SynchronousIo {
  const original = withReportedCalls(module);
  return {
    ...original,
    rename: async (from, to) => {
      await interception.before("rename", from, to);
      try {
        await original.rename(from, to);
      } catch (error) {
        await interception.before("rename failed", from);
        throw error;
      }
      await interception.before("renamed", from);
    },
    readdir: async (path) => interception.listed(path, await original.readdir(path)),
    unlink: async (file) => {
      await interception.before("unlink", file);
      await original.unlink(file);
    },
    open: async (path, flags, mode) => {
      interception.opened(path);
      return interceptFile(path, await original.open(path, flags, mode));
    },
  };
}

function withReportedCalls<Functions extends object>(functions: Functions): Functions {
  return new Proxy(functions, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function") return member;
      return (...parameters: unknown[]): unknown => {
        interception.called();
        return Reflect.apply(member, target, parameters);
      };
    },
  });
}

function interceptFile(path: string, openFile: OpenFile): OpenFile {
  const file = withReportedCalls(openFile);
  return {
    size: () => file.size(),
    truncate: (size) => file.truncate(size),
    [Symbol.dispose]: () => file[Symbol.dispose](),
    write: async (...parameters) => {
      await interception.before("write", path);
      const written = await file.write(...parameters);
      interception.transferred(written);
      return written;
    },
    read: async (...parameters) => {
      const count = await file.read(...parameters);
      interception.transferred(count);
      return count;
    },
    sync: async (...parameters) => {
      await interception.before("sync", path);
      await file.sync(...parameters);
    },
  };
}

/** For `vi.mock("node:fs/promises")`. */
export function interceptRm(original: FileSystemPromises): FileSystemPromises {
  return {
    ...original,
    rm: async (path, settings) => {
      await interception.before("rm", String(path));
      await original.rm(path, settings);
    },
  };
}

/** Pauses the first matching call. `reached` resolves just before the call; `resume` lets it run. */
export function pauseBefore(name: string, path: RegExp): { reached: Promise<void>; resume: () => void } {
  const reached = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<void>();
  let hasPaused = false;
  interception.before = async (calledName, calledPath) => {
    if (hasPaused || calledName !== name || !path.test(calledPath)) return;
    hasPaused = true;
    reached.resolve();
    await resumed.promise;
  };
  return { reached: reached.promise, resume: resumed.resolve };
}

/** Fails every matching call with a system error. */
export function failAt(name: string, path: RegExp, code: string): void {
  interception.before = async (calledName, calledPath) => {
    if (calledName === name && path.test(calledPath)) throw systemError(code, name);
  };
}

export function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(code), { code, syscall, errno: -1 });
}

/** Matches the folder of a thread's current version. */
export const VERSION_FOLDER: RegExp = /thread\/[0-9a-f]{32}-[0-9a-f-]+$/;
