// How the end of a name-space ioctl is told.
import type { WSAOVERLAPPED } from './overlapped.js';

/** How SIO_NSP_NOTIFY_CHANGE tells of a change; `Type` (NSP_NOTIFY_*) says which member of `Parameters` counts. */
export interface WSACOMPLETION {
  Type: number;
  Parameters: {
    WindowMessage?: { hWnd: number; uMsg: number; context: number };
    Event?: { lpOverlapped: WSAOVERLAPPED };
    Apc?: {
      lpOverlapped: WSAOVERLAPPED;
      lpfnCompletionProc: (
        dwError: number,
        cbTransferred: number,
        lpOverlapped: WSAOVERLAPPED,
        dwFlags: number,
      ) => void;
    };
    Port?: { lpOverlapped: WSAOVERLAPPED; hPort: number; Key: unknown };
  };
}
