package io.tributary.server;

import io.tributary.server.cli.AppendVerb;
import io.tributary.server.cli.Backup;
import io.tributary.server.cli.Bench;
import io.tributary.server.cli.CommandErrors;
import io.tributary.server.cli.Compact;
import io.tributary.server.cli.Compactions;
import io.tributary.server.cli.Diagnose;
import io.tributary.server.cli.EntriesVerb;
import io.tributary.server.cli.Export;
import io.tributary.server.cli.IdentityVerb;
import io.tributary.server.cli.Import;
import io.tributary.server.cli.Keygen;
import io.tributary.server.cli.Logging;
import io.tributary.server.cli.MigrateVerb;
import io.tributary.server.cli.Reseed;
import io.tributary.server.cli.Restore;
import io.tributary.server.cli.Serve;
import io.tributary.server.cli.SessionsVerb;
import io.tributary.server.cli.Status;
import io.tributary.server.cli.Stores;
import io.tributary.server.cli.Tail;
import io.tributary.server.cli.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line. Exit codes: 0 fine, 1 failed, 2 usage or configuration. */
@Command(
    name = "tributary",
    description = "A self-hosted event-log hub.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "VERB",
    commandListHeading = "%nVerbs:%n",
    footer = "%n\"tributary VERB --help\" tells more.",
    subcommands = {
      Serve.class,
      Keygen.class,
      Stores.class,
      EntriesVerb.class,
      AppendVerb.class,
      Tail.class,
      Status.class,
      IdentityVerb.class,
      MigrateVerb.class,
      Compact.class,
      Compactions.class,
      SessionsVerb.class,
      Backup.class,
      Restore.class,
      Export.class,
      Import.class,
      Reseed.class,
      Diagnose.class,
      Bench.class,
    })
public final class Main implements Runnable {
  @Spec
  private CommandSpec spec;

  // picocli makes it and sets the spec
  @SuppressWarnings("NullAway.Init")
  private Main() {}

  /** Runs a verb and ends the process. */
  public static void main(String[] args) {
    Logging.beforeAnythingLogs();
    System.exit(commandLine().execute(args));
  }

  /** The verbs, for a test or a main class of one's own. */
  public static CommandLine commandLine() {
    return CommandErrors.handledBy(new CommandLine(new Main()));
  }

  /** Without a verb: help. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
