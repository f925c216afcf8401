// What layers have to keep to, what their authors are told when they do not, and what it costs.

/** One rule, and what comes of its breach. */
export interface LayerRule {
  /** What a layer has to keep to. */
  readonly rule: string;
  /** What a careless one does: `its "receive" throws`. */
  readonly breach: string;
  /** What its author is told, of a layer called "mine"; the cure follows behind a colon. */
  readonly told: string;
  /** What to write instead: the end of the message. */
  readonly cure: string;
  /** What the breach costs, and whom. */
  readonly costs: string;
}

const CALL = 'the call fails with WSASYSCALLFAILURE';
const CONNECTION = 'its connection is reset; the application gets WSAECONNABORTED';
const REFUSED = 'what was asked about is refused, with WSAEACCES';
const NEVER_WAITS =
  'a codec never waits. Answer within the call, or later, by output.decoded and output.encoded from a callback or timer';

/**
 * The rules, by what breaks them. Messages of this package end with a row's `cure`; docs/layer-rules.md is made from the rows,
 * and a test breaks each rule.
 */
export const LAYER_RULES = {
  functionThrows: {
    rule: 'A `WSP*` function never throws.',
    breach: '`WSPSend` throws',
    told: 'WSPSend of provider "mine" threw',
    cure: 'a function of a provider never throws; put a WinSock code into lpErrno.value, and return what says that it failed, such as SOCKET_ERROR',
    costs: CALL,
  },
  functionPromises: {
    rule: 'A `WSP*` function answers at once.',
    breach: '`WSPSend` is `async`',
    told: 'WSPSend of provider "mine" returned a promise',
    cure: 'a function of a provider answers at once; make it one that is not async, and go on later by a timer, deferred work or an overlapped operation',
    costs: CALL,
  },
  functionReturns: {
    rule: 'A `WSP*` function returns 0, or what says that it failed.',
    breach: '`WSPSend` returns how many bytes it sent',
    told: 'WSPSend of provider "mine" returned 5',
    cure: 'return what the lower provider returned; or 0, or SOCKET_ERROR with a WinSock code in lpErrno.value',
    costs: CALL,
  },
  functionFails: {
    rule: 'A `WSP*` function that fails says why.',
    breach: '`WSPSend` returns SOCKET_ERROR, and leaves `lpErrno.value` alone',
    told: 'WSPSend of provider "mine" failed with the error 0',
    cure: 'put a WinSock code, such as WSAECONNRESET, into lpErrno.value before you return',
    costs: CALL,
  },
  functionCounts: {
    rule: 'A `WSP*` function tells of no more bytes than there was room for.',
    breach: '`WSPRecv` puts the length of what it unpacked into `lpNumberOfBytesRecvd.value`',
    told: 'WSPRecv of provider "mine" reported 1000 bytes for buffers of 10',
    cure: "tell how many bytes of the caller's buffers were used; to change what is in a stream, write a codec",
    costs: CALL,
  },
  functionHandles: {
    rule: 'A handle that a layer returns is one that WinSock knows.',
    breach: '`WSPAccept` returns what a table of its own has',
    told: 'WSPAccept of provider "mine" returned the handle 43968, which it had not registered',
    cure: "hand on the lower provider's, as super.WSPAccept does, or make one by upcalls.lpWPUCreateSocketHandle",
    costs: CALL,
  },
  cleanupKept: {
    rule: '`WSPCleanup` is handed on to the provider below.',
    breach: '`WSPCleanup` returns 0, and no more',
    told: 'WSPCleanup of provider "mine" was not handed on to "MSAFD Tcpip [TCP/IP]" below it, which was cleaned up all the same',
    cure: 'end it by lower.lpWSPCleanup(lpErrno), or super.WSPCleanup',
    costs: 'nothing: the provider below is cleaned up',
  },
  completesOnce: {
    rule: 'An operation is completed once, after WSA_IO_PENDING was returned for it.',
    breach: 'a layer calls `lpWPUCompleteOverlappedRequest` for what the lower provider completes',
    told: 'provider "mine" completed an operation that is not pending, which is ignored',
    cure: 'an operation that was handed to the lower provider is completed by that one; complete your own, once',
    costs: 'nothing: the second completion is ignored',
  },
  startThrows: {
    rule: '`WSPStartup` answers by a WinSock code.',
    breach: 'the function that makes the layer throws',
    told: 'WSPStartup threw',
    cure: 'return a WinSock code such as WSAEPROVIDERFAILEDINIT, and tell the reason by host.report',
    costs: 'no socket is opened: WSAEPROVIDERFAILEDINIT',
  },
  startFillsTable: {
    rule: 'The procedure table has thirty functions.',
    breach: 'a `WSPStartup` of one’s own leaves some out',
    told: 'its procedure table lacks lpWSPSend',
    cure: "begin with Object.assign(lpProcTable, lower's), or use createWSPStartup or defineLayer, which fill it",
    costs: 'no socket is opened: WSAEINVALIDPROCTABLE',
  },
  exportsStartup: {
    rule: 'A module that a catalog names exports `WSPStartup`.',
    breach: 'a module exports the layer, and no more',
    told: 'does not export WSPStartup',
    cure: 'write `export const { WSPStartup } = layer;` at its end',
    costs: 'no socket is opened: WSAEPROVIDERFAILEDINIT',
  },
  codecThrows: {
    rule: 'A codec never throws.',
    breach: 'its `receive` throws at input that it does not understand',
    told: 'mine: the codec\'s "receive" threw; its connection is reset',
    cure: 'catch what bad input may throw, and end the connection by output.failed(code)',
    costs: CONNECTION,
  },
  codecPromises: {
    rule: 'A codec never waits.',
    breach: 'its `send` is `async`',
    told: 'mine: the codec\'s "send" is asynchronous (it returned a promise)',
    cure: NEVER_WAITS,
    costs: CONNECTION,
  },
  codecGenerators: {
    rule: 'A function of a codec is a plain one.',
    breach: 'its `send` is a generator function, `*send` or `async *send`',
    told: 'mine: the codec\'s "send" returned a generator, of which nothing runs',
    cure: 'make it a plain function, without `*` and `yield`',
    costs: CONNECTION,
  },
  codecIsMade: {
    rule: 'The function that makes the codec returns it.',
    breach: '`codec: () => { receive, send }`, without parentheses',
    told: 'mine: the function that makes the codec returned nothing instead of an object with "receive" and "send"',
    cure: 'is a `return` missing, or the parentheses of `() => ({ … })`?',
    costs: CONNECTION,
  },
  codecIsMadeAtOnce: {
    rule: 'The function that makes the codec answers at once.',
    breach: '`codec` is `async`',
    told: 'mine: the function that makes the codec is asynchronous (it returned a promise)',
    cure:
      'make the codec at once. What takes time comes before the layer is defined, or while a codec with `handshake: true` has not ' +
      'called output.ready() yet',
    costs: CONNECTION,
  },
  codecMakerThrows: {
    rule: 'The function that makes the codec does not throw.',
    breach: 'it reads a file that is not there',
    told: 'mine: the function that makes the codec threw',
    cure: 'make what may fail before the layer is defined, and refuse a connection by output.failed(code) in "open"',
    costs: CONNECTION,
  },
  codecGivesBytes: {
    rule: 'What a codec hands on is a `Uint8Array`.',
    breach: "`output.encoded('hello')`",
    told: 'mine: the codec gave output.encoded a string, not a Uint8Array',
    cure: 'Buffer.from(text) makes one',
    costs: CONNECTION,
  },
  codecKeepsBytes: {
    rule: 'What a codec hands on stays as it is.',
    breach: 'it transfers the buffer of what it gave to `output.encoded` to a worker before',
    told: 'mine: the codec gave output.encoded bytes that are gone: their buffer was transferred or made smaller',
    cure: 'copy them first, by bytes.slice()',
    costs: CONNECTION,
  },
  codecSpelling: {
    rule: 'A codec has `receive`, `send`, and what else codecs have.',
    breach: 'it has a `shutdwon`',
    told: 'mine: the codec has a "shutdwon", which codecs do not have',
    cure: 'did you mean "shutdown"?',
    costs: 'nothing but the function, which nobody calls',
  },
  codecTimer: {
    rule: '`output.setTimer` is given milliseconds, or `null`.',
    breach: '`output.setTimer(options.delay * 1000)`, and there is no such option',
    told: 'mine: the codec gave output.setTimer NaN, not milliseconds',
    cure: 'give it a number, or null to take the request back',
    costs: CONNECTION,
  },
  codecFails: {
    rule: '`output.failed` is given a WinSock code.',
    breach: "`output.failed('bad header')`",
    told: 'mine: the codec gave output.failed bad header, which is not a WinSock code',
    cure: 'give it one such as WSAECONNABORTED, and the reason in words behind it',
    costs: CONNECTION,
  },
  codecUnreads: {
    rule: '`output.unread` is given the last bytes of the input.',
    breach: 'it gives back a copy that is longer',
    told: 'mine: the codec gave back by output.unread what is not the rest of its input',
    cure: 'give back bytes.subarray(taken), with at least one byte taken',
    costs: CONNECTION,
  },
  codecReturns: {
    rule: 'A codec hands on by `output`, not by what it returns.',
    breach: '`send: (bytes) => packed(bytes)`',
    told: 'mine: the codec\'s "send" returned bytes, which nobody takes',
    cure: 'give them to output.encoded, as "receive" gives its own to output.decoded; a function that only keeps them returns nothing',
    costs: 'nothing, but for these bytes',
  },
  codecUnreadsAgain: {
    rule: 'A codec that gives back all of its input pauses.',
    breach: 'its `receive` calls `output.unread(bytes)`, and no more, until a whole message is there',
    told: 'mine: the codec gave back by output.unread all of its input, which would come again at once',
    cure: "call output.pause('receive') too, and output.resume('receive') when it is to come",
    costs: CONNECTION,
  },
  codecPauses: {
    rule: '`output.pause` and `output.resume` are given a direction.',
    breach: "`output.pause('both')`",
    told: 'mine: the codec gave output.pause both, which is neither "send" nor "receive"',
    cure: 'call it once for each direction that is meant',
    costs: CONNECTION,
  },
  codecIsReady: {
    rule: 'A codec with a handshake calls `output.ready()` when it is over.',
    breach: '`handshake: true`, and the greeting of the peer is taken, and no more',
    told: 'mine: the handshake was not over in time',
    cure: 'call output.ready() on both sides when it is; unless it is the peer that never goes on',
    costs: 'the connect fails, or the connection is reset, with WSAETIMEDOUT after `handshakeTimeout`',
  },
  codecIoctl: {
    rule: 'The `ioctl` of a codec returns bytes, a WinSock code that fails, or `null` for a code that it does not know.',
    breach: 'its `ioctl` returns `true`',
    told: 'mine: the codec\'s "ioctl" returned a boolean, not bytes, a WinSock code or null',
    cure: "return new Uint8Array(0) for a success without bytes, and null for codes that are others'",
    costs: CONNECTION,
  },
  datagramThrows: {
    rule: 'A codec of datagrams never throws.',
    breach: 'its `receive` throws at a datagram that is too short',
    told: 'mine: the codec\'s "receive" threw; its datagram is lost',
    cure: 'look at the length first; to drop a datagram, answer nothing',
    costs: 'that datagram; the socket goes on',
  },
  filterThrows: {
    rule: 'A filter never throws.',
    breach: '`connect` throws',
    told: 'mine: its "connect" filter threw',
    cure: 'catch what may be thrown, and call request.refuse(), or let pass by returning nothing',
    costs: REFUSED,
  },
  filterPromises: {
    rule: 'A filter answers at once, or says that it will answer later.',
    breach: '`connect` is `async`',
    told: 'mine: its "connect" filter answered with a promise, and nothing waits for it',
    cure: 'decide at once, in a function that is not async, or call request.wait() first, and request.resume() or request.refuse() when you know',
    costs: REFUSED,
  },
  filterAnswers: {
    rule: 'A filter lets pass by returning nothing, and refuses by `request.refuse()` or a code.',
    breach: '`connect` returns false',
    told: 'mine: its "connect" filter answered with false, which is neither yes nor no',
    cure: 'return nothing to let pass, call request.refuse() or return a WinSock code to refuse',
    costs: REFUSED,
  },
  filterRefuses: {
    rule: 'A filter refuses by a WinSock code.',
    breach: "`request.refuse('not here')`",
    told: 'mine: its "connect" filter refused with "not here", which is not a WinSock code that refuses',
    cure: 'call request.refuse() for WSAEACCES, or give it a code such as WSAECONNREFUSED; the reason in words comes behind it',
    costs: REFUSED,
  },
  filterLeads: {
    rule: 'A filter leads to an address and a port.',
    breach: "`request.address = 'localhost'`",
    told: 'mine: its "connect" filter led to "localhost", port 80, which is not an address',
    cure: "give request.address an address in text of the request's family, and request.port a number from 0 to 65535",
    costs: REFUSED,
  },
  filterWaits: {
    rule: 'Filters of layers with a codec alone may wait.',
    breach: '`connect` calls `request.wait()` in a layer without a codec',
    told: 'mine: its "connect" filter called request.wait() where nothing can wait',
    cure: 'give the layer a codec (`identity` changes nothing)',
    costs: REFUSED,
  },
  filterAnswersOnce: {
    rule: 'A filter answers once.',
    breach: '`connect` returns, and calls `request.refuse()` later, from a callback',
    told: 'mine: its "connect" filter refused after it had answered, when what it was asked about had passed',
    cure: 'decide at once, or call request.wait() first',
    costs: 'nothing: the first answer stays',
  },
  definitionSpelling: {
    rule: '`defineLayer` is given hooks that there are.',
    breach: '`defineLayer({ name, conect })`',
    told: 'defineLayer: layer "mine" has a "conect", which is not a hook',
    cure: 'did you mean "connect"?',
    costs: 'there is no layer: a TypeError',
  },
  definitionFunctions: {
    rule: '`WSP*` functions are overrides.',
    breach: '`defineLayer({ name, WSPSend })`',
    told: 'defineLayer: layer "mine" has "WSPSend" beside its hooks',
    cure: 'it belongs into `overrides`',
    costs: 'there is no layer: a TypeError',
  },
} as const satisfies Readonly<Record<string, LayerRule>>;

/** What breaks a rule. */
export type Breach = keyof typeof LAYER_RULES;

/**
 * The end of a message: what to write instead.
 *
 * @returns `: a function of a provider never throws; …`
 */
export function cureOf(breach: Breach): string {
  return `: ${LAYER_RULES[breach].cure}`;
}
