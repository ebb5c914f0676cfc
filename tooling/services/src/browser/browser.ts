import { provide } from "../debian/debian-packages.ts";
import { accepts, freePorts, LOOPBACK } from "../processes/ports.ts";
import { startServer, type ServerProcess } from "../processes/server-process.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { startService, type Service } from "../service.ts";

export interface BrowserEndpoint {
  /** The address for the Chrome DevTools Protocol: `http://host:port` */
  readonly url: string;
}

export type BrowserService = Service<BrowserEndpoint, { readonly browser: ServerProcess }>;

/** Starts Chromium in headless mode. */
export async function startBrowser(): Promise<BrowserService> {
  const { program, environment, libraries } = await provide({
    name: "chromium",
    packages: ["chromium", "fonts-dejavu-core"],
    programs: ["chromium"],
    folder: "usr/lib/chromium",
    remedy:
      "Install Chromium, or set the address of one that runs with --remote-debugging-port: " +
      "THREADSTORE_TEST_BROWSER_URL=http://host:port",
  });
  return startService("browser", async (directory) => {
    const [port = 0] = await freePorts(1);
    const browser = await startServer(directory, {
      name: "browser",
      command: program("chromium"),
      parameters: [
        "--headless=new",
        `--remote-debugging-port=${port}`,
        `--remote-debugging-address=${LOOPBACK}`,
        `--user-data-dir=${directory.path}/profile`,
        // It shows only pages of the tests, and its sandbox needs rights that containers do not have.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "about:blank",
      ],
      environment: {
        ...environment,
        LD_LIBRARY_PATH: `${environment["LD_LIBRARY_PATH"] ?? ""}:${libraries}/pulseaudio`,
      },
      untilReady: (signal) => waitUntil("the browser to answer", () => accepts(port), { signal }),
    });
    return { endpoint: { url: `http://${LOOPBACK}:${port}` }, servers: { browser } };
  });
}
