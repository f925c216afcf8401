// Plain node:http. node bench/servers/http-net.mjs
import { announce } from './announce.mjs';
import { createWebServer } from './http-handler.mjs';

const server = createWebServer();
server.listen(0, '127.0.0.1', 511, () => announce(server.address().port));
