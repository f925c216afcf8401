// node:dgram, as a program would use it. node bench/servers/dgram.mjs echo|count
import { createSocket } from 'node:dgram';
import { announce, modeArgument } from './announce.mjs';

const QUESTION = 0x3f;
const mode = modeArgument(['echo', 'count']);
const socket = createSocket('udp4');
let counted = 0;

/** @type {Record<string, (bytes: Buffer, source: import('node:dgram').RemoteInfo) => void>} */
const serve = {
  echo(bytes, { port, address }) {
    socket.send(bytes, port, address);
  },
  count(bytes, { port, address }) {
    if (bytes.length === 1 && bytes[0] === QUESTION) socket.send(String(counted), port, address);
    else counted++;
  },
};
socket.on('message', serve[mode]);
socket.bind(0, '127.0.0.1', () => announce(socket.address().port));
