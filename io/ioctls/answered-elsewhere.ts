// The ioctls that others than the sockets of a provider answer.
import {
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SIO_LAYER_TRAFFIC,
  SIO_NSP_NOTIFY_CHANGE,
  SIO_TAKES_NAMES,
} from '../../spi/index.js';

/** An ioctl that has no row of `IOCTLS`. */
export interface IoctlElsewhere {
  readonly name: string;
  readonly code: number;
  /** Who answers it. */
  readonly by: string;
  /** What it does. */
  readonly meaning: string;
}

/** The ioctls that are answered elsewhere than in the table. */
export const IOCTLS_ELSEWHERE: readonly IoctlElsewhere[] = [
  {
    name: 'SIO_GET_EXTENSION_FUNCTION_POINTER',
    code: SIO_GET_EXTENSION_FUNCTION_POINTER,
    by: 'every provider, and the instance for programs',
    meaning: "a function of Microsoft's extensions, by its GUID",
  },
  {
    name: 'SIO_NSP_NOTIFY_CHANGE',
    code: SIO_NSP_NOTIFY_CHANGE,
    by: 'name spaces, by `WSANSPIoctl`',
    meaning: 'ends when what a query found has changed',
  },
  {
    name: 'SIO_TAKES_NAMES',
    code: SIO_TAKES_NAMES,
    by: 'layers that go by a proxy, and `replay`',
    meaning: "of this package: whether a connect takes a host's name in place of its address; an error where none does",
  },
  {
    name: 'SIO_LAYER_TRAFFIC',
    code: SIO_LAYER_TRAFFIC,
    by: 'layers with a codec',
    meaning: 'of this package: what the codecs of a connection have carried, as JSON, outermost first',
  },
];
