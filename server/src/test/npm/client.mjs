// One real EventLog client in a process of its own, told what to do by lines of JSON on stdin, answering on stdout:
//   {"do": "write", "re": 7, ...} -> {"re": 7, "result": {...}} or {"re": 7, "error": "..."}
// Commands run side by side. The package's code is used as applications use it; what is added only watches:
// a journal that notes what passes through it, and a socket constructor that counts frames.
// A client that lost its connection never comes back and can't be disposed: kill the process.
import { listen, say } from "./stdio.mjs"
import { createCipheriv, createHash } from "node:crypto"
import * as EventGroup from "@effect/experimental/EventGroup"
import * as EventJournal from "@effect/experimental/EventJournal"
import * as EventLog from "@effect/experimental/EventLog"
import * as EventLogEncryption from "@effect/experimental/EventLogEncryption"
import * as EventLogRemote from "@effect/experimental/EventLogRemote"
import * as Socket from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { stringify } from "uuid"
import { WebSocket } from "ws"
import { dumpJournal, loadJournal, openJournal } from "./journal.mjs"

// ---- the application: one event whose body follows from its key, so that every reader can check it

const Notes = EventGroup.empty.add({
  tag: "NoteAdded",
  primaryKey: (note) => note.key,
  payload: Schema.Struct({ key: Schema.String, body: Schema.Uint8ArrayFromSelf })
})
// Any value at all, for what other languages make of it.
const Things = EventGroup.empty.add({
  tag: "ThingSet",
  primaryKey: (thing) => thing.key,
  payload: Schema.Struct({ key: Schema.String, value: Schema.Any, extra: Schema.optional(Schema.Any) })
})
const schema = EventLog.schema(Notes, Things)
const decodeNote = Schema.decodeSync(Notes.events.NoteAdded.payloadMsgPack)

const bodyOf = (key, size) =>
  createCipheriv("aes-128-ctr", createHash("md5").update(key).digest(), Buffer.alloc(16)).update(Buffer.alloc(size))

const digestOf = (body) => createHash("sha256").update(body).digest("hex").slice(0, 16)

// ---- what this client has seen: one record per entry id, in the order of the first sight

const records = new Map()
const recordOf = (id) => {
  const key = stringify(id)
  let record = records.get(key)
  if (record === undefined) {
    record = { id: key, key: null, size: 0, digest: null, own: false, runs: 0, deliveries: 0, sequence: null }
    records.set(key, record)
  }
  return record
}
const ownKeys = new Set()
const faults = [] // what no correct server makes a client see
const fault = (text) => {
  if (faults.length < 20) faults.push(text)
}
const remoteIds = new Set()
let handled = 0
let acked = 0

const sawNote = (record, note) => {
  record.key = note.key
  record.size = note.body.length
  record.digest = digestOf(note.body)
  if (Buffer.compare(bodyOf(note.key, note.body.length), note.body) !== 0) fault(`body of ${record.id} is wrong`)
}

const handleNote = ({ entry, payload }) => {
  const record = recordOf(entry.id)
  if (record.runs++ === 0 && record.digest === null) handled++
  sawNote(record, payload)
  changed()
}

// ---- things, and how their values are told in JSON

const things = new Map()

const tell = (value) => {
  if (value === undefined) return { $undefined: true }
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString("hex") }
  if (typeof value === "bigint") return { $bigint: String(value) }
  if (typeof value === "number") return { $number: Object.is(value, -0) ? "-0" : String(value) }
  if (Array.isArray(value)) return value.map(tell)
  if (value !== null && typeof value === "object")
    return { $map: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tell(item)])) }
  return value
}

