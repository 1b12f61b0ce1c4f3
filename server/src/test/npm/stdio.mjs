// Imported first: stdout carries answers only, so that everything libraries log must go to stderr.
import { Console } from "node:console"

globalThis.console = new Console(process.stderr, process.stderr)

/** Writes one line of JSON to stdout. */
export const say = (message) => process.stdout.write(JSON.stringify(message) + "\n")

/** Calls `handle` with each line of stdin, parsed; the end of stdin ends the process. */
export const listen = (handle) => {
  let rest = ""
  process.stdin.setEncoding("utf8")
  process.stdin.on("data", (text) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop()
    for (const line of lines) if (line.trim() !== "") handle(JSON.parse(line))
  })
  // whoever started this process is gone
  process.stdin.on("end", () => process.exit(0))
}
