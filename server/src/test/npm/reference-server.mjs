// The package's own EventLogServer on its memory storage, at any path, to judge the tests by. Prints the ready line
// of the hub. Arguments: port (0 = any free one). Known faults: one malformed frame ends the process, a batch of
// nothing but duplicates closes the connection.
import "./stdio.mjs"
import { createServer } from "node:http"
import * as EventLogServer from "@effect/experimental/EventLogServer"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const port = Number(process.argv[2] ?? 0)

const served = Layer.unwrapEffect(
  Effect.map(EventLogServer.makeHandlerHttp, (handler) =>
    HttpServer.serve(HttpRouter.empty.pipe(HttpRouter.get("/event-log/:tenant", handler))))
)
const announced = Layer.effectDiscard(
  Effect.map(HttpServer.HttpServer, ({ address }) =>
    process.stdout.write(`ready: ws://127.0.0.1:${address.port}/event-log/{tenant}\n`))
)

process.stdin.resume().on("end", () => process.exit(0))

NodeRuntime.runMain(
  Layer.launch(announced.pipe(
    Layer.provide(served),
    Layer.provide(EventLogServer.layerStorageMemory),
    Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port }))
  ))
)
