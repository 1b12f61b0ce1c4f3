package io.tributary.server.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import picocli.CommandLine.Option;

/** A {@link HubVerb} that says what it did in words or as JSON. */
abstract class DataVerb extends HubVerb {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** Prints JSON if that is wanted. */
  final boolean printed(JsonObject result) {
    if (json) {
      out().println(result.encode());
    }
    return json;
  }

  final boolean printed(List<JsonObject> items) {
    return printed(new JsonObject().put("items", new JsonArray(items)));
  }
}
