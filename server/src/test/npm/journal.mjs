// The client's journals, as the package ships them, and what is needed to carry one to another process.
import { readFile, writeFile } from "node:fs/promises"
import { deserialize, serialize } from "node:v8"
import * as EventJournal from "@effect/experimental/EventJournal"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"

const DATABASE = "tributary_it"
const STORES = ["entries", "remotes", "remoteEntryId"]

/** Opens a journal of the kind `memory` or `indexeddb` and returns its service. */
export const openJournal = async (kind) => {
  if (kind === "memory") return Effect.runPromise(EventJournal.makeMemory)
  if (kind !== "indexeddb") throw new Error(`journal: "${kind}" is neither memory nor indexeddb`)
  await import("fake-indexeddb/auto")
  const scope = Effect.runSync(Scope.make())
  return Effect.runPromise(Scope.extend(EventJournal.makeIndexedDb({ database: DATABASE }), scope))
}

const request = (r) =>
  new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result)
    r.onerror = () => reject(r.error)
  })

const withDatabase = async (use) => {
  const db = await request(indexedDB.open(DATABASE, 1))
  try {
    return await use(db)
  } finally {
    db.close()
  }
}

/** Writes all rows of the IndexedDB journal, as of one transaction, and `extra` into a file; returns the rows. */
export const dumpJournal = (path, extra) =>
  withDatabase(async (db) => {
    const tx = db.transaction(STORES, "readonly")
    const rows = Object.fromEntries(
      await Promise.all(STORES.map(async (name) => [name, await request(tx.objectStore(name).getAll())]))
    )
    await writeFile(path, serialize({ rows, extra }))
    return rows
  })

/** Fills the IndexedDB journal, opened before and still empty, from a file; returns the rows and the extra. */
export const loadJournal = async (path) => {
  const { rows, extra } = deserialize(await readFile(path))
  await withDatabase(
    (db) =>
      new Promise((resolve, reject) => {
        const tx = db.transaction(STORES, "readwrite")
        for (const name of STORES) for (const row of rows[name]) tx.objectStore(name).add(row)
        tx.oncomplete = () => resolve()
        tx.onerror = () => reject(tx.error)
      })
  )
  return { rows, extra }
}
