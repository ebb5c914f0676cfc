import type { ConnectionBug } from "../stores/resp/resp-connection.ts";
import { inTransaction, type RespSteps, versionIn } from "../stores/resp/resp-driver.ts";
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

/** Compares the version, and then makes the change. */
const compareAndChange: RespSteps["change"] = async ({ connections, key, expected, command, signal }) => {
  const { transactions } = connections;
  if (versionIn(await transactions.send(["GET", key], signal)) !== expected) return false;
  return inTransaction(transactions, command, signal);
};

const latin = (text: string): string => Buffer.from(text, "latin1").toString("hex");

/** What stores on Redis get wrong: transactions, SCAN, the row of answers, the names of keys. */
export const respMutants: readonly Mutant[] = [
  stepsMutant("no WATCH", "compares versions outside of the transaction", ["C4-1", "C4-2", "C4-5"], {
    change: (change) => change.connections.exclusively(() => compareAndChange(change), change.signal),
  }),
  stepsMutant("one connection for all", "lets transactions of one client get mixed up", ["C4-3"], {
    change: compareAndChange,
  }),
  stepsMutant("DEL at once", "deletes at whatever version", ["T1-5"], {
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
  stepsMutant("wildcards", "has SCAN take namespaces for patterns", ["N1-15"], {
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
  stepsMutant("an empty page is the end", "ends a listing when SCAN finds nothing for once", ["L1-2"], {
    hasMore: (cursor, found) => cursor !== "0" && found > 0,
  }),
  stepsMutant("twice", "lists what SCAN returns twice as two threads", ["L1-3"], {
    deduplicate: (names) => names,
  }),
  stepsMutant("one byte a character", "takes only the last byte of each character of an id", ["N1-10"], {
    nameOf: ({ namespace, id }) => `${latin(namespace)}:${latin(id)}`,
  }),
  connectionMutant(
    "sent again",
    "sends what had no answer again once it is connected, and conflicts with itself",
    ["C6-3", "C6-6"],
    { resendsPending: true },
  ),
  connectionMutant("place in the row", "gives the answer of an aborted call to the next one", ["C5-1"], {
    dequeuesAborted: true,
  }),
  connectionMutant("an error is nothing", "takes an error for a key that is not there", ["C6-10"], {
    hidesErrors: true,
  }),
];
