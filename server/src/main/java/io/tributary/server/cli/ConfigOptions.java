package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.server.config.ConfigReader;
import io.tributary.server.config.Flag;
import io.tributary.server.config.LoadedConfig;
import io.tributary.server.config.Providers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which configuration a verb works with. */
final class ConfigOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The config file, YAML or JSON. Environment and flags win over it.")
  private @Nullable Path file;

  @Option(
      names = "--storage",
      paramLabel = "NAME",
      description = "The storage provider (storage.provider).")
  private @Nullable String storage;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "The data directory (storage.file.dir).")
  private @Nullable String dataDir;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets any key of the configuration; the value is read as YAML. Repeatable.")
  private List<String> set = new ArrayList<>();

  /**
   * Reads the configuration.
   *
   * @param more flags of the verb itself
   */
  LoadedConfig load(List<Flag> more, boolean insecureOpen) throws IOException {
    List<Flag> flags = new ArrayList<>(more);
    add(flags, "storage.provider", storage, "--storage");
    add(flags, "storage.file.dir", dataDir, "--data-dir");
    for (String assignment : set) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        throw new ParameterException(
            requireNonNull(spec).commandLine(),
            // the whole may be a secret
            "--set wants KEY=VALUE, as --set limits.frame=2MiB");
      }
      flags.add(new Flag(
          assignment.substring(0, equals).strip(), assignment.substring(equals + 1), "--set"));
    }
    return ConfigReader.read(file, System.getenv(), flags, insecureOpen, Providers.names());
  }

  static void add(List<Flag> flags, String key, @Nullable String value, String name) {
    if (value != null) {
      flags.add(new Flag(key, value, name));
    }
  }
}
