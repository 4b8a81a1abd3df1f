/** Handlebars with its compiler, bundled by the build; see scripts/parts.js. */
export { default } from "handlebars";
