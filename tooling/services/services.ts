// node tooling/services/services.ts start [--json] [NAME...] | stop
import { parseArgs } from "node:util";
import { catalogue, serviceNames, type Endpoints, type ServiceName } from "./src/catalogue.ts";
import { linesOf, type Variables } from "./src/environment-variables.ts";
import { removeLeftovers } from "./src/processes/run-directory.ts";
import { announce } from "./src/service.ts";

const USAGE = `usage: node tooling/services/services.ts start [--json] [NAME...]   runs until Ctrl-C
       node tooling/services/services.ts stop                    ends servers that a crashed start left running
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
  console.error(USAGE);
  process.exitCode = 2;
}

function isServiceName(name: string): name is ServiceName {
  return serviceNames.some((known) => known === name);
}

/** Starts services, prints their endpoints as environment variables or JSON, and runs until it is interrupted. */
async function start(requested: readonly ServiceName[], asJson: boolean): Promise<void> {
  const endpoints = await Promise.all(
    requested.map(async (name) => [name, (await catalogue[name].start()).endpoint] as const),
  );
  if (asJson) console.log(JSON.stringify(Object.fromEntries(endpoints)));
  else for (const [name, endpoint] of endpoints) print(name, endpoint);
  announce("Running until Ctrl-C");
  setInterval(() => undefined, 60_000);
}

function print(name: ServiceName, endpoint: Endpoints[ServiceName]): void {
  const { variables } = catalogue[name];
  for (const line of linesOf(variables as Variables<Endpoints[ServiceName]>, endpoint)) console.log(line);
}
