/** Handlebars with its compiler, bundled by the build; see scripts/build.js. */
export { default } from "handlebars";
