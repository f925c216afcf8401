// Says another name in the Host header of the first HTTP request of each connection.
import { WSAECONNABORTED } from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';

/** @param {string} name what the server is to be called */
export const rewriteHost = (name) =>
  defineLayer({
    name: 'rewrite-host',
    codec() {
      let head = '';
      return {
        send(bytes, output) {
          if (head === null) return output.encoded(bytes);
          head += Buffer.from(bytes).toString('latin1');
          if (head.length > 65_536) return output.failed(WSAECONNABORTED);
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return;
          const lines = head.slice(0, end).replace(/^host:.*$/im, `Host: ${name}`);
          output.encoded(Buffer.from(lines + head.slice(end), 'latin1'));
          head = null;
        },
        receive: (bytes, output) => output.decoded(bytes),
      };
    },
  });
