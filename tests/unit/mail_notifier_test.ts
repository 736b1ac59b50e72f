/** Mails to a server that really listens, and what its replies come to. */
import assert from "node:assert/strict";
import type { Delivery } from "../../lib/core/delivery.ts";
import { ROOT } from "../../scripts/run.ts";
import { FixedClock } from "../support/fakes.ts";
import { aPin, aRequest, LINK } from "../support/letters.ts";
import { ALICE, FROM, mailNotifier } from "../support/mail.ts";
import { ACCOUNT, MailServer } from "../support/mail_server.ts";
import { TEST_CERT } from "../support/tls.ts";
import type { Settings } from "../support/vendors/vendor.ts";

type Failed = Extract<Delivery, { ok: false }>;

function failed(delivery: Delivery): Failed {
  assert.ok(!delivery.ok);
  const { detail, hint } = delivery;
  assert.match(detail, /^email /);
  assert.ok(
    ![detail, hint].some((text) => text.includes("SECRET") || text.includes(ALICE)),
    detail,
  );
  assert.ok(!`${detail}${hint}`.includes(ACCOUNT.password));
  return delivery;
}

/** Without encryption, which this machine alone allows. */
async function plain(
  what: (server: MailServer, settings: Settings) => Promise<void>,
  options: { auth?: boolean; size?: number } = {},
): Promise<void> {
  await using server = await MailServer.start("none", options);
  const account = options.auth === false ? {} : ACCOUNT;
  await what(server, { tls: "none", port: server.port, ...account });
}

/** In a process that trusts the test's certificate. */
async function trusting(settings: Settings): Promise<Delivery> {
  const roots = await Deno.makeTempFile({ prefix: "gatehouse-roots-" });
  try {
    await Deno.writeTextFile(roots, TEST_CERT);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--lock=deno.lock", "--frozen", "-A"],
        ...["tests/support/mail_sender.ts", JSON.stringify(settings)],
      ],
      cwd: ROOT,
      env: { SSL_CERT_FILE: roots },
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.notEqual(text, "", new TextDecoder().decode(stderr));
    return JSON.parse(text);
  } finally {
    await Deno.remove(roots);
  }
}

Deno.test("a mail has the headers that it should have, and no others", async () => {
  await plain(async (server, settings) => {
    const sent = await mailNotifier(settings).send(aRequest({ answer: { by: "link" } }), ALICE);
    assert.deepEqual(sent, { ok: true, handle: null });
    const { headerLines, recipients, sender, text } = server.only;
    assert.deepEqual([sender, recipients], [FROM, [ALICE]]);
    const headers = Object.fromEntries(
      headerLines.map(({ key, line }) => [key, line.slice(key.length + 2)]),
    );
    const { "content-type": type, subject: _subject, ...others } = headers;
    assert.match(type ?? "", /^multipart\/alternative;/);
    assert.deepEqual(others, {
      from: `gatehouse <${FROM}>`,
      to: ALICE,
      "message-id": `<${"ab".repeat(16)}@example.com>`,
      date: "Thu, 01 Jan 2026 00:00:00 +0000",
      "auto-submitted": "auto-generated",
      "x-auto-response-suppress": "All",
      "content-language": "en",
      "mime-version": "1.0",
    });
    assert.equal(server.only.subject, "Log in to web1․example․com as alice?");
    assert.ok(text?.includes(LINK));
  });
});

Deno.test("STARTTLS and TLS from the start work where the certificate is trusted, and for its name only", async () => {
  for (const tls of ["starttls", "tls"] as const) {
    await using server = await MailServer.start(tls);
    const settings = { tls, port: server.port, ...ACCOUNT };
    assert.deepEqual(await trusting(settings), { ok: true, handle: null });
    assert.equal(server.only.subject, "•••••• is your code to log in");
    const elsewhere = failed(await trusting({ ...settings, host: "localhost" }));
    assert.deepEqual([elsewhere.why, elsewhere.mayArrive], ["unusable", false]);
    assert.equal(server.mails.length, 1);
  }
});

Deno.test("a certificate that nobody vouches for gets neither password nor mail", async () => {
  for (const tls of ["starttls", "tls"] as const) {
    await using server = await MailServer.start(tls);
    const delivery = await mailNotifier({ tls, port: server.port, ...ACCOUNT }).send(aPin(), ALICE);
    const { detail, hint, mayArrive, why } = failed(delivery);
    assert.deepEqual([why, mayArrive], ["unusable", false]);
    assert.equal(detail, "email server offers no encryption that is to be trusted");
    assert.match(hint, /certificate/);
    assert.deepEqual(server.mails, []);
  }
});

Deno.test("a server without STARTTLS gets nothing when it is to be had", async () => {
  await plain(async (server, settings) => {
    const delivery = await mailNotifier({ ...settings, tls: "starttls" }).send(aPin(), ALICE);
    const { why, mayArrive } = failed(delivery);
    assert.ok(["unusable", "settings"].includes(why), why);
    assert.equal(mayArrive, false);
    assert.deepEqual(server.mails, []);
  });
});

