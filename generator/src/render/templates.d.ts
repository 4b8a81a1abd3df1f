import type Handlebars from "handlebars";

/** The templates of `templates/sdk` by their names, compiled by the build; see scripts/parts.js. */
declare const templates: Readonly<Record<string, Handlebars.TemplateDelegate>>;
export default templates;
