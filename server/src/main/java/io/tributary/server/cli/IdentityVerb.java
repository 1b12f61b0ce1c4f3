package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.client.Tributary;
import io.tributary.client.identity.IdentityBundle;
import io.tributary.server.cli.CommandErrors.FailedException;
import io.tributary.server.config.HubConfig;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The identities of this process's own replica. */
@Command(
    name = "identity",
    description = "The identities of the replica that serve runs.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "export",
    subcommands = IdentityVerb.ExportIdentity.class)
public final class IdentityVerb implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  /** For the command line; picocli sets the spec. */
  public IdentityVerb() {}

  /** Without a verb: help. */
  @Override
  public void run() {
    requireNonNull(spec).commandLine().usage(requireNonNull(spec).commandLine().getOut());
  }

  @Command(
      name = "export",
      description = {
        "Print the replica's identities as one word, for another replica or the viewer.",
        "It is a secret: whoever has it reads and writes the replica's stores. The replica must not"
            + " run, unless its storage is one that several processes may use."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      sortOptions = false)
  static final class ExportIdentity implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Option(names = "--json", description = "Print {publicKeys, identities} as JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
      HubConfig config = options.load(List.of(), true).config();
      IdentityBundle bundle = bundle(config);
      PrintWriter out = requireNonNull(spec).commandLine().getOut();
      if (json) {
        JsonObject publicKeys = new JsonObject();
        for (String log : bundle.logs()) {
          bundle.find(log).ifPresent(identity -> publicKeys.put(log, identity.publicKey()));
        }
        out.println(new JsonObject()
            .put("publicKeys", publicKeys)
            .put("identities", bundle.encode())
            .encode());
      } else {
        out.println(bundle.encode());
      }
      out.flush();
      return 0;
    }

    private static IdentityBundle bundle(HubConfig config) {
      String configured = config.remote().identity();
      Optional<IdentityBundle> given = Optional.ofNullable(configured).map(IdentityBundle::decode);
      if (given.isPresent() && given.get().logs().containsAll(IdentityBundle.ALL)) {
        return given.get();
      }
      String dir = config.storage().section().getString("dir");
      if (config.storage().provider().equals("file")
          && dir != null
          && !OfflineData.isThere(Path.of(dir))) {
        if (given.isPresent()) {
          return given.get();
        }
        throw new FailedException(
            "there is no data set in " + Path.of(dir).toAbsolutePath().normalize(), null);
      }
      Vertx vertx = Vertx.vertx();
      try {
        return config
            .storage()
            .open(vertx)
            .compose(storage -> stored(storage, given).eventually(storage::close))
            .toCompletionStage()
            .toCompletableFuture()
            .join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof StorageException storage) {
          throw storage;
        }
        throw new FailedException(
            String.valueOf(e.getCause() == null ? e : e.getCause().getMessage()), e);
      } finally {
        vertx.close().toCompletionStage().toCompletableFuture().join();
      }
    }

    /** Those that are given, and beside them those that the replica made. */
    private static Future<IdentityBundle> stored(Storage storage, Optional<IdentityBundle> given) {
      return Tributary.identities(storage, ReplicaOf.NAME)
          .compose(made -> made.map(its -> given.map(its::with).orElse(its))
              .or(() -> given)
              .map(Future::succeededFuture)
              .orElseGet(() -> Future.failedFuture(
                  "no replica has been here: its identity is made when it first starts")));
    }
  }
}