const untell = (told) => {
  if (Array.isArray(told)) return told.map(untell)
  if (told === null || typeof told !== "object") return told
  if ("$undefined" in told) return undefined
  if ("$hex" in told) return new Uint8Array(Buffer.from(told.$hex, "hex"))
  if ("$bigint" in told) return BigInt(told.$bigint)
  if ("$number" in told) return told.$number === "-0" ? -0 : Number(told.$number)
  return Object.fromEntries(Object.entries(told.$map).map(([key, item]) => [key, untell(item)]))
}

const handleThing = ({ payload }) => {
  things.set(payload.key, tell(payload))
  changed()
}

// What an entry's sequence is, one remote says; another one numbers anew.
let lastRemoteId = null
const sawRemote = (remoteId) => {
  remoteIds.add(remoteId)
  if (lastRemoteId !== null && lastRemoteId !== remoteId) {
    for (const record of records.values()) record.sequence = null
    acked = 0
  }
  lastRemoteId = remoteId
}

const sawRemoteEntry = ({ entry, remoteSequence }) => {
  const record = recordOf(entry.id)
  record.deliveries++
  if (record.sequence === null) {
    record.sequence = remoteSequence
    if (record.own) acked++
  } else if (record.sequence !== remoteSequence) {
    fault(`${record.id} has the sequences ${record.sequence} and ${remoteSequence}`)
  }
}

// ---- waiting

const deferred = () => {
  const result = {}
  result.promise = new Promise((resolve) => (result.resolve = resolve))
  return result
}

const waiters = new Set()
const changed = () => {
  for (const waiter of waiters) if (waiter.reached()) waiter.resolve()
}
const waitUntil = (reached, timeoutMs, describe) =>
  new Promise((resolve, reject) => {
    const done = (settle) => () => {
      clearTimeout(timer)
      waiters.delete(waiter)
      settle()
    }
    const waiter = { reached, resolve: done(resolve) }
    const timer = setTimeout(done(() => reject(new Error(`not reached within ${timeoutMs} ms: ${describe()}`))), timeoutMs)
    waiters.add(waiter)
    changed()
  })

// ---- one registration = one EventLog with one remote over the journal

let identity
let journal
let journalKind
let current = null
let ended = 0
const SPINNING = 100
const isOpen = (registration) => registration?.ws?.readyState === WebSocket.OPEN

const watched = (registration) =>
  EventJournal.EventJournal.of({
    ...journal,
    changes: Effect.tap(journal.changes, () =>
      Effect.sync(() => {
        registration.live = true
        changed()
      })),
    write: (options) =>
      journal.write({
        ...options,
        effect: (entry) => {
          recordOf(entry.id).own = true
          ownKeys.add(entry.primaryKey)
          return options.effect(entry)
        }
      }),
    writeFromRemote: (options) =>
      Effect.suspend(() => {
        if (registration.ended) return Effect.never
        if (options.entries.length === 0) {
          if (++registration.emptyTurns >= SPINNING && !isOpen(registration)) leave(registration)
          return journal.writeFromRemote(options)
        }
        registration.emptyTurns = 0
        sawRemote(stringify(options.remoteId))
        options.entries.forEach(sawRemoteEntry)
        return Effect.tap(journal.writeFromRemote(options), () => Effect.sync(changed))
      })
  })

// A client whose subscription ended takes empty turns as fast as it can, under the lock that local writes need: they
// take seconds, or for ever with IndexedDB. So it is parked, and the application goes on offline with a new EventLog.
const leave = (registration) => {
  registration.ended = true
  ended++
  if (registration === current) register()
  registration.whenEnded.resolve()
  changed()
}

