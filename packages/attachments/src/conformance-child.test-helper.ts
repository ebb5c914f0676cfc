// Opens the stores of conformance.test.ts in other processes.
import type { PeerModule } from "@threadstore/conformance";
import { openOver, type Settings, sqliteAt } from "./conformance.test-helper.ts";

export const openPeer: PeerModule["openPeer"] = (place, parameters) => {
  const { folder, settings } = parameters as { folder: string; settings: Settings };
  return openOver(sqliteAt(folder, place), {}, settings);
};
