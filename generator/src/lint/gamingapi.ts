import type { Finding } from "../diagnostics.js";
import { type DocumentNode, own } from "../document/node.js";
import type { Model } from "../model/build-sdk.js";
import { inherited } from "../model/specification.js";
import { eachSchema } from "./each-schema.js";

/** Checks the conventions of GamingAPI's documents. */
export function checkGamingApi(model: Model): void {
  checkInfo(model);
  checkChannels(model);
  checkOperations(model);
  checkSchemas(model);
}

function checkInfo({ specification, root }: Model): void {
  const info = specification.info ?? root;
  const wanted: readonly (readonly [
    code: string,
    missing: boolean,
    message: string,
    fix: string,
  ])[] = [
    [
      "info-contact",
      info.get("contact") === undefined,
      "`info` has no contact.",
      "Add a `contact` with a name and an address.",
    ],
    [
      "info-description",
      info.text("description") === undefined,
      "`info` has no description.",
      "Add a `description`.",
    ],
    [
      "license-url",
      info.get("license")?.text("url") === undefined,
      "The licence has no `url`.",
      "Add `license` with a `url`.",
    ],
  ];
  for (const [code, missing, message, fix] of wanted)
    if (missing) info.warn({ code, message, fix });
  const tags = [root, info, ...specification.operations.map(({ node }) => node)].flatMap((node) =>
    inherited(node, "tags").flatMap((each) => each.children),
  );
  for (const tag of tags) {
    need(tag, "description", {
      code: "tag-description",
      message: `The tag \`${tag.text("name") ?? tag.key}\` has no description.`,
      fix: "Add a `description` of the operations with this tag.",
    });
  }
}

function checkChannels({ specification }: Model): void {
  for (const { node, address, parameters, messages } of specification.channels) {
    if (address !== undefined && !/(?:^|[./])v\d+(?:[./]|$)/.test(address)) {
      node.warn({
        code: "versioned-address",
        message: `\`${address}\` does not contain its version.`,
        fix: `Start the address with the version: \`v0.${address.replaceAll("/", ".").replace(/^\./, "")}\`.`,
      });
    }
    for (const parameter of parameters) {
      need(parameter, "description", {
        code: "parameter-description",
        message: `The parameter \`${parameter.key}\` has no description.`,
        fix: "Add a `description` of its values.",
      });
      needReference(parameter, "parameter", "parameters");
    }
    for (const message of messages) needReference(message.node, "message", "messages");
  }
}

function needReference(node: DocumentNode, kind: "parameter" | "message", folder: string): void {
  if (node.ref !== undefined) return;
  node.warn({
    code: `${kind}-reference`,
    message: `The ${kind} is defined inline, so other channels cannot use it.`,
    fix: `Move it to \`components/${folder}\`, and refer to it with \`$ref\`.`,
  });
}

function checkOperations({ specification }: Model): void {
  for (const { node, id } of specification.operations) {
    if (id === undefined) {
      node.warn({
        code: "operation-id",
        message: "The operation has no `operationId`.",
        fix: "Add an `operationId` that names the event, for example `playerChatted`.",
      });
    }
    if (inherited(node, "description").length === 0) {
      node.warn({
        code: "operation-description",
        message: "The operation has no description.",
        fix: "Add a `description` that says when it happens.",
      });
    }
  }
}

function checkSchemas({ specification, sources }: Model): void {
  const messages = new Map(
    specification.channels.flatMap((channel) =>
      channel.messages.map(({ node }) => [node.target.id, node] as const),
    ),
  );
  for (const { reply, messages: own } of sources.values()) {
    const replies = reply === undefined || reply.messages === "none" ? [] : reply.messages;
    for (const message of [...own, ...replies]) {
      if (message !== undefined) messages.set(message.node.target.id, message.node);
    }
  }
  const payloads = [...messages.values()].flatMap((node) => inherited(node, "payload").slice(0, 1));
  for (const payload of payloads) checkPayload(payload);
  for (const schema of eachSchema(payloads)) {
    for (const property of schema.get("properties")?.children ?? []) checkProperty(property);
    const others = schema.get("additionalProperties");
    if (
      others === undefined ||
      typeof others.target.value === "boolean" ||
      !schema.has("properties")
    )
      continue;
    others.warn({
      code: "no-additional-properties",
      message: "An object with properties also allows additional properties with a schema.",
      fix: "Declare all properties, or move the additional ones into a separate property.",
    });
  }
}

function checkPayload(payload: DocumentNode): void {
  const { target } = payload;
  const isObject =
    own(target.value, "type") === "object" ||
    ["properties", "allOf", "oneOf", "anyOf"].some((key) => target.has(key));
  if (isObject) return;
  payload.warn({
    code: "object-payload",
    message: "The payload is not an object, so no properties can be added later.",
    fix: "Make the payload an object with a property for this value.",
  });
}

function checkProperty(property: DocumentNode): void {
  const { key } = property;
  if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(key)) {
    const snake = key
      .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
      .replace(/[^A-Za-z0-9]+/g, "_")
      .toLowerCase();
    property.warn({
      code: "snake-case",
      message: `\`${key}\` is not written in snake_case.`,
      fix: `Rename it to \`${snake}\`.`,
    });
  }
  const format = own(property.target.value, "format");
  const isTime = format === "date-time" || format === "date" || format === "time";
  if (!isTime || /(?:^|_)at$/.test(key)) return;
  property.warn({
    code: "time-suffix",
    message: `\`${key}\` is a point in time but does not end with \`_at\`.`,
    fix: `Rename it to \`${key.replace(/_?(?:time|date|timestamp)$/i, "") || "happened"}_at\`.`,
  });
}

function need(node: DocumentNode, key: string, finding: Finding): void {
  if (node.text(key) === undefined) node.warn(finding);
}
