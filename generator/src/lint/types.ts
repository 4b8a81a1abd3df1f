import type { DocumentNode } from "../document/node.js";
import type { Model } from "../model/build-sdk.js";
import { indistinguishableSchemas } from "../model/discriminator.js";
import { inherited, registeredName, type SpecMessage } from "../model/specification.js";
import { eachSchema } from "./each-schema.js";

/** Finds parts that cause a missing name or type in a typed SDK. */
export function checkTypes({ specification, sources }: Model): void {
  for (const { node, id } of specification.operations) {
    if (node.text("x-alternats-name") === undefined && id === undefined) {
      node.warn({
        code: "unnamed-operation",
        message:
          "The operation has no `operationId`, so its functions have the name of the channel.",
        fix: "Give it an `operationId`, for example `playerChatted`.",
      });
    }
  }
  const messages = new Map<string, SpecMessage>();
  for (const source of sources.values()) {
    const described = source.messages.flatMap((message) => message ?? []);
    const replies =
      source.reply === undefined || source.reply.messages === "none" ? [] : source.reply.messages;
    for (const message of [...described, ...replies]) messages.set(message.node.target.id, message);
    if (described.length > 0) continue;
    const { node } = source.operations[0] ?? source.channel;
    node.warn({
      code: "missing-message",
      message: "The channel has no message, so the type of its payload is unknown.",
      fix: "Add a message with a payload.",
    });
  }
  for (const { node, name } of messages.values()) {
    if (
      name === undefined &&
      registeredName(node) === undefined &&
      node.text("title") === undefined
    ) {
      node.warn({
        code: "anonymous-message",
        message: "The message has no name, so its types have the name of the operation.",
        fix: "Give it a `name`, or move it to `components/messages`.",
      });
    }
  }
  const payloads = [...messages.values()].flatMap(({ node }) =>
    inherited(node, "payload").slice(0, 1),
  );
  for (const schema of eachSchema(payloads)) checkAlternatives(schema);
}

function checkAlternatives(schema: DocumentNode): void {
  if (schema.has("discriminator")) return;
  for (const key of ["oneOf", "anyOf"]) {
    const list = schema.get(key);
    const alike = indistinguishableSchemas(list?.children ?? []);
    if (list === undefined || alike.length === 0) continue;
    const names = alike.map(
      (each) => `\`${each.target.text("title") ?? (each.target.key || each.key)}\``,
    );
    list.warn({
      code: "indistinguishable-alternatives",
      message: `The alternatives ${names.join(" and ")} cannot be distinguished: a program must guess which one it received.`,
      fix: "Require a property with a different `const` in each of them.",
    });
  }
}
