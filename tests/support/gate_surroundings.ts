/** What a session is given by whoever starts it, so that two of them can be compared. */

/** A script for any Bourne shell that prints it. */
export const SURROUNDINGS = `
  echo "parent: $(cat /proc/$PPID/comm)"
  while IFS= read -r line; do printf '%s\\n' "$line"; done < /proc/$$/status
  read -r stat < /proc/$$/stat; set -- \${stat##*) }
  echo "group leader: $(($3 == $$)), session leader: $(($4 == $$)), foreground: $(($6 == $$))"
  echo "priority: \${16} \${17}"
  printf 'arguments: '; tr '\\0' ' ' < /proc/$$/cmdline; echo
  echo environment:; tr '\\0' '\\n' < /proc/$$/environ | sort
  echo variables:; env | sort
  echo descriptors:; (cd /proc/$$/fd && for fd in *; do echo "$fd $(readlink $fd) $(grep flags ../fdinfo/$fd)"; done)
  echo limits:; cat /proc/$$/limits; ulimit -a; ulimit -Ha
  echo files:; cd /proc/$$; for file in oom_score_adj personality coredump_filter timerslack_ns cgroup; do cat $file; done
  umask; readlink cwd root exe
  stty -a 2>&1; tty
  echo "level $SHLVL"
`;

/** Its lines without what differs between any two connections. */
export function settled(text: string): string[] {
  return text.replaceAll("\r", "")
    .replaceAll(/^(State|Tgid|Pid|PPid|NS.*|Vm.*|Rss.*|SigQ|.*ctxt_switches):.*\n/gm, "")
    .replaceAll(/^(SSH_CLIENT|SSH_CONNECTION)=(\S+) .*$/gm, "$1=$2")
    .replaceAll(/(sshauth\.)\w+/g, "$1")
    .replaceAll(/(pipe|socket):\[\d+\]/g, "$1")
    .replaceAll(/\/dev\/pts\/\d+/g, "/dev/pts/N")
    .replaceAll(/\/proc\/\d+/g, "/proc/N")
    .replaceAll(/^(Sig...:\t)([0-9a-f]+)$/gm, (_, name, mask) => name + usable(mask))
    .split("\n");
}

/** Without signals 32 and 33, which belong to the C library's threads: no program can set them (signal(7)). */
function usable(mask: string): string {
  return (BigInt(`0x${mask}`) & ~0x180000000n).toString(16);
}
