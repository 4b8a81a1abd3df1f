import { execFileSync } from "node:child_process";
import { natsServer } from "../../examples/broker/src/nats-server.js";

const [major, minor] = /v(\d+)\.(\d+)/
  .exec(execFileSync(natsServer(), ["--version"], { encoding: "utf8" }))!
  .slice(1)
  .map(Number);

/** @returns `true` if the tested nats-server has at least a version, for example `2.11`. */
export function serverSince(version: string): boolean {
  const [sinceMajor, sinceMinor] = version.split(".").map(Number);
  return major! > sinceMajor! || (major === sinceMajor && minor! >= sinceMinor!);
}
