// The stores of an agent runtime in a process of its own: the events of effect-claude-agent-sdk (which no registry has) on
// the package's real EventLog, one log, identity and connection for each store. Lines of JSON as in client.mjs.
// A log that lost its connection never comes back: kill the process.
import { listen, say } from "./stdio.mjs"
import * as EventGroup from "@effect/experimental/EventGroup"
import * as EventJournal from "@effect/experimental/EventJournal"
import * as EventLog from "@effect/experimental/EventLog"
import * as EventLogEncryption from "@effect/experimental/EventLogEncryption"
import * as EventLogRemote from "@effect/experimental/EventLogRemote"
import * as Socket from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { stringify } from "uuid"
import { WebSocket } from "ws"

// ---- the events

const text = Schema.String
const number = Schema.Number
const maybe = Schema.optional
const oneOf = Schema.Literal
const anything = { key: text, value: Schema.Unknown }
const hook = oneOf(
  "PreToolUse", "PostToolUse", "PostToolUseFailure", "Notification", "UserPromptSubmit", "SessionStart", "SessionEnd",
  "Stop", "SubagentStart", "SubagentStop", "PreCompact", "PermissionRequest", "Setup", "TeammateIdle", "TaskCompleted"
)

const groups = {
  chat: EventGroup.empty.add({
    tag: "chat_event",
    primaryKey: (event) => `${event.sessionId}:${event.sequence}`,
    payload: Schema.Struct({
      sessionId: text,
      sequence: number,
      timestamp: number,
      source: oneOf("sdk", "replay", "external"),
      // narrower there: the kinds of messages it knows
      message: Schema.Record(anything)
    })
  }),
  artifacts: EventGroup.empty.add({
    tag: "artifact_record",
    primaryKey: (record) => `${record.sessionId}:${record.id}`,
    payload: Schema.Struct({
      id: text,
      sessionId: text,
      kind: oneOf("file", "tool_result", "summary", "image", "other"),
      toolName: maybe(text),
      toolUseId: maybe(text),
      hookEvent: maybe(hook),
      contentType: maybe(text),
      encoding: oneOf("utf8", "base64"),
      content: text,
      sizeBytes: maybe(number),
      createdAt: number,
      metadata: maybe(Schema.Record(anything))
    })
  }).add({
    tag: "artifact_deleted",
    primaryKey: (deleted) => `${deleted.sessionId}:${deleted.id}`,
    payload: Schema.Struct({ id: text, sessionId: text, deletedAt: number })
  }),
  audit: EventGroup.empty.add({
    tag: "tool_use",
    primaryKey: (use) => `${use.sessionId}:${use.toolName}:${use.status}`,
    payload: Schema.Struct({
      sessionId: text,
      toolName: text,
      toolUseId: maybe(text),
      status: oneOf("start", "success", "failure"),
      durationMs: maybe(number)
    })
  }).add({
    tag: "permission_decision",
    primaryKey: (decision) => `${decision.sessionId}:${decision.toolName}:${decision.decision}`,
    payload: Schema.Struct({
      sessionId: text,
      toolName: text,
      decision: oneOf("allow", "deny", "prompt"),
      reason: maybe(text)
    })
  }).add({
    tag: "hook_event",
    primaryKey: (event) => `${event.sessionId ?? "unknown"}:${event.hook}:${event.outcome}`,
    payload: Schema.Struct({ sessionId: maybe(text), hook, toolUseId: maybe(text), outcome: oneOf("success", "failure") })
  }).add({
    tag: "sync_conflict",
    primaryKey: (conflict) => `${conflict.remoteId}:${conflict.event}:${conflict.primaryKey}:${conflict.entryId}`,
    payload: Schema.Struct({
      remoteId: text,
      event: text,
      primaryKey: text,
      entryId: text,
      conflictCount: number,
      resolution: oneOf("accept", "merge", "reject"),
      resolvedEntryId: maybe(text)
    })
  }).add({
    tag: "sync_compaction",
    primaryKey: (compaction) => `${compaction.remoteId}:${compaction.timestamp}`,
    payload: Schema.Struct({
      remoteId: text,
      before: number,
      after: number,
      events: maybe(Schema.Array(text)),
      timestamp: number
    })
  })
}

