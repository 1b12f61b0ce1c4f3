package io.tributary.server.cli;

import io.tributary.server.config.ConfigException;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;

/** Turns what a verb throws into lines on stderr and an exit code. */
public final class CommandErrors {
  private CommandErrors() {}

  /** Makes {@code commandLine} and its verbs end this way. */
  public static CommandLine handledBy(CommandLine commandLine) {
    return commandLine
        .setExecutionExceptionHandler((e, verb, parsed) -> report(e, verb))
        .setParameterExceptionHandler((e, args) -> usage(e));
  }

  private static int usage(ParameterException e) {
    CommandLine verb = e.getCommandLine();
    PrintWriter err = verb.getErr();
    err.println(name(verb) + ": " + e.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
    err.println("\"" + verb.getCommandSpec().qualifiedName() + " --help\" tells more.");
    return ExitCode.USAGE;
  }

  private static int report(Throwable e, CommandLine verb) {
    PrintWriter err = verb.getErr();
    if (e instanceof ConfigException config) {
      List<String> problems = config.problems();
      problems.forEach(problem -> err.println("config: " + problem));
      return ExitCode.USAGE;
    } else if (e instanceof StorageConfigException config) {
      err.println("config: " + config.key() + ": " + config.getMessage());
      return ExitCode.USAGE;
    }
    String words = inWords(e);
    if (words == null) {
      e.printStackTrace(err);
    } else {
      err.println(name(verb) + ": " + words);
    }
    return ExitCode.SOFTWARE;
  }

  /** As it was typed after the program's name: {@code stores list}. */
  private static String name(CommandLine verb) {
    String name = verb.getCommandSpec().qualifiedName();
    return name.substring(name.indexOf(' ') + 1);
  }

  /** What an operator can act on, in one line; null for what is our own mistake. */
  private static @Nullable String inWords(Throwable e) {
    return e instanceof IOException || e instanceof StorageException || e instanceof FailedException
        ? e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()
        : null;
  }

  /** A verb that did not do what it is for; the message is all there is to say. */
  static final class FailedException extends RuntimeException {
    FailedException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
