package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Stores;
import io.tributary.client.Tributary;
import io.tributary.client.identity.IdentityException;
import io.tributary.client.options.OptionsException;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.migration.AgentSdkFiles;
import io.tributary.client.stores.migration.AgentSdkReport;
import io.tributary.client.stores.migration.MigrationCounts;
import io.tributary.client.stores.migration.MigrationException;
import io.tributary.client.stores.migration.SdkLayout;
import io.tributary.server.cli.CommandErrors.FailedException;
import io.tributary.server.config.HubConfig;
import io.tributary.storage.Storage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Takes stores from elsewhere into those of this process's own replica. */
@Command(
    name = "migrate",
    description = {
      "Take stores from elsewhere into those of the replica that serve runs (stores.*).",
      "They are left as they are, and it may be repeated: nothing is there twice. The replica must not"
          + " run, unless its storage is one that several processes may use."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
public final class MigrateVerb implements Callable<Integer> {
  @Spec
  private @Nullable CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "SOURCE",
      description =
          "A directory to which the npm package effect-claude-agent-sdk wrote its stores.")
  private @Nullable Path source;

  @Option(
      names = "--from-plain",
      paramLabel = "NAME",
      description = "Take the plain stores of that name, in the same storage, instead of SOURCE.")
  private @Nullable String plain;

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "Whose stores in SOURCE; those of no tenant if left out.")
  private @Nullable String tenant;

  @Option(
      names = "--prefix",
      paramLabel = "PREFIX",
      description = "The prefix that a store in SOURCE was given; the package's own if left out.")
  private @Nullable String prefix;

  @Option(
      names = "--purged",
      description = "Also take messages of sessions that were purged there: its journal has them.")
  private boolean purged;

  @Option(names = "--dry-run", description = "Only tell what would become of what is there.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Mixin
  private ConfigOptions options = new ConfigOptions();

  /** For the command line; picocli sets the options. */
  public MigrateVerb() {}

  @Override
  public Integer call() throws Exception {
    checkUsage();
    HubConfig config = options.load(List.of(), true).config();
    try {
      // Before anything is opened, or made.
      AgentSdkFiles files = source == null ? null : AgentSdkFiles.open(source, layout());
      JsonObject result = migrate(config, files);
      print(result);
      return 0;
    } catch (MigrationException | StoreException | IdentityException | OptionsException e) {
      throw new FailedException(String.valueOf(e.getMessage()), e);
    } catch (UncheckedIOException e) {
      throw requireNonNull(e.getCause());
    }
  }

  private void checkUsage() {
    String problem = null;
    if ((source == null) == (plain == null)) {
      problem = "migrate wants either SOURCE or --from-plain NAME";
    } else if (source == null && (tenant != null || prefix != null || purged)) {
      problem = "--tenant, --prefix and --purged are about SOURCE";
    }
    if (problem == null && source != null) {
      try {
        SdkLayout unused = layout();
      } catch (IllegalArgumentException e) {
        problem = "--" + e.getMessage();
      }
    }
    if (problem != null) {
      throw new ParameterException(requireNonNull(spec).commandLine(), problem);
    }
  }

  private SdkLayout layout() {
    return SdkLayout.of(Optional.ofNullable(tenant), Optional.ofNullable(prefix));
  }

  private JsonObject migrate(HubConfig config, @Nullable AgentSdkFiles files) {
    if (config.storage().provider().equals("memory")) {
      throw new FailedException(
          "storage.provider is memory, which keeps nothing: give --data-dir or --config", null);
    }
    String dir = config.storage().section().getString("dir");
    boolean isThere = !config.storage().provider().equals("file")
        || dir == null
        || OfflineData.isThere(Path.of(dir));
    if (!isThere && files == null) {
      throw new FailedException(
          "there is no data set in "
              + Path.of(requireNonNull(dir)).toAbsolutePath().normalize(),
          null);
    }
    Vertx vertx = Vertx.vertx();
    try {
      return join(onContext(vertx, () -> {
        if (!isThere && dryRun) {
          // Nothing is made for a dry run.
          return into(vertx, config, null, files);
        }
        return config
            .storage()
            .open(vertx)
            .compose(storage -> into(vertx, config, storage, files).eventually(storage::close));
      }));
    } finally {
      join(vertx.close());
    }
  }

  /** @param storage null if there is none */
  private Future<JsonObject> into(
      Vertx vertx, HubConfig config, @Nullable Storage storage, @Nullable AgentSdkFiles files) {
    return target(vertx, config, storage)
        .compose(replica -> (files == null
                ? fromPlain(vertx, config, requireNonNull(storage), replica)
                : replica.migrate(files, purged, dryRun).map(MigrateVerb::toJson))
            .eventually(replica::close));
  }

  /** The replica that {@code serve} opens, without its remote and its schedules. */
  private Future<Replica> target(Vertx vertx, HubConfig config, @Nullable Storage storage) {
    ReplicaOptions.Builder replica = ReplicaOf.alone(config);
    if (storage == null) {
      return Tributary.replica(
          vertx, replica.storage("memory", new JsonObject()).build());
    }
    if (!dryRun) {
      return Tributary.replica(vertx, replica.storage(storage).build());
    }
    // A replica that never was has nothing, and gets no identities by a dry run.
    return Tributary.identities(storage, ReplicaOf.NAME)
        .compose(made -> Tributary.replica(
            vertx,
            (made.isPresent() || config.remote().identity() != null
                    ? replica.storage(storage)
                    : replica.storage("memory", new JsonObject()))
                .build()));
  }

  private Future<JsonObject> fromPlain(
      Vertx vertx, HubConfig config, Storage storage, Replica replica) {
    String name = requireNonNull(plain);
    return Tributary.hasPlainStores(storage, name)
        .compose(some -> some
            ? Tributary.plainStores(
                vertx, storage, name, ReplicaOf.withoutCleanup(config.stores(), true))
            : Future.failedFuture(new FailedException(
                "there are no plain stores of the name " + name + " in this storage", null)))
        .compose((Stores stores) -> replica.migrate(stores, dryRun).eventually(stores::close))
        .map(counts -> new JsonObject().put("stores", counts(counts)));
  }

  private static JsonObject counts(Map<String, MigrationCounts> stores) {
    JsonObject all = new JsonObject();
    stores.forEach((name, counts) -> all.put(
        name,
        new JsonObject()
            .put("found", counts.found())
            .put("added", counts.added())
            .put("known", counts.known())
            .put("unreadable", counts.unreadable())));
    return all;
  }

  private static JsonObject toJson(AgentSdkReport report) {
    return new JsonObject()
        .put("stores", counts(report.stores()))
        .put("ignored", report.ignored())
        .put("purged", report.purged())
        .put("damaged", report.damaged())
        .put("unreadable", new JsonArray(report.unreadable()))
        .put("identities", new JsonArray(report.identities()));
  }

  private void print(JsonObject result) {
    PrintWriter out = requireNonNull(spec).commandLine().getOut();
    result.put("dryRun", dryRun);
    if (json) {
      out.println(result.encode());
      out.flush();
      return;
    }
    Table table =
        new Table("STORE", "FOUND", dryRun ? "WOULD ADD" : "ADDED", "KNOWN", "UNREADABLE");
    JsonObject stores = result.getJsonObject("stores");
    for (String name : stores.fieldNames()) {
      JsonObject counts = stores.getJsonObject(name);
      table.row(
          name,
          counts.getLong("found"),
          counts.getLong("added"),
          counts.getLong("known"),
          counts.getLong("unreadable"));
    }
    table.print(out);
    tell(out, result.getLong("ignored", 0L), "of stores that are off here (stores.*), or unknown");
    tell(
        out,
        result.getLong("purged", 0L),
        "of sessions that were purged there" + (purged ? "" : ": left out without --purged"));
    tell(out, result.getLong("damaged", 0L), "in journals that can't be read");
    JsonArray unreadable = result.getJsonArray("unreadable", new JsonArray());
    for (int i = 0; i < unreadable.size(); i++) {
      out.println("can't be read: " + printable(unreadable.getString(i)));
    }
    JsonArray identities = result.getJsonArray("identities", new JsonArray());
    if (!identities.isEmpty()) {
      out.println("there are identities, which are not taken over: "
          + printable(String.join(", ", identities.stream().map(String::valueOf).toList())));
    }
    out.flush();
  }

  private static void tell(PrintWriter out, long count, String what) {
    if (count > 0) {
      out.println(count + " " + what);
    }
  }

  /** A key may have anything in it, also what a terminal would act on. */
  private static String printable(String key) {
    return key.replaceAll("\\p{Cntrl}", "?");
  }

  private static <T> Future<T> onContext(Vertx vertx, Supplier<Future<T>> action) {
    Promise<T> promise = Promise.promise();
    vertx.runOnContext(v -> {
      try {
        action.get().onComplete(promise);
      } catch (RuntimeException e) {
        promise.fail(e);
      }
    });
    return promise.future();
  }

  private static <T> T join(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
