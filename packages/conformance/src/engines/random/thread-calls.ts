import type { SaveOptions, StoredThread } from "@threadstore/core";
import fc from "fast-check";
import { expectTrue, expectEqual, show } from "../../suite/expectations.ts";
import {
  type Expiry,
  expiry,
  jsonOf,
  metadata,
  showValue,
  type ThreadValues,
  type Value,
} from "./arbitraries.ts";
import { checkThread, expectConflict } from "./checks.ts";
import { type Call, type CallKind, callKind, describeClient, idOf, type Target, target } from "./command.ts";
import { expiryAfterSave, expiryOptions, inheritedFrom, updatedAtAfterSave } from "./expected-details.ts";
import { type PreviousChoice, previousChoice, resolvePrevious } from "./previous.ts";

type ValueOfCurrent = (current: string | undefined) => Value;

interface ThreadDetails {
  readonly target: Target;
}

interface SaveDetails extends ThreadDetails {
  readonly previous: PreviousChoice;
  readonly value: ValueOfCurrent;
  readonly metadata: SaveOptions["metadata"];
  readonly expiry: Expiry;
}

const CONFLICTING_KINDS = ["absent", "stale", "other thread", "made up"] as const;

const saveKind = ({ value }: ThreadValues): CallKind =>
  callKind<SaveDetails>({
    name: "save",
    weight: 6,
    outcomes: ["saved", ...CONFLICTING_KINDS.map((kind) => `conflict (${kind})`)],
    details: fc.record({ target, previous: previousChoice, value, metadata, expiry }),
    prepare(details, model, clients): Call {
      const { target: to, metadata: newMetadata } = details;
      const { client, namespace } = to;
      const id = idOf(model, to);
      const thread = details.value(model.live(namespace, id)?.json);
      const previous = resolvePrevious(model, namespace, id, details.previous);
      return {
        description:
          `${describeClient(to)}: save ${show(id)} ${showValue(thread)} ${previous.description}, ` +
          `metadata ${show(newMetadata)}, ${show(details.expiry)}`,
        async perform() {
          const before = model.live(namespace, id);
          const now = model.clock.now();
          const options = {
            ...previous.options,
            ...expiryOptions(details.expiry, now),
            metadata: newMetadata,
          };
          const call = (): Promise<StoredThread> => clients.view(client, namespace).save(id, thread, options);
          const matches = previous.isUnconditional || previous.version === before?.version;
          if (matches) {
            const stored = await call();
            const updatedAt = updatedAtAfterSave(before, now);
            const expiresAt = expiryAfterSave(details.expiry, before, { now, updatedAt });
            const inherited = inheritedFrom(before, newMetadata, now);
            const json = jsonOf(thread);
            model.recordChange(namespace, { ...stored, id }, { ...inherited, json, updatedAt, expiresAt });
            model.checkReturned(namespace, id, stored, "save returns");
          } else await expectConflict(model, to, previous, call);
          await checkThread(model, clients, to);
          return matches ? "saved" : `conflict (${previous.kind})`;
        },
      };
    },
  });

const load = callKind<ThreadDetails & { readonly cachedNumber: number | undefined }>({
  name: "load",
  weight: 2,
  outcomes: ["found", "not found"],
  details: fc.record({ target, cachedNumber: fc.option(fc.nat(7), { nil: undefined }) }),
  prepare({ target: to, cachedNumber }, model, clients): Call {
    const { client, namespace } = to;
    const id = idOf(model, to);
    const returned = [...model.recordOf(namespace, id).returnedThreads.values()];
    const cached = cachedNumber === undefined ? undefined : returned[cachedNumber % returned.length];
    return {
      description: `${describeClient(to)}: load ${show(id)}${cached === undefined ? "" : " with a cached thread"}`,
      async perform() {
        const stored = await clients.view(client, namespace).load(id, { cached });
        model.checkReturned(namespace, id, stored, "load returns");
        return stored === undefined ? "not found" : "found";
      },
    };
  },
});

const remove = callKind<ThreadDetails & { readonly previous: PreviousChoice }>({
  name: "delete",
  weight: 3,
  outcomes: ["true", "false", "conflict"],
  details: fc.record({
    target,
    previous: fc.oneof(
      { weight: 2, arbitrary: previousChoice },
      {
        weight: 1,
        arbitrary: previousChoice.map((choice) => ({ ...choice, which: "unconditional" as const })),
      },
    ),
  }),
  prepare({ target: to, previous: choice }, model, clients): Call {
    const { client, namespace } = to;
    const id = idOf(model, to);
    const resolved = resolvePrevious(model, namespace, id, choice);
    const { previous, version } = resolved;
    const condition = previous === undefined ? "unconditionally" : resolved.description;
    return {
      description: `${describeClient(to)}: delete ${show(id)} ${condition}`,
      async perform() {
        const before = model.live(namespace, id);
        const options = previous === undefined ? {} : { previous };
        const call = (): Promise<boolean> => clients.view(client, namespace).delete(id, options);
        const matches = version === undefined || version === before?.version;
        if (matches) {
          expectEqual(await call(), before !== undefined, "delete returns whether the thread existed");
          // A store may keep an expired thread, which must not come back when the clock steps back.
          if (before !== undefined) model.recordDelete(namespace, id);
        } else await expectConflict(model, to, resolved, call);
        await checkThread(model, clients, to);
        return matches ? String(before !== undefined) : "conflict";
      },
    };
  },
});

const updateKind = ({ value }: ThreadValues): CallKind =>
  callKind<ThreadDetails & { readonly value: ValueOfCurrent | null }>({
    name: "update",
    weight: 2,
    outcomes: ["saved", "unchanged"],
    details: fc.record({ target, value: fc.option(value, { freq: 3 }) }),
    prepare({ target: to, value: chosen }, model, clients): Call {
      const { client, namespace } = to;
      const id = idOf(model, to);
      const change = chosen === null ? null : chosen(model.live(namespace, id)?.json);
      return {
        description: `${describeClient(to)}: update ${show(id)} to ${change === null ? "the same" : showValue(change)}`,
        async perform() {
          const before = model.live(namespace, id);
          const stored = await clients.view(client, namespace).update(id, (current) => {
            model.checkReturned(namespace, id, current, "the callback of update gets");
            return change;
          });
          if (change === null) {
            model.checkReturned(namespace, id, stored, "an update without a change returns");
            return "unchanged";
          }
          expectTrue(stored !== undefined, "update returns the saved thread", "it returned undefined");
          const now = model.clock.now();
          const inherited = inheritedFrom(before, undefined, now);
          const updatedAt = updatedAtAfterSave(before, now);
          const times = { updatedAt, expiresAt: before?.expiresAt };
          const json = jsonOf(change);
          model.recordChange(namespace, { ...stored, id }, { ...inherited, ...times, json });
          model.checkReturned(namespace, id, stored, "update returns");
          await checkThread(model, clients, to);
          return "saved";
        },
      };
    },
  });

export function threadCalls(values: ThreadValues): readonly CallKind[] {
  return [saveKind(values), load, remove, updateKind(values)];
}
