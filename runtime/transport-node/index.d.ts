export * from "../dist/nats-core/index.js";
