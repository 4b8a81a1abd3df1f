import type { Parameter, SubjectKey } from "../model/sdk.js";
import { docComment, docText } from "./doc-comment.js";
import type { Imports } from "./imports.js";
import { below, entry, fluid, object } from "./layout.js";
import { literal, propertyName } from "./literal.js";
import { pureCall } from "./traffic-text.js";
import { typeText } from "./type-text.js";

const SDK = "alternats/sdk";

/** What the template of `keys.ts` is filled with. */
export function keysView(imports: Imports, keys: readonly SubjectKey[]): object {
  return { keys: keys.filter(({ isGiven }) => !isGiven).map((key) => keyView(imports, key)) };
}

function keyView(
  imports: Imports,
  { name, subject, address, parameters, paramsType }: SubjectKey,
): object {
  const template = literal(subject);
  const options = optionsOf(imports, parameters);
  const args = options.length === 0 ? [template] : [template, object(options)];
  const value = pureCall(imports, "subject", args);
  // prettier's bound for an argument that is not worth a line of its own: a quarter of the width.
  const isShort = args.length === 1 && template.length <= 20;
  return {
    name,
    paramsType: paramsType ?? "",
    parameters: parameters.map(parameterView),
    doc: docText(`\`${address}\``),
    type: `${imports.type("Subject", SDK)}<${paramsType ?? imports.type("NoParams", SDK)}>`,
    value: isShort ? below(value) : fluid(value),
  };
}

function parameterView({ name, doc, type, fallback }: Parameter): object {
  const notes = fallback === undefined ? [] : [`Left out, it is \`${literal(fallback)}\`.`];
  const node =
    typeof type === "string"
      ? ({ kind: type === "integer" ? "number" : "string" } as const)
      : ({
          kind: "union",
          members: type.map((value) => ({ kind: "literal", value }) as const),
        } as const);
  return {
    name: propertyName(name),
    doc: docComment({ ...doc, notes: [...doc.notes, ...notes] }, "  "),
    optional: fallback !== undefined,
    type: typeText(node, "property"),
  };
}

function optionsOf(imports: Imports, parameters: readonly Parameter[]): readonly string[] {
  const tokens = parameters.flatMap(({ name, type }) => {
    if (type === "string") return [];
    const token =
      type === "integer"
        ? imports.value("integer", SDK)
        : pureCall(imports, "values", type.map(literal));
    return [entry(propertyName(name), token)];
  });
  const defaults = parameters.flatMap(({ name, fallback }) =>
    fallback === undefined ? [] : [entry(propertyName(name), literal(fallback), true)],
  );
  return [
    ...(tokens.length === 0 ? [] : [entry("tokens", object(tokens))]),
    ...(defaults.length === 0 ? [] : [entry("defaults", object(defaults))]),
  ];
}
