import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { readPamOptions } from "../../lib/core/pam_options.ts";

const NONE = {
  config: undefined,
  mode: "auto",
  nullok: false,
  forwardPass: false,
  echo: false,
  firstPass: "no",
  prompt: undefined,
  secret: undefined,
  anyPassword: false,
  debug: false,
};

const read = (...options: string[]) => readPamOptions(options.map((one) => `--option=${one}`));

/** What makes the line deny. */
function refused(...options: string[]): string {
  try {
    read(...options);
  } catch (error) {
    if (error instanceof Failure && error.exit === Exit.usage) return error.message;
    throw error;
  }
  return "(accepted)";
}

Deno.test("a line without options", () => {
  deepEqual(readPamOptions([]), NONE);
});

Deno.test("every option that a line may have", () => {
  deepEqual(read("mode=approve", "nullok", "debug"), {
    ...NONE,
    mode: "approve",
    nullok: true,
    debug: true,
  });
  deepEqual(read("forward_pass", "try_first_pass"), {
    ...NONE,
    forwardPass: true,
    firstPass: "try",
  });
  deepEqual(read("use_first_pass", "any_password"), {
    ...NONE,
    firstPass: "use",
    anyPassword: true,
  });
  deepEqual(
    read("echo_verification_code", "authtok_prompt=Token = ", "secret=~/.totp", "config=/e/h.toml"),
    { ...NONE, echo: true, prompt: "Token = ", secret: "~/.totp", config: "/e/h.toml" },
  );
});

Deno.test("the same on the command line of pam_exec, in two words or one", () => {
  const config = "/etc/gatehouse/other.toml";
  for (
    const args of [["--config", config], [`--config=${config}`], ["--option", `config=${config}`]]
  ) {
    deepEqual(readPamOptions(args), { ...NONE, config });
  }
});

Deno.test("what a line may not say is refused by its name", () => {
  equal(refused("no_such_option"), "unknown option: no_such_option");
  equal(refused("mode=ukey"), "mode does not take that: mode=ukey");
  equal(refused("constructor=x"), "unknown option: constructor");
  equal(refused(""), "unknown option: ");
  equal(refused("nullok=yes"), "nullok does not take that: nullok=yes");
  equal(refused("config"), "config does not take that: config");
  equal(refused("config=host.toml"), "config does not take that: config=host.toml");
  equal(refused("authtok_prompt="), "authtok_prompt does not take that: authtok_prompt=");
  equal(refused("nullok", "nullok"), "nullok is given twice");
  equal(refused("mode=pin", "mode=pin"), "mode is given twice");
  throws(() => readPamOptions(["config=/x"]), /pam takes --option/);
  throws(() => readPamOptions(["--option"]), /pam takes --option/);
});

Deno.test("what cannot be meant together is refused", () => {
  const both = /contradict each other/.source;
  for (
    const options of [
      ["forward_pass", "echo_verification_code"],
      ["use_first_pass", "try_first_pass"],
    ]
  ) {
    equal(new RegExp(both).test(refused(...options)), true, options.join());
  }
  for (const option of ["forward_pass", "try_first_pass", "use_first_pass"]) {
    equal(/^mode=pin asks for a code that is sent now/.test(refused("mode=pin", option)), true);
  }
});

Deno.test("whatever a line says, it is understood or refused as a fault of usage", () => {
  const word = fc.oneof(
    fc.constantFrom("--option", "--config", "--option=", "nullok", "--option=mode=pin", "--"),
    fc.string(),
    fc.string().map((text) => `--option=${text}`),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (args) => {
    try {
      readPamOptions(args);
    } catch (error) {
      return error instanceof Failure && error.exit === Exit.usage &&
        isPrintable(error.message);
    }
    return true;
  }));
});
