/** The server's settings: server.toml, and the command line, which goes before it. */
import * as v from "valibot";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { parseListen, type ServerConfig } from "./server.ts";
import { webAddress } from "../core/values.ts";

export interface ServerOptions {
  readonly listen?: string;
  readonly data?: string;
  readonly publicUrl?: string;
}

export interface ServerSettings {
  readonly file: ServerConfig;
  readonly listen: { readonly hostname: string; readonly port: number };
  readonly data: string;
  /** Undefined: what the server listens on. */
  readonly publicUrl: string | undefined;
}

/** @throws Failure (2) */
export function serverSettings(options: ServerOptions, file: ServerConfig): ServerSettings {
  const listen = parseListen(options.listen ?? file.listen);
  if (listen === undefined) {
    throw new Failure(
      Exit.usage,
      `--listen ${printable(options.listen ?? "")} is not an address and port`,
      "write for example --listen 127.0.0.1:8422",
    );
  }
  const url = v.safeParse(v.optional(webAddress), options.publicUrl ?? file.public_url);
  if (!url.success) {
    throw new Failure(
      Exit.usage,
      "--public-url is not a web address",
      "write for example --public-url https://auth.example.com",
    );
  }
  return { file, listen, data: options.data ?? file.data, publicUrl: url.output };
}
