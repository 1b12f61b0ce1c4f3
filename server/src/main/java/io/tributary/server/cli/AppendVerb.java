package io.tributary.server.cli;

import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes one entry for the server itself. */
@Command(
    name = "append",
    description = {
      "Write an entry into a store in the clear, for the server itself: no key has to be mapped, and"
          + " hub.auth is not asked.",
      "Without a running hub it is written into the data, and handlers run when a hub that has them is"
          + " started."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class AppendVerb extends HubVerb {
  @Parameters(
      index = "0",
      paramLabel = "KEY",
      description = "The store: TENANT/plain:STORE. It is made if it isn't there.")
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

  /** For the command line; picocli sets the options. */
  public AppendVerb() {}

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

  /** Before anything is opened. */
  @Override
  void check() {
    if (target.matches("(?:wss?|tcp)://.*")) {
      throw usage("append to a URL, as a client does: not in this version; with a store's key"
          + " (TENANT/plain:STORE) the hub writes it itself");
    }
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
