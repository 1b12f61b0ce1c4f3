package io.tributary.server.cli;

import io.tributary.client.sync.Connectors;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.EntryRules;
import io.tributary.server.admin.AdminRequest;
import io.tributary.server.admin.JsonPayload;
import io.tributary.server.cli.CommandErrors.FailedException;
import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes one entry for the server itself. */
@Command(
    name = "append",
    description = {
      "With a store's key: write an entry into a store in the clear, for the server itself: no key has"
          + " to be mapped, and hub.auth is not asked.",
      "Without a running hub it is written into the data, and handlers run when a hub that has them is"
          + " started.",
      "With a URL: write an entry as a client does, sealed with --identity, and wait for the ack."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class AppendVerb extends HubVerb {
  @Parameters(
      index = "0",
      paramLabel = "KEY|URL",
      description = "The store: TENANT/plain:STORE. It is made if it isn't there. Or a hub's URL:"
          + " ws://HOST:PORT/event-log/TENANT, or tcp://HOST:PORT.")
  private String target = "";

  @Option(names = "--event", required = true, paramLabel = "TAG", description = "The event's tag.")
  private String event = "";

  @Option(
      names = "--key",
      paramLabel = "PRIMARYKEY",
      description = "What the event is about. Not needed for events that the hub's modules define.")
  private @Nullable String key;

  @Option(
      names = "--json",
      paramLabel = "TEXT",
      description =
          "The payload as JSON, stored as MessagePack; - reads it from stdin. Without it the"
              + " event has no payload.")
  private @Nullable String json;

  @Option(
      names = "--no-handlers",
      description = "Only store it and pass it on: no handler ever runs for it.")
  private boolean noHandlers;

  @Option(
      names = "--id",
      paramLabel = "UUID",
      description = "The entry's id; a new one unless told otherwise. Writing an id again changes"
          + " nothing.")
  private @Nullable String id;

  @Mixin
  private RemoteTargetOptions remote = new RemoteTargetOptions();

  /** For the command line; picocli sets the options. */
  public AppendVerb() {}

  @Override
  public Integer call() throws Exception {
    return isUrl() ? write() : super.call();
  }

  @Override
  void check() {
    String unused = storeKey(target);
  }

  private boolean isUrl() {
    return target.matches("(?i)(?:wss?|https?|tcp)://.*");
  }

  /** As a client. */
  private int write() throws IOException {
    Logging.talkingToHub();
    if (key == null) {
      throw usage("--key is needed with a URL: what is the event about?");
    }
    if (noHandlers) {
      throw usage("--no-handlers is not for a client to say");
    }
    if (remote.identityFromStdin() && "-".equals(json)) {
      throw usage("--identity and --json can't both be read from stdin");
    }
    RemoteOptions options = remote.remote(target);
    Entry entry = new Entry(entryId(), event, key, bytes());
    // Of sealed entries a hub can't tell.
    EntryRules.problem(
            entry.id(),
            event.getBytes(StandardCharsets.UTF_8),
            key.getBytes(StandardCharsets.UTF_8),
            entry.payload().length,
            Long.MAX_VALUE)
        .ifPresent(problem -> {
          throw usage(problem);
        });
    OneWrite write = new OneWrite(remote.identity(), entry, remote.plaintext());
    Vertx vertx = Vertx.vertx();
    try {
      Connectors connectors = new Connectors(vertx);
      vertx.getOrCreateContext().runOnContext(v -> connectors.connector(options).connect(write));
      long sequence = write
          .acked()
          .timeout(remote.timeoutSeconds(), TimeUnit.SECONDS)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
      out().println("entry " + entry.id() + " has sequence " + sequence);
      out().flush();
      return 0;
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new FailedException(
          cause instanceof TimeoutException
              ? "no ack within " + remote.timeoutSeconds() + " s; the entry may be there or not"
              : String.valueOf(cause.getMessage()),
          e);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private EntryId entryId() {
    if (id == null) {
      return new EntryIdGenerator(InstantSource.system()).next();
    }
    try {
      return EntryId.of(UUID.fromString(id));
    } catch (IllegalArgumentException e) {
      throw usage("--id is " + id + ", must be a UUID");
    }
  }

  private byte[] bytes() throws IOException {
    if (json == null) {
      return JsonPayload.encode(null);
    }
    try {
      return JsonPayload.encode(payload(json));
    } catch (PayloadException e) {
      throw usage("--json: " + e.getMessage());
    }
  }

  @Override
  int run(DataAccess data) throws IOException {
    JsonObject entry = new JsonObject().put("event", event);
    if (id != null) {
      entry.put("id", id);
    }
    if (key != null) {
      entry.put("primaryKey", key);
    }
    if (json != null) {
      entry.put("json", payload(json));
    }
    JsonObject written = data.ask(AdminRequest.of("POST", "stores", storeKey(target), "entries")
        .withBody(
            new JsonObject().put("entries", JsonArray.of(entry)).put("runHandlers", !noHandlers)));
    long sequence = written.getJsonArray("sequences").getLong(0);
    String name = written.getJsonArray("ids").getString(0);
    out()
        .println(
            sequence == 0
                ? shown(written.getString("store")) + ": entry " + name
                    + " was removed before and stays so"
                : shown(written.getString("store")) + ": entry " + name + " has sequence "
                    + sequence);
    return 0;
  }

  private @Nullable Object payload(String text) throws IOException {
    String value =
        text.equals("-") ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : text;
    try {
      return Json.decodeValue(value);
    } catch (DecodeException e) {
      throw usage("--json is not JSON" + (text.equals("-") ? " (stdin)" : "")
          + ": a text needs its quotes, as '{\"title\":\"milk\"}'");
    }
  }
}
