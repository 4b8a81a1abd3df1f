import { execFileSync } from "node:child_process";
import { natsServer } from "../../examples/broker/src/nats-server.js";

const [major, minor] = /v(\d+)\.(\d+)/
  .exec(execFileSync(natsServer(), ["--version"], { encoding: "utf8" }))!
  .slice(1)
  .map(Number);

/** @returns Whether the nats-server that is tested against is of a version, `2.11`, or of a later one. */
export function serverSince(version: string): boolean {
  const [sinceMajor, sinceMinor] = version.split(".").map(Number);
  return major! > sinceMajor! || (major === sinceMajor && minor! >= sinceMinor!);
}
