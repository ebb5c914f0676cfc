import type { SaveOptions, StoredThread } from "@threadstore/core";
import fc from "fast-check";
import { holds, refuses, same, show } from "../../suite/expectations.ts";
import { type Expiry, expiry, jsonOf, metadata, type Value, value } from "./arbitraries.ts";
import { type Call, type CallKind, callKind, type Clients, idOf, type Target, target } from "./command.ts";
import type { Model } from "./model.ts";
import { type Given, given, type PreviousChoice, previousChoice } from "./previous.ts";

interface OfThread {
  readonly target: Target;
}

interface SaveDetails extends OfThread {
  readonly previous: PreviousChoice;
  readonly value: Value;
  readonly metadata: SaveOptions["metadata"];
  readonly expiry: Expiry;
}

/** That the thread is as the model has it, for a client other than the one that called where there is one. */
async function check(model: Model, clients: Clients, { client, space, ...rest }: Target): Promise<void> {
  const id = idOf(model, rest);
  model.agrees(space, id, await clients.view(client + 1, space).load(id), "a load after the call");
}

async function conflicts(
  model: Model,
  { space, ...rest }: Target,
  by: Given,
  call: () => Promise<unknown>,
): Promise<void> {
  const id = idOf(model, rest);
  const codes = by.isGarbage ? (["CONFLICT", "INVALID_ARGUMENT"] as const) : (["CONFLICT"] as const);
  const { code, currentVersion } = await refuses(
    codes,
    "a call with another previous than what is there",
    call,
  );
  const current = model.live(space, id)?.version;
  holds(
    code !== "CONFLICT" || currentVersion === undefined || currentVersion === current,
    "a conflict tells the current version or none",
    `it told ${show(currentVersion)}, and ${show(current)} is current`,
  );
}

function placeOf({ client, space }: Target): string {
  return `client ${client + 1}${space === 1 ? ", inner namespace" : ""}`;
}

function expiryOptions(lasting: Expiry, now: number): SaveOptions {
  switch (lasting.kind) {
    case "ttl":
      return { ttlMs: lasting.milliseconds };
    case "at":
      return { expiresAt: new Date(now + lasting.milliseconds) };
    case "never":
      return { expiresAt: null };
    default:
      return {};
  }
}

const save = callKind<SaveDetails>({
  name: "save",
  weight: 6,
  outcomes: ["saved", ...["nothing", "stale", "of another", "no version"].map((on) => `conflict on ${on}`)],
  details: fc.record({ target, previous: previousChoice, value, metadata, expiry }),
  prepare({ target: at, previous, value: thread, metadata: record, expiry: lasting }, model, clients): Call {
    const id = idOf(model, at);
    const by = given(model, at.space, id, previous);
    const text = `${placeOf(at)}: save ${show(id)} ${show(thread)} on ${by.text}, metadata ${show(record)}, ${show(lasting)}`;
    return {
      text,
      async make() {
        const before = model.live(at.space, id);
        const now = model.clock.now();
        const options = { ...by.options, ...expiryOptions(lasting, now), metadata: record };
        const call = (): Promise<StoredThread> => clients.view(at.client, at.space).save(id, thread, options);
        const matches = by.isAny || by.version === before?.version;
        if (matches) {
          const stored = await call();
          const expiresAt = "milliseconds" in lasting ? now + lasting.milliseconds : undefined;
          const kept = { metadata: record ?? before?.metadata ?? {}, createdAt: before?.createdAt ?? now };
          model.saved(
            at.space,
            { ...stored, id },
            { ...kept, json: jsonOf(thread), updatedAt: now, expiresAt },
          );
          model.agrees(at.space, id, stored, "what save hands out");
        } else await conflicts(model, at, by, call);
        await check(model, clients, at);
        return matches ? "saved" : `conflict on ${by.kind}`;
      },
    };
  },
});

const load = callKind<OfThread & { readonly holding: number | undefined }>({
  name: "load",
  weight: 2,
  outcomes: ["found", "nothing"],
  details: fc.record({ target, holding: fc.option(fc.nat(7), { nil: undefined }) }),
  prepare({ target: at, holding }, model, clients): Call {
    const id = idOf(model, at);
    const held = [...model.recordOf(at.space, id).handedOut.values()];
    const previous = holding === undefined ? undefined : held[holding % held.length];
    const text = `${placeOf(at)}: load ${show(id)}${previous === undefined ? "" : ", holding a version"}`;
    return {
      text,
      async make() {
        const stored = await clients.view(at.client, at.space).load(id, { cached: previous });
        model.agrees(at.space, id, stored, "load");
        return stored === undefined ? "nothing" : "found";
      },
    };
  },
});

const remove = callKind<OfThread & { readonly previous: PreviousChoice }>({
  name: "delete",
  weight: 3,
  outcomes: ["true", "false", "conflict"],
  details: fc.record({
    target,
    previous: fc.oneof(
      { weight: 2, arbitrary: previousChoice },
      { weight: 1, arbitrary: previousChoice.map((choice) => ({ ...choice, which: "any" as const })) },
    ),
  }),
  prepare({ target: at, previous }, model, clients): Call {
    const id = idOf(model, at);
    const by = given(model, at.space, id, previous);
    return {
      text: `${placeOf(at)}: delete ${show(id)} on ${by.previous === undefined ? "anything" : by.text}`,
      async make() {
        const before = model.live(at.space, id);
        const call = (): Promise<boolean> =>
          clients
            .view(at.client, at.space)
            .delete(id, by.previous === undefined ? {} : { previous: by.previous });
        const matches = by.version === undefined || by.version === before?.version;
        if (matches) {
          same(await call(), before !== undefined, "delete says whether something was there");
          model.deleted(at.space, id);
        } else await conflicts(model, at, by, call);
        await check(model, clients, at);
        return matches ? String(before !== undefined) : "conflict";
      },
    };
  },
});

const update = callKind<OfThread & { readonly value: Value | null }>({
  name: "update",
  weight: 2,
  outcomes: ["saved", "left"],
  details: fc.record({ target, value: fc.option(value, { freq: 3 }) }),
  prepare({ target: at, value: change }, model, clients): Call {
    const id = idOf(model, at);
    return {
      text: `${placeOf(at)}: update ${show(id)} to ${show(change)}`,
      async make() {
        const before = model.live(at.space, id);
        const stored = await clients.view(at.client, at.space).update(id, (current) => {
          model.agrees(at.space, id, current, "what update hands its callback");
          return change;
        });
        if (change === null) {
          model.agrees(at.space, id, stored, "what an update that leaves the thread hands out");
          return "left";
        }
        holds(stored !== undefined, "update hands out what it saved", "it was undefined");
        const now = model.clock.now();
        const kept = { metadata: before?.metadata ?? {}, createdAt: before?.createdAt ?? now };
        const times = { updatedAt: now, expiresAt: undefined };
        model.saved(at.space, { ...stored, id }, { ...kept, ...times, json: jsonOf(change) });
        model.agrees(at.space, id, stored, "what update hands out");
        await check(model, clients, at);
        return "saved";
      },
    };
  },
});

export const threadCalls: readonly CallKind[] = [save, load, remove, update];
