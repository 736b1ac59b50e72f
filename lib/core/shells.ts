/** Login shells. */

/** It lets nobody work; sshd lets its account in all the same, for forwarding say. */
export function refusesWork(shell: string): boolean {
  return /\/(nologin|false|sync|halt|shutdown)$/.test(shell);
}
