package io.tributary.server.cli;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes the data of an export in. */
@Command(
    name = "import",
    description = {
      "Take the data of an export in. Each store has to be new, or to hold a beginning of what the"
          + " file has: an import that was interrupted is run again.",
      "A running hub closes its sessions afterwards, for the data has another identity then."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Import extends DataVerb {
  @Parameters(index = "0", paramLabel = "FILE", description = "What export wrote.")
  private Path file = Path.of("");

  @Option(
      names = "--move",
      description = "Keep the identity of the exported data, whose place this takes for good:"
          + " replicas go on as if nothing had happened.")
  private boolean move;

  /** For the command line; picocli sets the options. */
  public Import() {}

  @Override
  boolean makes() {
    return true;
  }

  @Override
  int run(DataAccess data) throws IOException {
    if (!Files.isReadable(file)) {
      throw new IOException("there is no file " + file + " that can be read");
    }
    JsonObject moved = data.importFrom(file, move);
    if (!printed(moved)) {
      out()
          .println(Plural.of(moved.getLong("stores"), "store") + " with "
              + Plural.of(moved.getLong("records"), "record") + " and "
              + Plural.of(moved.getLong("tombstones"), "tombstone") + ", "
              + moved.getLong("present") + " of them there before; "
              + Plural.of(moved.getLong("mappings"), "mapping") + ", "
              + Plural.of(moved.getLong("bindings"), "binding") + ", "
              + Plural.of(moved.getLong("outcomes"), "outcome") + "; data set "
              + moved.getString("dataSetId"));
    }
    return 0;
  }
}
