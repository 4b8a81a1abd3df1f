/** The AsyncAPI Generator requires a template with content; hooks/after.js writes the files. */
module.exports = function nothing() {};
