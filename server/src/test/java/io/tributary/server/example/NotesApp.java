package io.tributary.server.example;

import io.tributary.client.ReplicaOptions;
import io.tributary.client.SyncVerticle;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Set;

/** A notebook that works without a network and shares its notes with those of the same identity. */
public final class NotesApp extends VerticleBase {
  /** A note. */
  public record Note(String id, String text) {}

  static final EventDefinition<Note> NOTE_ADDED =
      EventDefinition.of("NoteAdded", PayloadCodec.record(Note.class), Note::id);

  private int port;

  @Override
  public Future<?> start() {
    ReplicaOptions options = ReplicaOptions.builder()
        .name("notes")
        .directory(Path.of(config().getString("dir")))
        .identityFile(Path.of(config().getString("identity")))
        .eventLog(log -> log.group(EventGroup.named("notes").event(NOTE_ADDED).build())
            .handle(NOTE_ADDED, (note, entry, conflicts) -> {
              // Called once for each note, wherever it was written.
              vertx.eventBus().publish("notes.added", note.text());
              return Future.succeededFuture(note.id());
            })
            .registerReactivity("NoteAdded", Set.of("notes")))
        .remote(RemoteOptions.builder(config().getString("hub")).tenant("demo").build())
        .build();
    return vertx.deployVerticle(new SyncVerticle(options)).compose(id -> listen());
  }

  private Future<HttpServer> listen() {
    return vertx
        .createHttpServer()
        .requestHandler(request -> request
            .body()
            .compose(body -> answer(request, body))
            .onSuccess(json -> request.response().end(json.encode()))
            .onFailure(e -> request.response().setStatusCode(500).end(e.getMessage())))
        .listen(config().getInteger("port", 0), "127.0.0.1")
        .onSuccess(server -> port = server.actualPort());
  }

  /** {@code PUT /ID} writes a note, also offline; {@code GET} lists the notes there are. */
  private Future<JsonObject> answer(HttpServerRequest request, Buffer body) {
    return switch (request.method().name()) {
      case "PUT" ->
        vertx
            .eventBus()
            .<JsonObject>request(
                "tributary.client.notes.write",
                new JsonObject()
                    .put("event", "NoteAdded")
                    .put(
                        "payload",
                        new JsonObject()
                            .put("id", request.path().substring(1))
                            .put("text", body.toString())))
            .map(written -> written.body());
      default ->
        vertx
            .eventBus()
            .<JsonObject>request(
                "tributary.client.notes.entries", new JsonObject().put("event", "NoteAdded"))
            .map(entries -> entries.body());
    };
  }

  int port() {
    return port;
  }
}
