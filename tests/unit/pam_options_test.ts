import { deepEqual, equal, match, throws } from "node:assert/strict";
import fc from "fast-check";
import { parseHostConfig } from "../../lib/config/host.ts";
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
  timeoutS: undefined,
  qr: true,
  debug: false,
};

const read = (...options: string[]) => readPamOptions(options.map((one) => `--option=${one}`));

/** What makes the line deny. */
function refused(...options: string[]): string {
  try {
    read(...options);
  } catch (error) {
    if (!(error instanceof Failure && error.exit === Exit.usage)) throw error;
    equal(error.reason, `${error.message}; ${error.hint}`, "the log says all of it");
    return error.reason;
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
  deepEqual(read("use_first_pass", "any_password", "noqr"), {
    ...NONE,
    qr: false,
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

const SEE = "see docs/pam.md for what a line in pam.d may say";
const LIST = "known are any_password, authtok_prompt, config, debug, echo_verification_code, " +
  "forward_pass, helper, mode, noqr, nullok, secret, timeout, try_first_pass, use_first_pass";

Deno.test("what a line may not say is refused by its name, with what it may say", () => {
  equal(
    refused("mode=totp"),
    "mode does not take that: mode=totp; it takes auto, approve, pin, code",
  );
  equal(refused("nullok=yes"), "nullok does not take that: nullok=yes; it takes no value");
  const path = "it takes a path that begins with /";
  equal(refused("config"), `config does not take that: config; ${path}`);
  equal(refused("config=host.toml"), `config does not take that: config=host.toml; ${path}`);
  equal(
    refused("secret=totp"),
    `secret does not take that: secret=totp; ${path}, ~/, \${HOME}/ or %h/`,
  );
  equal(
    refused("authtok_prompt="),
    "authtok_prompt does not take that: authtok_prompt=; " +
      "it takes 1 to 256 characters that can be shown; blanks stand in brackets (pam.conf(5))",
  );
  equal(read("timeout=3600").timeoutS, 3_600);
  for (const time of ["0", "3601", "1.5", "-1", "1e3", ""]) {
    equal(/^timeout does not take that/.test(refused(`timeout=${time}`)), true, time);
  }
  equal(refused("nullok", "nullok"), `nullok is given twice; ${SEE}`);
  equal(refused("mode=pin", "mode=pin"), `mode is given twice; ${SEE}`);
  throws(() => readPamOptions(["config=/x"]), /pam takes --option/);
  throws(() => readPamOptions(["--option"]), /pam takes --option/);
});

Deno.test("an unknown option is told the nearest, or all of them", () => {
  for (
    const [typed, meant] of [
      ["nulok", "nullok"],
      ["mod=code", "mode"],
      ["Mode=code", "mode"],
      ["no_qr", "noqr"],
      ["forward_password", undefined],
      ["forwardpass", "forward_pass"],
      ["helpr=/usr/bin/gatehouse", "helper"],
      ["timout=9", "timeout"],
      ["no_such_option", undefined],
      ["constructor=x", undefined],
      ["", undefined],
      ["qr", undefined],
    ] as const
  ) {
    const [name] = typed.split("=");
    const hint = meant === undefined ? LIST : `did you mean ${meant}?`;
    equal(refused(typed), `unknown option: ${name}; ${hint}`);
  }
});

Deno.test("google-authenticator's other options are told where they are, or why they are not", () => {
  for (
    const option of [
      "grace_period=300",
      "no_strict_owner",
      "allowed_perm=0640",
      "noskewadj",
      "no_increment_hotp",
    ]
  ) {
    const [name = ""] = option.split("=");
    equal(refused(option), `unknown option: ${name}; say codes.${name} in host.toml`);
    const value = { grace_period: '"300s"', allowed_perm: '"0640"' }[name] ?? "true";
    parseHostConfig(`servers = []\n[codes]\n${name} = ${value}\n`, "host.toml");
  }
  match(refused("user=root"), /^unknown option: user; not needed: /);
  match(refused("allow_readonly"), /^unknown option: allow_readonly; refused: .*used again$/);
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
        isPrintable(error.reason);
    }
    return true;
  }));
});
