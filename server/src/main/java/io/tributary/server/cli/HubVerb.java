package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.core.model.StoreKey;
import io.tributary.server.admin.AdminAccess;
import io.tributary.server.config.HubConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A verb on a hub's data. It asks the hub at {@code --admin}; else the one that the file {@code
 * admin-url} names, if it answers; else it works on the data itself.
 */
abstract class HubVerb implements Callable<Integer> {
  @Spec
  private @Nullable CommandSpec spec;

  @Mixin
  private ConfigOptions options = new ConfigOptions();

  @Option(
      names = "--admin",
      paramLabel = "URL",
      description =
          "The admin listener of the hub, http://HOST:PORT. Without it the file admin-url beside"
              + " admin.tokenFile names it; if no hub answers, the verb works on the data itself.")
  private @Nullable URI admin;

  @Option(names = "--full", description = "Print public keys in full, not their first characters.")
  private boolean full;

  @Override
  public Integer call() throws Exception {
    check();
    HubConfig config = config();
    try (DataAccess data = open(config)) {
      int exitCode = run(data);
      out().flush();
      return exitCode;
    }
  }

  /** Does it, and prints what it did. Returns the exit code. */
  abstract int run(DataAccess data) throws IOException;

  /** Refuses what makes no sense whatever the data are. */
  void check() {}

  /** Whether it can make a data set where there is none. */
  boolean makes() {
    return false;
  }

  final HubConfig config() throws IOException {
    // nothing listens here
    return options.load(List.of(), true).config();
  }

  /** What it works on. */
  DataAccess open(HubConfig config) throws IOException {
    Optional<DataAccess> hub = hub(config);
    return hub.isPresent() ? hub.get() : OfflineData.open(config, makes());
  }

  private Optional<DataAccess> hub(HubConfig config) throws IOException {
    Optional<DataAccess> given = givenHub(config);
    if (given.isPresent()) {
      return given;
    }
    Optional<URI> url = AdminAccess.url(config.admin());
    if (url.isEmpty()) {
      return Optional.empty();
    }
    AdminClient client = new AdminClient(url.get(), AdminAccess.token(config.admin()));
    if (client.answers()) {
      return Optional.of(client);
    }
    err().println("no hub answers at " + url.get() + ", working on the data itself");
    err().flush();
    return Optional.empty();
  }

  /** The hub of {@code --admin}, if that is there. */
  final Optional<DataAccess> givenHub(HubConfig config) throws IOException {
    URI url = admin;
    if (url == null) {
      return Optional.empty();
    }
    String scheme = String.valueOf(url.getScheme());
    if (!scheme.matches("https?") || url.getHost() == null) {
      throw usage("--admin is " + url + ", must be as http://127.0.0.1:8789");
    }
    return Optional.of(new AdminClient(url, AdminAccess.token(config.admin())));
  }

  final PrintWriter out() {
    return requireNonNull(spec).commandLine().getOut();
  }

  private PrintWriter err() {
    return requireNonNull(spec).commandLine().getErr();
  }

  final ParameterException usage(String message) {
    return new ParameterException(requireNonNull(spec).commandLine(), message);
  }

  /** A store's key as people are to see it. */
  final String shown(String key) {
    return full ? key : StoreKey.parse(key).abbreviated();
  }

  final String shownKey(String publicKey) {
    return full ? publicKey : StoreKey.cut(publicKey);
  }

  /** A key from the command line, in its one spelling. */
  final String storeKey(String text) {
    try {
      return StoreKey.parse(text).toString();
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }
}
