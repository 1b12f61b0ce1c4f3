package io.tributary.server.cli;

import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;

/** What retention did. */
@Command(
    name = "compactions",
    description = "List the newest runs of retention.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Compactions extends DataVerb {
  /** For the command line; picocli sets the options. */
  public Compactions() {}

  @Override
  int run(DataAccess data) throws IOException {
    List<JsonObject> runs = data.all(AdminRequest.of("GET", "compactions"));
    if (printed(runs)) {
      return 0;
    }
    Table table = new Table(
        "RUN", "STARTED", "MS", "BY", "STATUS", "STORES", "ENTRIES", "BYTES", "IDS FORGOTTEN");
    for (JsonObject run : runs) {
      table.row(
          run.getLong("number"),
          run.getString("startedAt"),
          run.getLong("tookMs"),
          run.getString("trigger"),
          run.getString("status"),
          run.getLong("storesChanged"),
          run.getLong("entries"),
          run.getLong("bytes"),
          run.getLong("forgotten"));
    }
    table.print(out());
    return 0;
  }
}
