package io.tributary.server.cli;

import io.tributary.core.model.StoreKey;
import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Who is connected. */
@Command(
    name = "sessions",
    description = "List the sessions of a running hub, or close one.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    subcommands = {SessionsVerb.Close.class})
public final class SessionsVerb extends DataVerb {
  /** For the command line; picocli sets the options. */
  public SessionsVerb() {}

  @Override
  int run(DataAccess data) throws IOException {
    List<JsonObject> sessions = data.all(AdminRequest.of("GET", "sessions"));
    if (printed(sessions)) {
      return 0;
    }
    Table table = new Table("ID", "TENANT", "BY", "FROM", "SINCE", "HELD", "STORES");
    for (JsonObject session : sessions) {
      table.row(
          session.getString("id"),
          session.getString("tenant"),
          session.getString("transport"),
          session.getString("remoteAddress"),
          session.getString("openedAt"),
          session.getLong("bytesHeld"),
          session.getJsonArray("stores").stream()
              .map(store -> shown(StoreKey.parse(store.toString()).toString()))
              .collect(Collectors.joining(" ")));
    }
    table.print(out());
    return 0;
  }

  @Command(
      name = "close",
      description = "Close a session with 1001. A client may connect again at once.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Close extends DataVerb {
    @Parameters(index = "0", paramLabel = "ID", description = "As sessions lists it.")
    private String id = "";

    @Override
    int run(DataAccess data) throws IOException {
      JsonObject closed = data.ask(AdminRequest.of("DELETE", "sessions", id));
      if (!printed(closed)) {
        out().println("closed " + id);
      }
      return 0;
    }
  }
}
