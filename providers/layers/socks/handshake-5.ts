// The handshake of SOCKS 5 (RFC 1928, RFC 1929).
import {
  GatheredBytes,
  type Handshake,
  type HandshakeOutput,
  type RequestedHost,
  readSocksAddress,
  writeSocksAddress,
  socksAddressLength,
  socks5Refusal,
  Socks5Reply,
  SocksMethod,
  SocksVersion,
  type SocksAddress,
} from '../../../chain/index.js';
import { WSAEACCES } from '../../../spi/index.js';

/** Who asks. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Version, reply, reserved, and the two bytes of an address that tell how long it is. */
const REPLY_BEGINNING = 5;
const LONGEST_REPLY = 3 + 4 + 255;

/** What is being waited for. */
const Step = { METHOD: 0, PASSWORD: 1, REPLY: 2, OVER: 3 } as const;

/** Asks a proxy of SOCKS 5 for a connection or an association. */
export class Socks5Handshake implements Handshake {
  readonly #answer = new GatheredBytes(LONGEST_REPLY);
  #step: number = Step.METHOD;
  #bound: SocksAddress | null = null;

  constructor(
    private readonly command: number,
    private readonly host: RequestedHost,
    private readonly port: number,
    private readonly credentials: Credentials | null,
  ) {}

  /** The address that the proxy said it uses, once it has. */
  get bound(): SocksAddress | null {
    return this.#bound;
  }

  begin(output: HandshakeOutput): void {
    const methods = this.credentials === null ? [SocksMethod.NONE] : [SocksMethod.NONE, SocksMethod.PASSWORD];
    output.encoded(Uint8Array.of(SocksVersion.FIVE, methods.length, ...methods));
  }

  receive(bytes: Uint8Array, output: HandshakeOutput): number {
    let at = 0;
    while (at < bytes.length && this.#step !== Step.OVER) {
      at = this.#answer.take(bytes, at, this.#wanted);
      const answer = this.#answer.bytes;
      const version = this.#step === Step.PASSWORD ? SocksVersion.PASSWORD : SocksVersion.FIVE;
      // Some proxies answer a password with their own version.
      if (answer[0] !== version && !(this.#step === Step.PASSWORD && answer[0] === SocksVersion.FIVE)) {
        this.#step = Step.OVER;
        output.isNoProxy('SOCKS 5');
      } else if (answer.length >= this.#wanted) this.#goOn(answer, output);
    }
    return at;
  }

  /** How many bytes the answer has that is being waited for, as far as that is known. */
  get #wanted(): number {
    if (this.#step !== Step.REPLY) return 2;
    const { bytes } = this.#answer;
    if (bytes.length < REPLY_BEGINNING) return REPLY_BEGINNING;
    return Math.max(3 + socksAddressLength(bytes[3]!, bytes[4]!), REPLY_BEGINNING);
  }

  #goOn(answer: Uint8Array, output: HandshakeOutput): void {
    const code = answer[1]!;
    if (this.#step === Step.METHOD) this.#answerMethod(code, output);
    else if (this.#step === Step.PASSWORD) {
      if (code === 0) this.#ask(output);
      else this.#refused(output, WSAEACCES, 'user or password not accepted');
    } else this.#takeReply(answer, code, output);
  }

  #answerMethod(method: number, output: HandshakeOutput): void {
    const { credentials } = this;
    if (method === SocksMethod.NONE) return this.#ask(output);
    if (method === SocksMethod.PASSWORD && credentials !== null) {
      const [user, password] = [Buffer.from(credentials.user), Buffer.from(credentials.password)];
      this.#await(Step.PASSWORD);
      output.encoded(Uint8Array.of(SocksVersion.PASSWORD, user.length, ...user, password.length, ...password));
      return;
    }
    const wants =
      credentials === null ? 'it wants to know who asks: give `user` and `password`' : 'it takes no passwords';
    if (method === SocksMethod.NO_ACCEPTABLE) this.#refused(output, WSAEACCES, wants);
    else this.#refused(output, WSAEACCES, `it chose method ${method}, which it was not offered`);
  }

  #ask(output: HandshakeOutput): void {
    this.#await(Step.REPLY);
    output.encoded(Uint8Array.of(SocksVersion.FIVE, this.command, 0, ...writeSocksAddress(this.host, this.port)));
  }

  #takeReply(answer: Uint8Array, code: number, output: HandshakeOutput): void {
    this.#step = Step.OVER;
    if (code !== Socks5Reply.GRANTED) return output.refused(socks5Refusal(code));
    this.#bound = readSocksAddress(answer, 3);
    if (this.#bound === null) output.isNoProxy('SOCKS 5');
    else output.done();
  }

  #refused(output: HandshakeOutput, error: number, meaning: string): void {
    this.#step = Step.OVER;
    output.refused({ error, meaning });
  }

  #await(step: number): void {
    this.#step = step;
    this.#answer.clear();
  }
}
