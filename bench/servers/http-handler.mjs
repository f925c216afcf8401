// The web server that both HTTP servers run.
import { createServer } from 'node:http';
import { patternBytes } from './announce.mjs';

/** Bytes in a response. */
export const BODY_SIZE = 256;

/** Makes a server that answers every request with the pattern. */
export function createWebServer() {
  const body = patternBytes(BODY_SIZE);
  return createServer((request, response) => {
    request.resume();
    response.end(body);
  });
}
