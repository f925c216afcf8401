import { existsSync } from 'node:fs';

/** Whether a word is meant as a file. */
export function isFileWord(word: string): boolean {
  return /^\.{0,2}[\\/]/.test(word) || existsSync(word);
}
