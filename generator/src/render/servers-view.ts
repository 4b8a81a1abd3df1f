import type { Server, ServerVariable, TypeNode } from "../model/sdk.js";
import { docComment, docText } from "./doc-comment.js";
import type { Imports } from "./imports.js";
import { object } from "./layout.js";
import { literal, propertyName, templateLiteral } from "./literal.js";
import { eitherText, typeText } from "./type-text.js";

/** What the template of `servers.ts` is filled with. */
export function serversView(imports: Imports, servers: readonly Server[]): object {
  return { servers: servers.map((server) => serverView(imports, server)) };
}

function serverView(imports: Imports, server: Server): object {
  const { name, doc, address, variablesType, variables, credentials, credentialsOptional } = server;
  const shown = address.map((part, i) => (i % 2 === 1 ? `{${part}}` : part)).join("");
  const isOptional =
    (credentials.length === 0 || credentialsOptional) &&
    variables.every(({ fallback }) => fallback !== undefined);
  return {
    name,
    doc:
      doc.text === undefined
        ? docText(`\`${shown}\``)
        : docComment({ ...doc, notes: [`Address: \`${shown}\`.`] }),
    variablesType: variablesType ?? "",
    variables: variables.map(variableView),
    isOptional,
    credentials: eitherText(credentials.map((each) => imports.type(each, "alternats"))),
    hasCredentials: credentials.length > 0,
    credentialsOptional,
    value: object([
      `servers: ${addressText(address, variables)}`,
      ...(credentials.length === 0
        ? []
        : [
            credentialsOptional
              ? "...(credentials && { authenticator: credentials })"
              : "authenticator: credentials",
          ]),
    ]),
  };
}

function variableView({ name, doc, values, fallback }: ServerVariable): object {
  const notes = fallback === undefined ? [] : [`Left out, it is \`${literal(fallback)}\`.`];
  const type: TypeNode =
    values.length === 0
      ? { kind: "string" }
      : { kind: "union", members: values.map((value) => ({ kind: "literal", value })) };
  return {
    name: propertyName(name),
    doc: docComment({ ...doc, notes }, "  "),
    optional: fallback !== undefined,
    type: typeText(type, "property"),
  };
}

function addressText(address: readonly string[], variables: readonly ServerVariable[]): string {
  if (address.length === 1) return literal(address[0] ?? "");
  const parts = address.map((part, i) => {
    if (i % 2 === 0) return part;
    const fallback = variables.find(({ name }) => name === part)?.fallback;
    return `variables.${part}${fallback === undefined ? "" : ` ?? ${literal(fallback)}`}`;
  });
  return templateLiteral(parts);
}