const register = () => {
  const registration = { ended: false, live: false, emptyTurns: 0, ws: null, remote: false, scope: Effect.runSync(Scope.make()) }
  registration.whenEnded = deferred()
  const handlers = EventLog.group(Notes, (handlers) =>
    handlers.handle("NoteAdded", (options) => Effect.sync(() => handleNote(options))))
  registration.runtime = ManagedRuntime.make(
    EventLog.layer(schema).pipe(
      Layer.provide(handlers),
      Layer.provide(EventLog.group(Things, (handlers) =>
        handlers.handle("ThingSet", (options) => Effect.sync(() => handleThing(options))))),
      Layer.provide(Layer.succeed(EventJournal.EventJournal, watched(registration))),
      Layer.provide(Layer.succeed(EventLog.Identity, identity)),
      Layer.provideMerge(
        Logger.minimumLogLevel(process.env.TRIBUTARY_CLIENT_DEBUG === "1" ? LogLevel.Debug : LogLevel.Info)
      )
    )
  )
  current = registration
}

// Writes through the current EventLog, or the next one if this one ends first: what waited for its lock was not written.
const writeNote = async (key, size) => {
  const payload = { key, body: bodyOf(key, size) }
  for (;;) {
    const { runtime, whenEnded } = current
    const fiber = runtime.runFork(
      Effect.flatMap(EventLog.EventLog, (log) => log.write({ schema, event: "NoteAdded", payload })))
    const exit = await Promise.race([Effect.runPromise(Fiber.await(fiber)), whenEnded.promise])
    if (exit === undefined) await Effect.runPromise(Fiber.interrupt(fiber))
    if (ownKeys.has(key)) return
    if (exit !== undefined) throw new Error(`write failed: ${exit}`)
  }
}

const frames = { in: 0, bytesIn: 0, largestIn: 0, out: 0, bytesOut: 0, largestOut: 0 }
const count = (direction, bytes) => {
  frames[direction === "In" ? "in" : "out"]++
  frames[`bytes${direction}`] += bytes
  frames[`largest${direction}`] = Math.max(frames[`largest${direction}`], bytes)
}
const closes = []
const errors = []
let opens = 0
let url

const connect = (registration, options) => {
  registration.remote = true
  const constructor = Layer.succeed(Socket.WebSocketConstructor, (address, protocols) => {
    const ws = new WebSocket(address, protocols, { headers: options.headers ?? {} })
    registration.ws = ws
    const send = ws.send
    ws.send = (data) => {
      count("Out", data.length)
      send.call(ws, data)
    }
    ws.on("message", (data) => count("In", data.length))
    ws.on("open", () => {
      opens++
      changed()
    })
    ws.on("error", (error) => errors.push(String(error.message)))
    ws.on("close", (code, reason) => {
      closes.push({ code, reason: reason.toString() })
      changed()
    })
    return ws
  })
  const remote = options.protocols === undefined
    ? EventLogRemote.fromWebSocket(url)
    : Effect.flatMap(Socket.makeWebSocket(url, { protocols: options.protocols }), (socket) =>
      Effect.provideService(EventLogRemote.fromSocket(), Socket.Socket, socket))
  return registration.runtime.runPromise(
    remote.pipe(
      Scope.extend(registration.scope),
      Effect.provide(Layer.merge(constructor, EventLogEncryption.layerSubtle))
    )
  )
}

// ---- commands

