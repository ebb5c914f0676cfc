// node tooling/services/services.ts start [--json] [NAME...] | stop
import { parseArgs } from "node:util";
import { catalogue, serviceNames, type Endpoints, type ServiceName } from "./src/catalogue.ts";
import { removeLeftovers } from "./src/processes/run-directory.ts";
import { announce } from "./src/service.ts";
import { linesOf, type Variables } from "./src/variables.ts";

const usage = `usage: node tooling/services/services.ts start [--json] [NAME...]   runs until Ctrl-C
       node tooling/services/services.ts stop                    ends what a crashed start left behind
names: ${serviceNames.join(" ")}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const [command, ...names] = positionals;
if (command === "start" && names.every(isServiceName)) {
  await start(names.length > 0 ? names : ["redis", "azurite", "s3"], values.json);
} else if (command === "stop" && names.length === 0) {
  for (const name of removeLeftovers()) announce(`${name} ended`);
} else {
  console.error(usage);
  process.exitCode = 2;
}

function isServiceName(name: string): name is ServiceName {
  return serviceNames.some((known) => known === name);
}

/** Prints where the services are, as lines for the environment of a test run, and stays: they end with this process. */
async function start(wanted: readonly ServiceName[], asJson: boolean): Promise<void> {
  const endpoints = await Promise.all(
    wanted.map(async (name) => [name, (await catalogue[name].start()).endpoint] as const),
  );
  if (asJson) console.log(JSON.stringify(Object.fromEntries(endpoints)));
  else for (const [name, endpoint] of endpoints) print(name, endpoint);
  announce("running until Ctrl-C");
  setInterval(() => undefined, 60_000);
}

function print(name: ServiceName, endpoint: Endpoints[ServiceName]): void {
  const { variables } = catalogue[name];
  for (const line of linesOf(variables as Variables<Endpoints[ServiceName]>, endpoint)) console.log(line);
}
