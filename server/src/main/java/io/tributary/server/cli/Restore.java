package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.core.model.DataSetId;
import io.tributary.server.cli.CommandErrors.FailedException;
import io.tributary.server.config.StorageConfig;
import io.tributary.storage.file.FileStorageProvider;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a data directory of a backup. */
@Command(
    name = "restore",
    description = {
      "Make a data directory of a backup, in storage.file.dir, which must be new or empty.",
      "The backup is checked first. The data gets a new identity: replicas push again what the backup"
          + " lacks."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Restore implements Callable<Integer> {
  @Spec
  private @Nullable CommandSpec spec;

  @Mixin
  private ConfigOptions options = new ConfigOptions();

  @Parameters(index = "0", paramLabel = "DIR", description = "What backup wrote.")
  private Path backup = Path.of("");

  @Option(names = "--json", description = "Print {directory, dataSetId} as JSON.")
  private boolean json;

  /** For the command line; picocli sets the options. */
  public Restore() {}

  @Override
  public Integer call() throws Exception {
    // nothing listens here
    StorageConfig storage = options.load(List.of(), true).config().storage();
    String dir = storage.section().getString("dir");
    if (!storage.provider().equals("file") || dir == null) {
      throw new FailedException(
          "storage.provider is "
              + storage.provider()
              + ": restore is for file; put the others' data back with their own tools, then reseed",
          null);
    }
    Path directory = Path.of(dir).toAbsolutePath().normalize();
    DataSetId id = FileStorageProvider.restore(backup, directory);
    PrintWriter out = requireNonNull(spec).commandLine().getOut();
    out.println(
        json
            ? new JsonObject()
                .put("directory", directory.toString())
                .put("dataSetId", id.toString())
                .encode()
            : backup + " restored into " + directory + " as data set " + id);
    out.flush();
    return 0;
  }
}
