// What stands before the data API of a hosted project. A request needs a project key in `apikey`; who it acts for
// is told by a token in `Authorization`, or else by the key itself. The newer keys (sb_…) are no tokens: the gateway
// puts one in their place, and refuses them as tokens. What is not answered in time is cut; the database goes on.
import { readFileSync } from "node:fs";

const NO_KEY = ["No API key found in request", "No `apikey` request header or url param was found."];
const WRONG_KEY = ["Invalid API key", "Double check your API key."];
const NO_TOKEN = ["Invalid JWT", "A publishable or secret key goes into the apikey header alone."];
const SECRET_ONLY = ["Secret API key required", "Only secret API keys can be used for this endpoint."];

// `file` holds {KEY: {"token": JWT, "secret": boolean}}. `admit` makes a request what the data API is to see and
// returns null, or returns the words of a refusal, whose status is 401.
export function gateway(file) {
  const keys = new Map(Object.entries(JSON.parse(readFileSync(file, "utf8"))));
  return function admit(request, path) {
    const { origin, "access-control-request-method": asked } = request.headers;
    if (request.method === "OPTIONS" && origin !== undefined && asked !== undefined) return null;
    const { apikey, authorization } = request.headers;
    if (!apikey) return NO_KEY;
    const known = keys.get(apikey);
    if (known === undefined) return WRONG_KEY;
    if (authorization?.startsWith("Bearer sb_")) return NO_TOKEN;
    if (path === "/" && !known.secret) return SECRET_ONLY;
    request.headers.authorization ??= `Bearer ${known.token}`;
    delete request.headers.apikey;
    return null;
  };
}

export function say(response, status, [message, hint]) {
  const body = JSON.stringify({ message, hint });
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

// Answers 504 after so many seconds and lets go of whoever has not answered until then.
export function limit(seconds, request, response) {
  const timer = setTimeout(() => {
    if (response.headersSent) return response.destroy();
    say(response, 504, ["The upstream server is timing out"]);
    request.upstream?.destroy();
  }, seconds * 1_000);
  response.once("close", () => clearTimeout(timer));
}
