/** A rule, described by the problem that it finds. */
export interface Rule {
  readonly summary: string;
  /** The rule's preset; undefined for rules that always apply. */
  readonly preset?: Preset;
}

/** Conventions that a team may choose. */
export type Preset = "gamingapi";

/** All presets. */
export const presets: readonly Preset[] = ["gamingapi"];

/** All rules by name. A warning of `generate` is a rule with the same name. */
export const rules: Readonly<Record<string, Rule>> = {
  "overlapping-subjects": { summary: "two channels with different messages share subjects" },
  "wildcard-address": { summary: "an address with `*` or `>`, which cannot be published to" },
  "partial-token": {
    summary: "a parameter that is only a part of a token, which no server can filter by",
  },
  "reserved-subject": {
    summary: "an address that starts like the server's own subjects or like inboxes",
  },
  "unfit-address": {
    summary: "an address that is invalid in NATS, on a channel of other protocols",
  },
  "unfit-value": { summary: "a value of a parameter that is invalid in a token" },
  "unfit-default": { summary: "a default that is not one of the values, or is invalid in a token" },
  "wildcard-request": { summary: "requests to an address with wildcards" },
  "undeclared-parameter": { summary: "a parameter of an address that is not declared" },
  "no-nats-server": { summary: "a document without a NATS server" },
  "other-servers": { summary: "a channel that is left out, because it is on no NATS server" },
  "no-functions": { summary: "a document without a channel for NATS" },
  "indistinguishable-messages": { summary: "messages of a channel that can have the same payload" },
  "indistinguishable-alternatives": {
    summary: "objects of a `oneOf` or `anyOf` that cannot be distinguished",
  },
  "undeclared-required": { summary: "a required property that is not declared" },
  "missing-message": { summary: "a channel without messages" },
  "anonymous-message": { summary: "a message without a name" },
  "unnamed-operation": { summary: "an operation without an `operationId`" },
  "name-collision": { summary: "operations or types with the same name" },
  "unknown-content-type": { summary: "an unsupported content type" },
  "foreign-schema": { summary: "a schema in an unsupported language" },
  "unfit-header": { summary: "a header with an invalid name" },
  "reply-headers": { summary: "headers of a reply that are ignored" },
  "unread-correlation-id": { summary: "a correlation id in an unsupported place" },
  "unread-reply-address": { summary: "a reply address in an unsupported place" },
  "single-reply": { summary: "`x-alternats-reply` on an operation that has at most one reply" },
  "inexact-number": { summary: "a number that JavaScript cannot represent exactly" },
  "rounded-integer": { summary: "integers that may be beyond 2^53, where numbers are rounded" },
  "unfit-pattern": { summary: "a pattern that is not a regular expression of JavaScript" },
  "slow-pattern": {
    summary: "a pattern that may take exponential time: one message can block the program",
  },
  "unchecked-schema": { summary: "a schema that cannot be validated" },
  "refused-reference": {
    summary: "a reference to a file outside of the folder, in a schema in an unsupported language",
  },
  "unresolved-reference": {
    summary: "a reference without a target, in a schema in an unsupported language",
  },
  "circular-reference": { summary: "circular references, in a schema in an unsupported language" },
  "info-contact": { preset: "gamingapi", summary: "`info` has a contact" },
  "info-description": { preset: "gamingapi", summary: "`info` has a description" },
  "license-url": { preset: "gamingapi", summary: "the licence has a `url`" },
  "tag-description": { preset: "gamingapi", summary: "tags have descriptions" },
  "versioned-address": { preset: "gamingapi", summary: "an address contains its version: `v0`" },
  "operation-id": { preset: "gamingapi", summary: "operations have an `operationId`" },
  "operation-description": { preset: "gamingapi", summary: "operations have descriptions" },
  "parameter-description": { preset: "gamingapi", summary: "parameters have descriptions" },
  "parameter-reference": { preset: "gamingapi", summary: "parameters are references" },
  "message-reference": { preset: "gamingapi", summary: "messages are references" },
  "object-payload": { preset: "gamingapi", summary: "a payload is an object" },
  "snake-case": { preset: "gamingapi", summary: "properties are written in snake_case" },
  "time-suffix": { preset: "gamingapi", summary: "points in time end with `_at`" },
  "no-additional-properties": {
    preset: "gamingapi",
    summary: "an object with properties has no schema for additional ones",
  },
};
