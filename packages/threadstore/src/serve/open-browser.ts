import { spawn } from "node:child_process";

/** The program that opens an address, by platform, and its arguments before the address. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Opens an address in the browser of the user, if there is one. Does not wait, and never fails. */
export function openBrowser(url: string, platform: NodeJS.Platform = process.platform): void {
  const [program, ...parameters] = OPENERS[platform] ?? ["xdg-open"];
  const child = spawn(program, [...parameters, url], { stdio: "ignore", detached: true });
  // The address is printed, too.
  child.on("error", () => undefined);
  child.unref();
}
