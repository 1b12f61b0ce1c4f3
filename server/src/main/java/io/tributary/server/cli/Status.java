package io.tributary.server.cli;

import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import picocli.CommandLine.Command;

/** Says how a hub, its storage and its remotes are. */
@Command(
    name = "status",
    description = "Show how a hub is, its storage, and the remotes of a replica beside it.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Status extends DataVerb {
  /** For the command line; picocli sets the options. */
  public Status() {}

  @Override
  int run(DataAccess data) throws IOException {
    JsonObject status = data.ask(AdminRequest.of("GET", "status"));
    if (printed(status)) {
      return 0;
    }
    JsonObject storage = status.getJsonObject("storage");
    String message = storage.getString("message", "");
    out().println("hub        " + status.getString("hub"));
    out().println("data set   " + status.getString("dataSetId"));
    out()
        .println("storage    " + storage.getString("status")
            + (message.isEmpty() ? "" : ": " + message)
            + (status.getBoolean("durable") ? "" : ", not durable"));
    JsonArray remotes = status.getJsonArray("remotes");
    if (remotes.isEmpty()) {
      out().println("remotes    none");
      return 0;
    }
    Table table =
        new Table("REMOTE", "LOG", "URL", "STATE", "PENDING", "REFUSED", "SEQUENCE", "ERROR");
    for (int i = 0; i < remotes.size(); i++) {
      JsonObject remote = remotes.getJsonObject(i);
      table.row(
          remote.getString("key"),
          remote.getString("log"),
          remote.getString("url"),
          remote.getString("state"),
          remote.getLong("pendingUploads"),
          remote.getLong("refused"),
          remote.getLong("lastSequence"),
          remote.getString("lastError", ""));
    }
    table.print(out());
    return 0;
  }
}
