import type { ConnectionBug } from "../stores/resp/resp-connection.ts";
import { goodSteps, inTransaction, type RespSteps, versionIn } from "../stores/resp/resp-driver.ts";
import { type RespBug, respHarness } from "../stores/resp/resp-harness.ts";
import type { Mutant } from "./mutant.ts";

function respMutant(name: string, bug: string, killedBy: readonly string[], change: RespBug): Mutant {
  return { name: `RESP, ${name}`, bug, base: "Redis", killedBy, make: () => respHarness(name, change) };
}

function stepsMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  steps: Partial<RespSteps>,
): Mutant {
  return respMutant(name, bug, killedBy, { steps });
}

function connectionMutant(
  name: string,
  bug: string,
  killedBy: readonly string[],
  connection: ConnectionBug,
): Mutant {
  return respMutant(name, bug, killedBy, { connection });
}

/** Compares the version and then makes the change. */
const compareAndChange: RespSteps["change"] = async ({ connections, key, expected, command, signal }) => {
  const { transactions } = connections;
  if (versionIn(await transactions.send(["GET", key], signal)) !== expected) return false;
  return inTransaction(transactions, command, signal);
};

const latin = (text: string): string => Buffer.from(text, "latin1").toString("hex");

/** Typical bugs of stores on Redis: transactions, SCAN, the order of responses, the names of keys. */
export const respMutants: readonly Mutant[] = [
  stepsMutant("no WATCH", "compares versions outside of the transaction", ["C4-1", "C4-2", "C4-5"], {
    change: (change) => change.connections.exclusively(() => compareAndChange(change), change.signal),
  }),
  stepsMutant("one connection for all", "mixes up the transactions of one client", ["C4-3"], {
    change: compareAndChange,
  }),
  stepsMutant("unconditional DEL", "deletes at any version", ["T1-4"], {
    change: ({ connections, key, expected, command, signal }) =>
      connections.exclusively(async () => {
        const { transactions } = connections;
        if (command[0] === "DEL") return (await transactions.send(command, signal)) === 1;
        await transactions.send(["WATCH", key], signal);
        const isExpected = versionIn(await transactions.send(["GET", key], signal)) === expected;
        if (!isExpected) await transactions.send(["UNWATCH"], signal);
        return isExpected && inTransaction(transactions, command, signal);
      }, signal),
  }),
  stepsMutant("abort ignored", "continues a transaction after the caller has aborted it", ["F2-7"], {
    change: (change) => goodSteps.change({ ...change, signal: new AbortController().signal }),
  }),
  stepsMutant("wildcards", "lets SCAN interpret namespaces as patterns", ["N1-15"], {
    nameOf: ({ namespace, id }) => `${namespace.length}:${namespace}:${id}`,
    patternOf: (namespace) => `${namespace.length}:${namespace}:*`,
    idIn: (namespace, name) => name.slice(`${namespace.length}:${namespace}:`.length),
  }),
  stepsMutant("separator", "joins namespace and id with a colon", ["N3-7", "N2-7"], {
    nameOf: ({ namespace, id }) => `${namespace}:${id}`,
    patternOf: () => "*",
    idIn: (namespace, name) =>
      name.startsWith(`${namespace}:`) ? name.slice(namespace.length + 1) : undefined,
  }),
  stepsMutant("empty page ends the listing", "ends a listing at an empty page of SCAN", ["L1-2"], {
    hasMore: (cursor, count) => cursor !== "0" && count > 0,
  }),
  stepsMutant("twice", "lists a key that SCAN returns twice as two threads", ["L1-3"], {
    deduplicate: (names) => names,
  }),
  stepsMutant("one byte per character", "keeps only the last byte of each character of an id", ["N1-10"], {
    nameOf: ({ namespace, id }) => `${latin(namespace)}:${latin(id)}`,
  }),
  connectionMutant(
    "resent",
    "resends commands without a response after reconnecting, and conflicts with itself",
    ["C6-3", "C6-6"],
    { resendsPending: true },
  ),
  connectionMutant(
    "lost position in the queue",
    "takes the response to an aborted call for the response to the next one",
    ["C6-11", "C5-1"],
    {
      dequeuesAborted: true,
    },
  ),
  connectionMutant("error means missing", "treats an error as a missing key", ["C6-10"], {
    hidesErrors: true,
  }),
];
