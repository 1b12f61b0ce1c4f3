package io.tributary.server.cli;

import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Copies the data, also while a hub runs on it. */
@Command(
    name = "backup",
    description = {
      "Copy the whole data set, as of one moment, into a new or empty directory; a hub may run on it.",
      "The hub writes the copy, so the directory is one of its machine. restore puts it back."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Backup extends DataVerb {
  @Parameters(index = "0", paramLabel = "DIR", description = "Where to; made if it isn't there.")
  private Path directory = Path.of("");

  /** For the command line; picocli sets the options. */
  public Backup() {}

  @Override
  int run(DataAccess data) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
    JsonObject done = data.ask(AdminRequest.of("POST", "backup")
        .withBody(new JsonObject().put("directory", absolute.toString())));
    if (!printed(done)) {
      out().println("data set " + done.getString("dataSetId") + " copied to " + absolute);
    }
    return 0;
  }
}
