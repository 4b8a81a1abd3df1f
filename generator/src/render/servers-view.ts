import type { Server, ServerVariable } from "../model/sdk.js";
import { docComment, docText, memberComment } from "./doc-comment.js";
import { literal, propertyName, templateLiteral } from "./literal.js";

/** Describes the content of `servers.ts`. */
export function serversView(servers: readonly Server[]): object {
  return { servers: servers.map(serverView) };
}

function serverView(server: Server): object {
  const { name, doc, address, variablesType, variables, credentials, credentialsOptional } = server;
  const shown = address.map((part, i) => (i % 2 === 1 ? `{${part}}` : part)).join("");
  return {
    name,
    doc:
      doc.text === undefined
        ? `${docText(`\`${shown}\``)}\n`
        : docComment({ ...doc, notes: [`Address: \`${shown}\`.`] }),
    variablesType: variablesType ?? "",
    variables: variables.map(variableView),
    isOptional:
      (credentials.length === 0 || credentialsOptional) &&
      variables.every(({ fallback }) => fallback !== undefined),
    credentials: credentials.join(" | "),
    credentialsOptional: credentialsOptional && credentials.length > 0,
    address: addressText(address, variables),
  };
}

function variableView({ name, doc, values, fallback }: ServerVariable): object {
  const notes = fallback === undefined ? [] : [`Default: \`${literal(fallback)}\`.`];
  return {
    name: propertyName(name),
    doc: memberComment({ ...doc, notes }),
    optional: fallback !== undefined,
    type: values.length === 0 ? "string" : values.map((value) => literal(value)).join(" | "),
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
