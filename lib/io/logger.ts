/**
 * The server's log: one event, one line, as text or JSON. Nothing that comes from the network can
 * end a line or start an escape sequence.
 */
import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";
import { keyValue, printable } from "../core/text.ts";

export type LogFormat = "text" | "json";
type Fields = Readonly<Record<string, string | number | boolean | null>>;

const LONGEST_VALUE = 500;

/** @param write takes one line without its newline */
export function openLogger(
  format: LogFormat,
  write: (line: string) => void,
): (level: "info" | "warning" | "error", message: string, fields?: Fields) => void {
  const line = format === "json" ? jsonLine : textLine;
  configureSync({
    reset: true,
    sinks: { stderr: (record: LogRecord) => write(line(record)) },
    loggers: [
      { category: "gatehouse", sinks: ["stderr"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "error" },
    ],
  });
  const logger = getLogger("gatehouse");
  return (level, message, fields = {}) => logger[level](message, { ...fields });
}

function jsonLine({ timestamp, level, message, properties }: LogRecord): string {
  const fields = Object.entries(properties).map(([key, value]) => [
    key,
    typeof value === "string" ? printable(value, LONGEST_VALUE) : value,
  ]);
  const head = {
    time: new Date(timestamp).toISOString(),
    level,
    message: message.map(String).join(""),
  };
  // First for the eye, and again last so that no field takes its place.
  return JSON.stringify({ ...head, ...Object.fromEntries(fields), ...head });
}

function textLine({ timestamp, level, message, properties }: LogRecord): string {
  const fields = Object.entries(properties).map(([key, value]) =>
    keyValue(key, value, LONGEST_VALUE)
  );
  const time = new Date(timestamp).toISOString();
  const mark = level === "info" ? [] : [`${level.toUpperCase()}:`];
  return [time, ...mark, message.map(String).join(""), ...fields].join(" ");
}