// ---- one store

const openStore = async (name, identity) => {
  const group = groups[name]
  if (group === undefined) throw new Error(`store: "${name}" is none of ${Object.keys(groups)}`)
  const store = { schema: EventLog.schema(group), entries: new Map(), waiters: new Set(), live: false }
  const changed = () => store.waiters.forEach((waiter) => waiter())
  const own = new Set()
  const memory = await Effect.runPromise(EventJournal.makeMemory)
  // Subscribes to its own changes once the first push was acknowledged: what is written from then on is pushed.
  const journal = EventJournal.EventJournal.of({
    ...memory,
    changes: Effect.tap(memory.changes, () => Effect.sync(() => {
      store.live = true
      changed()
    })),
    write: (options) => memory.write({
      ...options,
      effect: (entry) => {
        own.add(stringify(entry.id))
        return options.effect(entry)
      }
    })
  })
  const handlers = EventLog.group(group, (handlers) =>
    Object.keys(group.events).reduce((all, tag) =>
      all.handle(tag, ({ entry, payload }) => Effect.sync(() => {
        const id = stringify(entry.id)
        const { event, primaryKey } = entry
        const hex = Buffer.from(entry.payload).toString("hex")
        store.entries.set(id, { id, event, primaryKey, payload, hex, own: own.has(id) })
        changed()
      })), handlers))
  store.runtime = ManagedRuntime.make(EventLog.layer(store.schema).pipe(
    Layer.provide(handlers),
    Layer.provide(Layer.succeed(EventJournal.EventJournal, journal)),
    Layer.provide(Layer.succeed(EventLog.Identity, EventLog.Identity.decodeString(identity)))
  ))
  return store
}

const waitUntil = (store, reached, timeoutMs, what) =>
  new Promise((resolve, reject) => {
    const check = () => {
      if (!reached()) return
      clearTimeout(timer)
      store.waiters.delete(check)
      resolve()
    }
    const timer = setTimeout(() => {
      store.waiters.delete(check)
      reject(new Error(`${what()} after ${timeoutMs} ms`))
    }, timeoutMs)
    store.waiters.add(check)
    check()
  })

const connectStore = (store, url, headers) =>
  store.runtime.runPromise(EventLogRemote.fromWebSocket(url).pipe(
    Scope.extend(Effect.runSync(Scope.make())),
    Effect.provide(Layer.merge(
      EventLogEncryption.layerSubtle,
      Layer.succeed(Socket.WebSocketConstructor, (address, protocols) => {
        const ws = new WebSocket(address, protocols, { headers })
        ws.on("error", (error) => console.error(String(error.message)))
        return ws
      })
    ))
  ))

// ---- commands

const stores = new Map()
const storeOf = (name) => {
  const store = stores.get(name)
  if (store === undefined) throw new Error(`store "${name}" is not open`)
  return store
}

const commands = {
  /** identities: the identity string of each store to open, of chat, artifacts and audit. */
  async open({ identities }) {
    for (const [name, identity] of Object.entries(identities)) stores.set(name, await openStore(name, identity))
    return {}
  },

  /** Connects every open store and waits until what is written is pushed. */
  async connect({ url, headers = {}, timeoutMs = 30000 }) {
    await Promise.all([...stores.values()].map((store) => connectStore(store, url, headers)))
    for (const [name, store] of stores) await waitUntil(store, () => store.live, timeoutMs, () => `${name} isn't live`)
    return {}
  },

  async write({ store: name, event, payload }) {
    const store = storeOf(name)
    await store.runtime.runPromise(Effect.flatMap(EventLog.EventLog, (log) => log.write({ schema: store.schema, event, payload })))
    return {}
  },

  /** The entries of a store handled so far, own ones too, in the order of their handling. Waits for `n` of them. */
  async entries({ store: name, n = 0, timeoutMs = 30000 }) {
    const store = storeOf(name)
    await waitUntil(store, () => store.entries.size >= n, timeoutMs, () => `${store.entries.size} of ${n} in ${name}`)
    return { entries: [...store.entries.values()] }
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
