import type Handlebars from "handlebars";

/** The templates of `templates/sdk`, compiled by the build; see scripts/build.js. */
declare const templates: Readonly<
  Record<
    "keys" | "channels" | "operations" | "client" | "servers" | "index" | "readme",
    Handlebars.TemplateDelegate
  >
>;
export default templates;
