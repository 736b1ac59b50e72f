import { deepEqual } from "node:assert/strict";
import fc from "fast-check";
import { splitForwarded } from "../../lib/core/forwarded_code.ts";

Deno.test("six digits at the end are a code", () => {
  deepEqual(splitForwarded("secret123456"), [{ password: "secret", code: "123456" }]);
  deepEqual(splitForwarded("123456"), [{ password: "", code: "123456" }]);
  deepEqual(splitForwarded("two words 7\t000000"), [{ password: "two words 7\t", code: "000000" }]);
});

Deno.test("eight digits may be a scratch code, or a password that ends in two digits", () => {
  deepEqual(splitForwarded("secret12345678"), [
    { password: "secret12", code: "345678" },
    { password: "secret", code: "12345678" },
  ]);
  // No scratch code begins with 0.
  deepEqual(splitForwarded("secret02345678"), [{ password: "secret02", code: "345678" }]);
});

Deno.test("without digits at the end there is no code", () => {
  for (const line of ["", "secret", "12345", "123456 ", "１２３４５６"]) {
    deepEqual(splitForwarded(line), []);
  }
});

Deno.test("whatever is typed, password and code make up the line", () => {
  const digits = fc.stringMatching(/^[0-9]{0,9}$/);
  fc.assert(fc.property(fc.string(), digits, (password, code) => {
    const line = password + code;
    return splitForwarded(line).every((way) =>
      way.password + way.code === line && /^([0-9]{6}|[0-9]{8})$/.test(way.code)
    );
  }));
  fc.assert(
    fc.property(
      fc.string(),
      fc.stringMatching(/^[0-9]{6}$/),
      (password, code) => splitForwarded(password + code).some((way) => way.code === code),
    ),
  );
});
