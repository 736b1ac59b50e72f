import assert from "node:assert/strict";
import fc from "fast-check";
import { isTransfer } from "../../lib/core/grant_commands.ts";
import { mustRun } from "../support/process.ts";

const transfers = (command: string) => isTransfer({ command, commandWhole: true });

/** As clients of today send them. */
const SENT = [
  "internal-sftp",
  "/usr/lib/openssh/sftp-server",
  "scp -t -- /tmp/x",
  "scp -r -p -v -f ~/notes",
  "scp -rpt .",
  "rsync --server -vlogDtpre.iLsfxCIvu . /srv/www/",
  "rsync --server --sender -logDtpre.iLsfxCIvu --numeric-ids . /srv/with\\ blank/\\*",
  "git-upload-pack 'team/project.git'",
  "git-receive-pack '/srv/git/a b.git'",
  "git-upload-archive '~alice/x'",
];

Deno.test("isTransfer() knows what rsync, scp, sftp and git send", () => {
  for (const command of SENT) assert.ok(transfers(command), command);
});

Deno.test("isTransfer() is never true of a command that is not known whole", () => {
  for (const command of SENT) assert.ok(!isTransfer({ command, commandWhole: false }), command);
  assert.ok(!isTransfer({ command: null, commandWhole: true }));
});

Deno.test("isTransfer() refuses what does something else, however it looks", () => {
  const others = [
    "",
    "id",
    "bash -c 'rsync --server'",
    "env rsync --server . x",
    "./rsync --server . x",
    "/tmp/sftp-server",
    "/usr/lib/openssh/sftp-server2",
    "git upload-pack x",
    "git-shell -c id",
    "git-upload-pack",
    "git-upload-pack a b",
    "git-upload-pack --exec=id",
    "rsync -e id host:x .",
    "rsync . --server",
    "rsync --server --daemon .",
    "rsync --server --sender --daemon --config=/tmp/rsyncd.conf .",
    "rsync --server '--daemon' .",
    "rsync --server \\--daemon .",
    "rsync --server --'dae'mon .",
    "scp x host:y",
    "scp -S id -t x",
    "scp -t -S id x",
    "scp -oProxyCommand=id -t x",
    "scp -t a b",
    "scp -t -- -o",
    "scp -t",
    "scp -r x",
    "LD_PRELOAD=/tmp/x scp -t x",
    "PATH=/tmp rsync --server . x",
  ];
  for (const command of others) assert.ok(!transfers(command), command);
});

Deno.test("isTransfer() refuses whatever a shell would not take for plain words", () => {
  const tails = [
    ";id",
    " ; id",
    "|id",
    " || id",
    " && id",
    "&id",
    " & id",
    "\nid",
    "\rid",
    "\tid",
    "$(id)",
    " `id`",
    " $HOME",
    " ${x}",
    " >/etc/passwd",
    " <x",
    " <(id)",
    " *",
    " ?",
    " [ab]",
    " {a,b}",
    " (id)",
    " ~root/x",
    " a~",
    " #x",
    " !id",
    ' "x"',
    " 'x",
    " x'",
    " x\\",
    " 'a\\' 'b; id'",
    " \\n",
    " ^x",
    " \0",
    " \u00a0",
    " \u2028id",
  ];
  for (const command of SENT) {
    for (const tail of tails) assert.ok(!transfers(command + tail), JSON.stringify(command + tail));
  }
});

Deno.test("isTransfer() parts words as sh does: what it lets pass runs that one program, with them", async () => {
  const piece = fc.constantFrom(
    "a",
    "-",
    "/",
    "é",
    " ",
    "\\ ",
    "\\'",
    "\\;",
    "';|$('",
    "''",
    "=",
    "~/",
  );
  const tails = fc.sample(fc.string({ unit: piece, maxLength: 8 }), 400);
  const passed = tails.map((tail) => `rsync --server ${tail}`).filter(transfers);
  assert.ok(passed.length > 50, "too few to say anything");
  const script = passed.map((command) => `${command}\nprintf '%s\\n' END`).join("\n");
  const shell = `rsync() { printf '<%s>' "$@"; echo; }\nHOME=/home/x\n${script}`;
  const { stdout } = await mustRun(["sh", "-c", shell]);
  const printed = new TextDecoder().decode(stdout).split("END\n").slice(0, -1);
  assert.equal(printed.length, passed.length);
  for (const [index, output] of printed.entries()) {
    assert.match(output, /^<--server>(<[^<>]*>)*\n$/, passed[index]);
  }
});