Deno.test("a wrong password is the settings' fault", async () => {
  await plain(async (_server, settings) => {
    const { detail, hint, mayArrive, why } = failed(
      await mailNotifier({ ...settings, password: "wrong" }).send(aPin(), ALICE),
    );
    assert.deepEqual([why, mayArrive], ["settings", false]);
    assert.equal(detail, "email server answers 535 5.7.8 to AUTH");
    assert.match(hint, /user and password/);
  });
});

Deno.test("where the server wants a password and there is none, the hint says so", async () => {
  await plain(async (server) => {
    const notifier = mailNotifier({ tls: "none", port: server.port });
    const { detail, hint } = failed(await notifier.send(aPin(), ALICE));
    assert.match(detail, /^email server answers 530 .*to MAIL FROM$/);
    assert.match(hint, /^set user and password in server.toml/);
  });
});

Deno.test("whatever name from has, a mail has one sender and no other header by it", async () => {
  await plain(async (server, settings) => {
    for (const name of ["gatehouse", "门卫", "=?utf-8?q?=0D=0ABcc?= x", "O'Neil & Co."]) {
      server.mails.length = 0;
      const sent = await mailNotifier({ ...settings, from: `${name} <${FROM}>` }).send(
        aPin(),
        ALICE,
      );
      assert.equal(sent.ok, true);
      const { headerLines, sender } = server.only;
      assert.equal(sender, FROM);
      const keys = headerLines.map(({ key }) => key);
      assert.ok(!keys.includes("bcc") && keys.filter((key) => key === "from").length === 1);
    }
  });
});

Deno.test("a password is never left out: where the server wants none, that is said", async () => {
  await plain(async (server, settings) => {
    const none = await mailNotifier(settings).send(aPin(), ALICE);
    assert.equal(none.ok, true);
    assert.equal(
      failed(await mailNotifier({ ...settings, ...ACCOUNT }).send(aPin(), ALICE)).why,
      "settings",
    );
    assert.equal(server.mails.length, 1);
  }, { auth: false });
});

Deno.test("whom the server does not know is the recipient's matter, and whom it knows gets the next mail", async () => {
  await plain(async (server, settings) => {
    server.refused.add(ALICE);
    const notifier = mailNotifier(settings);
    const { detail, mayArrive, why } = failed(await notifier.send(aPin(), ALICE));
    assert.deepEqual([why, mayArrive], ["recipient", false]);
    assert.equal(detail, "email server answers 550 5.1.1 to RCPT TO");
    assert.equal((await notifier.send(aPin(), "bob@example.org")).ok, true);
  });
});

Deno.test("greylisted is for now: the same works later", async () => {
  await plain(async (server, settings) => {
    server.greylisted.add(ALICE);
    const notifier = mailNotifier(settings);
    const { detail, mayArrive, why } = failed(await notifier.send(aPin(), ALICE));
    assert.deepEqual([why, mayArrive], ["rate_limited", false]);
    assert.equal(detail, "email server answers 450 4.7.1 to RCPT TO");
    assert.equal((await notifier.send(aPin(), ALICE)).ok, true);
    assert.equal(server.mails.length, 1);
  });
});

Deno.test("a sender that the server refuses is the settings' fault, a mail that it refuses is its own", async () => {
  await plain(async (server, settings) => {
    const notifier = mailNotifier(settings);
    server.refuseSender = true;
    assert.equal(failed(await notifier.send(aPin(), ALICE)).why, "settings");
    server.refuseSender = false;
    server.afterData = { code: 554, text: "5.7.1 SECRET words about spam" };
    const spam = failed(await notifier.send(aPin(), ALICE));
    assert.deepEqual([spam.why, spam.detail], [
      "rejected",
      "email server answers 554 5.7.1 to DATA",
    ]);
    server.afterData = { code: 451, text: "4.3.0 later" };
    assert.equal(failed(await notifier.send(aPin(), ALICE)).why, "rate_limited");
  });
});

Deno.test("a mail larger than the server takes is refused, not cut", async () => {
  await plain(async (server, settings) => {
    assert.equal(failed(await mailNotifier(settings).send(aPin(), ALICE)).why, "rejected");
    assert.deepEqual(server.mails, []);
  }, { size: 1_000 });
});

Deno.test("down, silent, something else or gone: each is said, and after three the server is left alone", async () => {
  const down = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = down.addr as Deno.NetAddr;
  down.close();
  const clock = new FixedClock();
  const notifier = mailNotifier({ tls: "none", port }, { clock });
  for (let tries = 0; tries < 3; tries++) {
    const { detail, mayArrive, why } = failed(await notifier.send(aPin(), ALICE));
    assert.deepEqual([why, mayArrive], ["unavailable", false]);
    assert.equal(detail, "email server cannot be reached");
  }
  assert.match(failed(await notifier.send(aPin(), ALICE)).detail, /^email is left alone for /);
  assert.ok((notifier.leftAloneUntil() ?? 0) > clock.now());
});

