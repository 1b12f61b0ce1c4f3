package io.tributary.server.cli;

import io.tributary.server.admin.AdminRequest;
import io.tributary.server.config.HubConfig;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import picocli.CommandLine.Command;

/** Gives the data a new identity. */
@Command(
    name = "reseed",
    description = {
      "Give the data a new identity, after an old copy of it was put back.",
      "Replicas then read it from the beginning and push again what it lacks. Every hub on the data"
          + " must be down; with --admin URL the only one on it does it while it runs, and closes its"
          + " sessions."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Reseed extends DataVerb {
  /** For the command line; picocli sets the options. */
  public Reseed() {}

  @Override
  DataAccess open(HubConfig config) throws IOException {
    // never by the file admin-url: a hub that happens to run is not meant
    return givenHub(config).orElseGet(() -> OfflineData.open(config, false));
  }

  @Override
  int run(DataAccess data) throws IOException {
    JsonObject ids = data.ask(AdminRequest.of("POST", "reseed"));
    if (!printed(ids)) {
      out().println("old " + ids.getString("old"));
      out().println("new " + ids.getString("new"));
    }
    return 0;
  }
}
