package io.tributary.server.cli;

import static java.util.Objects.requireNonNull;

import io.tributary.server.admin.AdminRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Single entries of a store. */
@Command(
    name = "entries",
    description = "Remove single entries of a store.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "VERB",
    subcommands = {EntriesVerb.Remove.class})
public final class EntriesVerb implements Runnable {
  @Spec
  private @Nullable CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(requireNonNull(spec).commandLine(), "a verb is missing");
  }

  @Command(
      name = "remove",
      description = {
        "Remove entries, for good. There is no question asked.",
        "Their ids stay known, so that replicas which still have them can't bring them back."
      },
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Remove extends DataVerb {
    @Parameters(index = "0", paramLabel = "KEY", description = Stores.KEY)
    private String key = "";

    @Parameters(
        index = "1..*",
        arity = "1..*",
        paramLabel = "SEQUENCE",
        description = "The entries' sequences. A record with several entries goes whole.")
    private List<Long> sequences = new ArrayList<>();

    @Override
    int run(DataAccess data) throws IOException {
      for (long sequence : sequences) {
        if (sequence < 1) {
          throw usage("a sequence is at least 1, not " + sequence);
        }
      }
      JsonObject removed = data.ask(AdminRequest.of("DELETE", "stores", storeKey(key), "entries")
          .withBody(new JsonObject().put("sequences", new JsonArray(sequences))));
      if (!printed(removed)) {
        out().println(shown(removed.getString("store")) + ": " + Stores.erased(removed));
      }
      return 0;
    }
  }
}
