/** Files of somebody else, for root and for an ordinary user alike. */

const SOMEBODY = 61_234;

/**
 * Makes the path somebody else's as seen by a process of `uid`: root gives it away; anybody else
 * poses as another.
 */
export async function somebodyElses(path: string): Promise<{ uid: number }> {
  const uid = Deno.uid() ?? 0;
  if (uid !== 0) return { uid: SOMEBODY };
  await Deno.chown(path, SOMEBODY, null);
  return { uid };
}
