// Reads a JSON list of URLs from standard input, and writes how JavaScript's clients read each of
// them: scheme, host, port and path, or null.
const fs = require('node:fs');

function read(text) {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const usual = { 'http:': '80', 'https:': '443' }[url.protocol];
  // Nobody listens at 0.
  if (usual === undefined || url.port === '0') return null;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return [url.protocol.slice(0, -1), host, url.port || usual, url.pathname];
}

console.log(JSON.stringify(JSON.parse(fs.readFileSync(0)).map(read)));
