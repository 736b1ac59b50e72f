import assert from "node:assert/strict";
import { lookOf, type Surroundings } from "../../lib/core/terminal_look.ts";

const TODAY: Surroundings = { terminal: true, locale: "en_US.UTF-8", term: "xterm-256color" };

Deno.test("lookOf() draws half blocks where the locale knows them, colours elsewhere", () => {
  const looks = (locale: string | undefined) => {
    const { qr, frame } = lookOf({ ...TODAY, locale });
    return `${qr} ${frame}`;
  };
  for (const locale of ["zh_CN.UTF-8", "C.utf8", "en_US.UTF8@euro", undefined, ""]) {
    assert.equal(looks(locale), "UTF8 unicode", locale);
  }
  for (const locale of ["C", "POSIX", "en_US.ISO-8859-1", "zh_CN.GB18030", "de_DE"]) {
    assert.equal(looks(locale), "ANSI ascii", locale);
  }
});

Deno.test("lookOf() draws nothing on terminals without colours, nor in a file", () => {
  for (const term of ["dumb", "", undefined, "vt100", "vt220", "unknown"]) {
    const { qr, styled } = lookOf({ ...TODAY, term });
    assert.deepEqual({ qr, styled }, { qr: "NONE", styled: false }, term);
  }
  const file = lookOf({ ...TODAY, terminal: false });
  assert.deepEqual(file, { qr: "NONE", styled: false, frame: "unicode" });
  assert.equal(lookOf({ ...TODAY, term: "ansi" }).qr, "ANSI");
});

Deno.test("lookOf() draws what was asked for, wherever it is", () => {
  assert.equal(lookOf({ ...TODAY, term: "dumb", locale: "C" }, "UTF8_GREY").qr, "UTF8_GREY");
  assert.equal(lookOf({ ...TODAY, terminal: false }, "ANSI").qr, "ANSI");
  assert.equal(lookOf(TODAY, "NONE").qr, "NONE");
});