const status = () => ({
  handled,
  acked,
  own: [...records.values()].filter((record) => record.own).length,
  remoteIds: [...remoteIds],
  opens,
  closes,
  errors: errors.slice(-5),
  open: isOpen(current),
  ended,
  frames,
  faults,
  cpuMs: Math.round(process.cpuUsage().user / 1000)
})

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const commands = {
  /** journal: memory or indexeddb; load: a file written by `dump`. No connection yet. */
  async open({ journal: kind = "memory", identity: text, load }) {
    identity = text === undefined ? EventLog.Identity.makeRandom() : EventLog.Identity.decodeString(text)
    journal = await openJournal(kind)
    journalKind = kind
    if (load !== undefined) {
      const { extra, rows } = await loadJournal(load)
      const own = new Set(extra.own)
      for (const row of rows.entries) {
        const record = recordOf(row.id)
        record.own = own.has(record.id)
        if (record.own) ownKeys.add(row.primaryKey)
        if (row.event !== "NoteAdded") continue
        sawNote(record, decodeNote(row.payload))
        handled++
      }
      for (const row of rows.remotes) {
        const record = recordOf(row.entryId)
        record.sequence = row.sequence
        if (record.own) acked++
      }
    }
    register()
    return { publicKey: identity.publicKey, identity: EventLog.Identity.encodeString(identity) }
  },

  /** url, headers?, protocols?: returns as soon as the attempt is under way; the client itself retries. */
  async connect(options) {
    url = options.url
    await connect(current, options)
    return {}
  },

  /** A new registration on the same journal, as applications reconnect; the old one is left to itself. */
  async register(options) {
    if (options.url !== undefined) url = options.url
    if (current.remote) register()
    await connect(current, options)
    return {}
  },

  /** n events of `size` bytes with keys prefix-0 .., one at a time, paceMs apart. */
  async write({ n, size = 200, prefix, from = 0, paceMs = 0 }) {
    for (let i = from; i < from + n; i++) {
      const key = `${prefix}-${i}`
      await writeNote(key, size)
      if (paceMs > 0) await sleep(paceMs)
      // writes take microtasks only: without this, a burst keeps the client from its socket and its pings
      else if (i % 20 === 0) await new Promise(setImmediate)
    }
    return { written: n }
  },

  /** One thing: `told` is its value, and `extra` if given, as `tell` tells values. */
  async writeThing({ key, told, ...rest }) {
    const payload = { key, value: untell(told) }
    if ("extra" in rest) payload.extra = untell(rest.extra)
    await current.runtime.runPromise(
      Effect.flatMap(EventLog.EventLog, (log) => log.write({ schema, event: "ThingSet", payload })))
    return {}
  },

  /** The things handled so far, own ones too, told. Waits for `n` of them. */
  async things({ n = 0, timeoutMs = 30000 }) {
    await waitUntil(() => things.size >= n, timeoutMs, () => `${things.size} things`)
    return { things: Object.fromEntries(things) }
  },

  count: async () => ({ count: handled }),

  /** Every entry in the order of its first sight. */
  list: async () => ({ entries: [...records.values()] }),

  /** Entry ids in the journal, in its order. */
  async journal() {
    const entries = await Effect.runPromise(journal.entries)
    return { ids: entries.map((entry) => entry.idString) }
  },

  /**
   * Any of count (entries handled, own ones included), acked (own entries with a sequence), closed, lost (numbers), and
   * live: the first push is acknowledged and local events are noticed. One that is written while that acknowledgement
   * is awaited is not pushed before another follows.
   */
  async waitFor({ count: wanted = 0, acked: wantedAcked = 0, live = false, closed = 0, lost = 0, timeoutMs = 30000 }) {
    await waitUntil(
      () =>
        handled >= wanted && acked >= wantedAcked && closes.length >= closed && ended >= lost &&
        (!live || (current.live && !current.ended)),
      timeoutMs,
      () => JSON.stringify(status())
    )
    return status()
  },

  status: async () => status(),

  /** Drops the socket with a reset, without a close frame. */
  async cut() {
    current.ws._socket.resetAndDestroy()
    return {}
  },

  /** Carries the IndexedDB journal out of this process, into a file. */
  async dump({ path }) {
    if (journalKind !== "indexeddb") throw new Error("a memory journal ends with its process")
    const own = [...records.values()].filter((record) => record.own).map((record) => record.id)
    const rows = await dumpJournal(path, { own })
    return { entries: rows.entries.length }
  }
}

listen(({ do: name, re, ...options }) => {
  const command = commands[name]
  const answer = command === undefined
    ? Promise.reject(new Error(`unknown command "${name}"`))
    : Promise.resolve().then(() => command(options))
  answer.then(
    (result) => say({ re, result }),
    (error) => say({ re, error: String(error?.stack ?? error) })
  )
})
say({ ready: true, node: process.version })
