package io.tributary.server.cli;

import io.tributary.core.model.StoreKey;
import io.vertx.core.json.JsonObject;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the data into a file that any provider can take in. */
@Command(
    name = "export",
    description = {
      "Write the data into a file that import takes in, into any storage; a hub may run on it.",
      "The file is there only once it is whole."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Export extends DataVerb {
  @Parameters(index = "0", paramLabel = "FILE", description = "Where to; one that is there goes.")
  private Path file = Path.of("");

  @Option(names = "--store", paramLabel = "KEY", description = "Only this store. Repeatable.")
  private List<String> stores = new ArrayList<>();

  /** For the command line; picocli sets the options. */
  public Export() {}

  @Override
  int run(DataAccess data) throws IOException {
    List<StoreKey> some =
        stores.stream().map(key -> StoreKey.parse(storeKey(key))).toList();
    Path target = file.toAbsolutePath().normalize();
    // for its owner only
    Path part = Files.createTempFile(
        Objects.requireNonNull(target.getParent(), "a file has a directory"),
        target.getFileName() + ".",
        ".part");
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part))) {
        data.export(some, out);
      }
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      boolean unused = Files.deleteIfExists(part);
    }
    long bytes = Files.size(target);
    if (!printed(new JsonObject().put("file", target.toString()).put("bytes", bytes))) {
      out().println(target + ": " + Plural.of(bytes, "byte"));
    }
    return 0;
  }
}
