import assert from "node:assert/strict";
import fc from "fast-check";
import { expandPath, isSamePlace } from "../../lib/core/path_template.ts";

const alice = { name: "alice", home: "/home/alice" };

Deno.test("expandPath() replaces what google-authenticator's secret= replaces", () => {
  const cases: [template: string, path: string][] = [
    ["~", "/home/alice"],
    ["~/.google_authenticator", "/home/alice/.google_authenticator"],
    ["${HOME}/.x", "/home/alice/.x"],
    ["%h/.x", "/home/alice/.x"],
    ["/var/lib/gatehouse/codes/${USER}", "/var/lib/gatehouse/codes/alice"],
    ["/codes/%u/%u", "/codes/alice/alice"],
    ["/a/~/b~", "/a/~/b~"],
    ["~bob/x", "~bob/x"],
    ["/$HOME/${home}/%x/$", "/$HOME/${home}/%x/$"],
  ];
  for (const [template, path] of cases) assert.equal(expandPath(template, alice), path);
});

Deno.test("expandPath() expands nothing that stands in the account's own entry", () => {
  const odd = { name: "${HOME}%h$&", home: "/home/%u/${USER}/$1" };
  assert.equal(expandPath("~/%u", odd), "/home/%u/${USER}/$1/${HOME}%h$&");
});

Deno.test("expandPath() takes any text", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom("~", "${HOME}", "%h", "${USER}", "%u", "/"));
  fc.assert(fc.property(fc.array(part), part, part, (parts, name, home) => {
    assert.equal(typeof expandPath(parts.join(""), { name, home }), "string");
  }));
});

Deno.test("isSamePlace() tells what leads all accounts to one place", () => {
  for (const one of ["/var/lib/gatehouse/spent", "/a~/b", "~bob/x", "/$HOME"]) {
    assert.ok(isSamePlace(one), one);
  }
  for (const many of ["~", "~/x", "/x/${USER}", "/x/%u", "${HOME}/x", "%h"]) {
    assert.ok(!isSamePlace(many), many);
  }
});
