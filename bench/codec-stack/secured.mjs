// What TLS is measured with: the tests' certificate for loopback, by an elliptic curve, the layer `tls`, and node:tls.
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { tls as tlsLayer } from '../../dist/providers/layers/tls/index.js';

function certificates() {
  const read = (file) => readFileSync(new URL(`../../test/support/certificates/${file}`, import.meta.url), 'latin1');
  return { cert: read('server.pem'), key: read('server.key'), ca: read('authority.pem') };
}

/** The layer, for both ends. */
export function securedLayer({ resume }) {
  return tlsLayer({ ...certificates(), resumption: resume });
}

/** How node:tls makes connections; see `CARRIERS` in `streams.mjs`. */
export function nodeTls({ resume }, options) {
  const { cert, key, ca } = certificates();
  const secureContext = tls.createSecureContext({ ca });
  const connection = (socket) => ({ socket, readable: socket, writable: socket });
  let session = null;
  return {
    connected: 'secureConnect',
    createServer: (accepted) => tls.createServer({ ...options, cert, key }, (socket) => accepted(connection(socket))),
    connect: (port) => {
      const own = { ...options, port, host: '127.0.0.1', secureContext };
      const socket = tls.connect(session === null ? own : { ...own, session });
      if (resume) socket.once('session', (ticket) => (session = ticket));
      return connection(socket);
    },
  };
}
