import { equal } from "node:assert/strict";
import fc from "fast-check";
import { codeInItsPlace, isFakeAnswer } from "../../lib/core/fake_answer.ts";

/** auth-pam.c, once more: as long as what was typed. */
function fakePassword(typed: string): string {
  const junk = [..."\b\n\r\x7fINCORRECT"];
  return Array.from(typed, (_, i) => junk[i % junk.length]).join("");
}
/** What pam_gatehouse.so makes of it. */
const handedOn = (answer: string) => answer.replaceAll("\r", "?");

Deno.test("isFakeAnswer() knows what sshd makes of any line, but for the empty one", () => {
  fc.assert(fc.property(fc.string({ unit: "binary-ascii", maxLength: 99 }), (typed) => {
    equal(isFakeAnswer(handedOn(fakePassword(typed))), typed !== "");
  }));
});

Deno.test("isFakeAnswer() takes nothing that a person types for it", () => {
  fc.assert(fc.property(fc.string({ maxLength: 40 }), (line) => equal(isFakeAnswer(line), false)));
  for (const line of ["", "123456", "INCORRECT", "\b\n?\x7fX", "\b?"]) {
    equal(isFakeAnswer(line), false, line);
  }
});

Deno.test("codeInItsPlace() is as long", () => {
  equal(codeInItsPlace(handedOn(fakePassword("123456"))), "000000");
  equal(codeInItsPlace(handedOn(fakePassword("12345678"))), "00000000");
});
