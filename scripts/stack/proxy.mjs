// The local stack's one front door, on 127.0.0.1 only. Usage: node proxy.mjs '{"apiPort", "functionsPort",
// "rest", "connect", "worker", "publicKeys", "projectKeys", "apiSeconds"}': three unix sockets of what stands behind,
// two files, and how long a call of the data API may take.
//
//   apiPort        /rest/v1/*                                    PostgREST, without the prefix, behind gateway.mjs
//                  /auth/v1/.well-known/jwks.json                the file: public keys of tokens
//   functionsPort  /matcher  /jobs/*  /admin/*  /worker/health    worker  (/worker/health is its /health,
//                  /worker/openapi.json                          its /openapi.json)
//                  everything else, and /admin/evidence          connect
import { readFile } from "node:fs/promises";
import http from "node:http";
import { PassThrough } from "node:stream";
import { createProxyServer } from "httpxy";
import { gateway, limit, say } from "./gateway.mjs";

const { apiPort, functionsPort, publicKeys, projectKeys, apiSeconds, ...sockets } = JSON.parse(process.argv[2]);
const admit = gateway(projectKeys);

// Shorter than the deployments keep an idle connection, so that none is reused while it is being closed.
const connections = () =>
  new http.Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 64, timeout: 60_000 });
let agent = connections();
const proxy = createProxyServer({ proxyTimeout: 600_000 });
proxy.on("proxyReq", (upstream, request) => {
  request.upstream = upstream;
});

// A socket's name may lead somewhere else from now on: requests on their way end where they are, new ones
// go to the new place.
process.on("SIGHUP", () => {
  const before = agent;
  agent = connections();
  for (const free of Object.values(before.freeSockets)) for (const socket of free) socket.destroy();
  console.log("renewed");
});

function problem(response, status, code, title, detail, headers = {}) {
  if (response.writableEnded) return;
  if (response.headersSent || response.destroyed) return response.destroy();
  const body = JSON.stringify({ ok: false, code, title, status, detail });
  response.writeHead(status, {
    "Content-Type": "application/problem+json",
    "Content-Length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

// Whether the request was for `prefix` itself or something below it.
const under = (path, prefix) => path === prefix || path.startsWith(`${prefix}/`);

function api(path) {
  if (path === "/auth/v1/.well-known/jwks.json") return { file: publicKeys };
  if (!under(path, "/rest/v1")) return null;
  return { upstream: "rest", cut: "/rest/v1".length, guarded: true };
}

function functions(path) {
  if (path === "/worker/health" || path === "/worker/openapi.json") return { upstream: "worker", cut: "/worker".length };
  // Evidence is read by whoever holds the key ring, and that is connect: the worker holds the service key instead,
  // and no deployment holds both.
  if (path === "/admin/evidence") return { upstream: "connect", cut: 0 };
  const works = path === "/matcher" || under(path, "/jobs") || under(path, "/admin");
  return { upstream: works ? "worker" : "connect", cut: 0 };
}

function serve(port, route) {
  const server = http.createServer({ connectionsCheckingInterval: 2_000 }, (request, response) => {
    const path = request.url.split("?", 1)[0];
    const found = route(path);
    if (found === null) {
      return problem(response, 404, "not_found", "Not found", "Only /rest/v1 is served at this address.");
    }
    if (found.file !== undefined) return show(request, response, found.file);
    // Names with underscores turn into variables of a WSGI server, SCRIPT_NAME among them: gateways drop them.
    for (const name of Object.keys(request.headers)) {
      if (name.includes("_")) delete request.headers[name];
    }
    if (found.cut > 0) {
      const rest = request.url.slice(found.cut);
      request.url = rest.startsWith("/") ? rest : `/${rest}`;
    }
    if (found.guarded) {
      const refused = admit(request, request.url.split("?", 1)[0]);
      if (refused !== null) return say(response, 401, refused);
      limit(apiSeconds, request, response);
    }
    forward(request, response, sockets[found.upstream]);
  });
  // A client may keep its connection, but a request that does not arrive holds a thread behind us.
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 10_000;
  server.requestTimeout = 20_000;
  server.listen(port, "127.0.0.1");
}

async function show(request, response, path) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    const headers = { Allow: "GET, HEAD" };
    return problem(response, 405, "method_not_allowed", "Method not allowed", "This is for reading.", headers);
  }
  try {
    const text = await readFile(path);
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": text.length });
    response.end(request.method === "HEAD" ? undefined : text);
  } catch {
    problem(response, 404, "not_found", "Not found", "No keys are known here.");
  }
}

// The request's body once it has arrived, or the first 64 KB of it, with the rest to follow. Until then nobody
// behind us is called: an open connection without a request holds a thread there. Null when it never arrived.
async function arrived(request) {
  const body = new PassThrough({ highWaterMark: 64 * 1024 });
  await new Promise((resolve) => {
    for (const event of ["end", "pause", "close", "error"]) request.once(event, resolve);
    request.pipe(body);
  });
  return request.destroyed && !request.complete ? null : body;
}

async function forward(request, response, socketPath) {
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  const buffer = length > 0 || coding ? await arrived(request) : undefined;
  if (buffer === null) return;
  try {
    const target = { protocol: "http:", host: "localhost", socketPath };
    await proxy.web(request, response, { target, agent, buffer });
  } catch {
    problem(
      response, 503, "unavailable", "Unavailable", "This part of the service is away for a moment.",
      { "Retry-After": "1" },
    );
  }
}

serve(apiPort, api);
serve(functionsPort, functions);
