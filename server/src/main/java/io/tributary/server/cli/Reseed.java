package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.server.cli.CommandErrors.FailedException;
import io.tributary.server.config.StorageConfig;
import io.tributary.storage.file.FileStorageProvider;
import io.tributary.storage.file.FileStorageProvider.Reseeded;
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
import picocli.CommandLine.Spec;

/** Gives the data a new identity, on a directory that no hub has open. */
@Command(
    name = "reseed",
    description = {
      "Give the data a new identity, after an old copy of it was put back; the hub must be down.",
      "Replicas then read it from the beginning and push again what it lacks."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class Reseed implements Callable<Integer> {
  @Spec
  private @Nullable CommandSpec spec;

  @Mixin
  private ConfigOptions options = new ConfigOptions();

  @Option(names = "--json", description = "Print {old, new} as JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    // nothing listens here
    StorageConfig storage = options.load(List.of(), true).config().storage();
    String dir = storage.section().getString("dir");
    if (!storage.provider().equals("file") || dir == null) {
      throw new FailedException(
          "storage.provider is " + storage.provider() + ", but only file can be reseeded", null);
    }
    Reseeded ids = FileStorageProvider.reseed(Path.of(dir));
    PrintWriter out = requireNonNull(spec).commandLine().getOut();
    if (json) {
      out.println(new JsonObject()
          .put("old", ids.before().toString())
          .put("new", ids.after().toString())
          .encode());
    } else {
      out.println("old " + ids.before());
      out.println("new " + ids.after());
    }
    return 0;
  }
}
