// What speaks HTTP, both ends of it in one program: over the chains that matter it prints what it prints without the hook.
import { describeHooked } from '../../support/hooked-programs.js';

const file = new URL('fixtures/services/run.mjs', import.meta.url);

function describeService(title: string, names: string, cannotBeReplayed?: string): void {
  const program = { file, args: [names], envOfRecording: { RECORDED: '1' } };
  describeHooked(title, cannotBeReplayed === undefined ? program : { ...program, cannotBeReplayed });
}

describeService('node:http, node:https, undici, fetch and ws in one program', 'http,undici,ws');
describeService('node:http2', 'http2');
describeService('@grpc/grpc-js', 'grpc', 'its two sides send settings and pings when they like');
describeService('express and fastify, under autocannon', 'load');
