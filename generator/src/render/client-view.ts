import type { Channel, Responder, Sdk } from "../model/sdk.js";
import type { Imports } from "./imports.js";
import { entry } from "./layout.js";

/** What the template of `client.ts` is filled with. */
export function clientView(imports: Imports, { channels, responders }: Sdk): object {
  const operations = imports.namespace("Operations", "./operations.js");
  return {
    groups: [...channels.map(ofChannel), ...responders.map(ofResponder)].map(
      ({ name, functions }) => ({
        name,
        functions: functions.map(([key, value]) => ({
          key,
          value: `${operations}.${value}`,
          entry: entry(key, `${operations}.${value}`, true),
        })),
      }),
    ),
  };
}

interface Group {
  readonly name: string;
  readonly functions: readonly (readonly [key: string, name: string])[];
}

function ofChannel({ name, base, kind, sends, shared, iterator }: Channel): Group {
  if (kind === "procedure") {
    const respond = shared ? [] : [["respond", `respond${base}`] as const];
    return { name, functions: [["request", `request${base}`], ...respond] };
  }
  const publish = sends ? [["publish", `publish${base}`] as const] : [];
  return {
    name,
    functions: [...publish, ["subscribe", `subscribe${base}`], ["messages", iterator]],
  };
}

function ofResponder({ name, base }: Responder): Group {
  return { name, functions: [["respond", `respond${base}`]] };
}
