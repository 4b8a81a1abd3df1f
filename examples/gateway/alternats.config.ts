import { defineConfig } from "alternats-gen";

export default defineConfig({ document: "asyncapi.yaml", output: "sdk", validate: "receive" });
