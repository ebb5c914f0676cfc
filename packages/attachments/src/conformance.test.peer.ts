// What conformance.test.ts opens in other processes.
import type { PeerModule } from "@threadstore/conformance";
import { sqliteDriver } from "@threadstore/sqlite";
import { databaseOf, openOver, type Settings } from "./conformance.test.support.ts";

export const openPeer: PeerModule["openPeer"] = (place, parameters) => {
  const { folder, settings } = parameters as { folder: string; settings: Settings };
  return openOver(sqliteDriver({ path: databaseOf(folder, place) }), {}, settings);
};
