import type { Channel, Responder, Sdk } from "../model/sdk.js";
import { propertyName } from "./literal.js";

/** Describes the content of `client.ts`. */
export function clientView({ channels, responders }: Sdk): object {
  const groups = new Map<string, Map<string, string>>();
  // Operations that share their words have different functions, which are in one group.
  const first = new Map<string, string>();
  for (const { base, name } of channels) if (!first.has(base)) first.set(base, name);
  const owned = [
    ...channels.map((each) => ofChannel({ ...each, name: first.get(each.base) ?? each.name })),
    ...responders.map(ofResponder),
  ];
  for (const { name, tag, functions } of owned) {
    if (functions.length === 0) continue;
    // In a group of one channel the verb is enough; a tag's group may have several channels.
    const group = groups.get(tag ?? name) ?? new Map<string, string>();
    for (const [verb, value] of functions) group.set(tag === undefined ? verb : value, value);
    groups.set(tag ?? name, group);
  }
  return {
    hasChannels: channels.length > 0,
    groups: [...groups].map(([name, functions]) => ({
      name: propertyName(name),
      functions: [...functions].map(([key, value]) => ({ key, value })),
    })),
  };
}

interface Group {
  readonly name: string;
  readonly tag: string | undefined;
  readonly functions: readonly (readonly [verb: string, name: string])[];
}

function ofChannel(channel: Channel): Group {
  const { name, tag, base, kind, sends, listens, shared, iterator } = channel;
  const functions: [verb: string, name: string][] = [];
  if (kind === "procedure") {
    if (sends) functions.push(["request", `request${base}`]);
    if (listens && !shared) functions.push(["respond", `respond${base}`]);
  } else {
    if (sends) functions.push(["publish", `publish${base}`]);
    if (listens) functions.push(["subscribe", `subscribe${base}`], ["messages", iterator]);
  }
  return { name, tag, functions };
}

function ofResponder({ name, base, procedures }: Responder): Group {
  const tag = procedures.find((procedure) => procedure.tag !== undefined)?.tag;
  return { name, tag, functions: [["respond", `respond${base}`]] };
}
