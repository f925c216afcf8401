// What becomes of a program whose output cannot be written: `ws2spi demo | head`, `ws2spi catalog > /dev/full`.

let failed: string | null = null;

/**
 * Handles errors of the standard streams. A reader who has had enough (EPIPE) is not a failure: the program does its work
 * and exits as it would. Any other error is told on standard error, once, and the exit code is 1.
 */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (failed !== null || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return;
    failed = error.code ?? error.message;
    process.exitCode = 1;
    process.stderr.write(`ws2spi: the output cannot be written: ${error.message}\n`);
  });
  // There is nobody left to tell.
  process.stderr.on('error', () => undefined);
}

/** The exit code of a command that ended with `code`, output considered. */
export function exitCodeAfter(code: number): number {
  return failed === null ? code : 1;
}
