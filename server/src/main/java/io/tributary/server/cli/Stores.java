package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The stores of a hub, and which key uses which. */
@Command(
    name = "stores",
    description = "List, map, count and purge stores.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "VERB",
    subcommands = {
      Stores.ListThem.class,
      Stores.Assign.class,
      Stores.Remove.class,
      Stores.Stats.class,
      Stores.Purge.class
    })
public final class Stores implements Runnable {
  static final String KEY =
      "The store: TENANT/sealed:PUBLICKEY, TENANT/batch:PUBLICKEY:STORE or TENANT/plain:STORE.";

  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(requireNonNull(spec).commandLine(), "a verb is missing");
  }

  @Command(
      name = "list",
      description =
          "List the stores that were ever written to, and which keys are mapped to which.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class ListThem extends DataVerb {
    @Option(names = "--tenant", paramLabel = "NAME", description = "Only those of this tenant.")
    private @Nullable String tenant;

    @Override
    int run(DataAccess data) throws IOException {
      String only = tenant;
      List<JsonObject> stores = data.all(AdminRequest.of("GET", "stores")
          .withQuery(only == null ? Map.of() : Map.of("tenant", only)));
      List<JsonObject> mappings = data.all(AdminRequest.of("GET", "mappings")).stream()
          .filter(mapping -> only == null || only.equals(mapping.getString("tenant")))
          .toList();
      if (printed(new JsonObject()
          .put("stores", new JsonArray(stores))
          .put("mappings", new JsonArray(mappings)))) {
        return 0;
      }
      Table table = new Table("STORE", "HEAD", "ENTRIES", "BYTES");
      for (JsonObject store : stores) {
        table.row(
            shown(store.getString("store")),
            store.getLong("head"),
            store.getLong("entries"),
            store.getLong("bytes"));
      }
      table.print(out());
      if (!mappings.isEmpty()) {
        out().println();
        Table mapped = new Table("TENANT", "KEY", "ASKS FOR", "STORE");
        for (JsonObject mapping : mappings) {
          mapped.row(
              mapping.getString("tenant"),
              shownKey(mapping.getString("publicKey")),
              mapping.getString("requestedStore"),
              mapping.getBoolean("removed") ? "(removed)" : mapping.getString("store"));
        }
        mapped.print(out());
      }
      return 0;
    }
  }

  @Command(
      name = "assign",
      description = "Map a key to a store in the clear.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Assign extends DataVerb {
    @Parameters(index = "0", paramLabel = "TENANT", description = "The tenant of key and store.")
    private String tenant = "";

    @Parameters(index = "1", paramLabel = "PUBLICKEY", description = "The identity.")
    private String publicKey = "";

    @Parameters(index = "2", paramLabel = "STORE", description = "The store's id.")
    private String store = "";

    @Option(
        names = "--requested",
        paramLabel = "NAME",
        description = "What the identity calls the store, ${DEFAULT-VALUE} unless told otherwise.")
    private String requested = "default";

    @Option(names = "--force", description = "Also if the key's mapping was removed before.")
    private boolean force;

    @Override
    int run(DataAccess data) throws IOException {
      JsonObject mapping = data.ask(AdminRequest.of("POST", "mappings")
          .withBody(new JsonObject()
              .put("tenant", tenant)
              .put("publicKey", publicKey)
              .put("requestedStore", requested)
              .put("store", store)
              .put("force", force)));
      if (!printed(mapping)) {
        out().println(shownKey(publicKey) + " is mapped to store " + store + " of " + tenant);
      }
      return 0;
    }
  }

  @Command(
      name = "remove",
      description = "Take a key's mappings away.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Remove extends DataVerb {
    @Parameters(index = "0", paramLabel = "TENANT", description = "The tenant of the key.")
    private String tenant = "";

    @Parameters(index = "1", paramLabel = "PUBLICKEY", description = "The identity.")
    private String publicKey = "";

    @Override
    int run(DataAccess data) throws IOException {
      JsonObject removed = data.ask(AdminRequest.of("DELETE", "mappings")
          .withQuery(Map.of("tenant", tenant, "publicKey", publicKey)));
      if (!printed(removed)) {
        out()
            .println(shownKey(publicKey) + " of " + tenant + ": "
                + Plural.of(removed.getLong("removed"), "mapping") + " removed");
      }
      return 0;
    }
  }

  @Command(
      name = "stats",
      description = "Tell what a store holds, or all stores.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Stats extends DataVerb {
    @Parameters(index = "0", arity = "0..1", paramLabel = "KEY", description = KEY)
    private @Nullable String key;

    @Override
    int run(DataAccess data) throws IOException {
      List<JsonObject> stores;
      if (key == null) {
        stores = data.all(AdminRequest.of("GET", "stores"));
        if (printed(stores)) {
          return 0;
        }
      } else {
        JsonObject one = data.ask(AdminRequest.of("GET", "stores", storeKey(key)));
        if (printed(one)) {
          return 0;
        }
        stores = List.of(one);
      }
      Table table = new Table("STORE", "HEAD", "RECORDS", "ENTRIES", "BYTES", "TOMBSTONES");
      for (JsonObject store : stores) {
        table.row(
            shown(store.getString("store")),
            store.getLong("head"),
            store.getLong("records"),
            store.getLong("entries"),
            store.getLong("bytes"),
            store.getLong("tombstones"));
      }
      table.print(out());
      return 0;
    }
  }

  @Command(
      name = "purge",
      description = {
        "Remove everything that a store holds, for good. There is no question asked.",
        "The ids stay known, so that replicas which still have the entries can't bring them back."
      },
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Purge extends DataVerb {
    @Parameters(index = "0", paramLabel = "KEY", description = KEY)
    private String key = "";

    @Option(
        names = "--forget",
        description = "Forget the ids too: what replicas still have, they may bring back.")
    private boolean forget;

    @Override
    int run(DataAccess data) throws IOException {
      JsonObject purged = data.ask(AdminRequest.of("POST", "stores", storeKey(key), "purge")
          .withBody(new JsonObject().put("forget", forget)));
      if (!printed(purged)) {
        out()
            .println(shown(purged.getString("store")) + ": " + erased(purged)
                + (forget
                    ? ", " + Plural.of(purged.getLong("forgotten"), "id") + " forgotten"
                    : ""));
      }
      return 0;
    }
  }

  /** What was removed, in words. */
  static String erased(JsonObject removed) {
    return sum(removed) + " removed";
  }

  /** The records, entries and bytes of an answer, in words. */
  static String sum(JsonObject counts) {
    return Plural.of(counts.getLong("records"), "record") + " with "
        + Plural.of(counts.getLong("entries"), "entry") + " and "
        + Plural.of(counts.getLong("bytes"), "byte");
  }
}
