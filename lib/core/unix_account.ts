/** An account of a machine, as its passwd(5) and group(5) have it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
  /** Names of all its groups, the primary one first. */
  readonly groups: readonly string[];
}
