// The web server that both HTTP servers run.
import { createServer } from 'node:http';
import { patternBytes } from './announce.mjs';

/** Bytes in a response. */
export const BODY_SIZE = 256;

/** Milliseconds that a connection is kept: clients may be stopped for a while. */
const KEEP_ALIVE = 600_000;

/** Makes a server that answers every request with the pattern. */
export function createWebServer() {
  const body = patternBytes(BODY_SIZE);
  return createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
    request.resume();
    response.end(body);
  });
}
