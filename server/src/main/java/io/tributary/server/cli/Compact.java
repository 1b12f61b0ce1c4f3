package io.tributary.server.cli;

import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs retention now. */
@Command(
    name = "compact",
    description = "Run retention (retention.rules) now, whatever the schedule says.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Compact extends DataVerb {
  @Option(names = "--dry-run", description = "Only tell what would be removed.")
  private boolean dryRun;

  /** For the command line; picocli sets the options. */
  public Compact() {}

  @Override
  int run(DataAccess data) throws IOException {
    JsonObject run = data.ask(
        AdminRequest.of("POST", "compactions").withBody(new JsonObject().put("dryRun", dryRun)));
    boolean done = run.getString("status").equals("done");
    if (printed(run)) {
      return done ? 0 : 1;
    }
    JsonArray stores = run.getJsonArray("stores");
    Table table = new Table("STORE", "RECORDS", "ENTRIES", "BYTES", "IDS FORGOTTEN");
    for (int i = 0; i < stores.size(); i++) {
      JsonObject store = stores.getJsonObject(i);
      table.row(
          shown(store.getString("store")),
          store.getLong("records"),
          store.getLong("entries"),
          store.getLong("bytes"),
          store.getLong("forgotten"));
    }
    if (!stores.isEmpty()) {
      table.print(out());
    }
    out()
        .println((dryRun ? "would be removed: " : run.getString("status") + ": ")
            + Stores.sum(run) + " in " + Plural.of(run.getLong("storesChanged"), "store")
            + (run.containsKey("error") ? ": " + run.getString("error") : ""));
    return done ? 0 : 1;
  }
}
