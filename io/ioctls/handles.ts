// Ioctls that give handles.
import { SIO_BSP_HANDLE_POLL, WSAEFAULT } from '../../spi/index.js';
import { askBelow, type IoctlHandler } from './request.js';

/** The socket's own handle, by which calls pass through this provider. */
export const giveOwnHandle: IoctlHandler = (socket, request) => request.giveDword(socket.handle);

/** SIO_BASE_HANDLE, SIO_QUERY_TARGET_PNP_HANDLE: a layer with handles of its own is passed by, and never answers. */
export const giveHandleBelow: IoctlHandler = (socket, request, table) => {
  if (request.output === null || request.room < 4) return -WSAEFAULT;
  return table.ownHandles ? askBelow(socket, request, table) : giveOwnHandle(socket, request, table);
};

/** Why an overlapped form of an ioctl for handles is refused at once; 0 when it is not. */
export function overlappedRefusal(code: number): number {
  return code === SIO_BSP_HANDLE_POLL ? WSAEFAULT : 0;
}
