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
    description = "Remove single entries of a store; look after those whose handlers failed.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "VERB",
    subcommands = {
      EntriesVerb.Remove.class,
      EntriesVerb.Failed.class,
      EntriesVerb.Retry.class,
      EntriesVerb.Discard.class
    })
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

  private static final String CLEAR = "A store in the clear: TENANT/plain:STORE.";

  @Command(
      name = "failed",
      description = "List the entries of a store whose handlers failed, in the order of their ids.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Failed extends DataVerb {
    @Parameters(index = "0", paramLabel = "KEY", description = CLEAR)
    private String key = "";

    @Override
    int run(DataAccess data) throws IOException {
      List<JsonObject> failed =
          data.all(AdminRequest.of("GET", "stores", storeKey(key), "failures"));
      if (printed(failed)) {
        return 0;
      }
      Table table = new Table("SEQUENCE", "ID", "EVENT", "ABOUT", "ATTEMPTS", "SINCE", "REASON");
      for (JsonObject entry : failed) {
        table.row(
            entry.getLong("sequence"),
            entry.getString("id"),
            oneLine(entry.getString("event")),
            oneLine(entry.getString("primaryKey")),
            entry.getInteger("attempts"),
            entry.getString("at"),
            oneLine(entry.getString("reason", "")));
      }
      table.print(out());
      return 0;
    }

    private static String oneLine(String text) {
      return text.replaceAll("\\p{Cntrl}+", " ");
    }
  }

  /** What is done with failed entries. */
  abstract static class Settle extends DataVerb {
    @Parameters(index = "0", paramLabel = "KEY", description = CLEAR)
    private String key = "";

    @Parameters(
        index = "1..*",
        arity = "0..*",
        paramLabel = "ID",
        description =
            "The entries' ids, as entries failed lists them. None = all that have failed.")
    private List<String> ids = new ArrayList<>();

    abstract String path();

    /** What the outcome is called that is wanted. */
    abstract String wanted();

    @Override
    int run(DataAccess data) throws IOException {
      AdminRequest request = AdminRequest.of("POST", "stores", storeKey(key), "failures", path());
      JsonObject settled = data.ask(
          ids.isEmpty()
              ? request
              : request.withBody(new JsonObject().put("ids", new JsonArray(ids))));
      JsonObject outcomes = settled.getJsonObject("outcomes");
      JsonArray notFailed = settled.getJsonArray("notFailed");
      int done = outcomes.getInteger(wanted(), 0);
      boolean all =
          done == outcomes.stream().mapToInt(o -> (Integer) o.getValue()).sum()
              && notFailed.isEmpty();
      if (!printed(settled)) {
        StringBuilder line = new StringBuilder(shown(settled.getString("store")))
            .append(": ")
            .append(Plural.of(done, "entry"))
            .append(' ')
            .append(wanted());
        outcomes.forEach(outcome -> {
          if (!outcome.getKey().equals(wanted())) {
            line.append(", ")
                .append(outcome.getValue())
                .append(' ')
                .append(outcome.getKey())
                .append(outcome.getKey().equals("failed") ? " again" : "");
          }
        });
        if (!notFailed.isEmpty()) {
          line.append("; had not failed, or can't be handled: ")
              .append(String.join(" ", notFailed.stream().map(String::valueOf).toList()));
        }
        out().println(line);
      }
      return all ? 0 : 1;
    }
  }

  @Command(
      name = "retry",
      description = {
        "Hand failed entries to their handlers again, one after the other.",
        "Needs the running hub that has the handlers. Ends with 1 if any of them failed again."
      },
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Retry extends Settle {
    @Override
    String path() {
      return "retry";
    }

    @Override
    String wanted() {
      return "handled";
    }
  }

  @Command(
      name = "discard",
      description = "Let failed entries be: they are listed no more, and stay in the store.",
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Discard extends Settle {
    @Override
    String path() {
      return "discard";
    }

    @Override
    String wanted() {
      return "discarded";
    }
  }
}
