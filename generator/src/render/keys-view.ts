import type { Parameter, SubjectKey } from "../model/sdk.js";
import { memberComment } from "./doc-comment.js";
import { keyText, literal, propertyName } from "./literal.js";

/** Describes the content of `keys.ts`. */
export function keysView(keys: readonly SubjectKey[]): object {
  return { keys: keys.filter(({ isGiven }) => !isGiven).map(keyView) };
}

function keyView({ name, subject, address, parameters, paramsType }: SubjectKey): object {
  const tokens = parameters
    .filter(({ type }) => type !== "string")
    .map(({ name, type }) => ({
      name: keyText(name),
      values: typeof type === "string" ? undefined : type.map(literal),
    }));
  const defaults = parameters
    .filter(({ fallback }) => fallback !== undefined)
    .map(({ name, fallback }) => ({ name: keyText(name), value: literal(fallback) }));
  return {
    name,
    address,
    paramsType: paramsType ?? "",
    parameters: parameters.map(parameterView),
    subject: literal(subject),
    hasOptions: tokens.length + defaults.length > 0,
    tokens,
    defaults,
  };
}

function parameterView({ name, doc, type, fallback }: Parameter): object {
  const notes = fallback === undefined ? [] : [`Default: \`${literal(fallback)}\`.`];
  return {
    name: propertyName(name),
    doc: memberComment({ ...doc, notes: [...doc.notes, ...notes] }),
    optional: fallback !== undefined,
    type:
      typeof type === "string"
        ? type === "integer"
          ? "number"
          : "string"
        : type.map(literal).join(" | "),
  };
}
