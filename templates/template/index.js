/** The AsyncAPI Generator wants something to render; hooks/after.js writes the files. */
module.exports = function nothing() {};
