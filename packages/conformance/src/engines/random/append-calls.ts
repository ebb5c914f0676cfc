import type { AppendOptions, SaveOptions, ThreadDetails, ThreadMetadata } from "@threadstore/core";
import fc from "fast-check";
import { expectEqual, expectError, show } from "../../suite/expectations.ts";
import { appendedText } from "./appended-text.ts";
import {
  appendKey,
  type Expiry,
  expiry,
  jsonOf,
  metadata,
  showValue,
  type ThreadValues,
  type Value,
} from "./arbitraries.ts";
import { checkThread, expectConflict } from "./checks.ts";
import {
  type Call,
  type CallKind,
  callKind,
  type Clients,
  describeClient,
  idOf,
  type Target,
  target,
} from "./command.ts";
import { expiryAfterSave, expiryOptions, inheritedFrom, updatedAtAfterSave } from "./expected-details.ts";
import { factsOf, type Model } from "./model.ts";
import { type PreviousChoice, previousChoice, type ResolvedPrevious, resolvePrevious } from "./previous.ts";

interface ChangeDetails {
  readonly target: Target;
  readonly previous: PreviousChoice;
  readonly metadata: SaveOptions["metadata"];
  readonly expiry: Expiry;
}

interface AppendDetails extends ChangeDetails {
  readonly elements: readonly unknown[];
  readonly key: string | undefined;
  readonly create: Value | undefined;
}

/** Most changes of this kind have no precondition. */
const change = {
  target,
  previous: fc.oneof(
    { weight: 2, arbitrary: previousChoice.map((choice) => ({ ...choice, which: "absent" as const })) },
    { weight: 1, arbitrary: previousChoice },
  ),
  metadata,
  expiry,
};

type Details = ThreadDetails & { readonly metadata: ThreadMetadata };

/** Records the change and compares the details that it returned. `json` is the expected thread. */
function recordChange(model: Model, details: ChangeDetails, json: string, returned: Details): void {
  const { namespace } = details.target;
  const id = idOf(model, details.target);
  const before = model.live(namespace, id);
  const now = model.clock.now();
  const updatedAt = updatedAtAfterSave(before, now);
  const expiresAt = expiryAfterSave(details.expiry, before, { now, updatedAt });
  const { key } = details as Partial<AppendDetails>;
  const { keys, ...inherited } = inheritedFrom(before, details.metadata, now);
  const expected = {
    ...inherited,
    json,
    updatedAt,
    expiresAt,
    keys: key === undefined ? keys : [...keys, key],
  };
  model.recordChange(namespace, { ...returned, id }, expected);
  checkDetails(model, details.target, returned);
}

function checkDetails(model: Model, to: Target, returned: Details): void {
  const id = idOf(model, to);
  const expected = model.live(to.namespace, id);
  expectEqual(
    { id: returned.id, ...factsOf(returned), metadata: returned.metadata },
    expected && { id, ...factsOf(expected), metadata: expected.metadata },
    "append and touch return the details of the stored thread",
  );
}

function describeChange(
  { metadata: newMetadata, expiry: newExpiry }: ChangeDetails,
  previous: ResolvedPrevious,
): string {
  const condition = previous.previous === undefined ? "of any version" : previous.description;
  return `${condition}, metadata ${show(newMetadata)}, ${show(newExpiry)}`;
}

async function performAppend(
  model: Model,
  clients: Clients,
  details: AppendDetails,
  previous: ResolvedPrevious,
): Promise<string> {
  const { target: to, elements: added, key, create } = details;
  const { client, namespace } = to;
  const id = idOf(model, to);
  const before = model.live(namespace, id);
  const condition = previous.previous === undefined ? { create } : { previous: previous.previous };
  const options: AppendOptions = {
    ...condition,
    ...expiryOptions(details.expiry, model.clock.now()),
    metadata: details.metadata,
    key,
  };
  const call = () => clients.view(client, namespace).append(id, added, options);
  if (key !== undefined && before?.keys.includes(key) === true) {
    const repeated = await call();
    expectEqual(repeated.appended, false, "an append with a remembered key does not append");
    checkDetails(model, to, repeated);
    return "repeated";
  }
  const json = before === undefined ? undefined : appendedText(before.json, added);
  if (previous.previous !== undefined && previous.version !== before?.version) {
    await expectConflict(model, to, previous, call, previous.isForeign || json === undefined);
    return "conflict";
  }
  if (before === undefined && create === undefined) {
    await expectError("CONFLICT", "an append without a thread and `create`", call);
    return "missing";
  }
  const expected = before === undefined ? appendedText(jsonOf(create ?? ""), added) : json;
  if (expected === undefined) {
    await expectError("INVALID_ARGUMENT", "an append to a thread whose last member is not an array", call);
    return "no array";
  }
  const result = await call();
  expectEqual(result.appended, true, "append reports that it appended");
  recordChange(model, details, expected, result);
  return before === undefined ? "created" : "appended";
}

const appendKind = ({ elements, created, appendOutcomes }: ThreadValues): CallKind =>
  callKind<AppendDetails>({
    name: "append",
    weight: 3,
    outcomes: appendOutcomes,
    details: fc.record({ ...change, elements, key: appendKey, create: created }),
    prepare(details, model, clients): Call {
      const { target: to } = details;
      const id = idOf(model, to);
      const previous = resolvePrevious(model, to.namespace, id, details.previous);
      // A store may reject a version of another thread, or find the key first.
      const actual = previous.isForeign ? { ...details, key: undefined } : details;
      const { key, create } = actual;
      const options =
        previous.previous === undefined && create !== undefined ? `, create ${showValue(create)}` : "";
      return {
        description:
          `${describeClient(to)}: append ${show(details.elements)} to ${show(id)} ` +
          `${describeChange(details, previous)}${options}${key === undefined ? "" : `, key ${show(key)}`}`,
        async perform() {
          const outcome = await performAppend(model, clients, actual, previous);
          await checkThread(model, clients, to);
          return outcome;
        },
      };
    },
  });

const touch = callKind<ChangeDetails>({
  name: "touch",
  weight: 3,
  outcomes: ["touched", "missing"],
  details: fc.record(change),
  prepare(details, model, clients): Call {
    const { target: to } = details;
    const { client, namespace } = to;
    const id = idOf(model, to);
    const resolved = resolvePrevious(model, namespace, id, details.previous);
    const { previous, version } = resolved;
    return {
      description: `${describeClient(to)}: touch ${show(id)} ${describeChange(details, resolved)}`,
      async perform() {
        const before = model.live(namespace, id);
        const options = {
          ...(previous === undefined ? {} : { previous }),
          ...expiryOptions(details.expiry, model.clock.now()),
          metadata: details.metadata,
        };
        const call = () => clients.view(client, namespace).touch(id, options);
        if (previous !== undefined && version !== before?.version) {
          await expectConflict(model, to, resolved, call);
          return "conflict";
        }
        const touched = await call();
        if (before === undefined)
          expectEqual(touched, undefined, "touch of a missing thread returns undefined");
        else if (touched === undefined)
          expectEqual(touched, "details", "touch returns the details of a thread");
        else recordChange(model, details, before.json, touched);
        await checkThread(model, clients, to);
        return before === undefined ? "missing" : "touched";
      },
    };
  },
});

export function appendCalls(values: ThreadValues): readonly CallKind[] {
  return [appendKind(values), touch];
}
