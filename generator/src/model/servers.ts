import { type DocumentNode, own } from "../document/node.js";
import { docOf, noDoc } from "./doc.js";
import { Names } from "./names.js";
import type { Credentials, Server, ServerVariable } from "./sdk.js";
import type { SdkNames } from "./sdk-names.js";
import { camelCase, words } from "./words.js";

/**
 * Reads servers.
 *
 * @param root The document's root, which contains the security schemes in version 2.
 * @param servers The servers that speak NATS.
 * @param names Source of all names.
 */
export function readServers(
  root: DocumentNode,
  servers: readonly DocumentNode[],
  names: SdkNames,
): readonly Server[] {
  return servers.map((node) => {
    const parts = words(node.key);
    const name = names.server(parts.length === 0 ? ["server"] : parts);
    const variables = new Map<string, ServerVariable>();
    const variableNames = new Names([]);
    const address = addressOf(node).split(/\{([^{}]*)\}/);
    const named = address.map((part, i) => {
      if (i % 2 === 0) return part;
      const known = variables.get(part) ?? readVariable(node, part, variableNames);
      variables.set(part, known);
      return known.name;
    });
    return {
      name,
      doc: docOf(node),
      address: named,
      variablesType: variables.size === 0 ? undefined : names.type([...words(name), "Variables"]),
      variables: [...variables.values()],
      ...credentialsOf(root, node),
    };
  });
}

/**
 * Address of a server. Version 2 has a `url`, possibly without a scheme; version 3 has the parts of
 * one.
 */
function addressOf(server: DocumentNode): string {
  const address =
    server.text("url") ?? `${server.text("host") ?? ""}${server.text("pathname") ?? ""}`;
  if (/^[a-z][a-z+.-]*:\/\//i.test(address)) return address;
  const protocol = server.text("protocol")?.toLowerCase() ?? "nats";
  if (protocol === "ws" || protocol === "wss") return `${protocol}://${address}`;
  return `${/tls|secure|natss/.test(protocol) ? "tls" : "nats"}://${address}`;
}

function readVariable(server: DocumentNode, key: string, names: Names): ServerVariable {
  const node = server.get("variables")?.get(key);
  const parts = words(key);
  const values = node?.texts("enum") ?? [];
  const fallback = node?.text("default");
  const isFit = fallback === undefined || values.length === 0 || values.includes(fallback);
  if (!isFit) {
    node?.get("default")?.warn({
      code: "unfit-default",
      message: `The default ${JSON.stringify(fallback)} is not one of the variable's values; it is ignored.`,
      fix: "Use a value of its `enum`.",
    });
  }
  return {
    name: names.take(camelCase(parts.length === 0 ? ["variable"] : parts)),
    doc: node === undefined ? noDoc : docOf(node),
    values,
    fallback: isFit ? fallback : undefined,
  };
}

const schemes: Readonly<Record<string, readonly Credentials[]>> = {
  userPassword: ["UserCredentials"],
  plain: ["UserCredentials"],
  scramSha256: ["UserCredentials"],
  scramSha512: ["UserCredentials"],
  apiKey: ["TokenCredentials"],
  httpApiKey: ["TokenCredentials"],
  symmetricEncryption: ["TokenCredentials"],
  http: ["TokenCredentials", "JwtCredentials"],
  asymmetricEncryption: ["NkeyCredentials", "JwtCredentials", "FileCredentials"],
};

/**
 * Credentials of a server. Version 3 lists the schemes of a server; version 2 lists objects whose
 * keys are names of schemes. One scheme is enough; if one of them sends nothing, for example a
 * certificate, the credentials are optional.
 */
function credentialsOf(
  root: DocumentNode,
  server: DocumentNode,
): Pick<Server, "credentials" | "credentialsOptional"> {
  const all = root.get("components")?.get("securitySchemes");
  const ways = (server.get("security")?.children ?? []).map((node) => {
    const nodes = node.has("type")
      ? [node]
      : node.children.flatMap(({ key }) => all?.get(key) ?? []);
    return nodes.flatMap((scheme) => schemes[String(own(scheme.target.value, "type"))] ?? []);
  });
  return {
    credentials: [...new Set(ways.flat())],
    credentialsOptional: ways.some((kinds) => kinds.length === 0),
  };
}