/** A listener that does `what` to everybody. */
async function listening(
  what: (connection: Deno.Conn) => Promise<void>,
  then: (port: number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      open.push(connection);
      await what(connection);
    }
  })().catch(() => {});
  try {
    await then(listener.addr.port);
  } finally {
    listener.close();
    await serving;
    for (const connection of open) {
      try {
        connection.close();
      } catch {
        // It is closed.
      }
    }
  }
}

const write = (text: string) => async (connection: Deno.Conn) => {
  await connection.write(new TextEncoder().encode(text));
};

Deno.test("a server that says nothing, or nothing more, is given up", async () => {
  for (const said of ["", "220 mail.example.com ESMTP\r\n"]) {
    await listening(write(said), async (port) => {
      for (const limits of [{ step: 50 }, { mail: 50 }]) {
        const notifier = mailNotifier({ tls: "none", port }, limits);
        const { detail, mayArrive, why } = failed(await notifier.send(aPin(), ALICE));
        assert.deepEqual([why, mayArrive], ["unavailable", false]);
        assert.equal(detail, "email server does not answer in time");
      }
    });
  }
});

Deno.test("what is no mail server is found out", async () => {
  await listening(write("HTTP/1.1 400 Bad Request\r\n\r\n<h1>SECRET</h1>"), async (port) => {
    const { why } = failed(await mailNotifier({ tls: "none", port }).send(aPin(), ALICE));
    assert.equal(why, "unusable");
  });
});

Deno.test("a server that sends this one away says so, and one that hangs up is not there", async () => {
  await listening(write("554 5.7.1 blocked: SECRET\r\n"), async (port) => {
    const { detail, why } = failed(await mailNotifier({ tls: "none", port }).send(aPin(), ALICE));
    assert.deepEqual([why, detail], [
      "address",
      "email server answers 554 5.7.1 to the connection",
    ]);
  });
  await listening((connection) => Promise.resolve(connection.close()), async (port) => {
    const { mayArrive, why } = failed(
      await mailNotifier({ tls: "none", port }).send(aPin(), ALICE),
    );
    assert.deepEqual([why, mayArrive], ["unavailable", false]);
  });
});

Deno.test("when the server hangs up in the middle of the mail, it may have arrived", async () => {
  const replies: readonly [RegExp, string][] = [
    [/^EHLO/, "250 mail.example.com\r\n"],
    [/^(MAIL|RCPT)/, "250 2.1.0 Ok\r\n"],
    [/^DATA/, "354 go on\r\n"],
  ];
  const serve = async (connection: Deno.Conn) => {
    await write("220 mail.example.com ESMTP\r\n")(connection);
    const bytes = new Uint8Array(65_536);
    for (;;) {
      const length = await connection.read(bytes);
      const line = new TextDecoder().decode(bytes.subarray(0, length ?? 0));
      const [, reply] = replies.find(([pattern]) => pattern.test(line)) ?? [];
      if (reply === undefined) return connection.close();
      await write(reply)(connection);
    }
  };
  await listening(serve, async (port) => {
    const { detail, mayArrive, why } = failed(
      await mailNotifier({ tls: "none", port }).send(aPin(), ALICE),
    );
    assert.deepEqual([why, mayArrive], ["unavailable", true]);
    assert.equal(detail, "email server hung up");
  });
});

Deno.test("a proxy is gone through where server.toml names one, and nowhere else", async () => {
  await plain(async (server, settings) => {
    const heads: string[] = [];
    const through = async (connection: Deno.Conn) => {
      const bytes = new Uint8Array(4_096);
      const length = await connection.read(bytes) ?? 0;
      const head = new TextDecoder().decode(bytes.subarray(0, length));
      heads.push(head);
      if (!head.includes(btoa("user:right"))) {
        await write("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")(connection);
        return connection.close();
      }
      const smtp = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await write("HTTP/1.1 200 Connection established\r\n\r\n")(connection);
      const there = connection.readable.pipeTo(smtp.writable).catch(() => {});
      await smtp.readable.pipeTo(connection.writable).catch(() => {});
      await there;
    };
    await listening(through, async (port) => {
      const proxied = (user: string) =>
        mailNotifier(settings, { proxy: `http://${user}@127.0.0.1:${port}` });
      assert.equal((await proxied("user:right").send(aPin(), ALICE)).ok, true);
      const refused = failed(await proxied("user:wrong").send(aPin(), ALICE));
      assert.deepEqual([refused.why, refused.mayArrive], ["settings", false]);
      assert.match(refused.hint, /proxy/);
    });
    assert.ok(
      heads.every((head) => head.startsWith(`CONNECT 127.0.0.1:${server.port} HTTP/1.1\r\n`)),
    );
    assert.deepEqual([heads.length, server.mails.length], [2, 1]);
  });
});
